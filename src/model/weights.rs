//! The names and shapes of a checkpoint's tensors, reading them, and folding BatchNorm.
//!
//! Where libraries differ in the names, [`Naming`] knows them.

use anyhow::Result;

use super::architectures::BlockKind;
use super::config::{BlockConfig, Config};
use super::names::{self, Naming};
use crate::ops::Folded;

/// A tensor that a checkpoint must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// As the file's library calls it.
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

/// How many values of `parameters` are trained, as timm counts them.
pub fn trainable(parameters: impl Iterator<Item = Parameter>) -> usize {
    parameters
        .filter(|parameter| !parameter.is_statistic())
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum()
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

    /// `(outputs, inputs / groups, kernel, kernel)`.
    pub fn weight(&self) -> &Parameter {
        &self.conv
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let channels = self.conv.shape[0];
        let norm = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| Parameter::new(format!("{}.{part}", self.norm), &[channels]));
        std::iter::once(self.conv.clone()).chain(norm)
    }

    /// Its trainable parameters.
    pub fn count(&self) -> usize {
        trainable(self.parameters())
    }

    /// What BatchNorm makes of each channel's mean and standard deviation.
    ///
    /// # Errors
    /// If `source` lacks them.
    pub fn spread(&self, source: &dyn Source) -> Result<(Vec<f32>, Vec<f32>)> {
        let channels = [self.conv.shape[0]];
        let read = |part| source.read(&Parameter::new(format!("{}.{part}", self.norm), &channels));
        Ok((read("bias")?, read("weight")?))
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
        Ok(Folded::new(weight, bias))
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

    /// `(outputs, inputs)`, or `(outputs, inputs, 1, 1)`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        [self.weight.clone(), self.bias.clone()].into_iter()
    }

    /// Its trainable parameters.
    pub fn count(&self) -> usize {
        trainable(self.parameters())
    }

    /// Reads both.
    ///
    /// # Errors
    /// If `source` lacks one of them.
    pub fn read(&self, source: &dyn Source) -> Result<Folded> {
        Ok(Folded::new(
            source.read(&self.weight)?,
            source.read(&self.bias)?,
        ))
    }
}

/// The layers of one block, in the order in which they run.
#[derive(Clone, Debug)]
pub struct BlockLayers {
    /// 2x2, stride 2, `inputs` to `expanded`.
    pub space_to_depth: Option<ConvNorm>,
    /// 1x1, `inputs` to `expanded`.
    pub expand: Option<ConvNorm>,
    /// One filter per expanded channel, or dense from `inputs` to `expanded`.
    pub filter: ConvNorm,
    /// Squeeze-excite: `expanded` to `squeezed`, and `squeezed` to `expanded`.
    pub squeeze_excite: Option<[Biased; 2]>,
    /// 1x1, `expanded` to `outputs`.
    pub project: Option<ConvNorm>,
}

impl BlockLayers {
    /// The layers of a block.
    pub fn new(naming: Naming, at: &Position, block: &BlockConfig) -> Self {
        let BlockConfig {
            kind,
            inputs,
            expanded,
            outputs,
            ..
        } = *block;
        let block_name = naming.block(at.stage, at.index, at.number);
        let names = naming.layers(kind);
        let conv_norm = |[conv, norm]: names::ConvNormNames, shape| {
            let at = |layer| format!("{block_name}.{layer}");
            ConvNorm::new(at(conv), at(norm), shape)
        };
        let biased = |layer, shape: &[usize]| Biased::new(&format!("{block_name}.{layer}"), shape);
        let filtered = match kind {
            BlockKind::DepthwiseSeparable | BlockKind::MbConv => 1,
            BlockKind::FusedMbConv | BlockKind::ConvNormAct => inputs,
        };
        let side = block.filter_side();
        Self {
            space_to_depth: block
                .space_to_depth
                .then(|| conv_norm(names.space_to_depth, [expanded, inputs, 2, 2])),
            expand: (kind == BlockKind::MbConv)
                .then(|| conv_norm(names.expand, [expanded, inputs, 1, 1])),
            filter: conv_norm(names.filter, [expanded, filtered, side, side]),
            squeeze_excite: block.squeezed.map(|squeezed| {
                let reduce = biased(names.reduce, &[squeezed, expanded, 1, 1]);
                let excite = biased(names.excite, &[expanded, squeezed, 1, 1]);
                [reduce, excite]
            }),
            project: (kind != BlockKind::ConvNormAct)
                .then(|| conv_norm(names.project, [outputs, expanded, 1, 1])),
        }
    }

    fn parameters(&self) -> impl Iterator<Item = Parameter> {
        let before = self.space_to_depth.iter().chain(&self.expand);
        let squeeze_excite = self.squeeze_excite.iter().flatten();
        before
            .chain([&self.filter])
            .flat_map(ConvNorm::parameters)
            .chain(squeeze_excite.flat_map(Biased::parameters))
            .chain(self.project.iter().flat_map(ConvNorm::parameters))
    }
}

/// The stem: 3x3, stride 2, from RGB, from grey or from RGB and alpha.
pub fn stem(config: &Config) -> ConvNorm {
    let [conv, norm] = config.naming.stem();
    ConvNorm::new(
        conv.into(),
        norm.into(),
        [config.stem, config.channels, 3, 3],
    )
}

/// The head: 1x1 to the features that are pooled.
pub fn head(config: &Config) -> ConvNorm {
    let [conv, norm] = config.naming.head(config.stages.len());
    ConvNorm::new(conv, norm, [config.head, config.last(), 1, 1])
}

/// The classifier, whose weight is `(classes, head)`.
pub fn classifier(config: &Config) -> Biased {
    let shape = [config.classes, config.head];
    Biased::new(config.naming.classifier(), &shape)
}

/// Where a block is, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its stage.
    pub stage: usize,
    /// Its index within the stage.
    pub index: usize,
    /// Its index within the network.
    pub number: usize,
}

/// Every block and its place.
pub fn blocks(config: &Config) -> impl Iterator<Item = (Position, &BlockConfig)> {
    let stages = config.stages.iter().enumerate();
    let blocks = stages.flat_map(|(stage, blocks)| {
        let numbered = blocks.iter().enumerate();
        numbered.map(move |(index, block)| (stage, index, block))
    });
    blocks.enumerate().map(|(number, (stage, index, block))| {
        (
            Position {
                stage,
                index,
                number,
            },
            block,
        )
    })
}

/// Every tensor that the network reads, in the order of the forward pass.
pub fn parameters(config: &Config) -> impl Iterator<Item = Parameter> {
    let blocks: Vec<_> = blocks(config)
        .flat_map(|(place, block)| {
            let layers = BlockLayers::new(config.naming, &place, block);
            layers.parameters().collect::<Vec<_>>()
        })
        .collect();
    let stem: Vec<_> = stem(config).parameters().collect();
    let head: Vec<_> = head(config).parameters().collect();
    let classifier: Vec<_> = classifier(config).parameters().collect();
    [stem, blocks, head, classifier].into_iter().flatten()
}
