//! The folder of a trained model, in timm's layout (timm/models/_hub.py, `save_for_hf`), with what is
//! known of the training beside it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Map, Value, json};

use super::head::Head;
use crate::checkpoint::card::Card;
use crate::checkpoint::files::{CONFIG_FILE, WEIGHTS_FILE};
use crate::checkpoint::model::Model;
use crate::checkpoint::published::{CHECKPOINTS, architecture};
use crate::model::architectures::Architecture;
use crate::model::names::Naming;
use crate::model::weights::{Source, parameters};
use crate::model::{Config, fitting};
use crate::ops::Padding;
use crate::picture::transform::{CropMode, Transform};

/// What is known of the training: also what tells that a folder may be replaced.
pub const REPORT_FILE: &str = "training.json";
/// The features of all pictures, so that they need not be made again.
pub const FEATURES_FILE: &str = "features.safetensors";
/// All that a folder holds.
const FILES: [&str; 4] = [CONFIG_FILE, WEIGHTS_FILE, REPORT_FILE, FEATURES_FILE];
/// Sides that are a multiple of this stay even as far as the last block but one.
const STRIDE: usize = 32;

/// A folder that is being made.
pub struct Folder {
    path: PathBuf,
    part: PathBuf,
}

impl Folder {
    /// Refuses to write to `path` what is not there to be replaced.
    ///
    /// # Errors
    /// If it is there and was not made by training, or there is no folder to make it in.
    pub fn check(path: &Path) -> Result<()> {
        let shown = path.display();
        let Ok(about) = fs::symlink_metadata(path) else {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            ensure!(
                parent.is_dir(),
                "can't write {shown}: there is no folder {}",
                parent.display(),
            );
            return Ok(());
        };
        ensure!(
            about.is_dir(),
            "{shown} is there and no folder; give -o another name"
        );
        let entries = fs::read_dir(path).with_context(|| format!("can't read {shown}"))?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        let names = names.collect::<Result<Vec<_>>>()?;
        let is_ours = |name: &std::ffi::OsString| FILES.iter().any(|file| name == file);
        ensure!(
            names.is_empty() || names.iter().any(|name| name == REPORT_FILE),
            "{shown} is there, and `effnet train` did not make it; give -o another name",
        );
        if let Some(other) = names.iter().find(|name| !is_ours(name)) {
            let other = other.to_string_lossy();
            anyhow::bail!(
                "{shown} holds {other}, which `effnet train` did not make; take it away, or give -o \
                 another name"
            );
        }
        Ok(())
    }

    /// Begins a folder that will be called `path`, under another name.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn begin(path: &Path) -> Result<Self> {
        Self::check(path)?;
        let part = path.with_added_extension("part");
        Self::check(&part)?;
        let folder = Self {
            path: path.to_path_buf(),
            part,
        };
        let made = remove(&folder.part).and_then(|()| fs::create_dir(&folder.part));
        made.with_context(|| format!("can't write {}", folder.part.display()))?;
        // It is one from now on.
        fs::write(folder.file(REPORT_FILE), "{}")?;
        Ok(folder)
    }

    /// Where one of its files is while it is made.
    pub fn file(&self, name: &str) -> PathBuf {
        self.part.join(name)
    }

    /// Gives it its name; what had it is gone.
    ///
    /// # Errors
    /// If it can't be renamed.
    pub fn finish(self) -> Result<()> {
        Self::check(&self.path)?;
        let renamed = remove(&self.path).and_then(|()| fs::rename(&self.part, &self.path));
        renamed.with_context(|| format!("can't write {}", self.path.display()))
    }
}

fn remove(folder: &Path) -> std::io::Result<()> {
    for file in FILES {
        match fs::remove_file(folder.join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match folder.exists() {
        true => fs::remove_dir(folder),
        false => Ok(()),
    }
}

/// `card` as timm's layout can say it: of transformers' ways to cut half a pixel and to pad, timm has
/// the ones next to them.
///
/// # Errors
/// If it pads in a way that would change what the network sees.
pub fn expressible(mut card: Card) -> Result<Card> {
    let Transform { height, width, .. } = card.transform;
    if card.config.convention.padding == Padding::Behind {
        ensure!(
            height % STRIDE == 0 && width % STRIDE == 0,
            "timm's layout, in which the model is saved, can't say how this network pads pictures of \
             {height} x {width}; take timm's weights of the same variant",
        );
        card.config.convention.padding = Padding::Same;
    }
    card.transform.crop_mode = match card.transform.crop_mode {
        CropMode::CenterDown => CropMode::Center,
        CropMode::SquashDown => CropMode::Squash,
        other => other,
    };
    Ok(card)
}

/// The text of `config.json`: the network of `card` with `classes` at its end.
///
/// # Errors
/// If the network has no name in timm.
pub fn config(card: &Card, classes: &[String]) -> Result<String> {
    let (name, arguments) = named(card)?;
    let transform = card.transform;
    // By their digits: 0.485 as f64 has more.
    let digits = |value: &f32| json!(value.to_string().parse::<f64>().unwrap_or_default());
    let channels = card.config.channels;
    let by_channel = |values: &[f32]| values[..channels].iter().map(digits).collect::<Value>();
    let (mean, std) = transform.normalisation();
    let config = json!({
        "architecture": name,
        "num_classes": classes.len(),
        "num_features": card.config.head,
        "global_pool": "avg",
        "label_names": classes,
        "model_args": arguments,
        "pretrained_cfg": {
            "tag": "trained",
            "custom_load": false,
            "input_size": [channels, transform.height, transform.width],
            "fixed_input_size": false,
            "interpolation": transform.interpolation,
            "crop_pct": transform.crop_pct,
            "crop_mode": match transform.crop_mode {
                CropMode::Center | CropMode::CenterDown => "center",
                CropMode::Squash | CropMode::SquashDown => "squash",
                CropMode::Border { .. } => "border",
            },
            "mean": by_channel(&mean),
            "std": by_channel(&std),
            "num_classes": classes.len(),
            "pool_size": null,
            "first_conv": "conv_stem",
            "classifier": "classifier",
        },
    });
    Ok(serde_json::to_string_pretty(&config)? + "\n")
}

/// What timm calls the network, and the arguments that it needs beside.
fn named(card: &Card) -> Result<(String, Map<String, Value>)> {
    let found = Architecture::named(card.variant);
    let found = found.with_context(|| format!("timm has no name for {}", card.variant))?;
    let tensorflow = format!("tf_{}", found.name);
    let is_same = card.config.convention.padding == Padding::Same;
    let exists = CHECKPOINTS.iter().any(|c| c.architecture == tensorflow);
    let name = match is_same && exists {
        true => tensorflow,
        false => found.name.to_owned(),
    };
    let (_, usual) = architecture(&name).context("an architecture has a name")?;
    let convention = card.config.convention;
    let mut arguments = Map::new();
    if convention.padding != usual.padding {
        let padding = if is_same { "same" } else { "" };
        arguments.insert("pad_type".to_owned(), json!(padding));
    }
    if convention.batch_norm_eps != usual.batch_norm_eps {
        arguments.insert("bn_eps".to_owned(), json!(convention.batch_norm_eps));
    }
    if card.config.channels != 3 {
        arguments.insert("in_chans".to_owned(), json!(card.config.channels));
    }
    Ok((name, arguments))
}

/// Writes the weights of `model` to `path` as timm names them, in f32, with `head` as the last layer.
///
/// # Errors
/// If they can't be read or written.
pub fn weights(model: &Model, head: &Head, path: &Path) -> Result<()> {
    let file = model.weights.open()?;
    let config = fitting::with_widths_of_file(&file, model.card.config.clone())?;
    fitting::check(&file, &config)?;
    let timms = Config {
        naming: Naming::Timm,
        ..config.clone()
    };
    let classes = head.bias.len();
    let mut tensors = Vec::new();
    // Both in the order of the forward pass.
    for (theirs, ours) in parameters(&config).zip(parameters(&timms)) {
        let (shape, values) = match ours.name.as_str() {
            "classifier.weight" => (vec![classes, config.head], head.weight.clone()),
            "classifier.bias" => (vec![classes], head.bias.clone()),
            _ => (theirs.shape.clone(), file.read(&theirs)?),
        };
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        tensors.push((ours.name, shape, bytes));
    }
    file.ensure_unchanged()?;
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    let views = views.collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let written = || {
        // Who may read it is for the folder's owner to say, as for any other file.
        let permissions = fs::File::create(path)?.metadata()?.permissions();
        safetensors::serialize_to_file(views, Some(metadata), path)?;
        Ok::<_, anyhow::Error>(fs::set_permissions(path, permissions)?)
    };
    written().with_context(|| format!("can't write {}", path.display()))
}
