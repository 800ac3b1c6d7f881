//! One block of the network.

use candle_core::{Result, Tensor};

use super::architectures::BlockKind;
use super::config::{BlockConfig, SPACE_TO_DEPTH_WINDOW};
use super::expected::{Means, filtered};
use super::loader::Loader;
use super::weights::{Biased, BlockLayers, Source};
use crate::ops::{Activation, Convolution, Depthwise, Pointwise, Runtime};

/// A function to call after each step of a pass.
pub type AfterStep<'a> = &'a (dyn Fn() + Sync);

/// One pass through the network: where it runs, and who is told of its steps.
pub(super) struct Pass<'a> {
    pub runtime: &'a Runtime,
    pub after_step: AfterStep<'a>,
}

impl Pass<'_> {
    /// Tells that a step gave `output`, and gives it on.
    pub fn step<T>(&self, output: T) -> T {
        (self.after_step)();
        output
    }
}

/// A block: widen, filter, weigh the channels, project. MBConv does all of it; the other kinds
/// leave something out.
pub(super) struct Block {
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
    /// Reads the block's layers; `inputs` are the means of what it is given, where they are known.
    pub fn load(
        layers: &BlockLayers,
        block: &BlockConfig,
        loader: &Loader,
        inputs: Option<Means>,
    ) -> anyhow::Result<Self> {
        let activation = block.activation;
        let filter = match block.kind {
            BlockKind::DepthwiseSeparable | BlockKind::MbConv => {
                Filter::Depthwise(loader.depthwise(layers, block, inputs)?)
            }
            BlockKind::FusedMbConv | BlockKind::ConvNormAct => {
                Filter::Dense(loader.convolution(&layers.filter, block.window, activation)?)
            }
        };
        let to_depth = layers.space_to_depth.as_ref();
        let load_to_depth = |conv| loader.convolution(conv, SPACE_TO_DEPTH_WINDOW, activation);
        let gates = layers.squeeze_excite.as_ref();
        let load_gates = |layers| SqueezeExcite::load(layers, activation, loader);
        // The bottleneck is linear (MobileNetV2, arXiv:1801.04381, section 3.2). Without a residual
        // it is all that later blocks see: in 8 bits, three of Lite0's 48 1x1 convolutions made 60 % of
        // the noise.
        let load_projection = |conv| match block.residual {
            true => {
                let means = |source: &dyn Source| filtered(layers, activation, source);
                loader.pointwise(conv, Activation::Identity, loader.expected(means)?)
            }
            false => loader.sensitive(conv, Activation::Identity),
        };
        Ok(Self {
            space_to_depth: to_depth.map(load_to_depth).transpose()?,
            filter,
            squeeze_excite: gates.map(load_gates).transpose()?,
            project: layers.project.as_ref().map(load_projection).transpose()?,
            residual: block.residual,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H/stride, W/stride, outputs)`.
    pub fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let residual = self.residual.then_some(x);
        if let Some(space_to_depth) = &self.space_to_depth {
            let deep = pass.step(space_to_depth.forward(x, None)?); // (B, H/2, W/2, expanded)
            let y = self.filter_and_project(&deep, residual, pass)?;
            pass.runtime.recycle(deep)?;
            return Ok(y);
        }
        self.filter_and_project(x, residual, pass)
    }

    fn filter_and_project(
        &self,
        x: &Tensor,
        residual: Option<&Tensor>,
        pass: &Pass,
    ) -> Result<Tensor> {
        let Some(project) = &self.project else {
            let (y, _) = pass.step(self.filter.forward(x, residual)?); // (B, H', W', outputs)
            return Ok(y);
        };
        // (B, H, W, inputs) -> (B, H, W, expanded) -> (B, H', W', expanded), and (B, expanded)
        let (filtered, squeezed) = pass.step(self.filter.forward(x, None)?);
        let excite = match &self.squeeze_excite {
            Some(squeeze_excite) => {
                let pool = || pass.runtime.global_average_pool(&filtered);
                let squeezed = squeezed.map_or_else(pool, Ok)?;
                Some(pass.step(squeeze_excite.forward(&squeezed)?)) // (B, expanded)
            }
            None => None,
        };
        let y = project.project(&filtered, excite.as_ref(), residual)?; // (B, H', W', outputs)
        pass.runtime.recycle(filtered)?;
        Ok(pass.step(y))
    }
}

impl Filter {
    /// `(B, H, W, inputs)` to `(B, H', W', expanded)`, and the mean over height and width where it
    /// comes for free.
    fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<(Tensor, Option<Tensor>)> {
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
    ) -> anyhow::Result<Self> {
        Ok(Self {
            reduce: loader.linear(reduce, activation)?,
            excite: loader.linear(excite, Activation::Sigmoid)?,
        })
    }

    /// `(B, expanded)` to `(B, expanded)`.
    fn forward(&self, squeezed: &Tensor) -> Result<Tensor> {
        let (batch, expanded) = squeezed.dims2()?;
        let means = squeezed.reshape((batch, 1, 1, expanded))?;
        let reduced = self.reduce.forward(&means)?; // (B, 1, 1, squeezed)
        let gates = self.excite.forward(&reduced)?; // (B, 1, 1, expanded)
        gates.reshape((batch, expanded))
    }
}
