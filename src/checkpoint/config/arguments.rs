//! `model_args`: what timm's `create_model` was called with (timm/models/_factory.py and
//! efficientnet.py).

use anyhow::{Result, ensure};
use serde_json::{Map, Value};

use super::values::is_empty;
use crate::model::Config;
use crate::model::architectures::Convention;
use crate::ops::{Activation, Padding};

/// What matters in training only, or in how the network is run and not in what it computes.
const HARMLESS: &[&str] = &[
    "drop_rate",
    "drop_path_rate",
    "drop_connect_rate",
    "bn_momentum",
    "grad_checkpointing",
    "scriptable",
    "exportable",
    "no_jit",
    "device",
    "dtype",
    "cache_dir",
    // The file's own weights come after them.
    "pretrained",
    "pretrained_strict",
    // Said at the root as well, and checked against the weights.
    "num_classes",
    // Read with the size of the pictures.
    "in_chans",
];

/// Takes over what the arguments change in how a network is computed.
pub(super) fn apply(arguments: &Map<String, Value>, convention: &mut Convention) {
    // Before it was two arguments (timm 0.5, `resolve_bn_args`), it was TensorFlow's eps.
    if arguments.get("bn_tf") == Some(&Value::Bool(true)) {
        convention.batch_norm_eps = Convention::TENSORFLOW.batch_norm_eps;
    }
    if let Some(eps) = arguments.get("bn_eps").and_then(Value::as_f64) {
        convention.batch_norm_eps = eps;
    }
    if let Some(padding) = arguments.get("pad_type").and_then(Value::as_str) {
        // timm/layers/padding.py, `get_padding_value`: what is neither is symmetric.
        convention.padding = match padding.to_ascii_lowercase().as_str() {
            "same" => Padding::Same,
            _ => Padding::Symmetric,
        };
    }
}

/// Checks that nothing else is asked for than the network of `config`.
///
/// # Errors
/// Names what is not supported.
pub(super) fn check(arguments: &Map<String, Value>, config: &Config) -> Result<()> {
    for (key, value) in arguments {
        ensure!(
            // timm takes null for an argument that was not given.
            value.is_null() || HARMLESS.contains(&key.as_str()) || is_so(key, value, config),
            "its model_args ask for `{key}` = {value}, which is not supported",
        );
    }
    Ok(())
}

/// Whether an argument asks for what the network of `config` is.
fn is_so(key: &str, value: &Value, config: &Config) -> bool {
    let text = value.as_str().map(str::to_ascii_lowercase);
    let text = text.as_deref();
    let number = value.as_u64().map(|number| number as usize);
    match key {
        "bn_tf" => value.is_boolean(),
        "bn_eps" => value.as_f64().is_some_and(|eps| eps >= 0.0),
        "pad_type" => text.is_some_and(|text| text != "valid"),
        "act_layer" => text.and_then(activation) == only_activation(config),
        "global_pool" => matches!(text, Some("avg" | "fast" | "fastavg")),
        "num_features" => number == Some(config.head),
        "stem_size" => number == Some(config.stem),
        "stem_kernel_size" => number == Some(3),
        "output_stride" => number == Some(32),
        // Another checkpoint than this one would be read.
        "checkpoint_path" | "pretrained_cfg_overlay" => is_empty(value),
        "features_only" | "fix_stem" | "pruned" | "norm_layer" | "se_layer" => is_empty(value),
        _ => false,
    }
}

/// timm's names (timm/layers/create_act.py).
fn activation(name: &str) -> Option<Activation> {
    match name {
        "silu" | "swish" => Some(Activation::Silu),
        "relu" => Some(Activation::Relu),
        "relu6" => Some(Activation::Relu6),
        _ => None,
    }
}

/// The activation of all layers, if they have the same.
fn only_activation(config: &Config) -> Option<Activation> {
    let mut blocks = config.stages.iter().flatten();
    let same = blocks.all(|block| block.activation == config.activation);
    // An unknown name is never the same.
    Some(if same {
        config.activation
    } else {
        Activation::Identity
    })
}
