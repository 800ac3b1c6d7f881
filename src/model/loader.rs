//! Layers from a source of weights to a device.

use anyhow::Result;

use super::config::{BlockConfig, Config};
use super::expected::Means;
use super::weights::{self, Biased, BlockLayers, ConvNorm, Source};
use crate::ops::{Activation, Convolution, Depthwise, Pointwise, Runtime, Window};

/// Where layers come from and where they go.
pub(super) struct Loader<'a> {
    pub source: &'a dyn Source,
    /// What BatchNorm adds to the variance.
    pub eps: f64,
    pub runtime: &'a Runtime,
}

impl Loader<'_> {
    pub fn convolution(
        &self,
        layer: &ConvNorm,
        window: Window,
        activation: Activation,
    ) -> Result<Convolution> {
        let folded = layer.fold(self.source, self.eps)?;
        Ok(self.runtime.convolution(&folded, window, activation)?)
    }

    /// The stem, which takes pictures of three channels or, with alpha, four: of a network that sees grey
    /// ones the second and third count for nothing.
    pub fn stem(&self, config: &Config) -> Result<Convolution> {
        let stem = weights::stem(config);
        let area = stem.weight().shape[2..].iter().product();
        let folded = stem.fold(self.source, self.eps)?;
        let folded = folded.with_inputs(config.channels, config.channels.max(3), area);
        let (window, activation) = (config.stem_window(), config.activation);
        Ok(self.runtime.convolution(&folded, window, activation)?)
    }

    /// Of inputs with these means, where they are known.
    pub fn pointwise(
        &self,
        layer: &ConvNorm,
        activation: Activation,
        means: Option<Means>,
    ) -> Result<Pointwise> {
        let folded = layer.fold(self.source, self.eps)?;
        let folded = folded.with_input_means(means);
        Ok(self.runtime.pointwise(&folded, activation)?)
    }

    /// The same for a layer whose rounding would be seen in what the network says.
    pub fn sensitive(&self, layer: &ConvNorm, activation: Activation) -> Result<Pointwise> {
        let folded = layer.fold(self.source, self.eps)?;
        Ok(self.runtime.sensitive(&folded, activation)?)
    }

    /// What `means` gives, where it is of use.
    pub fn expected<T>(&self, means: impl FnOnce(&dyn Source) -> Result<T>) -> Result<Option<T>> {
        let is_of_use = self.runtime.is_int8();
        is_of_use.then(|| means(self.source)).transpose()
    }

    pub fn linear(&self, layer: &Biased, activation: Activation) -> Result<Pointwise> {
        let read = layer.read(self.source)?;
        Ok(self.runtime.sensitive(&read, activation)?)
    }

    /// The filter of a block, and the expansion before it, of inputs with these means.
    pub fn depthwise(
        &self,
        layers: &BlockLayers,
        block: &BlockConfig,
        means: Option<Means>,
    ) -> Result<Depthwise> {
        let fold = |layer: &ConvNorm| layer.fold(self.source, self.eps);
        let expand = layers.expand.as_ref().map(fold).transpose()?;
        let expand = expand.map(|expand| expand.with_input_means(means));
        let filter = fold(&layers.filter)?.enlarged(block.filter_side(), block.window.kernel);
        let (window, activation) = (block.window, block.activation);
        let expand = expand.as_ref();
        Ok(self
            .runtime
            .depthwise(expand, &filter, window, activation)?)
    }
}
