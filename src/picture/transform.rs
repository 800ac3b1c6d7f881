//! Pictures to network inputs, exactly as timm evaluates: resize, crop, normalise
//! (timm/data/transforms_factory.py, `transforms_imagenet_eval`).

use std::ops::Range;

use serde::Serialize;

use super::alpha::{self, Alpha};
use super::frame::{Frame, Side};
use super::resample::Interpolation;
use super::{Picture, Scale};
use crate::ops::Pixels;

/// ImageNet's mean per channel (timm/data/constants.py).
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// ImageNet's standard deviation per channel (timm/data/constants.py).
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// What is cut from the resized picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CropMode {
    /// The shorter side is resized, the middle is kept.
    Center,
    /// Both sides are resized, whatever the aspect ratio, and the middle is kept.
    Squash,
    /// The same, but half a pixel is always rounded down (transformers, image_transforms.py,
    /// `center_crop`).
    SquashDown,
    /// As [`CropMode::Center`], but half a pixel is always rounded down.
    CenterDown,
    /// The picture is resized until its longer side fits, and what it leaves of the input has the
    /// colour `fill`.
    Border {
        /// Red, green and blue.
        fill: [u8; 3],
    },
}

/// A checkpoint's evaluation transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Transform {
    /// Height of the network's input in pixels.
    pub height: usize,
    /// Width of the network's input in pixels.
    pub width: usize,
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
    /// Whether pictures are turned to grey first.
    pub grey: bool,
    /// How alpha is prepared, where the network sees it behind red, green and blue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<Alpha>,
}

impl Transform {
    /// The network's input for one picture: `(height, width, channels)`.
    pub fn apply(&self, picture: &Picture) -> Pixels {
        let cropped = match self.grey {
            true => self.resize_and_crop(&picture.in_grey()),
            false => self.resize_and_crop(picture),
        };
        let (mean, std) = self.normalisation();
        Pixels::Bytes {
            mean,
            std,
            bytes: match self.alpha {
                Some(_) => alpha::interleaved(&cropped),
                None => cropped.pixels,
            },
        }
    }

    /// The mean and the standard deviation of each channel.
    pub fn normalisation(&self) -> (Vec<f32>, Vec<f32>) {
        let all =
            |colours: [f32; 3], alpha: Option<f32>| colours.into_iter().chain(alpha).collect();
        (
            all(self.mean, self.alpha.map(|alpha| alpha.mean)),
            all(self.std, self.alpha.map(|alpha| alpha.std)),
        )
    }

    /// How many channels the network's input has: 3, or 4 with alpha.
    pub fn channels(&self) -> usize {
        3 + self.alpha.iter().count()
    }

    /// The same for a network that sees grey pictures: the channels' mean counts for the one
    /// (timm/data/loader.py, `adapt_to_chs`).
    pub fn in_grey(self) -> Self {
        Self {
            mean: [mean(self.mean); 3],
            std: [mean(self.std); 3],
            grey: true,
            ..self
        }
    }

    /// The same for a network that sees alpha: the colours' mean counts for each of the four.
    pub fn with_alpha(self) -> Self {
        let (mean, std) = (mean(self.mean), mean(self.std));
        let alpha = Alpha {
            mean,
            std,
            border: of_border(mean.into()),
        };
        Self {
            mean: [mean; 3],
            std: [std; 3],
            alpha: Some(alpha),
            ..self
        }
    }

    /// What a picture takes in memory until the network has it: 8 bits a value, and in its batch f32.
    pub fn bytes(&self) -> u64 {
        (self.height * self.width * self.channels() * (size_of::<u8>() + size_of::<f32>())) as u64
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

    /// The 8-bit picture that the network sees, `width` by `height`.
    pub fn resize_and_crop(&self, picture: &Picture) -> Picture {
        let (width, height) = self.resized(picture.original_size);
        let columns = Crop::middle(width, self.width, self.crop_mode);
        let rows = Crop::middle(height, self.height, self.crop_mode);
        let part = alpha::resize_and_crop(
            picture,
            (width, height),
            columns.kept.clone(),
            rows.kept.clone(),
            self.interpolation,
        );
        if part.width == self.width && part.height == self.height {
            part
        } else {
            self.pad(&part, columns.before, rows.before)
        }
    }

    /// Where the network's input lies in an upright picture of `original_size`, its width and height.
    pub fn frame(&self, original_size: (usize, usize)) -> Frame {
        let (width, height) = self.resized(original_size);
        let side = |original: usize, resized: usize, input: usize| {
            let Crop { kept, before } = Crop::middle(resized, input, self.crop_mode);
            Side {
                scale: original as f64 / resized as f64,
                offset: kept.start as f64 - before as f64,
                seen: before as f64..(before + kept.len()) as f64,
            }
        };
        Frame {
            columns: side(original_size.0, width, self.width),
            rows: side(original_size.1, height, self.height),
        }
    }

    /// The height that pictures are resized to, before the crop; of a square input the width too.
    pub fn side(&self) -> usize {
        self.before_crop(self.height)
    }

    /// A side of the input before the crop, floored from a double.
    fn before_crop(&self, side: usize) -> usize {
        (side as f64 / self.crop_pct).floor() as usize
    }

    /// The width and height of a picture that is resized and not cropped yet.
    fn resized(&self, (width, height): (usize, usize)) -> (usize, usize) {
        let to = (self.before_crop(self.width), self.before_crop(self.height));
        let ratios = (width as f64 / to.0 as f64, height as f64 / to.1 as f64);
        // timm/data/transforms.py, `ResizeKeepRatio`, with Python's `round`. Pillow refuses a side
        // of no pixel, which a very long picture would have.
        let divided = |ratio: f64| {
            let side = |length: usize| ((length as f64 / ratio).round_ties_even() as usize).max(1);
            (side(width), side(height))
        };
        match self.crop_mode {
            CropMode::Squash | CropMode::SquashDown => to,
            CropMode::Border { .. } => divided(ratios.0.max(ratios.1)),
            CropMode::Center | CropMode::CenterDown if to.0 == to.1 => {
                shorter_becomes(to.0, (width, height))
            }
            CropMode::Center | CropMode::CenterDown => divided(ratios.0.min(ratios.1)),
        }
    }

    /// Puts `part` on an input of one colour.
    fn pad(&self, part: &Picture, left: usize, top: usize) -> Picture {
        let fill = match self.crop_mode {
            CropMode::Border { fill } => fill,
            _ => [0; 3],
        };
        let mut pixels = fill.repeat(self.height * self.width);
        let starts = (0..part.height).map(|y| (top + y) * self.width + left);
        for (y, start) in starts.clone().enumerate() {
            pixels[start * 3..][..part.width * 3].copy_from_slice(part.row(y));
        }
        let alpha = self.alpha.map(|Alpha { border, .. }| {
            let border = match self.crop_mode {
                CropMode::Border { .. } => border,
                _ => 0,
            };
            let mut alpha = vec![border; self.height * self.width];
            for (y, start) in starts.enumerate() {
                let row = &mut alpha[start..][..part.width];
                match &part.alpha {
                    Some(values) => row.copy_from_slice(&values[y * part.width..][..part.width]),
                    None => row.fill(alpha::OPAQUE),
                }
            }
            alpha
        });
        Picture::new(self.width, self.height, pixels).with_alpha(alpha)
    }
}

/// What a border has where the mean is `mean`, with Python's `round` (timm/data/transforms_factory.py,
/// `transforms_imagenet_eval`).
pub fn of_border(mean: f64) -> u8 {
    (255.0 * mean).round_ties_even() as u8
}

/// Of the three colours.
fn mean(values: [f32; 3]) -> f32 {
    let sum: f64 = values.iter().copied().map(f64::from).sum();
    (sum / 3.0) as f32
}

/// The size of a picture whose shorter side becomes `side`; the longer one is truncated
/// (torchvision, `_compute_resized_output_size`).
fn shorter_becomes(side: usize, (width, height): (usize, usize)) -> (usize, usize) {
    let longer = |long: usize, short: usize| (side as u64 * long as u64 / short as u64) as usize;
    match width <= height {
        true => (side, longer(height, width)),
        false => (longer(width, height), side),
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
                    CropMode::SquashDown | CropMode::CenterDown => excess / 2,
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
