//! The published checkpoints, a row each.
//!
//! Facts from timm 1.0.31's pretrained configurations (timm/models/efficientnet.py), accuracies
//! from its results/results-imagenet.csv at the input sizes given.

use super::Checkpoint;
use super::Norm::{self, Half, ImageNet};
use crate::picture::resample::Interpolation::{Bicubic, Bilinear};
use crate::picture::transform::CropMode::{self, Center, Squash};
use crate::picture::transform::{IMAGENET_MEAN, IMAGENET_STD, Transform};

#[allow(clippy::too_many_arguments)]
const fn row(
    architecture: &'static str,
    tag: &'static str,
    classes: usize,
    size: usize,
    crop_pct: f64,
    crop_mode: CropMode,
    norm: Norm,
    accuracy: Option<(f32, f32)>,
) -> Checkpoint {
    let (mean, std) = match norm {
        ImageNet => (IMAGENET_MEAN, IMAGENET_STD),
        Half => ([0.5; 3], [0.5; 3]),
    };
    Checkpoint {
        architecture,
        tag,
        classes,
        accuracy,
        transform: Transform {
            height: size,
            width: size,
            crop_pct,
            crop_mode,
            interpolation: Bicubic,
            mean,
            std,
            grey: false,
            alpha: None,
        },
        test: None,
        counted: None,
    }
}

impl Checkpoint {
    const fn bilinear(mut self) -> Self {
        self.transform.interpolation = Bilinear;
        self
    }

    /// At which other size it was tested, with which crop_pct, and how accurate it was.
    const fn tested(mut self, size: usize, crop_pct: f64, accuracy: Option<(f32, f32)>) -> Self {
        self.test = Some((size, crop_pct, accuracy));
        self
    }

    /// Its parameters and GMACs, where the architecture does not tell them.
    const fn counted(mut self, parameters: usize, gmacs: f64) -> Self {
        self.counted = Some((parameters, gmacs));
        self
    }
}

/// Every tag of every variant that can be run.
#[rustfmt::skip]
pub const CHECKPOINTS: &[Checkpoint] = &[
    row("efficientnet_b0", "ra4_e3600_r224_in1k", 1000, 224, 0.9, Center, Half, Some((78.568, 94.34))).tested(256, 1.0, Some((79.364, 94.754))),
    row("efficientnet_b0", "ra_in1k", 1000, 224, 0.875, Center, ImageNet, Some((77.698, 93.538))),
    row("efficientnet_b1", "ft_in1k", 1000, 224, 0.875, Center, ImageNet, Some((77.592, 93.636))).tested(256, 1.0, Some((78.806, 94.346))),
    row("efficientnet_b1", "ra4_e3600_r240_in1k", 1000, 240, 0.9, Center, Half, Some((80.404, 95.152))).tested(288, 1.0, Some((81.444, 95.698))),
    row("efficientnet_b1_pruned", "in1k", 1000, 240, 0.882, Center, Half, Some((78.252, 93.82))).counted(6_331_916, 0.391),
    row("efficientnet_b2", "ra_in1k", 1000, 256, 0.875, Center, ImageNet, Some((79.324, 94.582))).tested(288, 1.0, Some((80.612, 95.32))),
    row("efficientnet_b2_pruned", "in1k", 1000, 260, 0.89, Center, Half, Some((79.904, 94.838))).counted(8_309_737, 0.716),
    row("efficientnet_b3", "ra2_in1k", 1000, 288, 0.875, Center, ImageNet, Some((81.472, 95.696))).tested(320, 1.0, Some((82.296, 96.124))),
    row("efficientnet_b3_pruned", "in1k", 1000, 300, 0.904, Center, Half, Some((80.864, 95.266))).counted(9_855_020, 1.02),
    row("efficientnet_b4", "ra2_in1k", 1000, 320, 0.875, Center, ImageNet, Some((82.658, 96.134))).tested(384, 1.0, Some((83.468, 96.574))),
    row("efficientnet_b5", "sw_in12k", 11821, 416, 0.95, Center, ImageNet, None),
    row("efficientnet_b5", "sw_in12k_ft_in1k", 1000, 448, 1.0, Squash, ImageNet, Some((85.894, 97.742))),
    row("efficientnet_el", "ra_in1k", 1000, 300, 0.904, Center, ImageNet, Some((81.308, 95.538))),
    row("efficientnet_el_pruned", "in1k", 1000, 300, 0.904, Center, ImageNet, Some((80.284, 95.218))),
    row("efficientnet_em", "ra2_in1k", 1000, 240, 0.882, Center, ImageNet, Some((79.256, 94.794))),
    row("efficientnet_es", "ra_in1k", 1000, 224, 0.875, Center, ImageNet, Some((78.1, 93.928))),
    row("efficientnet_es_pruned", "in1k", 1000, 224, 0.875, Center, ImageNet, Some((75.01, 92.438))),
    row("efficientnet_h_b5", "sw_r448_e450_in1k", 1000, 448, 1.0, Squash, ImageNet, Some((84.418, 97.14))).tested(576, 1.0, Some((84.942, 97.39))),
    row("efficientnet_lite0", "ra_in1k", 1000, 224, 0.875, Center, ImageNet, Some((75.488, 92.508))),
    row("efficientnet_x_b5", "sw_r448_e450_in1k", 1000, 448, 1.0, Squash, ImageNet, Some((84.202, 96.972))).tested(576, 1.0, Some((84.928, 97.312))),
    row("efficientnetv2_rw_m", "agc_in1k", 1000, 320, 1.0, Center, ImageNet, Some((84.296, 96.872))).tested(416, 1.0, Some((84.83, 97.148))),
    row("efficientnetv2_rw_s", "ra2_in1k", 1000, 288, 1.0, Center, ImageNet, Some((82.888, 96.328))).tested(384, 1.0, Some((83.83, 96.712))),
    row("efficientnetv2_rw_t", "ra2_in1k", 1000, 224, 1.0, Center, ImageNet, Some((81.37, 95.55))).tested(288, 1.0, Some((82.354, 96.178))),
    row("test_efficientnet", "r160_in1k", 1000, 160, 0.95, Center, ImageNet, Some((46.506, 71.036))),
    row("tf_efficientnet_b0", "aa_in1k", 1000, 224, 0.875, Center, ImageNet, Some((76.882, 93.27))),
    row("tf_efficientnet_b0", "ap_in1k", 1000, 224, 0.875, Center, Half, Some((77.1, 93.258))),
    row("tf_efficientnet_b0", "in1k", 1000, 224, 0.875, Center, ImageNet, Some((76.542, 93.008))),
    row("tf_efficientnet_b0", "ns_jft_in1k", 1000, 224, 0.875, Center, ImageNet, Some((78.68, 94.372))),
    row("tf_efficientnet_b1", "aa_in1k", 1000, 240, 0.882, Center, ImageNet, Some((78.84, 94.202))),
    row("tf_efficientnet_b1", "ap_in1k", 1000, 240, 0.882, Center, Half, Some((79.288, 94.316))),
    row("tf_efficientnet_b1", "in1k", 1000, 240, 0.882, Center, ImageNet, Some((78.546, 94.096))),
    row("tf_efficientnet_b1", "ns_jft_in1k", 1000, 240, 0.882, Center, ImageNet, Some((81.388, 95.756))),
    row("tf_efficientnet_b2", "aa_in1k", 1000, 260, 0.89, Center, ImageNet, Some((80.074, 94.906))),
    row("tf_efficientnet_b2", "ap_in1k", 1000, 260, 0.89, Center, Half, Some((80.3, 95.032))),
    row("tf_efficientnet_b2", "in1k", 1000, 260, 0.89, Center, ImageNet, Some((79.612, 94.714))),
    row("tf_efficientnet_b2", "ns_jft_in1k", 1000, 260, 0.89, Center, ImageNet, Some((82.412, 96.238))),
    row("tf_efficientnet_b3", "aa_in1k", 1000, 300, 0.904, Center, ImageNet, Some((81.648, 95.724))),
    row("tf_efficientnet_b3", "ap_in1k", 1000, 300, 0.904, Center, Half, Some((81.842, 95.614))),
    row("tf_efficientnet_b3", "in1k", 1000, 300, 0.904, Center, ImageNet, Some((80.878, 95.308))),
    row("tf_efficientnet_b3", "ns_jft_in1k", 1000, 300, 0.904, Center, ImageNet, Some((84.054, 96.926))),
    row("tf_efficientnet_b4", "aa_in1k", 1000, 380, 0.922, Center, ImageNet, Some((83.04, 96.298))),
    row("tf_efficientnet_b4", "ap_in1k", 1000, 380, 0.922, Center, Half, Some((83.246, 96.392))),
    row("tf_efficientnet_b4", "in1k", 1000, 380, 0.922, Center, ImageNet, Some((82.598, 96.132))),
    row("tf_efficientnet_b4", "ns_jft_in1k", 1000, 380, 0.922, Center, ImageNet, Some((85.156, 97.482))),
    row("tf_efficientnet_b5", "aa_in1k", 1000, 456, 0.934, Center, ImageNet, Some((83.696, 96.712))),
    row("tf_efficientnet_b5", "ap_in1k", 1000, 456, 0.934, Center, Half, Some((84.258, 96.984))),
    row("tf_efficientnet_b5", "in1k", 1000, 456, 0.934, Center, ImageNet, Some((83.17, 96.534))),
    row("tf_efficientnet_b5", "ns_jft_in1k", 1000, 456, 0.934, Center, ImageNet, Some((86.096, 97.744))),
    row("tf_efficientnet_b5", "ra_in1k", 1000, 456, 0.934, Center, ImageNet, Some((83.834, 96.764))),
    row("tf_efficientnet_b6", "aa_in1k", 1000, 528, 0.942, Center, ImageNet, Some((84.124, 96.89))),
    row("tf_efficientnet_b6", "ap_in1k", 1000, 528, 0.942, Center, Half, Some((84.794, 97.138))),
    row("tf_efficientnet_b6", "ns_jft_in1k", 1000, 528, 0.942, Center, ImageNet, Some((86.476, 97.864))),
    row("tf_efficientnet_b7", "aa_in1k", 1000, 600, 0.949, Center, ImageNet, Some((84.424, 96.908))),
    row("tf_efficientnet_b7", "ap_in1k", 1000, 600, 0.949, Center, Half, Some((85.132, 97.256))),
    row("tf_efficientnet_b7", "ns_jft_in1k", 1000, 600, 0.949, Center, ImageNet, Some((86.85, 98.08))),
    row("tf_efficientnet_b7", "ra_in1k", 1000, 600, 0.949, Center, ImageNet, Some((84.926, 97.22))),
    row("tf_efficientnet_b8", "ap_in1k", 1000, 672, 0.954, Center, Half, Some((85.358, 97.298))),
    row("tf_efficientnet_b8", "ra_in1k", 1000, 672, 0.954, Center, ImageNet, Some((85.344, 97.392))),
    row("tf_efficientnet_el", "in1k", 1000, 300, 0.904, Center, Half, Some((80.246, 95.122))),
    row("tf_efficientnet_em", "in1k", 1000, 240, 0.882, Center, Half, Some((78.128, 94.052))),
    row("tf_efficientnet_es", "in1k", 1000, 224, 0.875, Center, Half, Some((76.608, 93.176))),
    row("tf_efficientnet_l2", "ns_jft_in1k", 1000, 800, 0.96, Center, ImageNet, Some((88.36, 98.656))),
    row("tf_efficientnet_l2", "ns_jft_in1k_475", 1000, 475, 0.936, Center, ImageNet, Some((88.246, 98.554))),
    row("tf_efficientnet_lite0", "in1k", 1000, 224, 0.875, Center, Half, Some((74.846, 92.18))),
    row("tf_efficientnet_lite1", "in1k", 1000, 240, 0.882, Center, Half, Some((76.674, 93.232))),
    row("tf_efficientnet_lite2", "in1k", 1000, 260, 0.89, Center, Half, Some((77.47, 93.756))),
    row("tf_efficientnet_lite3", "in1k", 1000, 300, 0.904, Center, Half, Some((79.808, 94.908))).bilinear(),
    row("tf_efficientnet_lite4", "in1k", 1000, 380, 0.92, Center, Half, Some((81.54, 95.668))).bilinear(),
    row("tf_efficientnetv2_b0", "in1k", 1000, 192, 0.875, Center, ImageNet, Some((76.876, 93.184))).tested(224, 0.875, Some((78.386, 94.034))),
    row("tf_efficientnetv2_b1", "in1k", 1000, 192, 0.882, Center, ImageNet, Some((77.934, 93.822))).tested(240, 0.882, Some((79.518, 94.71))),
    row("tf_efficientnetv2_b2", "in1k", 1000, 208, 0.89, Center, ImageNet, Some((79.208, 94.602))).tested(260, 0.89, Some((80.226, 95.01))),
    row("tf_efficientnetv2_b3", "in1k", 1000, 240, 0.904, Center, ImageNet, Some((80.708, 95.178))).tested(300, 0.904, Some((81.96, 95.78))),
    row("tf_efficientnetv2_b3", "in21k", 21843, 240, 0.904, Center, Half, None).tested(300, 0.904, None),
    row("tf_efficientnetv2_b3", "in21k_ft_in1k", 1000, 240, 0.9, Squash, Half, Some((81.078, 95.92))).tested(300, 0.9, Some((82.634, 96.628))),
    row("tf_efficientnetv2_l", "in1k", 1000, 384, 1.0, Squash, Half, Some((85.202, 97.274))).tested(480, 1.0, Some((85.66, 97.472))),
    row("tf_efficientnetv2_l", "in21k", 21843, 384, 1.0, Squash, Half, None).tested(480, 1.0, None),
    row("tf_efficientnetv2_l", "in21k_ft_in1k", 1000, 384, 1.0, Squash, Half, Some((85.846, 97.766))).tested(480, 1.0, Some((86.802, 98.124))),
    row("tf_efficientnetv2_m", "in1k", 1000, 384, 1.0, Squash, Half, Some((84.554, 97.058))).tested(480, 1.0, Some((85.208, 97.358))),
    row("tf_efficientnetv2_m", "in21k", 21843, 384, 1.0, Squash, Half, None).tested(480, 1.0, None),
    row("tf_efficientnetv2_m", "in21k_ft_in1k", 1000, 384, 1.0, Squash, Half, Some((84.768, 97.434))).tested(480, 1.0, Some((86.014, 97.956))),
    row("tf_efficientnetv2_s", "in1k", 1000, 300, 1.0, Center, Half, Some((83.162, 96.334))).tested(384, 1.0, Some((83.9, 96.702))),
    row("tf_efficientnetv2_s", "in21k", 21843, 300, 1.0, Center, Half, None).tested(384, 1.0, None),
    row("tf_efficientnetv2_s", "in21k_ft_in1k", 1000, 300, 1.0, Center, Half, Some((83.348, 96.71))).tested(384, 1.0, Some((84.332, 97.274))),
    row("tf_efficientnetv2_xl", "in21k", 21843, 384, 1.0, Squash, Half, None).tested(512, 1.0, None),
    row("tf_efficientnetv2_xl", "in21k_ft_in1k", 1000, 384, 1.0, Squash, Half, Some((85.562, 97.456))).tested(512, 1.0, Some((86.754, 98.014))),
];
