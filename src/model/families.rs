//! The families' tables: which blocks, how many, how wide (arXiv:1905.11946, Table 1;
//! arXiv:2104.00298, Table 4; timm/models/efficientnet.py, the `_gen_efficientnet*` functions).

use self::BlockKind::{ConvNormAct, DepthwiseSeparable, FusedMbConv, MbConv};
use crate::ops::Activation::{self, Relu, Relu6, Silu};

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

/// One row of a family's table: the blocks between two changes of resolution or width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stage {
    pub kind: BlockKind,
    pub expand_ratio: usize,
    pub kernel: usize,
    pub stride: usize,
    pub channels: usize,
    pub layers: usize,
    pub squeeze_excite: bool,
    /// Instead of the family's.
    pub activation: Option<Activation>,
    /// Expands by a multiple of its outputs and has no residuals, as the EdgeTPU models'
    /// definition has it.
    pub expands_outputs: bool,
    /// Trades resolution for four times the channels before the first block, and back in the next
    /// stage (arXiv:2102.05610, section 3.2).
    pub space_to_depth: bool,
}

/// A row; dense convolutions come without squeeze-excite, the others with it.
const fn row(
    kind: BlockKind,
    expand_ratio: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    layers: usize,
) -> Stage {
    Stage {
        kind,
        expand_ratio,
        kernel,
        stride,
        channels,
        layers,
        squeeze_excite: matches!(kind, DepthwiseSeparable | MbConv),
        activation: None,
        expands_outputs: false,
        space_to_depth: false,
    }
}

/// A fused row of EfficientNet-X, with squeeze-excite and ReLU.
const fn fused_relu(expand_ratio: usize, kernel: usize, channels: usize, layers: usize) -> Stage {
    Stage {
        squeeze_excite: true,
        activation: Some(Relu),
        ..row(FusedMbConv, expand_ratio, kernel, 2, channels, layers)
    }
}

/// A table and what holds for all that is scaled from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Family {
    /// Channels after the stem, before scaling.
    pub stem: usize,
    pub stages: &'static [Stage],
    /// Channels before the classifier, before scaling.
    pub head: usize,
    pub activation: Activation,
    /// Whether its rows have the squeeze-excite that they ask for.
    pub squeeze_excite: bool,
    /// The smallest share of the scaled channels that rounding to a multiple of 8 may leave.
    pub round_limit: f64,
    /// Stem, head, and the first and last stages' layers are not scaled.
    pub fixed_ends: bool,
}

impl Family {
    const fn new(stem: usize, stages: &'static [Stage], head: usize) -> Self {
        Self {
            stem,
            stages,
            head,
            activation: Silu,
            squeeze_excite: true,
            round_limit: 0.9,
            fixed_ends: false,
        }
    }
}

/// EfficientNet-B0, Table 1's stages 2 to 8. The first row is MBConv1, the others MBConv6.
pub(super) const V1: Family = Family::new(
    32,
    &[
        row(DepthwiseSeparable, 1, 3, 1, 16, 1),
        row(MbConv, 6, 3, 2, 24, 2),
        row(MbConv, 6, 5, 2, 40, 2),
        row(MbConv, 6, 3, 2, 80, 3),
        row(MbConv, 6, 5, 1, 112, 3),
        row(MbConv, 6, 5, 2, 192, 4),
        row(MbConv, 6, 3, 1, 320, 1),
    ],
    1280,
);

/// EfficientNet-Lite (tensorflow/tpu, efficientnet/lite).
pub(super) const LITE: Family = Family {
    activation: Relu6,
    squeeze_excite: false,
    fixed_ends: true,
    ..V1
};

/// EfficientNet-EdgeTPU-S (tensorflow/tpu, efficientnet/edgetpu).
pub(super) const EDGE_TPU: Family = Family {
    activation: Relu,
    squeeze_excite: false,
    ..Family::new(
        32,
        &[
            Stage {
                expands_outputs: true,
                ..row(FusedMbConv, 4, 3, 1, 24, 1)
            },
            row(FusedMbConv, 8, 3, 2, 32, 2),
            row(FusedMbConv, 8, 3, 2, 48, 4),
            row(MbConv, 8, 5, 2, 96, 5),
            row(MbConv, 8, 5, 1, 144, 4),
            row(MbConv, 8, 5, 2, 192, 2),
        ],
        1280,
    )
};

/// EfficientNetV2-S, Table 4.
pub(super) const V2_S: Family = Family::new(
    24,
    &[
        row(ConvNormAct, 1, 3, 1, 24, 2),
        row(FusedMbConv, 4, 3, 2, 48, 4),
        row(FusedMbConv, 4, 3, 2, 64, 4),
        row(MbConv, 4, 3, 2, 128, 6),
        row(MbConv, 6, 3, 1, 160, 9),
        row(MbConv, 6, 3, 2, 256, 15),
    ],
    1280,
);

/// EfficientNetV2-M (google/automl, effnetv2_configs.py, as those below).
pub(super) const V2_M: Family = Family::new(
    24,
    &[
        row(ConvNormAct, 1, 3, 1, 24, 3),
        row(FusedMbConv, 4, 3, 2, 48, 5),
        row(FusedMbConv, 4, 3, 2, 80, 5),
        row(MbConv, 4, 3, 2, 160, 7),
        row(MbConv, 6, 3, 1, 176, 14),
        row(MbConv, 6, 3, 2, 304, 18),
        row(MbConv, 6, 3, 1, 512, 5),
    ],
    1280,
);

/// EfficientNetV2-L.
pub(super) const V2_L: Family = Family::new(
    32,
    &[
        row(ConvNormAct, 1, 3, 1, 32, 4),
        row(FusedMbConv, 4, 3, 2, 64, 7),
        row(FusedMbConv, 4, 3, 2, 96, 7),
        row(MbConv, 4, 3, 2, 192, 10),
        row(MbConv, 6, 3, 1, 224, 19),
        row(MbConv, 6, 3, 2, 384, 25),
        row(MbConv, 6, 3, 1, 640, 7),
    ],
    1280,
);

/// EfficientNetV2-XL.
pub(super) const V2_XL: Family = Family::new(
    32,
    &[
        row(ConvNormAct, 1, 3, 1, 32, 4),
        row(FusedMbConv, 4, 3, 2, 64, 8),
        row(FusedMbConv, 4, 3, 2, 96, 8),
        row(MbConv, 4, 3, 2, 192, 16),
        row(MbConv, 6, 3, 1, 256, 24),
        row(MbConv, 6, 3, 2, 512, 32),
        row(MbConv, 6, 3, 1, 640, 8),
    ],
    1280,
);

/// EfficientNetV2-B0, scaled as the first version's are.
pub(super) const V2_B: Family = Family {
    round_limit: 0.0,
    ..Family::new(
        32,
        &[
            row(ConvNormAct, 1, 3, 1, 16, 1),
            row(FusedMbConv, 4, 3, 2, 32, 2),
            row(FusedMbConv, 4, 3, 2, 48, 2),
            row(MbConv, 4, 3, 2, 96, 3),
            row(MbConv, 6, 3, 1, 112, 5),
            row(MbConv, 6, 3, 2, 192, 8),
        ],
        1280,
    )
};

/// timm's EfficientNetV2-S from before the official release.
pub(super) const V2_RW_S: Family = Family::new(
    24,
    &[
        row(FusedMbConv, 1, 3, 1, 24, 2),
        row(FusedMbConv, 4, 3, 2, 48, 4),
        row(FusedMbConv, 4, 3, 2, 64, 4),
        row(MbConv, 4, 3, 2, 128, 6),
        row(MbConv, 6, 3, 1, 160, 9),
        row(MbConv, 6, 3, 2, 272, 15),
    ],
    1792,
);

/// The same with the layers of timm's rw_m: 1.2 times as many, in the last two stages 1.6.
pub(super) const V2_RW_M: Family = Family::new(
    24,
    &[
        row(FusedMbConv, 1, 3, 1, 24, 3),
        row(FusedMbConv, 4, 3, 2, 48, 5),
        row(FusedMbConv, 4, 3, 2, 64, 5),
        row(MbConv, 4, 3, 2, 128, 8),
        row(MbConv, 6, 3, 1, 160, 15),
        row(MbConv, 6, 3, 2, 272, 24),
    ],
    1792,
);

/// EfficientNet-X (arXiv:2102.05610), whose stage 3 keeps the resolution that space-to-depth left.
pub(super) const X: Family = Family::new(
    32,
    &[
        Stage {
            space_to_depth: true,
            ..row(DepthwiseSeparable, 1, 3, 1, 16, 1)
        },
        fused_relu(6, 3, 24, 2),
        fused_relu(6, 5, 40, 2),
        row(MbConv, 6, 3, 2, 80, 3),
        row(MbConv, 6, 5, 1, 112, 3),
        row(MbConv, 6, 5, 2, 192, 4),
        row(MbConv, 6, 3, 1, 320, 1),
    ],
    1280,
);

/// EfficientNet-H, its second version.
pub(super) const H: Family = Family::new(
    32,
    &[
        Stage {
            space_to_depth: true,
            ..row(DepthwiseSeparable, 1, 3, 1, 16, 1)
        },
        fused_relu(4, 3, 24, 2),
        fused_relu(4, 5, 40, 2),
        row(MbConv, 4, 3, 2, 80, 3),
        row(MbConv, 6, 5, 1, 112, 3),
        row(MbConv, 6, 5, 2, 192, 4),
        row(MbConv, 6, 3, 1, 320, 1),
    ],
    1280,
);

/// timm's model for tests.
pub(super) const TEST: Family = Family {
    round_limit: 0.0,
    ..Family::new(
        24,
        &[
            row(ConvNormAct, 1, 3, 1, 16, 1),
            row(FusedMbConv, 4, 3, 2, 24, 1),
            row(FusedMbConv, 4, 3, 2, 32, 1),
            row(MbConv, 4, 3, 2, 48, 1),
            row(MbConv, 4, 3, 2, 64, 1),
        ],
        256,
    )
};
