//! The forward pass, stage by stage as in the paper's Table 1.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::architectures::BlockKind;
use super::config::{BlockConfig, Config};
use super::weights::{self, Biased, BlockLayers, ConvNorm, Source};
use crate::ops::{
    self, Activation, Backend, Convolution, Depthwise, Padding, Pointwise, Replay, Window,
};

/// See [`EfficientNet::forward_with`].
pub type AfterStep<'a> = &'a (dyn Fn() + Sync);

/// An EfficientNet with its weights, ready to run on one device.
pub struct EfficientNet {
    stem: Convolution,
    blocks: Vec<Block>,
    head: Pointwise,
    classifier: Pointwise,
    replay: Replay,
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
        let loader = Loader {
            source,
            eps: config.convention.batch_norm_eps,
            backend,
            device,
        };
        let blocks: Vec<_> = weights::blocks(config)
            .map(|(place, block)| (BlockLayers::new(config.naming, &place, block), block))
            .collect();
        let activation = config.activation;
        let load_stem =
            || loader.convolution(&weights::stem(config), config.stem_window(), activation);
        let load_head = || loader.pointwise(&weights::head(config), activation);
        let load_classifier = || loader.linear(&weights::classifier(config), Activation::Identity);
        // The last blocks are the largest, so they go first.
        let load_blocks = || -> Result<Vec<_>> {
            let blocks = blocks.into_par_iter().rev().with_max_len(1);
            let loaded = blocks.map(|(layers, block)| Block::load(&layers, block, &loader));
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
            replay: Replay::default(),
        })
    }

    /// Normalised pictures `(B, H, W, 3)` to logits `(B, classes)`.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor> {
        let network = |pictures: &Tensor| self.run(pictures, &|| {});
        Ok(self.replay.run(pictures, network)?)
    }

    /// The same, calling `after_step` after each of [`super::layers::layers`]. The pictures of a
    /// batch may go their ways at the same time, so only a single one's steps come in order.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_with(&self, pictures: &Tensor, after_step: AfterStep) -> Result<Tensor> {
        Ok(self.run(pictures, after_step)?)
    }

    fn run(&self, pictures: &Tensor, after_step: AfterStep) -> candle_core::Result<Tensor> {
        ops::each_part(pictures, |part| self.logits(part, after_step))
    }

    fn logits(&self, pictures: &Tensor, after_step: AfterStep) -> candle_core::Result<Tensor> {
        let mut x = self.stem.forward(pictures, None)?; // (B, H/2, W/2, stem)
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

/// A block: widen, filter, weigh the channels, project. MBConv does all of it; the other kinds
/// leave something out.
struct Block {
    space_to_depth: Option<Convolution>,
    filter: Filter,
    squeeze_excite: Option<SqueezeExcite>,
    project: Option<Pointwise>,
    residual: bool,
}

/// The convolution that sees more than one position.
enum Filter {
    /// The 1x1 expansion, if there is one, and a filter per channel.
    Depthwise(Depthwise),
    /// Expansion and filter in one, in the fused blocks.
    Dense(Convolution),
}

impl Block {
    fn load(layers: &BlockLayers, block: &BlockConfig, loader: &Loader) -> Result<Self> {
        let activation = block.activation;
        let filter = match block.kind {
            BlockKind::DepthwiseSeparable | BlockKind::MbConv => {
                Filter::Depthwise(loader.depthwise(layers, block)?)
            }
            BlockKind::FusedMbConv | BlockKind::ConvNormAct => {
                Filter::Dense(loader.convolution(&layers.filter, block.window, activation)?)
            }
        };
        let load_deepening = |conv| loader.convolution(conv, SPACE_TO_DEPTH, activation);
        let load_gates = |layers| SqueezeExcite::load(layers, activation, loader);
        // The bottleneck is linear (MobileNetV2, arXiv:1801.04381, section 3.2).
        let load_projection = |conv| loader.pointwise(conv, Activation::Identity);
        Ok(Self {
            space_to_depth: layers
                .space_to_depth
                .as_ref()
                .map(load_deepening)
                .transpose()?,
            filter,
            squeeze_excite: layers.squeeze_excite.as_ref().map(load_gates).transpose()?,
            project: layers.project.as_ref().map(load_projection).transpose()?,
            residual: block.residual,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H/stride, W/stride, outputs)`.
    fn forward(&self, x: &Tensor, after_step: AfterStep) -> candle_core::Result<Tensor> {
        let residual = self.residual.then_some(x);
        if let Some(space_to_depth) = &self.space_to_depth {
            let deep = space_to_depth.forward(x, None)?; // (B, H/2, W/2, expanded)
            after_step();
            let y = self.filter_and_project(&deep, residual, after_step)?;
            ops::recycle(deep)?;
            return Ok(y);
        }
        self.filter_and_project(x, residual, after_step)
    }

    fn filter_and_project(
        &self,
        x: &Tensor,
        residual: Option<&Tensor>,
        after_step: AfterStep,
    ) -> candle_core::Result<Tensor> {
        let Some(project) = &self.project else {
            let y = self.filter.forward(x, residual)?.0; // (B, H', W', outputs)
            after_step();
            return Ok(y);
        };
        // (B, H, W, inputs) -> (B, H, W, expanded) -> (B, H', W', expanded), and (B, expanded)
        let (filtered, squeezed) = self.filter.forward(x, None)?;
        after_step();
        let excite = match &self.squeeze_excite {
            Some(squeeze_excite) => {
                let squeezed = squeezed.map_or_else(|| ops::global_average_pool(&filtered), Ok)?;
                let excite = squeeze_excite.forward(&squeezed)?; // (B, expanded)
                after_step();
                Some(excite)
            }
            None => None,
        };
        let y = project.project(&filtered, excite.as_ref(), residual)?; // (B, H', W', outputs)
        after_step();
        ops::recycle(filtered)?;
        Ok(y)
    }
}

impl Filter {
    /// `(B, H, W, inputs)` to `(B, H', W', expanded)`, and the mean over height and width where it
    /// comes for free.
    fn forward(
        &self,
        x: &Tensor,
        residual: Option<&Tensor>,
    ) -> candle_core::Result<(Tensor, Option<Tensor>)> {
        match self {
            Self::Depthwise(depthwise) => {
                let (y, mean) = depthwise.forward(x)?;
                Ok((y, Some(mean)))
            }
            Self::Dense(convolution) => Ok((convolution.forward(x, residual)?, None)),
        }
    }
}

/// Two small layers that turn the channels' means into gates between 0 and 1.
struct SqueezeExcite {
    reduce: Pointwise,
    excite: Pointwise,
}

impl SqueezeExcite {
    fn load(
        [reduce, excite]: &[Biased; 2],
        activation: Activation,
        loader: &Loader,
    ) -> Result<Self> {
        Ok(Self {
            reduce: loader.linear(reduce, activation)?,
            excite: loader.linear(excite, Activation::Sigmoid)?,
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

/// 2x2 pixels become one (timm/models/_efficientnet_blocks.py, `conv_s2d`, padded "same").
const SPACE_TO_DEPTH: Window = Window {
    kernel: 2,
    stride: 2,
    padding: Padding::Same,
};

/// Where layers come from and where they go.
struct Loader<'a> {
    source: &'a dyn Source,
    eps: f64,
    backend: Backend,
    device: &'a Device,
}

impl Loader<'_> {
    fn convolution(
        &self,
        layer: &ConvNorm,
        window: Window,
        activation: Activation,
    ) -> Result<Convolution> {
        let folded = layer.fold(self.source, self.eps)?;
        let (backend, device) = (self.backend, self.device);
        Ok(Convolution::new(
            backend, &folded, window, activation, device,
        )?)
    }

    fn pointwise(&self, layer: &ConvNorm, activation: Activation) -> Result<Pointwise> {
        let folded = layer.fold(self.source, self.eps)?;
        Ok(Pointwise::new(
            self.backend,
            &folded,
            activation,
            self.device,
        )?)
    }

    fn linear(&self, layer: &Biased, activation: Activation) -> Result<Pointwise> {
        let read = layer.read(self.source)?;
        Ok(Pointwise::new(
            self.backend,
            &read,
            activation,
            self.device,
        )?)
    }

    fn depthwise(&self, layers: &BlockLayers, block: &BlockConfig) -> Result<Depthwise> {
        let fold = |layer: &ConvNorm| layer.fold(self.source, self.eps);
        let expand = layers.expand.as_ref().map(fold).transpose()?;
        let filter = fold(&layers.filter)?.enlarged(block.filter_side(), block.window.kernel);
        Ok(Depthwise::new(
            self.backend,
            expand.as_ref(),
            &filter,
            block.window,
            block.activation,
            self.device,
        )?)
    }
}
