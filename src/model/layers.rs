//! The forward pass as a list: each step's output and arithmetic.

use super::architectures::BlockKind;
use super::config::{BlockConfig, Config};
use super::weights::{self, Biased, BlockLayers, ConvNorm, Position};
use crate::ops::Window;

/// One step of the forward pass, as [`super::EfficientNet`] takes it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Layer {
    /// timm's module names; those that run as one step are joined by `+`.
    pub name: String,
    /// Height, width and channels of what it returns.
    pub output: [usize; 3],
    /// Trainable parameters.
    pub parameters: usize,
    /// Multiply-adds per picture of its convolutions and linear layers, as the paper counts FLOPs.
    pub macs: usize,
}

impl Config {
    /// Trainable parameters, as timm counts them.
    pub fn parameters(&self) -> usize {
        weights::trainable(weights::parameters(self))
    }

    /// Multiply-adds of one forward pass over a picture of `height * width`, convolutions and
    /// the linear layers, as the paper counts FLOPs.
    pub fn macs(&self, height: usize, width: usize) -> usize {
        let layers = layers(self, height, width);
        layers.iter().map(|layer| layer.macs).sum()
    }
}

/// The steps over a picture of `height * width`, in order.
pub fn layers(config: &Config, height: usize, width: usize) -> Vec<Layer> {
    let mut steps = Steps {
        height,
        width,
        layers: Vec::new(),
    };
    let (stem, head) = (weights::stem(config), weights::head(config));
    steps.filter(config.stem_window());
    steps.push(
        "conv_stem",
        config.stem,
        stem.count(),
        9 * config.channels * steps.area() * config.stem,
    );
    for (place, block) in weights::blocks(config) {
        let layers = BlockLayers::new(config.naming, &place, block);
        steps.block(&place, block, &layers);
    }
    let macs = steps.area() * config.last() * config.head;
    steps.push("conv_head", config.head, head.count(), macs);
    (steps.height, steps.width) = (1, 1);
    steps.push("global_pool", config.head, 0, 0);
    let classifier = weights::classifier(config).count();
    let macs = config.head * config.classes;
    steps.push("classifier", config.classes, classifier, macs);
    steps.layers
}

/// The list so far, and the activation's size.
struct Steps {
    height: usize,
    width: usize,
    layers: Vec<Layer>,
}

impl Steps {
    fn area(&self) -> usize {
        self.height * self.width
    }

    fn filter(&mut self, window: Window) {
        let Window {
            kernel,
            stride,
            padding,
        } = window;
        self.height = padding.along(self.height, kernel, stride).1;
        self.width = padding.along(self.width, kernel, stride).1;
    }

    fn push(&mut self, name: &str, channels: usize, parameters: usize, macs: usize) {
        self.layers.push(Layer {
            name: name.to_owned(),
            output: [self.height, self.width, channels],
            parameters,
            macs,
        });
    }

    /// Adds a block's steps, named as timm names its layers.
    fn block(&mut self, place: &Position, block: &BlockConfig, layers: &BlockLayers) {
        let at = |layer: &str| format!("blocks.{}.{}.{layer}", place.stage, place.index);
        let BlockConfig {
            inputs,
            expanded,
            outputs,
            ..
        } = *block;
        if block.space_to_depth {
            (self.height, self.width) = (self.height.div_ceil(2), self.width.div_ceil(2));
            let macs = self.area() * inputs * 4 * expanded;
            self.push(
                &at("conv_s2d"),
                expanded,
                count(&layers.space_to_depth),
                macs,
            );
        }
        let (filter, project) = match block.kind {
            BlockKind::DepthwiseSeparable => ("conv_dw", "conv_pw"),
            BlockKind::MbConv => ("conv_pw+conv_dw", "conv_pwl"),
            BlockKind::FusedMbConv => ("conv_exp", "conv_pwl"),
            BlockKind::ConvNormAct => ("conv", ""),
        };
        self.expand_and_filter(&at(filter), block, layers);
        if let (Some(squeezed), Some(layers)) = (block.squeezed, &layers.squeeze_excite) {
            // One gate per channel; the activation itself stays as it is.
            self.layers.push(Layer {
                name: at("se"),
                output: [1, 1, expanded],
                parameters: layers.iter().map(Biased::count).sum(),
                macs: 2 * expanded * squeezed,
            });
        }
        if layers.project.is_some() {
            let macs = self.area() * expanded * outputs;
            self.push(&at(project), outputs, count(&layers.project), macs);
        }
    }

    /// The expansion, if there is one, and the filter: the network runs them as one step.
    fn expand_and_filter(&mut self, name: &str, block: &BlockConfig, layers: &BlockLayers) {
        let BlockConfig {
            inputs, expanded, ..
        } = *block;
        let expand_macs = match block.kind {
            BlockKind::MbConv => self.area() * inputs * expanded,
            _ => 0,
        };
        self.filter(block.window);
        let taps = block.filter_side().pow(2);
        let per_output = match block.kind {
            BlockKind::DepthwiseSeparable | BlockKind::MbConv => taps,
            BlockKind::FusedMbConv | BlockKind::ConvNormAct => taps * inputs,
        };
        let parameters = count(&layers.expand) + layers.filter.count();
        let macs = expand_macs + self.area() * expanded * per_output;
        self.push(name, expanded, parameters, macs);
    }
}

/// The trainable parameters of a layer that a block may not have.
fn count(layer: &Option<ConvNorm>) -> usize {
    layer.as_ref().map_or(0, ConvNorm::count)
}
