//! A network's shape, block by block: an architecture's table with compound scaling applied
//! (arXiv:1905.11946, section 3.3).

use super::architectures::{Architecture, BlockKind, Convention};
use super::families::Stage;
use super::names::Naming;
use crate::ops::{Activation, Padding, Window};

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
    /// Channels of the pictures: 3, or 1 of a network that sees grey ones, or 4 with alpha.
    pub channels: usize,
    /// Channels after the stem.
    pub stem: usize,
    /// Blocks by stage.
    pub stages: Vec<Vec<BlockConfig>>,
    /// Channels before the classifier.
    pub head: usize,
    /// Classes.
    pub classes: usize,
    /// How the stem pads, and what BatchNorm adds to the variance everywhere.
    pub convention: Convention,
    /// After the stem's and the head's convolution.
    pub activation: Activation,
    /// What the tensors are called, unless the file's own names say otherwise.
    pub naming: Naming,
    /// Whether the channels are placeholders, because pruning took some out and only the weights
    /// tell which.
    pub pruned: bool,
}

/// 2x2 pixels become one (timm/models/_efficientnet_blocks.py, `conv_s2d`, padded "same").
pub(super) const SPACE_TO_DEPTH_WINDOW: Window = Window {
    kernel: 2,
    stride: 2,
    padding: Padding::Same,
};

/// How much space-to-depth multiplies channels: the 2x2 pixels that become one.
const SPACE_TO_DEPTH_FACTOR: usize = 4;

impl Config {
    /// Scales the table of `architecture`'s family.
    pub fn new(architecture: &Architecture, convention: Convention, classes: usize) -> Self {
        let family = architecture.family;
        let stem = architecture.end(family.stem);
        let mut scaling = Scaling {
            architecture,
            padding: convention.padding,
            inputs: stem,
            deepened: false,
        };
        let rows = family.stages.iter().enumerate();
        Self {
            channels: 3,
            stem,
            stages: rows.map(|(i, row)| scaling.stage(i, row)).collect(),
            head: architecture.end(family.head),
            classes,
            convention,
            activation: family.activation,
            naming: Naming::Timm,
            pruned: architecture.pruned,
        }
    }

    /// The stem's window.
    pub fn stem_window(&self) -> Window {
        Window {
            kernel: 3,
            stride: 2,
            padding: self.convention.padding,
        }
    }

    /// Channels after the last block.
    pub fn last(&self) -> usize {
        let last = self.stages.iter().flatten().last();
        last.map_or(self.stem, |block| block.outputs)
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
        let inputs = self.inputs;
        let space_to_depth = row.space_to_depth && first;
        let (expanded, outputs, stride) = self.widths(row, first);
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
            activation: row.activation.unwrap_or(family.activation),
            residual: kept && !row.expands_outputs,
            space_to_depth,
        }
    }

    /// A block's expanded channels, its output channels and its stride.
    fn widths(&self, row: &Stage, first: bool) -> (usize, usize, usize) {
        let mut outputs = self.architecture.channels(row.channels);
        let mut stride = if first { row.stride } else { 1 };
        let mut expanded = match row.kind {
            BlockKind::ConvNormAct => outputs,
            _ if row.expands_outputs => outputs * row.expand_ratio,
            _ => self.inputs * row.expand_ratio,
        };
        if row.space_to_depth {
            outputs *= SPACE_TO_DEPTH_FACTOR;
            if first {
                expanded *= SPACE_TO_DEPTH_FACTOR;
            }
        } else if self.deepened {
            // Back to as many channels as the table has; the resolution is there already.
            expanded /= SPACE_TO_DEPTH_FACTOR;
            stride = 1;
        }
        (expanded, outputs, stride)
    }
}

/// A quarter of the block's input, rounded as Python rounds: half to even
/// (timm/models/_efficientnet_blocks.py, `SqueezeExcite`, called with `round`).
fn squeezed(inputs: usize) -> usize {
    (inputs as f64 * 0.25).round_ties_even() as usize
}
