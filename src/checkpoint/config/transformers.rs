//! A model in transformers' layout: `config.json` (models/efficientnet/
//! configuration_efficientnet.py) and `preprocessor_config.json` (image_processing_efficientnet.py).

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::classes::{LabelNames, check_classes, scoring};
use crate::checkpoint::card::Card;
use crate::checkpoint::labels::Labels;
use crate::model::Config;
use crate::model::architectures::{Architecture, Convention};
use crate::model::names::Naming;
use crate::ops::Padding;
use crate::picture::resample::Interpolation;
use crate::picture::transform::{CropMode, Transform};

/// The file that tells how pictures are prepared.
pub const PREPROCESSOR_FILE: &str = "preprocessor_config.json";

/// The keys that matter, with `EfficientNetConfig`'s defaults.
#[derive(Deserialize)]
#[serde(default)]
struct File {
    model_type: String,
    width_coefficient: f64,
    depth_coefficient: f64,
    batch_norm_eps: f64,
    depthwise_padding: Vec<usize>,
    hidden_act: String,
    pooling_type: String,
    num_channels: usize,
    num_labels: Option<usize>,
    problem_type: Option<String>,
    id2label: Option<LabelNames>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            model_type: String::new(),
            width_coefficient: 2.0,
            depth_coefficient: 3.1,
            batch_norm_eps: 1e-3,
            depthwise_padding: Vec::new(),
            hidden_act: "swish".to_owned(),
            pooling_type: "mean".to_owned(),
            num_channels: 3,
            num_labels: None,
            problem_type: None,
            id2label: None,
        }
    }
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
    image_mean: [f64; 3],
    image_std: [f64; 3],
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
            image_mean: [0.5; 3],
            image_std: [0.5; 3],
            include_top: None,
        }
    }
}

/// Both sides or one for both.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Size {
    Sides { height: usize, width: usize },
    Side(usize),
}

impl Size {
    fn square(self) -> Result<usize> {
        match self {
            Self::Side(side) => Ok(side),
            Self::Sides { height, width } if height == width => Ok(height),
            Self::Sides { height, width } => {
                bail!("its input size {height} x {width} is not supported; it must be square")
            }
        }
    }
}

/// Whether a `config.json` is of transformers' own EfficientNet.
pub fn describes(text: &str) -> bool {
    let value: Result<Value, _> = serde_json::from_str(text);
    value.is_ok_and(|value| value["model_type"] == "efficientnet")
}

/// What the two files' texts say.
///
/// # Errors
/// If they are damaged or ask for what is not supported.
pub fn card(config: &str, preprocessor: &str) -> Result<Card> {
    let file: File = serde_json::from_str(config).context("it is not a model's config.json")?;
    let preprocessor: Preprocessor = serde_json::from_str(preprocessor)
        .with_context(|| format!("the {PREPROCESSOR_FILE} beside it is not one"))?;
    let problem_type = file.problem_type.clone();
    let (variant, config, labels) = file.network()?;
    Ok(Card {
        variant,
        config,
        transform: preprocessor.transform()?,
        test: None,
        scoring: scoring(problem_type.as_deref(), labels.len()),
        labels,
    })
}

impl File {
    fn network(self) -> Result<(&'static str, Config, Labels)> {
        ensure!(
            matches!(self.hidden_act.as_str(), "swish" | "silu"),
            "its hidden_act `{}` is not supported",
            self.hidden_act,
        );
        ensure!(
            self.pooling_type == "mean",
            "its pooling_type `{}` is not supported",
            self.pooling_type,
        );
        ensure!(
            self.num_channels == 3,
            "it takes {} channels, only 3 are supported",
            self.num_channels,
        );
        let (width, depth) = (self.width_coefficient, self.depth_coefficient);
        let architecture = Architecture::scaled_by(width, depth).ok_or_else(|| {
            anyhow!("no EfficientNet is scaled by {width} in width and {depth} in depth")
        })?;
        let named = self.id2label.as_ref().map(LabelNames::len);
        let classes = named.or(self.num_labels).unwrap_or(2);
        check_classes(classes)?;
        let labels = match self.id2label {
            Some(names) => Labels::named(names.into_names(classes)?),
            None => Labels::for_classes(classes),
        };
        // Made for even inputs (modeling_efficientnet.py, `EfficientNetEmbeddings` and
        // `EfficientNetDepthwiseLayer`), but for the blocks that are listed.
        let convention = Convention {
            padding: Padding::Behind,
            batch_norm_eps: self.batch_norm_eps,
        };
        let mut config = Config::new(architecture, convention, classes);
        config.naming = Naming::Transformers;
        for (number, block) in config.stages.iter_mut().flatten().enumerate() {
            if block.window.stride == 1 || self.depthwise_padding.contains(&number) {
                block.window.padding = Padding::Symmetric;
            }
        }
        Ok((architecture.variant, config, labels))
    }
}

impl Preprocessor {
    fn transform(&self) -> Result<Transform> {
        ensure!(self.do_resize, "it does not resize, which is not supported");
        ensure!(
            self.do_rescale,
            "it does not rescale, which is not supported"
        );
        let resized = self.size.square()?;
        let size = match self.do_center_crop {
            true => self.crop_size.square()?,
            false => resized,
        };
        for side in [size, resized] {
            ensure!(
                (32..=4096).contains(&side),
                "its input size {side} is not supported",
            );
        }
        let (mean, std) = self.normalisation();
        Ok(Transform {
            height: size,
            width: size,
            crop_pct: crop_pct(size, resized),
            crop_mode: CropMode::SquashDown,
            // Pillow's numbers.
            interpolation: match self.resample {
                0 => Interpolation::Nearest,
                2 => Interpolation::Bilinear,
                3 => Interpolation::Bicubic,
                other => bail!("its resample {other} is not supported"),
            },
            mean,
            std,
            grey: false,
        })
    }

    /// Everything that happens to a value in 0..1, as one mean and standard deviation:
    /// `value * 255 * factor`, minus 1 with `rescale_offset`, then `(value - mean) / std`, and once
    /// more by `std` with `include_top`.
    fn normalisation(&self) -> ([f32; 3], [f32; 3]) {
        let of_efficientnet = self.image_processor_type.as_ref();
        let of_efficientnet = of_efficientnet.is_none_or(|name| name.starts_with("EfficientNet"));
        let twice = self.include_top.unwrap_or(of_efficientnet);
        let scale = 255.0 * self.rescale_factor;
        let offset = f64::from(u8::from(self.rescale_offset));
        let channel = |channel: usize| {
            let (mut mean, mut std) = (0.0, 1.0);
            if self.do_normalize {
                (mean, std) = (self.image_mean[channel], self.image_std[channel]);
            }
            let again = if twice { self.image_std[channel] } else { 1.0 };
            let (mean, std) = ((mean + offset) / scale, std * again / scale);
            (mean as f32, std as f32)
        };
        let channels: [_; 3] = std::array::from_fn(channel);
        (channels.map(|(mean, _)| mean), channels.map(|(_, std)| std))
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
