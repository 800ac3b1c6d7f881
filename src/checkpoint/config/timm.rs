//! timm's Hub layout of `config.json` (timm/models/_hub.py, `save_config_for_hf`).

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::classes::{LabelNames, check_classes, scoring};
use crate::checkpoint::card::Card;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::published::supported_architecture;
use crate::model::Config;
use crate::model::architectures::Convention;
use crate::ops::Padding;
use crate::picture::resample::Interpolation;
use crate::picture::transform::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};

/// The keys that matter. The same ones may stand at the root (an older layout) or under
/// `pretrained_cfg`; the root's class count and labels win.
#[derive(Default, Deserialize)]
struct File {
    architecture: Option<String>,
    num_classes: Option<usize>,
    label_names: Option<LabelNames>,
    labels: Option<LabelNames>,
    id2label: Option<LabelNames>,
    label_descriptions: Option<BTreeMap<String, String>>,
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
    mean: Option<[f32; 3]>,
    std: Option<[f32; 3]>,
    #[serde(rename = "num_classes")]
    classes: Option<usize>,
    #[serde(rename = "label_names")]
    names: Option<LabelNames>,
}

/// What the file's text says.
///
/// # Errors
/// If it is damaged, or asks for what is not supported.
pub fn card(text: &str) -> Result<Card> {
    let file: File = serde_json::from_str(text).context("it is not a model's config.json")?;
    let name = file.architecture.ok_or_else(|| {
        anyhow!("it names no `architecture`; timm's config.json layout is expected")
    })?;
    // Some exporters append the tag.
    let name = name.split('.').next().unwrap_or_default();
    let (architecture, mut convention) = supported_architecture(name)?;
    let settings = file.pretrained_cfg.unwrap_or(file.legacy);
    let classes = file.num_classes.or(settings.classes).unwrap_or(1000);
    check_classes(classes)?;
    apply(file.model_args.as_ref(), &mut convention)?;
    let (transform, test) = (settings.transform()?, settings.test()?);
    // transformers' wrapper writes its own table behind a `label_names` that may be any.
    let names = file.id2label.or(file.label_names).or(file.labels);
    let labels = match names.or(settings.names) {
        Some(names) => {
            let descriptions = file.label_descriptions.unwrap_or_default();
            Labels::described(names.into_names(classes)?, &descriptions)
        }
        None => Labels::for_classes(classes),
    };
    Ok(Card {
        variant: architecture.variant,
        config: Config::new(architecture, convention, classes),
        transform,
        test,
        labels,
        scoring: scoring(file.problem_type.as_deref(), classes),
    })
}

/// Takes over what a model's own arguments change in its architecture.
fn apply(arguments: Option<&Map<String, Value>>, convention: &mut Convention) -> Result<()> {
    for (key, value) in arguments.into_iter().flatten() {
        match (key.as_str(), value) {
            ("bn_eps", Value::Number(eps)) if eps.is_f64() => {
                convention.batch_norm_eps = eps.as_f64().unwrap_or(convention.batch_norm_eps);
            }
            ("pad_type", value) if value == "same" => convention.padding = Padding::Same,
            ("pad_type", value) if value == "" => convention.padding = Padding::Symmetric,
            // What only matters in training, or says what is so anyway.
            ("drop_rate" | "drop_path_rate" | "num_classes", _) => {}
            ("in_chans", value) if value == 3 => {}
            ("global_pool", value) if value == "avg" => {}
            _ => bail!("its model_args ask for `{key}` = {value}, which is not supported"),
        }
    }
    Ok(())
}

impl Settings {
    /// The transform of the size that it was tested at, if it has one.
    fn test(&self) -> Result<Option<Transform>> {
        let test = |size| {
            Self {
                input_size: Some(size),
                crop_pct: self.test_crop_pct.or(self.crop_pct),
                ..self.clone()
            }
            .transform()
        };
        self.test_input_size.map(test).transpose()
    }

    /// With timm's defaults for what is missing (timm/data/config.py, `resolve_data_config`).
    fn transform(&self) -> Result<Transform> {
        let [channels, height, width] = self.input_size.unwrap_or([3, 224, 224]);
        ensure!(
            channels == 3,
            "it takes {channels} channels, only 3 are supported"
        );
        ensure!(
            height == width && (32..=4096).contains(&height),
            "its input size {height} x {width} is not supported; it must be square",
        );
        let crop_pct = self.crop_pct.unwrap_or(0.875);
        ensure!(
            (0.01..=100.0).contains(&crop_pct),
            "its crop_pct {crop_pct} is out of range"
        );
        Ok(Transform {
            height,
            width,
            crop_pct,
            crop_mode: match self.crop_mode.as_deref() {
                None | Some("" | "center") => CropMode::Center,
                Some("squash") => CropMode::Squash,
                Some(other) => bail!("its crop_mode `{other}` is not supported"),
            },
            interpolation: match self.interpolation.as_deref() {
                None | Some("" | "bicubic") => Interpolation::Bicubic,
                Some("bilinear") => Interpolation::Bilinear,
                Some("nearest") => Interpolation::Nearest,
                Some(other) => bail!("its interpolation `{other}` is not supported"),
            },
            mean: self.mean.unwrap_or(IMAGENET_MEAN),
            std: self.std.unwrap_or(IMAGENET_STD),
            grey: false,
        })
    }
}
