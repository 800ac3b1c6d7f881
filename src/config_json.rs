//! A `config.json` in timm's Hub layout (timm/models/_hub.py, `save_config_for_hf`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::checkpoints::architecture;
use crate::labels::Labels;
use crate::model::config::Config;
use crate::preprocess::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};
use crate::resample::Interpolation;

/// What the file says of a model.
pub struct ModelCard {
    /// What users call its size.
    pub variant: &'static str,
    /// The network's shape.
    pub config: Config,
    /// How its pictures are prepared.
    pub transform: Transform,
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
    #[serde(default)]
    model_args: serde_json::Map<String, Value>,
    pretrained_cfg: Option<Settings>,
    #[serde(flatten)]
    legacy: Settings,
}

#[derive(Default, Deserialize)]
struct Settings {
    input_size: Option<[usize; 3]>,
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
#[derive(Deserialize)]
#[serde(untagged)]
enum LabelNames {
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

impl LabelNames {
    fn into_labels(self, classes: usize) -> Result<Labels> {
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
        Ok(Labels::named(names))
    }
}

impl ModelCard {
    /// Reads `path`.
    ///
    /// # Errors
    /// If it can't be read, is not timm's layout, or asks for what is not supported.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {shown}"))?;
        Self::parse(&text).with_context(|| format!("{shown} can't be used"))
    }

    /// Takes the file's text.
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
        let (scaling, padding, mut eps) = architecture(name).ok_or_else(|| {
            anyhow!("its architecture `{name}` is not supported; EfficientNet B0 to B7 are")
        })?;
        let settings = file.pretrained_cfg.unwrap_or(file.legacy);
        let classes = file.num_classes.or(settings.classes).unwrap_or(1000);
        ensure!(classes > 0, "its head has no classes, so it can't classify");
        for (key, value) in &file.model_args {
            match (key.as_str(), value) {
                ("bn_eps", value) if value.is_f64() => eps = value.as_f64().unwrap_or(eps),
                // What only matters in training, or says what is so anyway.
                ("drop_rate" | "drop_path_rate" | "num_classes", _) => {}
                ("in_chans", value) if value == 3 => {}
                ("global_pool", value) if value == "avg" => {}
                _ => bail!("its model_args ask for `{key}` = {value}, which is not supported"),
            }
        }
        let transform = settings.transform()?;
        let labels = match file.label_names.or(file.labels).or(settings.names) {
            Some(names) => names.into_labels(classes)?,
            None => Labels::for_classes(classes),
        };
        Ok(Self {
            variant: scaling.variant,
            config: Config::new(scaling, padding, eps, classes),
            transform,
            labels,
        })
    }
}

impl Settings {
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
                Some(other) => bail!("its interpolation `{other}` is not supported"),
            },
            mean: self.mean.unwrap_or(IMAGENET_MEAN),
            std: self.std.unwrap_or(IMAGENET_STD),
        })
    }
}
