//! The forward pass as a list: each step's output and arithmetic.

use super::config::{BlockConfig, BlockKind, Config};
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
        27 * steps.area() * config.stem,
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

    fn block(&mut self, place: &Position, block: &BlockConfig, layers: &BlockLayers) {
        let at = |layer: &str| format!("blocks.{}.{}.{layer}", place.stage, place.index);
        let BlockConfig {
            kind,
            inputs,
            expanded,
            outputs,
            ..
        } = *block;
        let count = |layer: &Option<ConvNorm>| layer.as_ref().map_or(0, ConvNorm::count);
        if block.space_to_depth {
            (self.height, self.width) = (self.height.div_ceil(2), self.width.div_ceil(2));
            let macs = self.area() * inputs * 4 * expanded;
            let parameters = count(&layers.space_to_depth);
            self.push(&at("conv_s2d"), expanded, parameters, macs);
        }
        let expand_macs = match kind {
            BlockKind::MbConv => self.area() * inputs * expanded,
            _ => 0,
        };
        self.filter(block.window);
        let taps = block.filter_side().pow(2);
        let (filter, per_output, project) = match kind {
            BlockKind::DepthwiseSeparable => ("conv_dw", taps, "conv_pw"),
            BlockKind::MbConv => ("conv_pw+conv_dw", taps, "conv_pwl"),
            BlockKind::FusedMbConv => ("conv_exp", taps * inputs, "conv_pwl"),
            BlockKind::ConvNormAct => ("conv", taps * inputs, ""),
        };
        let parameters = count(&layers.expand) + layers.filter.count();
        let macs = expand_macs + self.area() * expanded * per_output;
        self.push(&at(filter), expanded, parameters, macs);
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
}
