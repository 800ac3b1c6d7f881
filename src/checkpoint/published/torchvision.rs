//! torchvision's weights: not on the Hub in this form, but in many people's files.
//!
//! Facts from torchvision 0.29.2 (torchvision/models/efficientnet.py).

use anyhow::{Result, anyhow};

use super::architecture;
use crate::checkpoint::card::Card;
use crate::checkpoint::labels::Labels;
use crate::model::architectures::{Architecture, Convention};
use crate::model::config::Config;
use crate::picture::resample::Interpolation::{self, Bicubic, Bilinear};
use crate::picture::transform::CropMode::Center;
use crate::picture::transform::{IMAGENET_MEAN, IMAGENET_STD, Transform};
use crate::top_k::Scoring;

/// One of torchvision's `EfficientNet_*_Weights`.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// timm's name of the architecture.
    architecture: &'static str,
    /// torchvision's name of the weights.
    pub tag: &'static str,
    /// Added to the variance in BatchNorm.
    eps: f64,
    /// How its pictures are prepared.
    pub transform: Transform,
}

const fn row(
    architecture: &'static str,
    tag: &'static str,
    eps: f64,
    (resized, size): (usize, usize),
    interpolation: Interpolation,
    (mean, std): ([f32; 3], [f32; 3]),
) -> Preset {
    Preset {
        architecture,
        tag,
        eps,
        transform: Transform {
            height: size,
            width: size,
            crop_pct: size as f64 / resized as f64,
            crop_mode: Center,
            interpolation,
            mean,
            std,
            grey: false,
            alpha: None,
        },
    }
}

const IMAGENET: ([f32; 3], [f32; 3]) = (IMAGENET_MEAN, IMAGENET_STD);
const HALF: ([f32; 3], [f32; 3]) = ([0.5; 3], [0.5; 3]);
const V1: &str = "IMAGENET1K_V1";
const V2: &str = "IMAGENET1K_V2";

/// All were trained on ImageNet-1k.
const CLASSES: usize = 1000;

/// A variant's default comes last.
#[rustfmt::skip]
const PRESETS: &[Preset] = &[
    row("efficientnet_b0", V1, 1e-5, (256, 224), Bicubic, IMAGENET),
    row("efficientnet_b1", V1, 1e-5, (256, 240), Bicubic, IMAGENET),
    row("efficientnet_b1", V2, 1e-5, (255, 240), Bilinear, IMAGENET),
    row("efficientnet_b2", V1, 1e-5, (288, 288), Bicubic, IMAGENET),
    row("efficientnet_b3", V1, 1e-5, (320, 300), Bicubic, IMAGENET),
    row("efficientnet_b4", V1, 1e-5, (384, 380), Bicubic, IMAGENET),
    row("efficientnet_b5", V1, 1e-3, (456, 456), Bicubic, IMAGENET),
    row("efficientnet_b6", V1, 1e-3, (528, 528), Bicubic, IMAGENET),
    row("efficientnet_b7", V1, 1e-3, (600, 600), Bicubic, IMAGENET),
    row("efficientnetv2_s", V1, 1e-3, (384, 384), Bilinear, IMAGENET),
    row("efficientnetv2_m", V1, 1e-3, (480, 480), Bilinear, IMAGENET),
    row("efficientnetv2_l", V1, 1e-3, (480, 480), Bicubic, HALF),
];

impl Preset {
    /// The variant's preset called `tag`, or its default.
    ///
    /// # Errors
    /// If torchvision has no such weights.
    pub fn named(variant: &str, tag: Option<&str>) -> Result<&'static Self> {
        let mut presets = PRESETS.iter().rev();
        let fitting = presets.find(|preset| {
            preset.known().variant == variant && tag.is_none_or(|tag| tag == preset.tag)
        });
        fitting.ok_or_else(|| match tag {
            Some(tag) => anyhow!("torchvision has no weights {tag} of {variant}"),
            None => anyhow!(
                "its tensors have torchvision's names, but torchvision has no {variant}; \
                 --weights TAG names the checkpoint that it is like"
            ),
        })
    }

    /// Whether `tag` is one of torchvision's.
    pub fn is_tag(tag: &str) -> bool {
        [V1, V2].contains(&tag)
    }

    fn known(&self) -> &'static Architecture {
        let (architecture, ..) =
            architecture(self.architecture).expect("the table names known architectures");
        architecture
    }

    /// What is known of it: padding is symmetric in all of them.
    pub fn card(&self) -> Card {
        let architecture = self.known();
        let convention = Convention {
            batch_norm_eps: self.eps,
            ..Convention::PYTORCH
        };
        Card {
            variant: architecture.variant,
            config: Config::new(architecture, convention, CLASSES),
            transform: self.transform,
            test: None,
            labels: Labels::for_classes(CLASSES),
            scoring: Scoring::Softmax,
        }
    }
}
