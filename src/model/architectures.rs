//! Which networks there are: a family's table and the factors that scale it, by name, and how each
//! was trained.

use super::families::{
    EDGE_TPU, Family, H, LITE, TEST, V1, V2_B, V2_L, V2_M, V2_RW_M, V2_RW_S, V2_S, V2_XL, X,
};
use crate::ops::Padding;

pub use super::families::BlockKind;

/// What the library that a network was trained in decides, and a conversion of its weights keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// How convolutions pad.
    pub padding: Padding,
    /// What BatchNorm adds to the variance.
    pub batch_norm_eps: f64,
}

impl Convention {
    /// That of networks trained in PyTorch.
    pub const PYTORCH: Self = Self {
        padding: Padding::Symmetric,
        batch_norm_eps: 1e-5,
    };
    /// That of networks trained in TensorFlow.
    pub const TENSORFLOW: Self = Self {
        padding: Padding::Same,
        batch_norm_eps: 1e-3,
    };
}

/// A network's shape by name: a family's table, scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    /// What users call it.
    pub variant: &'static str,
    /// timm's name, without the `tf_` of those trained in TensorFlow.
    pub name: &'static str,
    /// The table that is scaled.
    pub(super) family: &'static Family,
    /// Multiplies channels.
    pub width: f64,
    /// Multiplies layers per stage.
    pub depth: f64,
    /// Height and width of the input in pixels.
    pub resolution: usize,
    /// The convention of its weights, but for the `tf_` ones.
    pub(crate) convention: Convention,
    /// Channels were taken out here and there, so that only the weights tell the widths.
    pub pruned: bool,
}

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
        convention: Convention::PYTORCH,
        pruned: false,
    }
}

/// The pruned ones were converted from TensorFlow, whatever their names say.
const fn pruned(base: Architecture) -> Architecture {
    Architecture {
        convention: Convention::TENSORFLOW,
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
    pruned(scaled("b1-pruned", "efficientnet_b1_pruned", &V1, 1.0, 1.1, 240)),
    pruned(scaled("b2-pruned", "efficientnet_b2_pruned", &V1, 1.1, 1.2, 260)),
    pruned(scaled("b3-pruned", "efficientnet_b3_pruned", &V1, 1.2, 1.4, 300)),
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
