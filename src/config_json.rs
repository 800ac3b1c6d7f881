//! A `config.json` in timm's Hub layout (timm/models/_hub.py, `save_config_for_hf`), or in
//! transformers'.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::checkpoints::supported_architecture;
use crate::labels::Labels;
use crate::model::Config;
use crate::ops::Padding;
use crate::preprocess::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};
use crate::resample::Interpolation;
use crate::text_file;
use crate::transformers_config;

/// Each class has a label in memory before the weights are looked at. ImageNet-21k has 21,843.
const MOST_CLASSES: usize = 100_000;

/// What the file says of a model.
pub struct ModelCard {
    /// What users call its size.
    pub variant: &'static str,
    /// The network's shape.
    pub config: Config,
    /// How its pictures are prepared.
    pub transform: Transform,
    /// The same for the size that it was tested at, if there is another.
    pub test: Option<Transform>,
    /// Its classes' names, or the usual ones for their number.
    pub labels: Labels,
}

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
    model_args: Option<serde_json::Map<String, Value>>,
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

/// A list, or a table from index to name where some classes have none.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum LabelNames {
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

impl LabelNames {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(names) => names.len(),
            Self::Table(table) => table.len(),
        }
    }

    /// The names of `classes` classes; those without one are called by their index.
    pub(crate) fn into_names(self, classes: usize) -> Result<Vec<String>> {
        let names = match self {
            Self::List(names) => names,
            Self::Table(table) => {
                let mut names: Vec<_> = (0..classes).map(|i| i.to_string()).collect();
                for (index, name) in table {
                    let slot = index.parse().ok().and_then(|i: usize| names.get_mut(i));
                    *slot.ok_or_else(|| anyhow!("label index `{index}` is no class"))? = name;
                }
                names
            }
        };
        ensure!(
            names.len() == classes,
            "it names {} labels for {classes} classes",
            names.len(),
        );
        Ok(names)
    }
}

impl ModelCard {
    /// Reads `path`, and for a transformers model the file beside it that tells how pictures are
    /// prepared.
    ///
    /// # Errors
    /// If they can't be read, are of neither layout, or ask for what is not supported.
    pub fn open(path: &Path) -> Result<Self> {
        let read = |path: &Path| {
            text_file::read(path).with_context(|| format!("can't read {}", path.display()))
        };
        let text = read(path)?;
        let card = if transformers_config::describes(&text) {
            let preprocessor = read(&path.with_file_name(transformers_config::PREPROCESSOR_FILE))?;
            transformers_config::card(&text, &preprocessor)
        } else {
            Self::parse(&text)
        };
        card.with_context(|| format!("{} can't be used", path.display()))
    }

    /// Takes the text of a file in timm's layout.
    ///
    /// # Errors
    /// As [`ModelCard::open`].
    pub fn parse(text: &str) -> Result<Self> {
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
        for (key, value) in file.model_args.iter().flatten() {
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
        Ok(Self {
            variant: architecture.variant,
            config: Config::new(architecture, convention, classes),
            transform,
            test,
            labels,
        })
    }
}

/// Checks a number of classes before anything is made for each of them.
pub(crate) fn check_classes(classes: usize) -> Result<()> {
    ensure!(classes > 0, "its head has no classes, so it can't classify");
    ensure!(
        classes <= MOST_CLASSES,
        "its head has {classes} classes, more than {MOST_CLASSES} are not supported",
    );
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
            size: height,
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
        })
    }
}
