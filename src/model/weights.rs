//! The names and shapes of a checkpoint's tensors, reading them, and folding BatchNorm.
//!
//! Names are timm's (timm/models/efficientnet.py and _efficientnet_blocks.py). Note that
//! `conv_pw` and `bn1` mean different things in a block with and without an expansion.

use anyhow::Result;

use super::config::{BlockConfig, Config};
use crate::ops::Folded;

/// A tensor that a checkpoint must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// timm's name.
    pub name: String,
    /// In PyTorch's order.
    pub shape: Vec<usize>,
}

impl Parameter {
    fn new(name: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
        }
    }

    /// Whether it is measured and not trained: BatchNorm's running mean and variance.
    pub fn is_statistic(&self) -> bool {
        self.name.contains(".running_")
    }
}

/// Where tensors come from: a file, or a generator for tests and timings.
pub trait Source: Sync {
    /// The parameter's values in row-major order.
    ///
    /// # Errors
    /// If the source has no such tensor, of that shape, in a type that it can convert to f32.
    fn read(&self, parameter: &Parameter) -> Result<Vec<f32>>;
}

/// A convolution without bias and the BatchNorm behind it.
#[derive(Clone, Debug)]
pub struct ConvNorm {
    conv: Parameter,
    norm: String,
}

impl ConvNorm {
    fn new(conv: String, norm: String, shape: [usize; 4]) -> Self {
        Self {
            conv: Parameter::new(conv + ".weight", &shape),
            norm,
        }
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let channels = self.conv.shape[0];
        let norm = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| Parameter::new(format!("{}.{part}", self.norm), &[channels]));
        std::iter::once(self.conv.clone()).chain(norm)
    }

    /// Reads both and folds the second into the first.
    ///
    /// `norm(conv(x)) = (w * x - mean) * scale / sqrt(var + eps) + shift`, which is a convolution
    /// with a bias; in f64, so that folding costs no accuracy.
    ///
    /// # Errors
    /// If `source` lacks one of the tensors.
    pub fn fold(&self, source: &dyn Source, eps: f64) -> Result<Folded> {
        let tensors: Vec<Vec<f32>> = self
            .parameters()
            .map(|parameter| source.read(&parameter))
            .collect::<Result<_>>()?;
        let [mut weight, scale, shift, mean, variance] =
            <[_; 5]>::try_from(tensors).expect("a convolution and BatchNorm are five tensors");
        let per_filter = weight.len() / scale.len();
        let mut bias = Vec::with_capacity(scale.len());
        for (channel, filter) in weight.chunks_exact_mut(per_filter).enumerate() {
            let gain = f64::from(scale[channel]) / (f64::from(variance[channel]) + eps).sqrt();
            for value in filter {
                *value = (f64::from(*value) * gain) as f32;
            }
            bias.push((f64::from(shift[channel]) - f64::from(mean[channel]) * gain) as f32);
        }
        Ok(Folded { weight, bias })
    }
}

/// A convolution or linear layer with a bias of its own.
#[derive(Clone, Debug)]
pub struct Biased {
    weight: Parameter,
    bias: Parameter,
}

impl Biased {
    fn new(name: &str, shape: &[usize]) -> Self {
        Self {
            weight: Parameter::new(format!("{name}.weight"), shape),
            bias: Parameter::new(format!("{name}.bias"), &shape[..1]),
        }
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        [self.weight.clone(), self.bias.clone()].into_iter()
    }

    /// Reads both.
    ///
    /// # Errors
    /// If `source` lacks one of them.
    pub fn read(&self, source: &dyn Source) -> Result<Folded> {
        Ok(Folded {
            weight: source.read(&self.weight)?,
            bias: source.read(&self.bias)?,
        })
    }
}

/// The layers of one MBConv block, in the order in which they run.
#[derive(Clone, Debug)]
pub struct BlockLayers {
    /// 1x1, `inputs` to `expanded`; absent in MBConv1.
    pub expand: Option<ConvNorm>,
    /// One filter per expanded channel.
    pub depthwise: ConvNorm,
    /// Squeeze-excite's first layer, `expanded` to `squeezed`.
    pub reduce: Biased,
    /// Squeeze-excite's second layer, `squeezed` to `expanded`.
    pub excite: Biased,
    /// 1x1, `expanded` to `outputs`.
    pub project: ConvNorm,
}

impl BlockLayers {
    /// The layers of block `index` of the 0-based `stage`.
    pub fn new(stage: usize, index: usize, block: &BlockConfig) -> Self {
        let at = |layer: &str| format!("blocks.{stage}.{index}.{layer}");
        let BlockConfig {
            inputs,
            expanded,
            squeezed,
            outputs,
            window,
        } = *block;
        let (expand, depthwise_norm, project, project_norm) = if block.has_expansion() {
            let expand = ConvNorm::new(at("conv_pw"), at("bn1"), [expanded, inputs, 1, 1]);
            (Some(expand), "bn2", "conv_pwl", "bn3")
        } else {
            (None, "bn1", "conv_pw", "bn2")
        };
        Self {
            expand,
            depthwise: ConvNorm::new(
                at("conv_dw"),
                at(depthwise_norm),
                [expanded, 1, window.kernel, window.kernel],
            ),
            reduce: Biased::new(&at("se.conv_reduce"), &[squeezed, expanded, 1, 1]),
            excite: Biased::new(&at("se.conv_expand"), &[expanded, squeezed, 1, 1]),
            project: ConvNorm::new(at(project), at(project_norm), [outputs, expanded, 1, 1]),
        }
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let expand = self.expand.iter().flat_map(ConvNorm::parameters);
        expand
            .chain(self.depthwise.parameters())
            .chain(self.reduce.parameters())
            .chain(self.excite.parameters())
            .chain(self.project.parameters())
    }
}

/// The stem: 3x3, stride 2, from RGB.
pub fn stem(config: &Config) -> ConvNorm {
    ConvNorm::new("conv_stem".into(), "bn1".into(), [config.stem, 3, 3, 3])
}

/// The head: 1x1 to the features that are pooled.
pub fn head(config: &Config) -> ConvNorm {
    let shape = [config.head, config.last(), 1, 1];
    ConvNorm::new("conv_head".into(), "bn2".into(), shape)
}

/// The classifier, by timm's name of its weight `(classes, head)`.
pub fn classifier(config: &Config) -> Biased {
    Biased::new("classifier", &[config.classes, config.head])
}

/// Every block's stage, index within the stage, and configuration.
pub fn blocks(config: &Config) -> impl Iterator<Item = (usize, usize, &BlockConfig)> {
    config
        .stages
        .iter()
        .enumerate()
        .flat_map(|(stage, blocks)| {
            let numbered = blocks.iter().enumerate();
            numbered.map(move |(index, block)| (stage, index, block))
        })
}

/// Every tensor that the network reads, in the order of the forward pass.
pub fn parameters(config: &Config) -> impl Iterator<Item = Parameter> {
    let blocks: Vec<_> = blocks(config)
        .flat_map(|(stage, index, block)| {
            let layers = BlockLayers::new(stage, index, block);
            layers.parameters().collect::<Vec<_>>()
        })
        .collect();
    let stem: Vec<_> = stem(config).parameters().collect();
    let head: Vec<_> = head(config).parameters().collect();
    let classifier: Vec<_> = classifier(config).parameters().collect();
    [stem, blocks, head, classifier].into_iter().flatten()
}
