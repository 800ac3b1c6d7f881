//! The forward pass, stage by stage as in the paper's Table 1.
//!
//! It has two halves: the trunk, which ends in features at every position, and the classifier, which
//! is applied to their mean. Since the classifier is linear, a class's weights applied at every
//! position give a map whose mean is the class's logit (Zhou et al., arXiv:1512.04150).

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use super::block::{AfterStep, Block, Pass};
use super::config::Config;
use super::expected::{self, Means};
use super::loader::Loader;
use super::positions::{self, Positions, Step};
use super::weights::{self, BlockLayers, Source};
use crate::ops::{Activation, Backend, Convolution, Pointwise, Runtime};

/// An EfficientNet with its weights, ready to run on one device.
pub struct EfficientNet {
    runtime: Runtime,
    stem: Convolution,
    blocks: Vec<Block>,
    head: Pointwise,
    classifier: Pointwise,
    steps: Vec<Step>,
}

impl EfficientNet {
    /// Reads the weights, folds BatchNorm, and lays everything out for `backend`.
    ///
    /// # Errors
    /// If `source` lacks a tensor, or the device has no room.
    pub fn load(
        config: &Config,
        source: &dyn Source,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let runtime = Runtime::new(backend, device);
        let loader = Loader {
            source,
            eps: config.convention.batch_norm_eps,
            runtime: &runtime,
        };
        let activation = config.activation;
        let load_stem = || loader.stem(config);
        let mut means = loader.expected(|source| expected::inputs(config, source))?;
        let of_head = means.as_mut().and_then(Vec::pop);
        let load_head = || loader.pointwise(&weights::head(config), activation, of_head);
        let load_classifier = || loader.linear(&weights::classifier(config), Activation::Identity);
        let ((classifier, head), (blocks, stem)) = rayon::join(
            || rayon::join(load_classifier, load_head),
            || rayon::join(|| load_blocks(config, &loader, means), load_stem),
        );
        let (stem, blocks, head, classifier) = (stem?, blocks?, head?, classifier?);
        Ok(Self {
            runtime,
            stem,
            blocks,
            head,
            classifier,
            steps: positions::steps(config),
        })
    }

    /// What the network has of its device: [`Runtime::upload`] puts pictures there.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Normalised pictures `(B, H, W, channels)` to logits `(B, classes)`.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor> {
        let network = |pictures: &Tensor| self.parts(pictures, Self::logits);
        Ok(self.runtime.replay("logits", pictures, network)?)
    }

    /// The same, calling `after_step` after each of [`super::layers::layers`]. The pictures of a
    /// batch may go their ways at the same time, so only a single one's steps come in order.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn forward_with(&self, pictures: &Tensor, after_step: AfterStep) -> Result<Tensor> {
        let pass = Pass {
            runtime: &self.runtime,
            after_step,
        };
        let network = |part: &Tensor| self.logits(part, &pass);
        Ok(self.runtime.each_part(pictures, network)?)
    }

    /// Normalised pictures `(B, H, W, channels)` to features `(B, head)` in f32: the mean of the trunk over
    /// its positions, which the classifier reads.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn features(&self, pictures: &Tensor) -> Result<Tensor> {
        let network = |pictures: &Tensor| self.parts(pictures, Self::pooled);
        Ok(self.runtime.replay("features", pictures, network)?)
    }

    /// Normalised pictures `(B, H, W, channels)` to the features at each of the trunk's positions and the
    /// logits behind them, `(B, h * w * head + classes)` in f32: what [`Self::class`] is to be
    /// applied to, and what says to which classes.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn trunk_and_logits(&self, pictures: &Tensor) -> Result<Tensor> {
        let network = |pictures: &Tensor| self.parts(pictures, Self::both);
        Ok(self.runtime.replay("trunk and logits", pictures, network)?)
    }

    /// How the features of a position make the logit of class `index` there: a weight for each, and
    /// the bias.
    ///
    /// # Errors
    /// If there is no such class, or the device fails.
    pub fn class(&self, index: usize) -> Result<(Vec<f32>, f32)> {
        Ok(self.classifier.row(index)?)
    }

    /// Where the trunk's positions lie in a picture of `height` by `width`, from top to bottom and
    /// from left to right.
    pub fn positions(&self, height: usize, width: usize) -> [Positions; 2] {
        [height, width].map(|side| Positions::along(&self.steps, side))
    }

    /// Runs one of the ways through the network on each part of a batch.
    fn parts(
        &self,
        pictures: &Tensor,
        way: fn(&Self, &Tensor, &Pass) -> candle_core::Result<Tensor>,
    ) -> candle_core::Result<Tensor> {
        let pass = Pass {
            runtime: &self.runtime,
            after_step: &|| {},
        };
        let network = |part: &Tensor| way(self, part, &pass);
        self.runtime.each_part(pictures, network)
    }

    /// The convolutions: all but pooling and classifier.
    fn trunk(&self, pictures: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let mut x = pass.step(self.stem.forward(pictures, None)?); // (B, H/2, W/2, stem)
        for block in &self.blocks {
            let y = block.forward(&x, pass)?; // at the end (B, H/32, W/32, last)
            pass.runtime.recycle(std::mem::replace(&mut x, y))?;
        }
        let y = pass.step(self.head.forward(&x)?); // (B, H/32, W/32, head)
        pass.runtime.recycle(x)?;
        Ok(y)
    }

    fn pooled(&self, pictures: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let y = self.trunk(pictures, pass)?; // (B, H/32, W/32, head)
        let features = pass.step(pass.runtime.global_average_pool(&y)?); // (B, head)
        pass.runtime.recycle(y)?;
        Ok(features)
    }

    fn logits(&self, pictures: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        self.classified(&self.pooled(pictures, pass)?, pass)
    }

    fn classified(&self, features: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let (batch, head) = features.dims2()?;
        let features = features.reshape((batch, 1, 1, head))?;
        let logits = pass.step(self.classifier.forward(&features)?); // (B, 1, 1, classes)
        logits.flatten_from(1) // (B, classes)
    }

    fn both(&self, pictures: &Tensor, pass: &Pass) -> candle_core::Result<Tensor> {
        let y = self.trunk(pictures, pass)?; // (B, H/32, W/32, head)
        let features = pass.step(pass.runtime.global_average_pool(&y)?); // (B, head)
        let logits = self.classified(&features, pass)?; // (B, classes)
        let trunk = y.flatten_from(1)?.to_dtype(DType::F32)?; // (B, H/32 * W/32 * head)
        let both = Tensor::cat(&[trunk, logits], 1)?;
        pass.runtime.recycle(y)?;
        Ok(both)
    }
}

/// Reads all blocks, the last ones first: they are the largest. `means` are those of their inputs.
fn load_blocks(config: &Config, loader: &Loader, means: Option<Vec<Means>>) -> Result<Vec<Block>> {
    let mut means = means.into_iter().flatten();
    let blocks: Vec<_> = weights::blocks(config)
        .map(|(place, block)| {
            let layers = BlockLayers::new(config.naming, &place, block);
            (layers, block, means.next())
        })
        .collect();
    let blocks = blocks.into_par_iter().rev().with_max_len(1);
    let loaded = blocks.map(|(layers, block, inputs)| Block::load(&layers, block, loader, inputs));
    let mut blocks = loaded.collect::<Result<Vec<_>>>()?;
    blocks.reverse();
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::architectures::{Architecture, Convention};
    use crate::model::generated::{Generated, picture};
    use crate::ops::{InstructionSet, Products};

    #[test]
    fn what_a_network_keeps_in_memory_is_freed_with_it_and_its_layers() {
        let demo = Architecture::named("demo").expect("an architecture");
        let config = Config::new(demo, Convention::PYTORCH, 16);
        let backend = Backend::Cpu(InstructionSet::best(), Products::F32);
        let network = EfficientNet::load(&config, &Generated, backend, &Device::Cpu);
        let network = network.expect("a network");
        let memory = network.runtime().memory();
        let shape = (2, 96, 96, 3);
        let pictures = vec![picture(96, 96).into(); 2];
        let pictures = network.runtime().upload(&pictures, shape).expect("a batch");
        let logits = network.forward(&pictures).expect("logits");
        assert!(memory.upgrade().is_some(), "the next pass needs it");
        drop(network);
        assert!(
            memory.upgrade().is_none(),
            "no thread and no tensor holds it"
        );
        assert_eq!(logits.dims(), [2, 16]);
    }
}
