//! The published checkpoints: names, transforms and accuracies.

mod table;
pub mod torchvision;

use anyhow::{Result, anyhow, bail};

use crate::checkpoint::card::Card;
use crate::checkpoint::labels::Labels;
use crate::model::architectures::{ARCHITECTURES, Architecture, Convention};
use crate::model::config::Config;
use crate::picture::transform::Transform;
use crate::top_k::Scoring;

pub use table::CHECKPOINTS;

/// How a checkpoint's inputs are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Norm {
    /// ImageNet's mean and standard deviation.
    ImageNet,
    /// 0.5 for both.
    Half,
}

/// Top-1 and top-5 on ImageNet's validation set in percent.
pub type Accuracy = (f32, f32);

/// A checkpoint on the Hub.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    /// timm's name of the architecture, `efficientnet_b0` or `tf_efficientnet_b0`.
    pub architecture: &'static str,
    /// timm's name of the weights.
    pub tag: &'static str,
    /// Classes of its head.
    pub classes: usize,
    /// At the transform's size.
    pub accuracy: Option<Accuracy>,
    /// How its pictures are prepared.
    pub transform: Transform,
    /// Another size that it was tested at, the crop_pct there and the accuracy.
    test: Option<(usize, f64, Option<Accuracy>)>,
    /// Parameters and GMACs of a network that was pruned.
    counted: Option<(usize, f64)>,
}

/// timm publishes all of them under one licence.
pub const LICENCE: &str = "apache-2.0";

/// What timm's checkpoints have that is not here: part of the architecture's name, and why.
const REFUSED: &[(&str, &str)] = &[
    (
        "efficientnet_cc_",
        "its convolutions are mixed anew for each picture (CondConv)",
    ),
    (
        "gc_efficientnet",
        "it has GlobalContext attention in place of squeeze-excite",
    ),
    ("_gn", "it has GroupNorm in place of BatchNorm"),
    ("_ln", "it has LayerNorm in place of BatchNorm"),
    ("_evos", "it has EvoNorm in place of BatchNorm"),
    ("efficientnet_blur_", "it blurs before it strides"),
];

impl Checkpoint {
    /// The variant that users name, `b0`.
    pub fn variant(&self) -> &'static str {
        self.known().0.variant
    }

    /// Its repository on the Hub.
    pub fn repo(&self) -> String {
        format!("timm/{}.{}", self.architecture, self.tag)
    }

    fn known(&self) -> (&'static Architecture, Convention) {
        architecture(self.architecture).expect("the table names known architectures")
    }

    /// The network's shape.
    pub fn config(&self) -> Config {
        let (architecture, convention) = self.known();
        Config::new(architecture, convention, self.classes)
    }

    /// What is known of it without a download.
    pub fn card(&self) -> Card {
        Card {
            variant: self.variant(),
            config: self.config(),
            transform: self.transform,
            test: self.test().map(|(transform, _)| transform),
            labels: Labels::for_classes(self.classes),
            scoring: Scoring::Softmax,
        }
    }

    /// Its trainable parameters.
    pub fn parameters(&self) -> usize {
        let counted = self.counted.map(|(parameters, _)| parameters);
        counted.unwrap_or_else(|| self.config().parameters())
    }

    /// Multiply-adds of one picture of the transform's size, in thousands of millions.
    pub fn gmacs(&self) -> f64 {
        let Transform { height, width, .. } = self.transform;
        let counted = self.counted.map(|(_, gmacs)| gmacs);
        counted.unwrap_or_else(|| self.config().macs(height, width) as f64 / 1e9)
    }

    /// How pictures are prepared for the size that it was tested at, if there is another than the
    /// usual one, and the accuracy then.
    pub fn test(&self) -> Option<(Transform, Option<Accuracy>)> {
        self.test.map(|(size, crop_pct, accuracy)| {
            let transform = Transform {
                height: size,
                width: size,
                crop_pct,
                ..self.transform
            };
            (transform, accuracy)
        })
    }

    /// The checkpoint of a Hub repository, if it is one of the table's.
    pub fn of_repo(repo: &str) -> Option<&'static Self> {
        let name = repo.strip_prefix("timm/")?;
        let (architecture, tag) = name.split_once('.')?;
        CHECKPOINTS
            .iter()
            .find(|c| c.architecture == architecture && c.tag == tag)
    }

    /// The variant's most accurate checkpoint at its usual size, or its only one.
    ///
    /// # Errors
    /// If there is none.
    pub fn default_of(variant: &str) -> Result<&'static Self> {
        let best = most_accurate(of_variant(variant)?);
        Ok(best.expect("it has at least one"))
    }

    /// The variant's weights that files converted from TensorFlow are most likely to be, with its
    /// padding and eps: those of AutoAugment where there are some, as EfficientNet-PyTorch has of B0
    /// to B8, or else the most accurate ones that TensorFlow trained.
    ///
    /// # Errors
    /// If there are none.
    pub fn of_tensorflow(variant: &str) -> Result<&'static Self> {
        let mut converted = of_variant(variant)?;
        converted.retain(|c| c.architecture.starts_with("tf_"));
        let first_word = |c: &&Self| c.tag.split('_').next() == Some("aa");
        let aa = converted.iter().find(|c| first_word(c)).copied();
        let best = aa.or_else(|| most_accurate(converted));
        best.ok_or_else(|| {
            anyhow!(
                "no weights of {variant} from TensorFlow are known, as these are by their names; \
                 say with --weights which ones they are like"
            )
        })
    }

    /// The variant's checkpoint that `weights` names, or its default.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn chosen(variant: &str, weights: Option<&str>) -> Result<&'static Self> {
        match weights {
            Some(weights) => Self::named(variant, weights),
            None => Self::default_of(variant),
        }
    }

    /// The variant's checkpoint that `weights` names: a whole tag, or its first word (`ns` for
    /// `ns_jft_in1k`).
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn named(variant: &str, weights: &str) -> Result<&'static Self> {
        let of_variant = of_variant(variant)?;
        if let Some(exact) = of_variant
            .iter()
            .find(|c| c.tag.eq_ignore_ascii_case(weights))
        {
            return Ok(exact);
        }
        let first_word = |c: &&&Self| {
            let first = c.tag.split('_').next();
            first.is_some_and(|first| first.eq_ignore_ascii_case(weights))
        };
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

fn most_accurate(checkpoints: Vec<&'static Checkpoint>) -> Option<&'static Checkpoint> {
    let top1 = |c: &Checkpoint| c.accuracy.map_or(0.0, |(top1, _)| top1);
    let checkpoints = checkpoints.into_iter();
    checkpoints.reduce(|best, c| if top1(c) > top1(best) { c } else { best })
}

/// All of a variant's checkpoints, at least one.
///
/// # Errors
/// If it has none.
pub fn of_variant(variant: &str) -> Result<Vec<&'static Checkpoint>> {
    let found: Vec<_> = CHECKPOINTS
        .iter()
        .filter(|c| c.variant() == variant)
        .collect();
    match found.is_empty() {
        true => bail!("there is no variant `{variant}`; `effnet models --all` lists them"),
        false => Ok(found),
    }
}

/// What timm's name of an architecture stands for: its shape, and the convention of its weights.
/// The `tf_` ones were trained in TensorFlow.
pub fn architecture(name: &str) -> Option<(&'static Architecture, Convention)> {
    let (name, tensorflow) = match name.strip_prefix("tf_") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let name = without_tag(name);
    let architecture = ARCHITECTURES.iter().find(|a| a.name == name)?;
    let convention = match tensorflow {
        true => Convention::TENSORFLOW,
        false => architecture.convention,
    };
    Some((architecture, convention))
}

/// Older configurations have the tag in the architecture's name (timm/models/efficientnet.py,
/// `register_model_deprecations`).
fn without_tag(name: &str) -> &str {
    let tags = ["_ap", "_ns", "_ns_475", "_in21ft1k", "_in21k"];
    match name {
        "efficientnet_b2a" | "efficientnet_b3a" => &name[..name.len() - 1],
        _ => tags
            .iter()
            .find_map(|tag| name.strip_suffix(tag))
            .unwrap_or(name),
    }
}

/// The same, for names that users give.
///
/// # Errors
/// Says what is not supported about timm's other EfficientNets.
pub fn supported_architecture(name: &str) -> Result<(&'static Architecture, Convention)> {
    architecture(name).ok_or_else(|| match refused(name) {
        Some(why) => anyhow!("`{name}` is not supported: {why}"),
        None => anyhow!(
            "the architecture `{name}` is not supported; EfficientNets are, as \
             `effnet models --all` lists them"
        ),
    })
}

/// Why one of timm's EfficientNets is not supported, where that is known.
pub fn refused(name: &str) -> Option<&'static str> {
    let mut refused = REFUSED.iter().filter(|_| name.contains("efficientnet"));
    refused
        .find(|(part, _)| name.contains(part))
        .map(|(_, why)| *why)
}

/// The variants with published checkpoints, in the order of the table of architectures.
pub fn variants() -> impl Iterator<Item = &'static str> {
    let published = |variant: &&str| CHECKPOINTS.iter().any(|c| c.variant() == *variant);
    ARCHITECTURES.iter().map(|a| a.variant).filter(published)
}
