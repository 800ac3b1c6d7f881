//! The forward pass, stage by stage as in the paper's Table 1.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::config::{BlockConfig, Config};
use super::weights::{self, BlockLayers, Source};
use crate::ops::{self, Activation, Backend, Convolution, Depthwise, Pointwise};

/// See [`EfficientNet::forward_with`].
pub type AfterStep<'a> = &'a (dyn Fn() + Sync);

/// An EfficientNet with its weights, ready to run on one device.
pub struct EfficientNet {
    stem: Convolution,
    blocks: Vec<MbConv>,
    head: Pointwise,
    classifier: Pointwise,
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
        let eps = config.batch_norm_eps;
        let blocks: Vec<_> = weights::blocks(config).collect();
        let load_block = |(stage, index, block)| {
            let layers = BlockLayers::new(stage, index, block);
            MbConv::load(block, &layers, source, eps, backend, device)
        };
        let load_stem = || -> Result<_> {
            let stem = weights::stem(config).fold(source, eps)?;
            let window = config.stem_window();
            Ok(Convolution::new(
                backend,
                &stem,
                window,
                Activation::Silu,
                device,
            )?)
        };
        let load_head = || -> Result<_> {
            let head = weights::head(config).fold(source, eps)?;
            Ok(Pointwise::new(backend, &head, Activation::Silu, device)?)
        };
        let load_classifier = || -> Result<_> {
            let classifier = weights::classifier(config).read(source)?;
            Ok(Pointwise::new(
                backend,
                &classifier,
                Activation::Identity,
                device,
            )?)
        };
        // The last blocks are the largest, so they go first.
        let load_blocks = || -> Result<Vec<_>> {
            let loaded = blocks.into_par_iter().rev().with_max_len(1).map(load_block);
            let mut blocks = loaded.collect::<Result<Vec<_>>>()?;
            blocks.reverse();
            Ok(blocks)
        };
        let ((classifier, head), (blocks, stem)) = rayon::join(
            || rayon::join(load_classifier, load_head),
            || rayon::join(load_blocks, load_stem),
        );
        Ok(Self {
            stem: stem?,
            blocks: blocks?,
            head: head?,
            classifier: classifier?,
        })
    }

    /// Normalised pictures `(B, H, W, 3)` to logits `(B, classes)`.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor> {
        self.forward_with(pictures, &|| {})
    }

    /// The same, calling `after_step` after each of [`super::layers::layers`]. The pictures of a
    /// batch may go their ways at the same time, so only a single one's steps come in order.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_with(&self, pictures: &Tensor, after_step: AfterStep) -> Result<Tensor> {
        Ok(ops::each_part(pictures, |part| {
            self.logits(part, after_step)
        })?)
    }

    fn logits(&self, pictures: &Tensor, after_step: AfterStep) -> candle_core::Result<Tensor> {
        let mut x = self.stem.forward(pictures)?; // (B, H/2, W/2, stem)
        after_step();
        for block in &self.blocks {
            let y = block.forward(&x, after_step)?; // at the end (B, H/32, W/32, last)
            ops::recycle(std::mem::replace(&mut x, y))?;
        }
        let y = self.head.forward(&x)?; // (B, H/32, W/32, head)
        after_step();
        let features = ops::global_average_pool(&y)?; // (B, head)
        after_step();
        ops::recycle(x)?;
        ops::recycle(y)?;
        let (batch, head) = features.dims2()?;
        let logits = self
            .classifier
            .forward(&features.reshape((batch, 1, 1, head))?)?;
        after_step();
        logits.flatten_from(1) // (B, classes)
    }
}

/// A mobile inverted bottleneck: expand, filter each channel, weigh the channels, project.
struct MbConv {
    expand_and_filter: Depthwise,
    squeeze_excite: SqueezeExcite,
    project: Pointwise,
    residual: bool,
}

impl MbConv {
    fn load(
        block: &BlockConfig,
        layers: &BlockLayers,
        source: &dyn Source,
        eps: f64,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let expand = layers
            .expand
            .as_ref()
            .map(|expand| expand.fold(source, eps));
        let expand = expand.transpose()?;
        let depthwise = layers.depthwise.fold(source, eps)?;
        let project = layers.project.fold(source, eps)?;
        Ok(Self {
            expand_and_filter: Depthwise::new(
                backend,
                expand.as_ref(),
                &depthwise,
                block.window,
                Activation::Silu,
                device,
            )?,
            squeeze_excite: SqueezeExcite::load(layers, source, backend, device)?,
            // The bottleneck is linear (MobileNetV2, section 3.2).
            project: Pointwise::new(backend, &project, Activation::Identity, device)?,
            residual: block.has_residual(),
        })
    }

    /// `(B, H, W, inputs)` to `(B, H/stride, W/stride, outputs)`.
    fn forward(&self, x: &Tensor, after_step: AfterStep) -> candle_core::Result<Tensor> {
        // (B, H, W, inputs) -> (B, H, W, expanded) -> (B, H', W', expanded), and (B, expanded)
        let (filtered, squeezed) = self.expand_and_filter.forward(x)?;
        after_step();
        let excite = self.squeeze_excite.forward(&squeezed)?; // (B, expanded)
        after_step();
        let residual = self.residual.then_some(x);
        let y = self.project.project(&filtered, Some(&excite), residual)?; // (B, H', W', outputs)
        after_step();
        ops::recycle(filtered)?;
        Ok(y)
    }
}

/// Two small layers that turn the channels' means into gates between 0 and 1.
struct SqueezeExcite {
    reduce: Pointwise,
    excite: Pointwise,
}

impl SqueezeExcite {
    fn load(
        layers: &BlockLayers,
        source: &dyn Source,
        backend: Backend,
        device: &Device,
    ) -> Result<Self> {
        let reduce = layers.reduce.read(source)?;
        let excite = layers.excite.read(source)?;
        Ok(Self {
            reduce: Pointwise::new(backend, &reduce, Activation::Silu, device)?,
            excite: Pointwise::new(backend, &excite, Activation::Sigmoid, device)?,
        })
    }

    /// `(B, expanded)` to `(B, expanded)`.
    fn forward(&self, squeezed: &Tensor) -> candle_core::Result<Tensor> {
        let (batch, expanded) = squeezed.dims2()?;
        let means = squeezed.reshape((batch, 1, 1, expanded))?;
        let reduced = self.reduce.forward(&means)?; // (B, 1, 1, squeezed)
        let gates = self.excite.forward(&reduced)?; // (B, 1, 1, expanded)
        gates.reshape((batch, expanded))
    }
}
