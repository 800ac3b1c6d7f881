//! Whether a file's weights are those of a network, and what they are of if not.

use std::collections::HashSet;

use anyhow::{Result, bail};

use super::architectures::{ARCHITECTURES, Architecture};
use super::config::Config;
use super::safetensors::Checkpoint;
use super::weights::{self, BlockLayers, Parameter, parameters};

impl Checkpoint {
    /// `config` with what the file alone tells: its tensors' names, and the widths that pruning
    /// left.
    ///
    /// # Errors
    /// If a tensor that a width is told by is missing.
    pub fn complete(&self, mut config: Config) -> Result<Config> {
        config.naming = self.naming().unwrap_or(config.naming);
        if !config.pruned {
            return Ok(config);
        }
        let outputs = |parameter: &Parameter| match self.outputs(&parameter.name) {
            Some(outputs) => Ok(outputs),
            _ => bail!(
                "{}: tensor `{}` is missing or empty, so the width of a pruned network is unknown",
                self.origin.display(),
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
        Ok(config)
    }

    /// Checks that every tensor that `config` needs is there, with its shape and a float type, and
    /// that no other layer is.
    ///
    /// # Errors
    /// Names the first tensor that is wrong, and the variant that these weights would fit.
    pub fn check(&self, config: &Config) -> Result<()> {
        let Err(fault) = self.fits(config) else {
            return Ok(());
        };
        let fitting = ARCHITECTURES.iter().find(|&architecture| {
            let other = self.alike(architecture, config);
            self.fits(&other).is_ok()
        });
        match fitting {
            Some(architecture) if self.classes() != Some(config.classes) => bail!(
                "{}: {fault}; these weights fit variant {} with {} classes",
                self.origin.display(),
                architecture.variant,
                self.classes().unwrap_or_default(),
            ),
            Some(architecture) => bail!(
                "{}: {fault}; these weights fit variant {}",
                self.origin.display(),
                architecture.variant,
            ),
            None => bail!(
                "{}: {fault}; {}",
                self.origin.display(),
                self.likeness(config)
            ),
        }
    }

    /// Another architecture in the way of `config`, with as many classes as the file has.
    fn alike(&self, architecture: &Architecture, config: &Config) -> Config {
        let classes = self.classes().unwrap_or(config.classes);
        Config {
            naming: config.naming,
            ..Config::new(architecture, config.padding, config.batch_norm_eps, classes)
        }
    }

    /// Which variant comes nearest, for a message.
    fn likeness(&self, config: &Config) -> String {
        let share = |architecture: &Architecture| {
            let other = self.alike(architecture, config);
            let needed: Vec<_> = parameters(&other).collect();
            let has = |p: &&Parameter| {
                let slot = self.tensors.get(&p.name);
                slot.is_some_and(|slot| slot.shape == p.shape)
            };
            let fitting = needed.iter().filter(has).count();
            let all = needed.len().max(self.tensors.len());
            (fitting as f64 / all as f64, fitting, needed.len())
        };
        let shares = ARCHITECTURES
            .iter()
            .map(|architecture| (share(architecture), architecture.variant));
        let nearest = shares.max_by(|((a, ..), _), ((b, ..), _)| a.total_cmp(b));
        match nearest {
            Some(((share, fitting, needed), variant)) if share > 0.5 => {
                format!("{fitting} of the {needed} tensors of variant {variant} are there and fit")
            }
            _ => {
                "no variant's tensors are there (the names of timm, torchvision, transformers and \
                  EfficientNet-PyTorch are known)"
                    .to_owned()
            }
        }
    }

    /// Whether the file holds what `config` needs, and no layer besides: the tensors of a
    /// variant can be among those of a deeper one.
    fn fits(&self, config: &Config) -> Result<()> {
        let needed: Vec<_> = parameters(config).collect();
        needed.iter().try_for_each(|p| self.slot(p).map(|_| ()))?;
        let names: HashSet<_> = needed.iter().map(|p| p.name.as_str()).collect();
        let is_extra = |name: &&String| {
            !names.contains(name.as_str()) && !name.ends_with(".num_batches_tracked")
        };
        match self.tensors.keys().filter(is_extra).min() {
            Some(extra) => bail!("tensor `{extra}` has no place in this network"),
            None => Ok(()),
        }
    }
}
