//! Whether a file's weights are those of a network, and what they are of if not.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};

use super::architectures::{ARCHITECTURES, Architecture};
use super::config::Config;
use super::foreign;
use super::weights::{self, BlockLayers, Parameter, parameters};
use super::weights_file::WeightsFile;

/// `config` with what the file alone tells: its tensors' names and, of a pruned network, the
/// widths that pruning left.
///
/// # Errors
/// If a tensor that a width is told by is missing.
pub fn with_widths_of_file(file: &WeightsFile, mut config: Config) -> Result<Config> {
    file.ensure_only_one()?;
    config.naming = file.naming().unwrap_or(config.naming);
    if !config.pruned {
        return Ok(config);
    }
    let outputs = |parameter: &Parameter| match file.outputs(&parameter.name) {
        Some(outputs) => Ok(outputs),
        _ => bail!(
            "{}: tensor `{}` is missing or empty, so the width of a pruned network is unknown",
            file.origin.display(),
            parameter.name,
        ),
    };
    let layers: Vec<_> = weights::blocks(&config)
        .map(|(place, block)| BlockLayers::new(config.naming, &place, block))
        .collect();
    config.stem = outputs(weights::stem(&config).weight())?;
    config.head = outputs(weights::head(&config).weight())?;
    let mut inputs = config.stem;
    let blocks = config.stages.iter_mut().flatten();
    for (block, layers) in blocks.zip(layers) {
        block.inputs = inputs;
        block.expanded = outputs(layers.filter.weight())?;
        if let Some([reduce, _]) = &layers.squeeze_excite {
            block.squeezed = Some(outputs(reduce.weight())?);
        }
        let last = layers.project.as_ref().unwrap_or(&layers.filter);
        block.outputs = outputs(last.weight())?;
        inputs = block.outputs;
    }
    config.pruned = false;
    Ok(config)
}

/// Checks that every tensor that `config` needs is in the file, with its shape and a float type,
/// and that no other layer is. What training left beside the network is no layer: of that, one line
/// is returned that says so.
///
/// # Errors
/// Names the first tensor that is wrong, and the variant that these weights would fit.
pub fn check(file: &WeightsFile, config: &Config) -> Result<Option<String>> {
    file.ensure_only_one()?;
    let fault = match fits(file, config) {
        Ok(left) => return Ok(foreign::warning(left)),
        Err(fault) => fault,
    };
    let origin = file.origin.display();
    // What is of a wrong type everywhere has no variant that it would fit better.
    let types = parameters(config).try_for_each(|p| file.ensure_float(&p.name));
    types.with_context(|| format!("{origin} can't be used"))?;
    let fitting = ARCHITECTURES.iter().find(|&architecture| {
        let other = of_architecture(file, architecture, config);
        fits(file, &other).is_ok()
    });
    match fitting {
        Some(architecture) if file.classes() != Some(config.classes) => bail!(
            "{origin}: {fault}; these weights fit variant {} with {} classes",
            architecture.variant,
            file.classes().unwrap_or_default(),
        ),
        Some(architecture) => bail!(
            "{origin}: {fault}; these weights fit variant {}",
            architecture.variant,
        ),
        None => bail!("{origin}: {fault}; {}", nearest_variant(file, config)),
    }
}

/// Another architecture by the convention of `config`, with as many classes as the file has.
fn of_architecture(file: &WeightsFile, architecture: &Architecture, config: &Config) -> Config {
    let classes = file.classes().unwrap_or(config.classes);
    Config {
        naming: config.naming,
        channels: config.channels,
        ..Config::new(architecture, config.convention, classes)
    }
}

/// Which variant's tensors the file has the largest share of, for a message.
fn nearest_variant(file: &WeightsFile, config: &Config) -> String {
    let share = |architecture: &Architecture| {
        let other = of_architecture(file, architecture, config);
        let needed: Vec<_> = parameters(&other).collect();
        let has = |p: &&Parameter| {
            let slot = file.find(&p.name);
            slot.is_some_and(|slot| slot.shape == p.shape)
        };
        let fitting = needed.iter().filter(has).count();
        let all = needed.len().max(file.tensors.len());
        (fitting as f64 / all as f64, fitting, needed.len())
    };
    let shares = ARCHITECTURES
        .iter()
        .map(|architecture| (share(architecture), architecture.variant));
    let nearest = shares.max_by(|((a, ..), _), ((b, ..), _)| a.total_cmp(b));
    match nearest {
        Some(((_, fitting, needed), variant)) if fitting == needed => format!(
            "all {needed} tensors of variant {variant} are there and fit, and more than those, so \
             its weights are of another network"
        ),
        Some(((share, fitting, needed), variant)) if share > 0.5 => {
            format!("{fitting} of the {needed} tensors of variant {variant} are there and fit")
        }
        _ => "no variant's tensors are there (the names of timm, torchvision, transformers and \
              EfficientNet-PyTorch are known)"
            .to_owned(),
    }
}

/// Checks that the file holds what `config` needs, and no layer besides: the tensors of a variant
/// can be among those of a deeper one. Returns the names of what is besides and no layer.
fn fits<'a>(file: &'a WeightsFile, config: &Config) -> Result<Vec<&'a str>> {
    let needed: Vec<_> = parameters(config).collect();
    needed.iter().try_for_each(|p| file.slot(p).map(|_| ()))?;
    let names: HashSet<_> = needed.iter().map(|p| file.in_file(&p.name)).collect();
    let extra = file
        .tensors
        .iter()
        .filter(|(name, _)| !names.contains(*name));
    let (left, layers): (Vec<_>, Vec<_>) =
        extra.partition(|(name, slot)| foreign::is_left_by_training(name, slot.dtype, &slot.shape));
    match layers.iter().map(|(name, _)| name).min() {
        Some(layer) => bail!("tensor `{layer}` has no place in this network"),
        None => Ok(left.into_iter().map(|(name, _)| name.as_str()).collect()),
    }
}
