//! The weights of a depthwise convolution, packed once, when they are loaded.

use candle_core::{Result, bail};

use crate::ops::cpu::product::packed::Packed;
use crate::ops::cpu::simd::Vectors;
use crate::ops::folded::{Activation, Folded};
use crate::ops::window::Window;

/// One filter per channel, and the 1x1 expansion that may come first.
pub struct Weights {
    pub expand: Option<Packed>,
    /// Vector after vector of channels, each `(kernel * kernel, lanes)`, padded with zeros.
    pub weight: Vec<f32>,
    /// Padded to whole vectors.
    pub bias: Vec<f32>,
    pub channels: usize,
    pub window: Window,
    pub activation: Activation,
    /// The expansion's too.
    pub vectors: Vectors,
}

impl Weights {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    ///
    /// # Errors
    /// If the window is not one that an EfficientNet has.
    pub fn new(
        vectors: Vectors,
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Self> {
        let Window { kernel, stride, .. } = window;
        if !matches!((kernel, stride), (3 | 5, 1 | 2)) {
            bail!("no depthwise kernel for a {kernel}x{kernel} window of stride {stride}");
        }
        let mut bias = folded.bias.clone();
        bias.resize(bias.len().next_multiple_of(vectors.lanes), 0.0);
        Ok(Self {
            expand: expand.map(|expand| Packed::new(vectors, expand, activation)),
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
        expand.map_or(self.channels, |expand| expand.inputs)
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
