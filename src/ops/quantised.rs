//! 8-bit weights and activations, as every backend that has them makes them.
//!
//! Nothing is calibrated: a row of activations, all channels at one position, has a scale and a
//! zero point of its own, taken from its smallest and its largest value when it is read.

use super::folded::Folded;

/// What the 1x1 convolutions multiply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// f32 by f32.
    #[default]
    F32,
    /// Unsigned 8-bit activations, a scale and a zero point a position, by signed 8-bit weights,
    /// a scale an output channel. Sums are exact. Convolutions that would lose by it stay in f32,
    /// and so do linear layers.
    Int8,
}

/// Multiply-adds a position below which a product stays in f32: quantising the position costs much of
/// what it saves. The trained Lite0 to Lite2 kept 99.2 to 99.4 % of 1,280 first labels with this one;
/// with 3,000, where B0 takes 4 % less time, 98.8 to 99.3 %.
const WORTH_QUANTISING: usize = 9_000;

/// The most inputs whose sums surely fit 32 bits.
const MOST_INPUTS: usize = 1 << 14;

/// The largest magnitude of a weight.
const LARGEST: f32 = 127.0;

/// Of an activation; the smallest is 0.
pub const LARGEST_ACTIVATION: f32 = 255.0;

/// Rows with less between their smallest and their largest value are all zeros.
pub const LEAST_RANGE: f32 = 1e-30;

impl Products {
    /// Whether a 1x1 convolution of this shape computes in 8 bits.
    pub fn are_int8(self, inputs: usize, outputs: usize) -> bool {
        self == Self::Int8 && inputs * outputs >= WORTH_QUANTISING && inputs <= MOST_INPUTS
    }
}

/// A weight matrix in 8 bits.
pub struct Quantised {
    /// `(outputs, inputs)`.
    pub weight: Vec<i8>,
    /// What one step of each output's weights is worth; NaN if they are not all finite.
    pub scale: Vec<f32>,
    /// One per output. What the rounding of its weights adds on average is taken off, where it is known
    /// what the inputs are (Nagel et al., arXiv:1906.04721, section 4.2): with the three trained Lite
    /// networks a third of the noise in their logits.
    pub bias: Vec<f32>,
}

impl Quantised {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded) -> Self {
        let inputs = folded.weight.len() / folded.bias.len();
        let mut weight = Vec::with_capacity(folded.weight.len());
        let rows = folded.weight.chunks_exact(inputs);
        let scale: Vec<f32> = rows.clone().map(|row| quantise(row, &mut weight)).collect();
        let mut bias = folded.bias.clone();
        if let Some(means) = &folded.input_means {
            assert_eq!(means.len(), inputs, "a mean for each input");
            let quantised = weight.chunks_exact(inputs).zip(&scale);
            for ((bias, row), (steps, scale)) in bias.iter_mut().zip(rows).zip(quantised) {
                *bias += lost(row, steps, *scale, means);
            }
        }
        Self {
            weight,
            scale,
            bias,
        }
    }
}

/// Appends one output's weights to `to` and returns their scale.
fn quantise(row: &[f32], to: &mut Vec<i8>) -> f32 {
    let largest = row.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
    let per_unit = match largest > LEAST_RANGE && largest.is_finite() {
        true => LARGEST / largest,
        false => 0.0,
    };
    // Faster than `round`, and to even; the bits of the sum end in the integer.
    let magic = 12_582_912.0;
    to.extend(row.iter().map(|w| (w * per_unit + magic).to_bits() as i8));
    // What is not finite makes it NaN.
    let poison: f32 = row.iter().map(|w| w * 0.0).sum();
    largest / LARGEST + poison
}

/// What rounding took from a row's product with the inputs' `means`. Several sums go side by side: in
/// order each would wait for the one before.
fn lost(row: &[f32], steps: &[i8], scale: f32, means: &[f32]) -> f32 {
    const SIDE_BY_SIDE: usize = 16;
    let mut sums = [0.0; SIDE_BY_SIDE];
    let parts = row.chunks(SIDE_BY_SIDE).zip(steps.chunks(SIDE_BY_SIDE));
    for ((row, steps), means) in parts.zip(means.chunks(SIDE_BY_SIDE)) {
        let values = row.iter().zip(steps).zip(means);
        for (sum, ((weight, &step), mean)) in sums.iter_mut().zip(values) {
            *sum += (weight - f32::from(step) * scale) * mean;
        }
    }
    sums.iter().sum()
}
