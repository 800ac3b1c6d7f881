//! Products in 8 bits: quantised [`rows`], [`packed`] weights, and the register [`tile`].

pub mod packed;
pub mod rows;
pub mod tile;

use self::packed::Packed;
use self::rows::Rows;
use self::tile::Multiply;
use super::Columns;
use crate::ops::cpu::dot;

/// `activation(rows @ weight + bias) + residual`.
pub struct Product<'a> {
    pub packed: &'a Packed,
    pub rows: Rows<'a>,
    /// `(rows, outputs)`.
    pub residual: Option<&'a [f32]>,
    /// `(rows, outputs)`.
    pub out: *mut f32,
}

impl Product<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` must be valid for writing `rows.count() * outputs` values, and nothing else may read
    /// or write them meanwhile.
    pub unsafe fn run(self) {
        let packed = self.packed;
        let values = self.rows.count() * packed.outputs;
        assert!(self.residual.is_none_or(|r| r.len() == values));
        for number in 0..packed.panels() {
            let mut columns = Columns {
                activation: packed.activation,
                outputs: packed.outputs,
                residual: self.residual,
                out: self.out,
                first: packed.first_column(number),
            };
            let multiply = Multiply {
                panel: packed.panel(number),
                rows: self.rows,
                epilogue: &mut columns,
            };
            dot::dispatch(packed.vectors, multiply);
        }
    }
}
