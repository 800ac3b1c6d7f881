//! How pictures are prepared for a model in transformers' layout: `preprocessor_config.json`
//! (models/efficientnet/image_processing_efficientnet.py).

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::json;
use super::values::{by_channel, deviation};
use crate::picture::resample::Interpolation;
use crate::picture::transform::{CropMode, Transform};

/// The file that tells how pictures are prepared.
pub(super) const PREPROCESSOR_FILE: &str = "preprocessor_config.json";

/// What the file's text says.
///
/// # Errors
/// If it is damaged or asks for what is not supported.
pub(super) fn transform(text: &str) -> Result<Transform> {
    let preprocessor: Preprocessor = json::parse_without_nulls(text)
        .with_context(|| format!("the {PREPROCESSOR_FILE} beside it is not one"))?;
    preprocessor.transform()
}

/// The keys that matter, with the defaults of `EfficientNetImageProcessor`.
#[derive(Deserialize)]
#[serde(default)]
struct Preprocessor {
    image_processor_type: Option<String>,
    do_resize: bool,
    size: Size,
    resample: u8,
    do_center_crop: bool,
    crop_size: Size,
    do_rescale: bool,
    rescale_factor: f64,
    rescale_offset: bool,
    do_normalize: bool,
    image_mean: Value,
    image_std: Value,
    include_top: Option<bool>,
}

impl Default for Preprocessor {
    fn default() -> Self {
        let square = |side| Size::Sides {
            height: side,
            width: side,
        };
        Self {
            image_processor_type: None,
            do_resize: true,
            size: square(346),
            resample: 3,
            do_center_crop: false,
            crop_size: square(289),
            do_rescale: true,
            rescale_factor: 1.0 / 255.0,
            rescale_offset: false,
            do_normalize: true,
            image_mean: Value::from(0.5),
            image_std: Value::from(0.5),
            include_top: None,
        }
    }
}

/// Both sides, one for both, or how long the shorter side becomes (transformers,
/// image_processing_utils.py, `get_size_dict`). Newer versions write null for what is not given.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Size {
    Sides {
        height: usize,
        width: usize,
    },
    Side(usize),
    Shortest {
        shortest_edge: usize,
        #[serde(default)]
        longest_edge: Option<usize>,
    },
}

impl Size {
    /// Height and width, if it says both.
    fn sides(self) -> Option<(usize, usize)> {
        match self {
            Self::Side(side) => Some((side, side)),
            Self::Sides { height, width } => Some((height, width)),
            Self::Shortest { .. } => None,
        }
    }

    /// How long the shorter side becomes, if only that is said.
    fn shortest(self) -> Option<usize> {
        match self {
            Self::Shortest {
                shortest_edge,
                longest_edge: None,
            } => Some(shortest_edge),
            _ => None,
        }
    }
}

impl Preprocessor {
    fn transform(&self) -> Result<Transform> {
        ensure!(self.do_resize, "it does not resize, which is not supported");
        ensure!(
            self.do_rescale,
            "it does not rescale, which is not supported"
        );
        let (height, width) = self.input()?;
        for side in [height, width] {
            ensure!(
                (32..=4096).contains(&side),
                "its input size {height} x {width} is not supported",
            );
        }
        let (crop_pct, crop_mode) = self.crop((height, width))?;
        let (mean, std) = self.normalisation()?;
        Ok(Transform {
            height,
            width,
            crop_pct,
            crop_mode,
            // Pillow's numbers.
            interpolation: match self.resample {
                0 => Interpolation::Nearest,
                1 => Interpolation::Lanczos,
                2 => Interpolation::Bilinear,
                3 => Interpolation::Bicubic,
                4 => Interpolation::Box,
                5 => Interpolation::Hamming,
                other => bail!("its resample {other} is not supported"),
            },
            mean,
            std,
            grey: false,
            alpha: None,
        })
    }

    /// Height and width of what the network sees.
    fn input(&self) -> Result<(usize, usize)> {
        let seen = if self.do_center_crop {
            self.crop_size
        } else {
            self.size
        };
        seen.sides().context(
            "it gives no height and width of its input; a `size` of a shortest_edge needs do_center_crop",
        )
    }

    /// The share of the resized sides that is kept, and how they are resized.
    fn crop(&self, (height, width): (usize, usize)) -> Result<(f64, CropMode)> {
        let (resized, mode) = match (self.size.sides(), self.size.shortest()) {
            (Some(resized), _) => (resized, CropMode::SquashDown),
            (None, Some(side)) => ((side, side), CropMode::CenterDown),
            (None, None) => bail!("its size with a longest_edge is not supported"),
        };
        if resized == (height, width) {
            return Ok((1.0, mode));
        }
        ensure!(
            height == width && resized.0 == resized.1,
            "it crops {height} x {width} of {} x {}, which is not supported; both must be square",
            resized.0,
            resized.1,
        );
        ensure!(
            (32..=4096).contains(&resized.0),
            "its size {} is not supported",
            resized.0
        );
        Ok((crop_pct(height, resized.0), mode))
    }

    /// Everything that happens to a value in 0..1, as one mean and standard deviation:
    /// `value * 255 * factor`, minus 1 with `rescale_offset`, then `(value - mean) / std`, and once
    /// more by `std` with `include_top`.
    fn normalisation(&self) -> Result<([f32; 3], [f32; 3])> {
        let image_mean = by_channel("image_mean", &self.image_mean, 3)?;
        let image_std = deviation("image_std", &self.image_std, 3)?;
        let of_efficientnet = self.image_processor_type.as_ref();
        let of_efficientnet = of_efficientnet.is_none_or(|name| name.starts_with("EfficientNet"));
        let twice = self.include_top.unwrap_or(of_efficientnet);
        let scale = 255.0 * self.rescale_factor;
        let offset = f64::from(u8::from(self.rescale_offset));
        let channel = |channel: usize| {
            let (mut mean, mut std) = (0.0, 1.0);
            if self.do_normalize {
                (mean, std) = (image_mean[channel], image_std[channel]);
            }
            let again = if twice { image_std[channel] } else { 1.0 };
            let (mean, std) = ((mean + offset) / scale, std * again / scale);
            (mean as f32, std as f32)
        };
        let channels: [_; 3] = std::array::from_fn(channel);
        let mean = channels.map(|(mean, _)| mean);
        Ok((mean, channels.map(|(_, std)| std)))
    }
}

/// The share that `size` is of `resized`, so that dividing by it gives `resized` again when it is
/// rounded down.
fn crop_pct(size: usize, resized: usize) -> f64 {
    let share = size as f64 / resized as f64;
    match (size as f64 / share) < resized as f64 {
        true => share.next_down(),
        false => share,
    }
}

#[cfg(test)]
mod tests {
    use super::crop_pct;

    #[test]
    fn the_resized_side_comes_back_from_its_share() {
        for size in 32..400 {
            for resized in 32..400 {
                let side = (size as f64 / crop_pct(size, resized)).floor();
                assert_eq!(side as usize, resized, "{size} of {resized}");
            }
        }
    }
}
