//! The weights of a depthwise convolution, packed once, when they are loaded.

use candle_core::{Result, bail};

use crate::ops::cpu::activation::Function;
use crate::ops::cpu::processor::Processor;
use crate::ops::cpu::product::{int8, packed::Packed};
use crate::ops::cpu::simd::Vectors;
use crate::ops::folded::{Activation, Folded};
use crate::ops::quantised::Products;
use crate::ops::window::Window;

/// One filter per channel, and the 1x1 expansion that may come first.
pub struct Weights {
    pub expand: Option<Expand>,
    /// Vector after vector of channels, each `(kernel * kernel, lanes)`, padded with zeros.
    pub weight: Vec<f32>,
    /// Padded to whole vectors.
    pub bias: Vec<f32>,
    pub channels: usize,
    pub window: Window,
    pub activation: Function,
    /// The expansion's too.
    pub vectors: Vectors,
}

/// The 1x1 expansion.
pub enum Expand {
    F32(Packed),
    Int8(int8::packed::Packed),
}

impl Expand {
    fn new(vectors: Vectors, folded: &Folded, activation: Function, products: Products) -> Self {
        let outputs = folded.bias.len();
        match products.are_int8(folded.weight.len() / outputs, outputs) {
            true => Self::Int8(int8::packed::Packed::new(vectors, folded, activation)),
            false => Self::F32(Packed::new(vectors, folded, activation)),
        }
    }

    fn inputs(&self) -> usize {
        match self {
            Self::F32(packed) => packed.inputs,
            Self::Int8(packed) => packed.inputs,
        }
    }
}

impl Weights {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    ///
    /// # Errors
    /// If the window is not one that an EfficientNet has.
    pub fn new(
        processor: &Processor,
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Self> {
        let Window { kernel, stride, .. } = window;
        if !matches!((kernel, stride), (3 | 5, 1 | 2)) {
            bail!("no depthwise kernel for a {kernel}x{kernel} window of stride {stride}");
        }
        let Processor {
            vectors, products, ..
        } = *processor;
        let activation = Function::new(activation, products);
        let mut bias = folded.bias.clone();
        bias.resize(bias.len().next_multiple_of(vectors.lanes), 0.0);
        Ok(Self {
            expand: expand.map(|expand| Expand::new(vectors, expand, activation, products)),
            weight: pack(&folded.weight, kernel * kernel, bias.len(), vectors.lanes),
            bias,
            channels: folded.bias.len(),
            window,
            activation,
            vectors,
        })
    }

    /// Channels that come in.
    pub fn inputs(&self) -> usize {
        let expand = self.expand.as_ref();
        expand.map_or(self.channels, Expand::inputs)
    }

    /// How many panels, two vectors of channels wide, there are.
    pub fn panels(&self) -> usize {
        self.bias.len().div_ceil(2 * self.vectors.lanes)
    }
}

/// `(channels, area)` to vectors of channels, each `(area, lanes)`, `padded` channels in all.
fn pack(filters: &[f32], area: usize, padded: usize, lanes: usize) -> Vec<f32> {
    let mut weight = vec![0.0; padded * area];
    for (channel, taps) in filters.chunks_exact(area).enumerate() {
        let vector = &mut weight[channel / lanes * lanes * area..];
        for (tap, &value) in taps.iter().enumerate() {
            vector[tap * lanes + channel % lanes] = value;
        }
    }
    weight
}
