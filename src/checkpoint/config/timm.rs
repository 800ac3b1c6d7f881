//! timm's Hub layout of `config.json` (timm/models/_hub.py, `save_config_for_hf`).

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::arguments;
use super::classes::{check_classes, scoring};
use super::json;
use super::values::{by_channel, deviation, is_empty, wrong_channels};
use crate::checkpoint::card::Card;
use crate::checkpoint::label_names::LabelNames;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::published::supported_architecture;
use crate::model::Config;
use crate::picture::alpha::Alpha;
use crate::picture::resample::Interpolation;
use crate::picture::transform::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform, of_border};

/// The keys that matter. The same ones may stand at the root (an older layout) or under
/// `pretrained_cfg`; the root's class count and labels win.
#[derive(Default, Deserialize)]
struct File {
    architecture: Option<String>,
    num_classes: Option<usize>,
    label_names: Option<Value>,
    labels: Option<Value>,
    id2label: Option<Value>,
    label2id: Option<Value>,
    label_descriptions: Option<BTreeMap<String, Value>>,
    model_args: Option<Map<String, Value>>,
    problem_type: Option<String>,
    pretrained_cfg: Option<Settings>,
    #[serde(flatten)]
    legacy: Settings,
}

#[derive(Clone, Default, Deserialize)]
struct Settings {
    input_size: Option<[usize; 3]>,
    test_input_size: Option<[usize; 3]>,
    test_crop_pct: Option<f64>,
    interpolation: Option<String>,
    crop_pct: Option<f64>,
    crop_mode: Option<String>,
    mean: Option<Value>,
    std: Option<Value>,
    #[serde(rename = "num_classes")]
    classes: Option<usize>,
    #[serde(rename = "label_names")]
    names: Option<Value>,
}

/// What the file's text says.
///
/// # Errors
/// If it is damaged, or asks for what is not supported.
pub fn card(text: &str) -> Result<Card> {
    let file: File = json::parse(text).context("it is not a model's config.json")?;
    let name = file.architecture.as_deref().ok_or_else(|| {
        anyhow!("it names no `architecture`; timm's config.json layout is expected")
    })?;
    // Some exporters append the tag.
    let name = name.split('.').next().unwrap_or_default();
    let (architecture, mut convention) = supported_architecture(name)?;
    let settings = file.pretrained_cfg.as_ref().unwrap_or(&file.legacy);
    let names = file.names(settings)?;
    let named = names.as_ref().map(LabelNames::classes);
    let classes = file.num_classes.or(settings.classes).or(named);
    let classes = classes.unwrap_or(1000);
    check_classes(classes)?;
    let arguments = file.model_args.clone().unwrap_or_default();
    arguments::apply(&arguments, &mut convention);
    let mut config = Config::new(architecture, convention, classes);
    arguments::check(&arguments, &config)?;
    config.channels = channels(&arguments, settings)?;
    let labels = match names {
        Some(names) => {
            let descriptions = file.label_descriptions.into_iter().flatten();
            let texts = descriptions.filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            });
            Labels::described(names.into_names(classes)?, &texts.collect())
        }
        None => Labels::for_classes(classes),
    };
    Ok(Card {
        variant: architecture.variant,
        transform: settings.transform(config.channels)?,
        test: settings.test(config.channels)?,
        config,
        labels,
        scoring: scoring(file.problem_type.as_deref(), classes),
    })
}

/// How many channels a network sees. timm validates one that sees a single channel on pictures
/// turned to grey, and one that sees four with `--input-img-mode RGBA` (timm's validate.py); of others
/// nobody knows what they are.
fn channels(arguments: &Map<String, Value>, settings: &Settings) -> Result<usize> {
    let [channels, ..] = settings.input_size.unwrap_or([3; 3]);
    let argument = arguments.get("in_chans").filter(|value| !value.is_null());
    let channels = match argument {
        Some(value) => value
            .as_u64()
            .with_context(|| format!("its model_args ask for `in_chans` = {value}"))?,
        None => channels as u64,
    };
    let channels = usize::try_from(channels).unwrap_or(usize::MAX);
    ensure!(
        matches!(channels, 1 | 3 | 4),
        "it {}",
        wrong_channels(channels)
    );
    Ok(channels)
}

impl File {
    /// transformers' wrapper writes its own table behind a `label_names` that may be any.
    fn names(&self, settings: &Settings) -> Result<Option<LabelNames>> {
        let tables = [
            &self.id2label,
            &self.label_names,
            &self.labels,
            &settings.names,
        ];
        LabelNames::first_of(tables, &self.label2id)
    }
}

impl Settings {
    /// The transform of the size that it was tested at, if it has one.
    fn test(&self, channels: usize) -> Result<Option<Transform>> {
        let test = |size| {
            Self {
                input_size: Some(size),
                crop_pct: self.test_crop_pct.or(self.crop_pct),
                ..self.clone()
            }
            .transform(channels)
        };
        self.test_input_size.map(test).transpose()
    }

    /// With timm's defaults for what is missing (timm/data/config.py, `resolve_data_config`).
    fn transform(&self, channels: usize) -> Result<Transform> {
        let [_, height, width] = self.input_size.unwrap_or([3, 224, 224]);
        for side in [height, width] {
            ensure!(
                (32..=4096).contains(&side),
                "its input size {height} x {width} is not supported; each side must be 32 to 4096",
            );
        }
        let crop_pct = self.crop_pct.filter(|&share| share != 0.0);
        let crop_pct = crop_pct.unwrap_or(0.875);
        ensure!(
            (0.01..=100.0).contains(&crop_pct),
            "its crop_pct {crop_pct} is out of range"
        );
        let mean = match self.mean.as_ref().filter(|mean| !is_empty(mean)) {
            Some(mean) => by_channel("mean", mean, channels)?,
            None => by_default(IMAGENET_MEAN, channels),
        };
        let std = match self.std.as_ref().filter(|std| !is_empty(std)) {
            Some(std) => deviation("std", std, channels)?,
            None => by_default(IMAGENET_STD, channels),
        };
        let [alpha_mean, alpha_std] = [mean[3], std[3]];
        let colours = |[red, green, blue, _]: [f64; 4]| [red, green, blue];
        let (mean, std) = (colours(mean), colours(std));
        Ok(Transform {
            height,
            width,
            crop_pct,
            crop_mode: match self.crop_mode.as_deref() {
                None | Some("" | "center") => CropMode::Center,
                Some("squash") => CropMode::Squash,
                Some("border") => CropMode::Border {
                    fill: mean.map(of_border),
                },
                Some(other) => bail!("its crop_mode `{other}` is not supported"),
            },
            interpolation: match self.interpolation.as_deref() {
                None | Some("" | "bicubic") => Interpolation::Bicubic,
                Some("bilinear") => Interpolation::Bilinear,
                Some("nearest") => Interpolation::Nearest,
                Some("box") => Interpolation::Box,
                Some("hamming") => Interpolation::Hamming,
                Some("lanczos") => Interpolation::Lanczos,
                Some(other) => bail!("its interpolation `{other}` is not supported"),
            },
            mean: mean.map(|value| value as f32),
            std: std.map(|value| value as f32),
            grey: channels == 1,
            alpha: (channels == 4).then(|| Alpha {
                mean: alpha_mean as f32,
                std: alpha_std as f32,
                border: of_border(alpha_mean),
            }),
        })
    }
}

/// ImageNet's values, or their mean in each channel where there are not three.
fn by_default(values: [f32; 3], channels: usize) -> [f64; 4] {
    // By their decimal digits, as Python has them.
    let values = values.map(|value| value.to_string().parse().unwrap_or_default());
    let all = values.iter().sum::<f64>() / 3.0;
    match (channels, values) {
        (3, [red, green, blue]) => [red, green, blue, all],
        _ => [all; 4],
    }
}
