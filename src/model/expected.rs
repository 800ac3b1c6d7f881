//! What activations are on average, as far as the weights tell it.
//!
//! BatchNorm leaves each channel with a mean and a standard deviation that were trained, and the sum of
//! many products is nearly normal (Nagel et al., arXiv:1906.04721, section 4.2.1). In 8 bits that is
//! worth knowing: what rounding a weight adds to every picture can be taken off.

use anyhow::Result;

use super::config::Config;
use super::weights::{self, Biased, BlockLayers, ConvNorm, Source};
use crate::ops::Activation;

/// The mean of each channel.
pub(super) type Means = Vec<f32>;

/// Of each block's input, and then of the head's.
///
/// # Errors
/// If `source` lacks a tensor.
pub(super) fn inputs(config: &Config, source: &dyn Source) -> Result<Vec<Means>> {
    let mut means = normalised(&weights::stem(config), config.activation, source)?;
    let mut all = Vec::new();
    for (place, block) in weights::blocks(config) {
        let layers = BlockLayers::new(config.naming, &place, block);
        let mut outputs = match &layers.project {
            Some(project) => normalised(project, Activation::Identity, source)?,
            None => normalised(&layers.filter, block.activation, source)?,
        };
        if block.residual {
            add(&mut outputs, &means);
        }
        all.push(std::mem::replace(&mut means, outputs));
    }
    all.push(means);
    Ok(all)
}

/// Of what a projection sees: a block's filtered channels, times the gates that such means open.
///
/// # Errors
/// If `source` lacks a tensor.
pub(super) fn filtered(
    layers: &BlockLayers,
    activation: Activation,
    source: &dyn Source,
) -> Result<Means> {
    let mut means = normalised(&layers.filter, activation, source)?;
    if let Some([reduce, excite]) = &layers.squeeze_excite {
        let reduced = linear(reduce, &means, activation, source)?;
        let gates = linear(excite, &reduced, Activation::Sigmoid, source)?;
        let pairs = means.iter_mut().zip(gates);
        pairs.for_each(|(mean, gate)| *mean *= gate);
    }
    Ok(means)
}

/// Of what leaves a convolution's BatchNorm and the activation behind it.
fn normalised(layer: &ConvNorm, activation: Activation, source: &dyn Source) -> Result<Means> {
    let (means, deviations) = layer.spread(source)?;
    let channels = means.iter().zip(&deviations);
    Ok(channels
        .map(|(mean, deviation)| activated(*mean, *deviation, activation))
        .collect())
}

/// The mean of `activation` over a normal distribution, by the trapezoidal rule.
fn activated(mean: f32, deviation: f32, activation: Activation) -> f32 {
    if activation == Activation::Identity {
        return mean;
    }
    let places = (-6..=6).map(|step| step as f32 / 2.0);
    let (mut sum, mut total) = (0.0, 0.0);
    for place in places {
        let density = (-place * place / 2.0).exp();
        sum += density * activation.at(mean + deviation * place);
        total += density;
    }
    sum / total
}

fn linear(layer: &Biased, x: &[f32], activation: Activation, source: &dyn Source) -> Result<Means> {
    let layer = layer.read(source)?;
    let rows = layer.weight.chunks_exact(x.len()).zip(&layer.bias);
    let output = |(row, bias): (&[f32], &f32)| {
        let products = row.iter().zip(x).map(|(weight, x)| weight * x);
        activation.at(bias + products.sum::<f32>())
    };
    Ok(rows.map(output).collect())
}

fn add(to: &mut [f32], means: &[f32]) {
    to.iter_mut().zip(means).for_each(|(to, mean)| *to += mean);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_behind_an_activation_are_those_of_a_normal_distribution() {
        // Of the standard one: 1 / sqrt(2 pi) for ReLU; the others integrated numerically.
        for (activation, expected) in [
            (Activation::Relu, 0.398_942),
            (Activation::Silu, 0.206_621),
            (Activation::Sigmoid, 0.5),
            (Activation::Identity, 0.0),
        ] {
            let mean = activated(0.0, 1.0, activation);
            assert!((mean - expected).abs() < 0.01, "{activation:?}: {mean}");
        }
        assert_eq!(activated(-7.0, 0.0, Activation::Relu6), 0.0);
        let most = activated(7.0, 0.0, Activation::Relu6);
        assert!((most - 6.0).abs() < 1e-5, "{most}");
    }
}
