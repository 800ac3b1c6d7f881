//! The family's tables: which blocks, how many, how wide (arXiv:1905.11946, Table 1;
//! arXiv:2104.00298, Table 4; timm/models/efficientnet.py, the `_gen_efficientnet*` functions).

use super::config::BlockKind::{self, ConvNormAct, DepthwiseSeparable, FusedMbConv, MbConv};
use crate::ops::Activation::{self, Relu, Relu6, Silu};
use crate::ops::Padding;

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
pub struct Family {
    /// Channels after the stem, before scaling.
    pub(super) stem: usize,
    pub(super) stages: &'static [Stage],
    /// Channels before the classifier, before scaling.
    pub(super) head: usize,
    pub(super) activation: Activation,
    /// Whether its rows have the squeeze-excite that they ask for.
    pub(super) squeeze_excite: bool,
    /// The smallest share of the scaled channels that rounding to a multiple of 8 may leave.
    pub(super) round_limit: f64,
    /// Stem, head, and the first and last stages' layers are not scaled.
    pub(super) fixed_ends: bool,
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
const V1: Family = Family::new(
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
const LITE: Family = Family {
    activation: Relu6,
    squeeze_excite: false,
    fixed_ends: true,
    ..V1
};

/// EfficientNet-EdgeTPU-S (tensorflow/tpu, efficientnet/edgetpu).
const EDGE_TPU: Family = Family {
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
const V2_S: Family = Family::new(
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
const V2_M: Family = Family::new(
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
const V2_L: Family = Family::new(
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
const V2_XL: Family = Family::new(
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
const V2_B: Family = Family {
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
const V2_RW_S: Family = Family::new(
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
const V2_RW_M: Family = Family::new(
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
const X: Family = Family::new(
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
const H: Family = Family::new(
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
const TEST: Family = Family {
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

/// A network's shape by name: a family's table, scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    /// What users call it.
    pub variant: &'static str,
    /// timm's name, without the `tf_` of those trained in TensorFlow.
    pub name: &'static str,
    /// See [`Family`].
    pub(super) family: &'static Family,
    /// Multiplies channels.
    pub width: f64,
    /// Multiplies layers per stage.
    pub depth: f64,
    /// Height and width of the input in pixels.
    pub resolution: usize,
    /// Padding, and what BatchNorm adds to the variance, unless it is a `tf_` one.
    pub(crate) trained: (Padding, f64),
    /// Channels were taken out here and there, so that only the weights tell the widths.
    pub pruned: bool,
}

/// The padding and BatchNorm's eps of networks trained in PyTorch.
const PYTORCH: (Padding, f64) = (Padding::Symmetric, 1e-5);
/// Those of networks trained in TensorFlow, which the conversions keep.
pub(crate) const TENSORFLOW: (Padding, f64) = (Padding::Same, 1e-3);

const fn scaled(
    variant: &'static str,
    name: &'static str,
    family: &'static Family,
    width: f64,
    depth: f64,
    resolution: usize,
) -> Architecture {
    Architecture {
        variant,
        name,
        family,
        width,
        depth,
        resolution,
        trained: PYTORCH,
        pruned: false,
    }
}

const fn pruned(base: Architecture, trained: (Padding, f64)) -> Architecture {
    Architecture {
        trained,
        pruned: true,
        ..base
    }
}

/// All that can be run, and the embedded demonstration model (tests/reference/train_demo.py).
#[rustfmt::skip]
pub const ARCHITECTURES: &[Architecture] = &[
    // Compound scaling, section 3.3 (tensorflow/tpu, efficientnet_builder.py, `efficientnet_params`).
    scaled("b0", "efficientnet_b0", &V1, 1.0, 1.0, 224),
    scaled("b1", "efficientnet_b1", &V1, 1.0, 1.1, 240),
    scaled("b2", "efficientnet_b2", &V1, 1.1, 1.2, 260),
    scaled("b3", "efficientnet_b3", &V1, 1.2, 1.4, 300),
    scaled("b4", "efficientnet_b4", &V1, 1.4, 1.8, 380),
    scaled("b5", "efficientnet_b5", &V1, 1.6, 2.2, 456),
    scaled("b6", "efficientnet_b6", &V1, 1.8, 2.6, 528),
    scaled("b7", "efficientnet_b7", &V1, 2.0, 3.1, 600),
    scaled("b8", "efficientnet_b8", &V1, 2.2, 3.6, 672),
    scaled("l2", "efficientnet_l2", &V1, 4.3, 5.3, 800),
    pruned(scaled("b1-pruned", "efficientnet_b1_pruned", &V1, 1.0, 1.1, 240), TENSORFLOW),
    pruned(scaled("b2-pruned", "efficientnet_b2_pruned", &V1, 1.1, 1.2, 260), TENSORFLOW),
    pruned(scaled("b3-pruned", "efficientnet_b3_pruned", &V1, 1.2, 1.4, 300), TENSORFLOW),
    scaled("v2-b0", "efficientnetv2_b0", &V2_B, 1.0, 1.0, 192),
    scaled("v2-b1", "efficientnetv2_b1", &V2_B, 1.0, 1.1, 192),
    scaled("v2-b2", "efficientnetv2_b2", &V2_B, 1.1, 1.2, 208),
    scaled("v2-b3", "efficientnetv2_b3", &V2_B, 1.2, 1.4, 240),
    scaled("v2-s", "efficientnetv2_s", &V2_S, 1.0, 1.0, 300),
    scaled("v2-m", "efficientnetv2_m", &V2_M, 1.0, 1.0, 384),
    scaled("v2-l", "efficientnetv2_l", &V2_L, 1.0, 1.0, 384),
    scaled("v2-xl", "efficientnetv2_xl", &V2_XL, 1.0, 1.0, 384),
    scaled("v2-rw-t", "efficientnetv2_rw_t", &V2_S, 0.8, 0.9, 224),
    scaled("v2-rw-s", "efficientnetv2_rw_s", &V2_RW_S, 1.0, 1.0, 288),
    scaled("v2-rw-m", "efficientnetv2_rw_m", &V2_RW_M, 1.2, 1.0, 320),
    scaled("lite0", "efficientnet_lite0", &LITE, 1.0, 1.0, 224),
    scaled("lite1", "efficientnet_lite1", &LITE, 1.0, 1.1, 240),
    scaled("lite2", "efficientnet_lite2", &LITE, 1.1, 1.2, 260),
    scaled("lite3", "efficientnet_lite3", &LITE, 1.2, 1.4, 300),
    scaled("lite4", "efficientnet_lite4", &LITE, 1.4, 1.8, 380),
    scaled("es", "efficientnet_es", &EDGE_TPU, 1.0, 1.0, 224),
    scaled("em", "efficientnet_em", &EDGE_TPU, 1.0, 1.1, 240),
    scaled("el", "efficientnet_el", &EDGE_TPU, 1.2, 1.4, 300),
    // Pruned by zeros in the weights; their shapes are whole.
    scaled("es-pruned", "efficientnet_es_pruned", &EDGE_TPU, 1.0, 1.0, 224),
    scaled("el-pruned", "efficientnet_el_pruned", &EDGE_TPU, 1.2, 1.4, 300),
    scaled("x-b5", "efficientnet_x_b5", &X, 1.6, 2.2, 448),
    scaled("h-b5", "efficientnet_h_b5", &H, 1.92, 2.2, 448),
    scaled("test", "test_efficientnet", &TEST, 1.0, 1.0, 160),
    scaled("demo", "efficientnet_demo", &V1, 0.35, 0.5, 96),
];

impl Architecture {
    /// The one that users call `variant`.
    pub fn named(variant: &str) -> Option<&'static Self> {
        ARCHITECTURES.iter().find(|a| a.variant == variant)
    }

    /// The one of the first version with these coefficients.
    pub fn scaled_by(width: f64, depth: f64) -> Option<&'static Self> {
        let mut first = ARCHITECTURES.iter().filter(|a| a.family == &V1);
        first.find(|a| a.width == width && a.depth == depth)
    }

    /// Channels scaled by width and rounded to a multiple of 8, but never by much down
    /// (efficientnet_model.py, `round_filters`).
    pub(super) fn channels(&self, channels: usize) -> usize {
        const DIVISOR: usize = 8;
        let scaled = channels as f64 * self.width;
        let nearest = (scaled + DIVISOR as f64 / 2.0) as usize / DIVISOR * DIVISOR;
        let rounded = nearest.max(DIVISOR);
        if (rounded as f64) < self.family.round_limit * scaled {
            rounded + DIVISOR
        } else {
            rounded
        }
    }

    /// Channels of the stem or head.
    pub(super) fn end(&self, channels: usize) -> usize {
        match self.family.fixed_ends {
            true => channels,
            false => self.channels(channels),
        }
    }

    /// Layers of a stage scaled by depth and rounded up (efficientnet_model.py, `round_repeats`).
    pub(super) fn layers(&self, stage: usize) -> usize {
        let stages = self.family.stages;
        let layers = stages[stage].layers;
        if self.family.fixed_ends && (stage == 0 || stage + 1 == stages.len()) {
            return layers;
        }
        (layers as f64 * self.depth).ceil() as usize
    }
}
