//! The filters of a 3x3 convolution, transformed once, when they are loaded.

use super::points::{FILTER, INPUT, Transforms};
use crate::ops::cpu::activation::Function;
use crate::ops::cpu::product::packed::Packed;
use crate::ops::cpu::simd::Vectors;
use crate::ops::folded::Folded;

/// Products per tile.
pub const PRODUCTS: usize = INPUT * INPUT;

/// A 3x3 convolution's filters, transformed.
pub struct Weights {
    /// `(inputs, outputs)`, one per product.
    pub filters: Vec<Packed>,
    /// Padded to whole vectors.
    pub bias: Vec<f32>,
    pub inputs: usize,
    pub outputs: usize,
    pub activation: Function,
    /// The filters' too.
    pub vectors: Vectors,
}

impl Weights {
    /// `folded.weight` is `(outputs, inputs, 3, 3)`.
    pub fn new(vectors: Vectors, folded: &Folded, activation: Function) -> Self {
        let outputs = folded.bias.len();
        let filters = folded.weight.as_chunks::<{ FILTER * FILTER }>().0;
        let transformed: Vec<_> = filters.iter().map(Transforms::filter).collect();
        let product = |product: usize| {
            let weight = transformed.iter().map(|values| values[product]).collect();
            let bias = vec![0.0; outputs];
            Packed::new(vectors, &Folded::new(weight, bias), Function::Identity)
        };
        let mut bias = folded.bias.clone();
        bias.resize(outputs.next_multiple_of(vectors.lanes), 0.0);
        Self {
            filters: (0..PRODUCTS).map(product).collect(),
            bias,
            inputs: filters.len() / outputs,
            outputs,
            activation,
            vectors,
        }
    }

    /// How many panels, two vectors of outputs wide, there are.
    pub fn panels(&self) -> usize {
        self.filters[0].panels()
    }
}
