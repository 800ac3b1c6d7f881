//! A model in transformers' layout: `config.json` (models/efficientnet/
//! configuration_efficientnet.py) and `preprocessor_config.json` (image_processing_efficientnet.py).

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::classes::{check_classes, scoring};
use super::json;
use super::processor;
use crate::checkpoint::card::Card;
use crate::checkpoint::label_names::LabelNames;
use crate::checkpoint::labels::Labels;
use crate::model::Config;
use crate::model::architectures::{Architecture, Convention};
use crate::model::names::Naming;
use crate::ops::Padding;

/// The file that tells how pictures are prepared.
pub const PREPROCESSOR_FILE: &str = processor::PREPROCESSOR_FILE;

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
    id2label: Option<Value>,
    label2id: Option<Value>,
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
            label2id: None,
        }
    }
}

/// Whether a `config.json` is of transformers' own EfficientNet.
pub fn describes(text: &str) -> bool {
    let value: Result<Value> = json::parse(text);
    value.is_ok_and(|value| value["model_type"] == "efficientnet")
}

/// What the two files' texts say.
///
/// # Errors
/// If they are damaged or ask for what is not supported.
pub fn card(config: &str, preprocessor: &str) -> Result<Card> {
    let file: File =
        json::parse_without_nulls(config).context("it is not a model's config.json")?;
    let transform = processor::transform(preprocessor)?;
    let problem_type = file.problem_type.clone();
    let (variant, config, labels) = file.network()?;
    Ok(Card {
        variant,
        config,
        transform,
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
        let names = LabelNames::first_of([&self.id2label], &self.label2id)?;
        // A table with gaps names some of the classes.
        let named = names.as_ref().map(LabelNames::classes);
        let classes = named.or(self.num_labels).unwrap_or(2);
        check_classes(classes)?;
        let labels = match names {
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
