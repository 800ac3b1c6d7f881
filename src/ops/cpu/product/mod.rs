//! Matrix products, from activations to activations: some panels of [`packed`] weights for some
//! rows, by the register [`tile`]; [`int8`] has the same in 8 bits.

pub mod int8;
pub mod packed;
pub mod tile;

use std::ops::Range;

use pulp::{Simd, WithSimd};

use self::packed::Packed;
use self::tile::{Epilogue, Fold, Rows};
use super::activation::{Function, activate};
use super::memory::{Memory, grow};
use super::simd::{load, store, store_part};

/// `activation(rows * excite @ weight + bias) + residual`, for a range of panels.
pub(super) struct Product<'a> {
    pub packed: &'a Packed,
    pub panels: Range<usize>,
    pub rows: Rows<'a>,
    /// Scales each input channel.
    pub excite: Option<&'a [f32]>,
    /// `(rows, outputs)`.
    pub residual: Option<&'a [f32]>,
    /// `(rows, outputs)`; only the panels' columns are written.
    pub out: *mut f32,
}

impl Product<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` must be valid for writing `rows.count * outputs` values, and nothing else may read or
    /// write the columns of `panels` meanwhile.
    pub unsafe fn run(self, memory: &Memory) {
        let values = self.rows.count * self.packed.outputs;
        assert!(self.residual.is_none_or(|r| r.len() == values));
        let vectors = self.packed.vectors;
        match self.excite {
            None => vectors.dispatch(Run {
                product: self,
                scaled: &mut Vec::new(),
            }),
            Some(_) => memory.with_scratch(|scratch| {
                vectors.dispatch(Run {
                    product: self,
                    scaled: &mut scratch.inputs,
                });
            }),
        }
    }
}

/// A product with the memory that it needs.
struct Run<'a, 'b> {
    product: Product<'b>,
    /// One panel with its scales folded in.
    scaled: &'a mut Vec<f32>,
}

impl WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { product, scaled } = self;
        for number in product.panels.clone() {
            let mut panel = product.packed.panel(number);
            if let Some(gates) = product.excite {
                let len = panel.weight.len();
                grow(scaled, len);
                let scaled = &mut scaled[..len];
                panel.fold = Some(Fold { gates, scaled });
            }
            let mut columns = Columns {
                activation: product.packed.activation,
                outputs: product.packed.outputs,
                residual: product.residual,
                out: product.out,
                first: product.packed.first_column(number),
            };
            if panel.bias.len() == S::F32_LANES {
                panel.multiply::<S, 1>(simd, product.rows, &mut columns);
            } else {
                panel.multiply::<S, 2>(simd, product.rows, &mut columns);
            }
        }
    }
}

/// One panel's columns of the output.
struct Columns<'a> {
    activation: Function,
    outputs: usize,
    /// `(rows, outputs)`, as is `out`.
    residual: Option<&'a [f32]>,
    out: *mut f32,
    first: usize,
}

impl Epilogue for Columns<'_> {
    /// Activation, residual and the store; the last vector of the last panel may be partial.
    #[inline(always)]
    fn take<S: Simd, const V: usize>(&mut self, simd: S, sums: &mut [[S::f32s; V]], row: usize) {
        let Columns {
            activation,
            outputs,
            residual,
            out,
            ..
        } = *self;
        activate(simd, sums.as_flattened_mut(), activation);
        for (m, sum) in sums.iter().enumerate() {
            for (v, &value) in sum.iter().enumerate() {
                let column = self.first + v * S::F32_LANES;
                let valid = (outputs - column).min(S::F32_LANES);
                let at = (row + m) * outputs + column;
                // SAFETY: row + m < count and column + valid <= outputs, so that the place is in
                // the output and in the residual.
                unsafe {
                    let to = out.add(at);
                    match residual.map(|residual| residual.as_ptr().add(at)) {
                        None if valid == S::F32_LANES => store::<S>(to, value),
                        None => store_part(simd, to, value, valid),
                        Some(residual) if valid == S::F32_LANES => {
                            store::<S>(to, simd.add_f32s(value, load::<S>(residual)));
                        }
                        Some(residual) => {
                            let residual = std::slice::from_raw_parts(residual, valid);
                            let residual = simd.partial_load_f32s(residual);
                            store_part(simd, to, simd.add_f32s(value, residual), valid);
                        }
                    }
                }
            }
        }
    }
}
