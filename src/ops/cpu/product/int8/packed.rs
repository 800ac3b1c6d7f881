//! The right matrix of a product in 8 bits, packed once, when weights are loaded.

use super::tile::Panel;
use crate::ops::cpu::activation::Function;
use crate::ops::cpu::dot;
use crate::ops::cpu::simd::Vectors;
use crate::ops::folded::Folded;
use crate::ops::quantised::Quantised;

/// A weight matrix `(inputs, outputs)` in panels, with what turns sums into results.
pub struct Packed {
    pub inputs: usize,
    pub outputs: usize,
    pub vectors: Vectors,
    pub activation: Function,
    /// Inputs that are multiplied at a time.
    group: usize,
    /// Panel after panel, two vectors wide or one, each `(groups, width, group)`. What there is not
    /// is zero.
    weight: Vec<i8>,
    /// Of the columns, padded to whole vectors, as are the next two.
    scale: Vec<f32>,
    /// The sum of each column's weights.
    sums: Vec<i32>,
    bias: Vec<f32>,
}

impl Packed {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(vectors: Vectors, folded: &Folded, activation: Function) -> Self {
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        let lanes = vectors.lanes;
        let padded = outputs.next_multiple_of(lanes);
        let group = dot::group(vectors);
        let groups = inputs.div_ceil(group);
        let Quantised {
            weight: rows,
            mut scale,
            mut bias,
        } = Quantised::new(folded);
        let sums = rows.chunks_exact(inputs);
        let sums = sums.map(|row| row.iter().map(|&w| i32::from(w)).sum());
        let mut sums: Vec<i32> = sums.collect();
        scale.resize(padded, 0.0);
        sums.resize(padded, 0);
        bias.resize(padded, 0.0);
        let mut weight = vec![0; groups * group * padded];
        for (column, row) in rows.chunks_exact(inputs).enumerate() {
            let first = column / (2 * lanes) * 2 * lanes;
            let width = (2 * lanes).min(padded - first);
            let panel = &mut weight[first * groups * group..][..width * groups * group];
            let places = panel.chunks_exact_mut(width * group);
            for (place, weights) in places.zip(row.chunks(group)) {
                place[(column - first) * group..][..weights.len()].copy_from_slice(weights);
            }
        }
        Self {
            inputs,
            outputs,
            vectors,
            activation,
            group,
            weight,
            scale,
            sums,
            bias,
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

    /// Panel `number`.
    pub fn panel(&self, number: usize) -> Panel<'_> {
        let first = self.first_column(number);
        let width = (self.bias.len() - first).min(2 * self.vectors.lanes);
        let inputs = self.inputs.next_multiple_of(self.group);
        Panel {
            weight: &self.weight[first * inputs..][..width * inputs],
            scale: &self.scale[first..][..width],
            sums: &self.sums[first..][..width],
            bias: &self.bias[first..][..width],
        }
    }

    /// The weights of one output, as they multiply, and its bias.
    pub fn row(&self, output: usize) -> (Vec<f32>, f32) {
        let width = 2 * self.vectors.lanes;
        let panel = self.panel(output / width);
        let column = output % width;
        let groups = panel.weight.chunks_exact(panel.bias.len() * self.group);
        let weights = groups.flat_map(|group| &group[column * self.group..][..self.group]);
        let weights = weights.map(|&weight| f32::from(weight) * panel.scale[column]);
        (weights.take(self.inputs).collect(), panel.bias[column])
    }
}
