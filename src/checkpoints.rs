//! The published checkpoints of B0 to B7: names, transforms and accuracies.
//!
//! Facts from timm 1.0.31's pretrained configurations (timm/models/efficientnet.py), accuracies
//! from its results/results-imagenet.csv at the input size given.

use anyhow::{Result, bail, ensure};

use crate::model::config::{Config, SCALINGS, Scaling};
use crate::ops::Padding;
use crate::preprocess::CropMode::{self, Center, Squash};
use crate::preprocess::{IMAGENET_MEAN, IMAGENET_STD, Transform};
use crate::resample::Interpolation::Bicubic;

/// How a checkpoint's inputs are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Norm {
    /// ImageNet's mean and standard deviation.
    ImageNet,
    /// 0.5 for both.
    Half,
}
use Norm::{Half, ImageNet};

/// A checkpoint on the Hub.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    /// timm's name of the architecture, `efficientnet_b0` or `tf_efficientnet_b0`.
    pub architecture: &'static str,
    /// timm's name of the weights.
    pub tag: &'static str,
    /// Classes of its head.
    pub classes: usize,
    /// Top-1 and top-5 accuracy on ImageNet's validation set in percent, at this input size.
    pub accuracy: Option<(f32, f32)>,
    /// How its pictures are prepared.
    pub transform: Transform,
}

/// timm publishes all of them under one licence.
pub const LICENCE: &str = "apache-2.0";

/// The tag that `--weights` stands for when it is not given: Noisy Student
/// (arXiv:1911.04252), the most accurate that exists for all eight.
pub const DEFAULT_WEIGHTS: &str = "ns";

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
            size,
            crop_pct,
            crop_mode,
            interpolation: Bicubic,
            mean,
            std,
        },
    }
}

/// Every tag of every variant.
#[rustfmt::skip]
pub const CHECKPOINTS: &[Checkpoint] = &[
    row("efficientnet_b0", "ra4_e3600_r224_in1k", 1000, 224, 0.9, Center, Half, Some((78.568, 94.34))),
    row("efficientnet_b0", "ra_in1k", 1000, 224, 0.875, Center, ImageNet, Some((77.698, 93.538))),
    row("efficientnet_b1", "ft_in1k", 1000, 224, 0.875, Center, ImageNet, Some((77.592, 93.636))),
    row("efficientnet_b1", "ra4_e3600_r240_in1k", 1000, 240, 0.9, Center, Half, Some((80.404, 95.152))),
    row("efficientnet_b2", "ra_in1k", 1000, 256, 0.875, Center, ImageNet, Some((79.324, 94.582))),
    row("efficientnet_b3", "ra2_in1k", 1000, 288, 0.875, Center, ImageNet, Some((81.472, 95.696))),
    row("efficientnet_b4", "ra2_in1k", 1000, 320, 0.875, Center, ImageNet, Some((82.658, 96.134))),
    row("efficientnet_b5", "sw_in12k", 11821, 416, 0.95, Center, ImageNet, None),
    row("efficientnet_b5", "sw_in12k_ft_in1k", 1000, 448, 1.0, Squash, ImageNet, Some((85.894, 97.742))),
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
];

impl Checkpoint {
    /// The variant that users name, `b0`.
    pub fn variant(&self) -> &'static str {
        variant_of(self.architecture)
    }

    /// Its repository on the Hub.
    pub fn repo(&self) -> String {
        format!("timm/{}.{}", self.architecture, self.tag)
    }

    /// The network's shape.
    pub fn config(&self) -> Config {
        let (scaling, padding, eps) =
            architecture(self.architecture).expect("the table names known architectures");
        Config::new(scaling, padding, eps, self.classes)
    }

    /// The checkpoint of a Hub repository, if it is one of the table's.
    pub fn of_repo(repo: &str) -> Option<&'static Self> {
        let name = repo.strip_prefix("timm/")?;
        let (architecture, tag) = name.split_once('.')?;
        CHECKPOINTS
            .iter()
            .find(|c| c.architecture == architecture && c.tag == tag)
    }

    /// The checkpoint that `--variant` and `--weights` name: a whole tag, or its first word
    /// (`ns` for `ns_jft_in1k`).
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn named(variant: &str, weights: &str) -> Result<&'static Self> {
        let of_variant: Vec<_> = CHECKPOINTS
            .iter()
            .filter(|c| c.variant() == variant)
            .collect();
        ensure!(
            !of_variant.is_empty(),
            "there is no variant `{variant}`; `effnet models` lists them",
        );
        if let Some(exact) = of_variant.iter().find(|c| c.tag == weights) {
            return Ok(exact);
        }
        let first_word = |c: &&&Self| c.tag.split('_').next() == Some(weights);
        let tags = |checkpoints: &[&Self]| {
            let tags: Vec<_> = checkpoints.iter().map(|c| c.tag).collect();
            tags.join(", ")
        };
        match of_variant
            .iter()
            .filter(first_word)
            .copied()
            .collect::<Vec<_>>()[..]
        {
            [only] => Ok(only),
            [] => bail!(
                "{variant} has no weights `{weights}`; it has {}",
                tags(&of_variant)
            ),
            ref several => bail!(
                "`{weights}` could be any of {variant}'s weights {}; give one in full",
                tags(several)
            ),
        }
    }
}

/// `b0` of `tf_efficientnet_b0`.
fn variant_of(architecture: &'static str) -> &'static str {
    architecture.rsplit('_').next().unwrap_or(architecture)
}

/// What timm's name of an architecture stands for: its scaling, padding, and BatchNorm's eps.
/// The `tf_` ones were trained in TensorFlow, whose padding and eps they keep.
pub fn architecture(name: &str) -> Option<(Scaling, Padding, f64)> {
    let (variant, padding, eps) = match name.strip_prefix("tf_efficientnet_") {
        Some(variant) => (variant, Padding::Same, 1e-3),
        None => (
            name.strip_prefix("efficientnet_")?,
            Padding::Symmetric,
            1e-5,
        ),
    };
    Some((Scaling::named(variant)?, padding, eps))
}

/// The variants with published checkpoints, smallest first.
pub fn variants() -> impl Iterator<Item = &'static str> {
    let published = |variant: &&str| CHECKPOINTS.iter().any(|c| c.variant() == *variant);
    SCALINGS.iter().map(|s| s.variant).filter(published)
}
