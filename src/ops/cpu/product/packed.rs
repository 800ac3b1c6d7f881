//! The right matrix of every product, packed once, when weights are loaded.

use super::tile::Panel;
use crate::ops::cpu::activation::Function;
use crate::ops::cpu::simd::Vectors;
use crate::ops::folded::Folded;

/// A weight matrix `(inputs, outputs)` in panels, with its bias.
pub struct Packed {
    pub inputs: usize,
    pub outputs: usize,
    pub vectors: Vectors,
    /// Panel after panel, each `(inputs, width)` with width two vectors, or one for the last
    /// panel if that is enough. Columns past `outputs` are zero.
    weight: Vec<f32>,
    /// Padded to whole vectors.
    bias: Vec<f32>,
    pub activation: Function,
}

/// Rows of a panel that are written at a time: with 32 columns of f32, 8 KiB.
const TRANSPOSED: usize = 64;

impl Packed {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(vectors: Vectors, folded: &Folded, activation: Function) -> Self {
        let lanes = vectors.lanes;
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        let padded = outputs.next_multiple_of(lanes);
        let mut weight = vec![0.0; inputs * padded];
        let mut bias = folded.bias.clone();
        bias.resize(padded, 0.0);
        for start in (0..padded).step_by(2 * lanes) {
            let width = (2 * lanes).min(padded - start);
            let panel = &mut weight[start * inputs..][..width * inputs];
            pack(&folded.weight[start * inputs..], inputs, width, panel);
        }
        Self {
            inputs,
            outputs,
            vectors,
            weight,
            bias,
            activation,
        }
    }

    /// How many panels there are.
    pub fn panels(&self) -> usize {
        self.bias.len().div_ceil(2 * self.vectors.lanes)
    }

    /// The first of the columns that panel `number` holds.
    pub fn first_column(&self, number: usize) -> usize {
        number * 2 * self.vectors.lanes
    }

    /// The weights of one output, unpacked, and its bias.
    pub fn row(&self, output: usize) -> (Vec<f32>, f32) {
        let number = output / (2 * self.vectors.lanes);
        let (panel, column) = (self.panel(number), output - self.first_column(number));
        let weights = panel.weight[column..].iter().step_by(panel.bias.len());
        (weights.copied().collect(), panel.bias[column])
    }

    /// Panel `number`, without gates.
    pub fn panel(&self, number: usize) -> Panel<'_> {
        let first = self.first_column(number);
        let width = (self.bias.len() - first).min(2 * self.vectors.lanes);
        Panel {
            weight: &self.weight[first * self.inputs..][..width * self.inputs],
            bias: &self.bias[first..][..width],
            fold: None,
        }
    }
}

/// Transposes up to `width` rows of `inputs` values into a panel, in blocks that stay in the
/// first-level cache.
fn pack(rows: &[f32], inputs: usize, width: usize, panel: &mut [f32]) {
    for first in (0..inputs).step_by(TRANSPOSED) {
        let end = (first + TRANSPOSED).min(inputs);
        let block = &mut panel[first * width..end * width];
        for (column, row) in rows.chunks_exact(inputs).take(width).enumerate() {
            let slots = block[column..].iter_mut().step_by(width);
            slots
                .zip(&row[first..end])
                .for_each(|(slot, &value)| *slot = value);
        }
    }
}
