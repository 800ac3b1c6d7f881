//! Pictures to network inputs, exactly as timm evaluates: resize, crop, normalise
//! (timm/data/transforms_factory.py, `transforms_imagenet_eval`).

use std::ops::Range;

use super::resample::{Interpolation, resize_and_crop};
use super::{Picture, Scale};

/// ImageNet's mean per channel (timm/data/constants.py).
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// ImageNet's standard deviation per channel (timm/data/constants.py).
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// What is cut from the resized picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CropMode {
    /// The shorter side is resized, the middle is kept.
    Center,
    /// Both sides are resized, whatever the aspect ratio, and the middle is kept.
    Squash,
    /// The same, but half a pixel is always rounded down (transformers, image_transforms.py,
    /// `center_crop`).
    SquashDown,
}

/// A checkpoint's evaluation transform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transform {
    /// Height and width of the network's input in pixels.
    pub size: usize,
    /// The share of the resized side that the crop keeps.
    pub crop_pct: f64,
    /// See [`CropMode`].
    pub crop_mode: CropMode,
    /// The resampling filter.
    pub interpolation: Interpolation,
    /// Subtracted per channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Divided by per channel.
    pub std: [f32; 3],
}

impl Transform {
    /// The network's input for one picture: `(size, size, 3)`, normalised.
    pub fn apply(&self, picture: &Picture) -> Vec<f32> {
        let cropped = self.resize_and_crop(picture);
        let table = self.normalised_values();
        let pixels = cropped.pixels.as_chunks::<3>().0;
        pixels
            .iter()
            .flat_map(|&[r, g, b]| {
                [
                    table[0][r as usize],
                    table[1][g as usize],
                    table[2][b as usize],
                ]
            })
            .collect()
    }

    /// What [`Transform::apply`] returns takes in memory.
    pub fn bytes(&self) -> u64 {
        (self.size * self.size * 3 * size_of::<f32>()) as u64
    }

    /// By how much a picture of `original_size`, its width and height, may be reduced while it is
    /// decoded, so that each side stays at least twice as long as resizing will make it. From a
    /// reduced picture single pixels can't be picked.
    pub fn scale(&self, original_size: (usize, usize)) -> Scale {
        if self.interpolation == Interpolation::Nearest {
            return Scale::Full;
        }
        let (width, height) = self.resized(original_size);
        let is_enough = |scale: &Scale| {
            let by = 2 * scale.divisor();
            original_size.0 >= by * width && original_size.1 >= by * height
        };
        let scales = [Scale::Eighth, Scale::Quarter, Scale::Half];
        scales.into_iter().find(is_enough).unwrap_or(Scale::Full)
    }

    /// The 8-bit picture that the network sees, `size` by `size`.
    pub fn resize_and_crop(&self, picture: &Picture) -> Picture {
        let (width, height) = self.resized(picture.original_size);
        let columns = Crop::middle(width, self.size, self.crop_mode);
        let rows = Crop::middle(height, self.size, self.crop_mode);
        let part = resize_and_crop(
            picture,
            (width, height),
            columns.kept.clone(),
            rows.kept.clone(),
            self.interpolation,
        );
        if part.width == self.size && part.height == self.size {
            part
        } else {
            pad(&part, self.size, columns.before, rows.before)
        }
    }

    /// The side that pictures are resized to, before the crop.
    pub fn side(&self) -> usize {
        (self.size as f64 / self.crop_pct).floor() as usize
    }

    /// The size before the crop. The side is floored from a double, the longer one truncated
    /// (torchvision, `_compute_resized_output_size`).
    fn resized(&self, (width, height): (usize, usize)) -> (usize, usize) {
        let side = self.side();
        let longer =
            |long: usize, short: usize| (side as u64 * long as u64 / short as u64) as usize;
        match self.crop_mode {
            CropMode::Squash | CropMode::SquashDown => (side, side),
            CropMode::Center if width <= height => (side, longer(height, width)),
            CropMode::Center => (longer(width, height), side),
        }
    }

    /// `(value / 255 - mean) / std` in f32 for every 8-bit value (torchvision, `ToTensor` and
    /// `Normalize`).
    fn normalised_values(&self) -> [[f32; 256]; 3] {
        std::array::from_fn(|channel| {
            std::array::from_fn(|value| {
                (value as f32 / 255.0 - self.mean[channel]) / self.std[channel]
            })
        })
    }
}

/// Where a crop lies along one side, and how many zeros come before it if the side is shorter.
struct Crop {
    kept: Range<usize>,
    before: usize,
}

impl Crop {
    /// The middle; half a pixel goes to the even offset (torchvision, `center_crop`, which calls
    /// Python's `round`), or down.
    fn middle(length: usize, size: usize, mode: CropMode) -> Self {
        match length.checked_sub(size) {
            Some(excess) => {
                let start = match mode {
                    CropMode::SquashDown => excess / 2,
                    _ => (excess as f64 / 2.0).round_ties_even() as usize,
                };
                Self {
                    kept: start..start + size,
                    before: 0,
                }
            }
            None => Self {
                kept: 0..length,
                before: (size - length) / 2,
            },
        }
    }
}

/// Puts `part` on a black square.
fn pad(part: &Picture, size: usize, left: usize, top: usize) -> Picture {
    let mut pixels = vec![0; size * size * 3];
    for y in 0..part.height {
        let start = ((top + y) * size + left) * 3;
        pixels[start..start + part.width * 3].copy_from_slice(part.row(y));
    }
    Picture::new(size, size, pixels)
}
