//! The paper's one table and its compound scaling (arXiv:1905.11946, Table 1 and section 3.3).

use crate::ops::{Padding, Window};

/// One row of the paper's Table 1.
struct TableRow {
    expand_ratio: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    layers: usize,
}

/// Table 1, stages 2 to 8: EfficientNet-B0. The first row is MBConv1, the others MBConv6.
const BASELINE: [TableRow; 7] = [
    row(1, 3, 1, 16, 1),
    row(6, 3, 2, 24, 2),
    row(6, 5, 2, 40, 2),
    row(6, 3, 2, 80, 3),
    row(6, 5, 1, 112, 3),
    row(6, 5, 2, 192, 4),
    row(6, 3, 1, 320, 1),
];

/// Table 1, stage 1: the stem's 3x3 convolution.
const STEM_CHANNELS: usize = 32;
/// Table 1, stage 9: the head's 1x1 convolution.
const HEAD_CHANNELS: usize = 1280;

const fn row(
    expand_ratio: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    layers: usize,
) -> TableRow {
    TableRow {
        expand_ratio,
        kernel,
        stride,
        channels,
        layers,
    }
}

/// A point on the compound scaling curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// What users call it.
    pub variant: &'static str,
    /// Multiplies channels.
    pub width: f64,
    /// Multiplies layers per stage.
    pub depth: f64,
    /// Height and width of the input in pixels.
    pub resolution: usize,
}

/// B0 to B7 (tensorflow/tpu, efficientnet_builder.py, `efficientnet_params`), and the embedded
/// demonstration model (tests/reference/train_demo.py).
pub const SCALINGS: [Scaling; 9] = [
    scaling("b0", 1.0, 1.0, 224),
    scaling("b1", 1.0, 1.1, 240),
    scaling("b2", 1.1, 1.2, 260),
    scaling("b3", 1.2, 1.4, 300),
    scaling("b4", 1.4, 1.8, 380),
    scaling("b5", 1.6, 2.2, 456),
    scaling("b6", 1.8, 2.6, 528),
    scaling("b7", 2.0, 3.1, 600),
    scaling("demo", 0.35, 0.5, 96),
];

const fn scaling(variant: &'static str, width: f64, depth: f64, resolution: usize) -> Scaling {
    Scaling {
        variant,
        width,
        depth,
        resolution,
    }
}

impl Scaling {
    /// The scaling that users call `variant`.
    pub fn named(variant: &str) -> Option<Self> {
        SCALINGS.into_iter().find(|s| s.variant == variant)
    }

    /// Channels scaled by width and rounded to a multiple of 8, never down by more than 10 %
    /// (efficientnet_model.py, `round_filters`).
    fn channels(&self, channels: usize) -> usize {
        const DIVISOR: usize = 8;
        let scaled = channels as f64 * self.width;
        let nearest = (scaled + DIVISOR as f64 / 2.0) as usize / DIVISOR * DIVISOR;
        let rounded = nearest.max(DIVISOR);
        if (rounded as f64) < 0.9 * scaled {
            rounded + DIVISOR
        } else {
            rounded
        }
    }

    /// Layers scaled by depth and rounded up (efficientnet_model.py, `round_repeats`).
    fn layers(&self, layers: usize) -> usize {
        (layers as f64 * self.depth).ceil() as usize
    }
}

/// One MBConv block (the paper's section 4; MobileNetV2, arXiv:1801.04381, with squeeze-excite,
/// arXiv:1709.01507).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Input channels.
    pub inputs: usize,
    /// Channels between the expansion and the projection: `inputs * expand_ratio`.
    pub expanded: usize,
    /// Channels between the two squeeze-excite layers: a quarter of `inputs`.
    pub squeezed: usize,
    /// Output channels.
    pub outputs: usize,
    /// The depthwise convolution's window.
    pub window: Window,
}

impl BlockConfig {
    /// MBConv1 has no expansion convolution.
    pub fn has_expansion(&self) -> bool {
        self.expanded != self.inputs
    }

    /// The input is added to the output where their shapes are equal.
    pub fn has_residual(&self) -> bool {
        self.window.stride == 1 && self.inputs == self.outputs
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
    /// How every strided convolution pads.
    pub padding: Padding,
    /// Added to the variance in BatchNorm.
    pub batch_norm_eps: f64,
}

impl Config {
    /// Scales the baseline.
    pub fn new(scaling: Scaling, padding: Padding, batch_norm_eps: f64, classes: usize) -> Self {
        let stem = scaling.channels(STEM_CHANNELS);
        let mut inputs = stem;
        let stages = BASELINE
            .iter()
            .map(|row| {
                let outputs = scaling.channels(row.channels);
                (0..scaling.layers(row.layers))
                    .map(|layer| {
                        let block = BlockConfig {
                            inputs,
                            expanded: inputs * row.expand_ratio,
                            squeezed: squeezed(inputs),
                            outputs,
                            window: Window {
                                kernel: row.kernel,
                                stride: if layer == 0 { row.stride } else { 1 },
                                padding,
                            },
                        };
                        inputs = outputs;
                        block
                    })
                    .collect()
            })
            .collect();
        Self {
            stem,
            stages,
            head: scaling.channels(HEAD_CHANNELS),
            classes,
            padding,
            batch_norm_eps,
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
        crate::model::weights::parameters(self)
            .filter(|parameter| !parameter.is_statistic())
            .map(|parameter| parameter.shape.iter().product::<usize>())
            .sum()
    }

    /// Multiply-adds of one forward pass over a picture of `height * width`, convolutions and
    /// the linear layers, as the paper counts FLOPs.
    pub fn macs(&self, height: usize, width: usize) -> usize {
        let layers = super::layers::layers(self, height, width);
        layers.iter().map(|layer| layer.macs).sum()
    }
}

/// A quarter of the block's input, rounded as Python rounds: half to even
/// (timm/models/_efficientnet_blocks.py, `SqueezeExcite`, called with `round`).
fn squeezed(inputs: usize) -> usize {
    (inputs as f64 * 0.25).round_ties_even() as usize
}
