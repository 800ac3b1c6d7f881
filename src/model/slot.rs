//! Where a tensor lies in a file of weights.

use anyhow::Result;
use safetensors::Dtype;

/// A tensor's type, shape and place.
pub(super) struct Slot {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// How many values lie between neighbours in each dimension, unless the values lie row by row.
    pub strides: Option<Vec<usize>>,
    /// Which of several files.
    pub part: usize,
    /// In bytes, from the file's first.
    pub start: u64,
    /// In bytes, from its first value to its last.
    pub length: usize,
}

/// The types that can be read.
pub(super) const FLOATS: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::BF16, Dtype::F64];

impl Slot {
    /// Its values in row-major order, of the `values` from its first to its last.
    pub fn in_rows(&self, values: Vec<f32>) -> Vec<f32> {
        let Some(strides) = &self.strides else {
            return values;
        };
        let mut rows = Vec::with_capacity(self.shape.iter().product());
        let mut index = vec![0; self.shape.len()];
        let mut at = 0;
        while rows.len() < rows.capacity() {
            rows.push(values[at]);
            // To the next, as a counter with a digit for each dimension.
            for (i, digit) in index.iter_mut().enumerate().rev() {
                *digit += 1;
                at += strides[i];
                if *digit < self.shape[i] {
                    break;
                }
                at -= strides[i] * *digit;
                *digit = 0;
            }
        }
        rows
    }
}

/// What reads a file's table of tensors gives.
pub(super) type Slots = Result<Vec<(String, Slot)>>;
