//! A network's shape, block by block: an architecture's table with compound scaling applied
//! (arXiv:1905.11946, section 3.3).

use super::architectures::{Architecture, Stage};
use super::names::Naming;
use super::weights;
use crate::ops::{Activation, Padding, Window};

/// Which layers a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A depthwise convolution and a projection: MBConv1.
    DepthwiseSeparable,
    /// An expansion, a depthwise convolution and a projection: the inverted bottleneck of
    /// MobileNetV2 (arXiv:1801.04381).
    MbConv,
    /// A dense convolution that expands, and a projection (arXiv:2104.00298, section 3.2).
    FusedMbConv,
    /// A dense convolution alone: a fused MBConv1.
    ConvNormAct,
}

/// One block; squeeze-excite is arXiv:1709.01507's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Which layers it has.
    pub kind: BlockKind,
    /// Input channels.
    pub inputs: usize,
    /// Channels behind the filter, before the projection.
    pub expanded: usize,
    /// Channels between the two squeeze-excite layers, if it has them.
    pub squeezed: Option<usize>,
    /// Output channels.
    pub outputs: usize,
    /// The window of the depthwise or dense convolution.
    pub window: Window,
    /// After every convolution but the projection.
    pub activation: Activation,
    /// Whether the input is added to the output.
    pub residual: bool,
    /// Whether a 2x2 convolution of stride 2 from `inputs` to `expanded` comes first.
    pub space_to_depth: bool,
}

impl BlockConfig {
    /// Height and width of the filter's weights: half of the table's kernel, rounded up, where the
    /// channels hold 2x2 pixels (timm/models/_efficientnet_blocks.py, `DepthwiseSeparableConv`).
    pub fn filter_side(&self) -> usize {
        match self.space_to_depth {
            true => self.window.kernel.div_ceil(2),
            false => self.window.kernel,
        }
    }
}

/// Everything that the weights' shapes and the forward pass follow from.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Channels after the stem.
    pub stem: usize,
    /// Blocks by stage.
    pub stages: Vec<Vec<BlockConfig>>,
    /// Channels before the classifier.
    pub head: usize,
    /// Classes.
    pub classes: usize,
    /// How the stem pads.
    pub padding: Padding,
    /// After the stem's and the head's convolution.
    pub activation: Activation,
    /// Added to the variance in BatchNorm.
    pub batch_norm_eps: f64,
    /// What the tensors are called.
    pub naming: Naming,
    /// Whether the channels are placeholders until [`super::safetensors::Checkpoint::complete`]
    /// tells the true ones.
    pub pruned: bool,
}

/// How much space-to-depth multiplies channels: the 2x2 pixels that become one.
const DEEPENED: usize = 4;

impl Config {
    /// Scales the table of `architecture`'s family.
    pub fn new(
        architecture: &Architecture,
        padding: Padding,
        batch_norm_eps: f64,
        classes: usize,
    ) -> Self {
        let family = architecture.family;
        let stem = architecture.end(family.stem);
        let mut scaling = Scaling {
            architecture,
            padding,
            inputs: stem,
            deepened: false,
        };
        let rows = family.stages.iter().enumerate();
        Self {
            stem,
            stages: rows.map(|(i, row)| scaling.stage(i, row)).collect(),
            head: architecture.end(family.head),
            classes,
            padding,
            activation: family.activation,
            batch_norm_eps,
            naming: Naming::Timm,
            pruned: architecture.pruned,
        }
    }

    /// The stem's window.
    pub fn stem_window(&self) -> Window {
        Window {
            kernel: 3,
            stride: 2,
            padding: self.padding,
        }
    }

    /// Channels after the last block.
    pub fn last(&self) -> usize {
        let last = self.stages.iter().flatten().last();
        last.map_or(self.stem, |block| block.outputs)
    }

    /// Trainable parameters, as timm counts them.
    pub fn parameters(&self) -> usize {
        weights::trainable(weights::parameters(self))
    }

    /// Multiply-adds of one forward pass over a picture of `height * width`, convolutions and
    /// the linear layers, as the paper counts FLOPs.
    pub fn macs(&self, height: usize, width: usize) -> usize {
        let layers = super::layers::layers(self, height, width);
        layers.iter().map(|layer| layer.macs).sum()
    }
}

/// The table's rows so far.
struct Scaling<'a> {
    architecture: &'a Architecture,
    padding: Padding,
    /// Channels after the last block.
    inputs: usize,
    /// Whether space-to-depth multiplied them.
    deepened: bool,
}

impl Scaling<'_> {
    fn stage(&mut self, number: usize, row: &Stage) -> Vec<BlockConfig> {
        let layers = 0..self.architecture.layers(number);
        layers.map(|layer| self.block(row, layer == 0)).collect()
    }

    fn block(&mut self, row: &Stage, first: bool) -> BlockConfig {
        let family = self.architecture.family;
        let channels = self.architecture.channels(row.channels);
        let inputs = self.inputs;
        let (mut outputs, mut stride) = (channels, if first { row.stride } else { 1 });
        let mut expanded = match row.kind {
            BlockKind::ConvNormAct => outputs,
            _ if row.expands_outputs => outputs * row.expand_ratio,
            _ => inputs * row.expand_ratio,
        };
        let space_to_depth = row.space_to_depth && first;
        if space_to_depth {
            expanded *= DEEPENED;
        }
        if row.space_to_depth {
            outputs *= DEEPENED;
        } else if self.deepened {
            // Back to as many channels as the table has; the resolution is there already.
            expanded /= DEEPENED;
            stride = 1;
        }
        self.deepened = row.space_to_depth;
        self.inputs = outputs;
        let kept = stride == 1 && inputs == outputs && !space_to_depth;
        BlockConfig {
            kind: row.kind,
            inputs,
            expanded,
            squeezed: (row.squeeze_excite && family.squeeze_excite).then(|| squeezed(inputs)),
            outputs,
            window: Window {
                kernel: row.kernel,
                stride,
                padding: self.padding,
            },
            activation: row
                .activation
                .unwrap_or(self.architecture.family.activation),
            residual: kept && !row.expands_outputs,
            space_to_depth,
        }
    }
}

/// A quarter of the block's input, rounded as Python rounds: half to even
/// (timm/models/_efficientnet_blocks.py, `SqueezeExcite`, called with `round`).
fn squeezed(inputs: usize) -> usize {
    (inputs as f64 * 0.25).round_ties_even() as usize
}
