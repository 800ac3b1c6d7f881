//! The forward pass as a list: each step's output and arithmetic.

use super::config::Config;
use super::weights;
use crate::ops::Window;

/// One step of the forward pass, as [`super::EfficientNet`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// timm's module names; those that run as one step are joined by `+`.
    pub name: String,
    /// Height, width and channels of what it returns.
    pub output: [usize; 3],
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
    steps.filter(config.stem_window());
    steps.push("conv_stem", config.stem, 27 * steps.area() * config.stem);
    for (stage, index, block) in weights::blocks(config) {
        let at = |layer: &str| format!("blocks.{stage}.{index}.{layer}");
        let (name, expand_macs) = if block.has_expansion() {
            let macs = steps.area() * block.inputs * block.expanded;
            ("conv_pw+conv_dw", macs)
        } else {
            ("conv_dw", 0)
        };
        steps.filter(block.window);
        let taps = block.window.kernel.pow(2);
        let macs = expand_macs + steps.area() * block.expanded * taps;
        steps.push(&at(name), block.expanded, macs);
        steps.squeeze_excite(&at("se"), block.expanded, block.squeezed);
        let macs = steps.area() * block.expanded * block.outputs;
        let name = if block.has_expansion() {
            "conv_pwl"
        } else {
            "conv_pw"
        };
        steps.push(&at(name), block.outputs, macs);
    }
    let macs = steps.area() * config.last() * config.head;
    steps.push("conv_head", config.head, macs);
    steps.pool();
    steps.push("global_pool", config.head, 0);
    steps.push("classifier", config.classes, config.head * config.classes);
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

    fn pool(&mut self) {
        (self.height, self.width) = (1, 1);
    }

    fn push(&mut self, name: &str, channels: usize, macs: usize) {
        self.layers.push(Layer {
            name: name.to_owned(),
            output: [self.height, self.width, channels],
            macs,
        });
    }

    /// One gate per channel; the activation itself stays as it is.
    fn squeeze_excite(&mut self, name: &str, expanded: usize, squeezed: usize) {
        self.layers.push(Layer {
            name: name.to_owned(),
            output: [1, 1, expanded],
            macs: 2 * expanded * squeezed,
        });
    }
}
