//! The 1x1 convolution: most of the network's arithmetic.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::memory::Memory;
use super::processor::Processor;
use super::product::Product;
use super::product::packed::Packed;
use super::product::tile::Rows;
use super::simd::Shared;
use super::storage::{contiguous, with_values};
use super::tasks::{Split, Tasks};
use crate::ops::folded::{Activation, Folded};

/// Enough that scaling a panel for them costs about 1 % of using it, few enough that their inputs
/// stay in the second-level cache while every panel passes by.
const ROWS_PER_TASK: usize = 112;

/// A 1x1 convolution in main memory.
pub struct Pointwise {
    packed: Packed,
    memory: Arc<Memory>,
}

/// One call: Candle hands over `x`, the rest rides along.
struct Call<'a> {
    layer: &'a Pointwise,
    excite: Option<&'a Tensor>,
    residual: Option<&'a Tensor>,
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(processor: &Processor, folded: &Folded, activation: Activation) -> Self {
        Self {
            packed: Packed::new(processor.vectors, folded, activation),
            memory: processor.memory.clone(),
        }
    }

    /// `(B, H, W, inputs)` to `(B, H, W, outputs)`: `x` is scaled by `excite`, `(B, inputs)`, before
    /// the product, and `residual`, of the output's shape, is added last.
    pub fn forward(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        x.apply_op1_no_bwd(&Call {
            layer: self,
            excite,
            residual,
        })
    }

    /// The weights and the bias of one output.
    pub fn row(&self, output: usize) -> Result<(Vec<f32>, f32)> {
        Ok(self.packed.row(output))
    }

    /// `(batch, rows, inputs)` to `(batch, rows, outputs)`, one task per band of rows or, when a
    /// picture has too few rows to share, per group of panels.
    fn product(
        &self,
        batch: usize,
        x: &[f32],
        excite: Option<&[f32]>,
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let packed = &self.packed;
        let (inputs, outputs) = (packed.inputs, packed.outputs);
        let rows = x.len() / inputs / batch;
        let bands = Split::new(rows, ROWS_PER_TASK);
        let tasks = Tasks {
            batch,
            bands,
            // Without bands there is nothing else to share out than the columns.
            groups: match bands.parts() {
                1 => Split::new(packed.panels(), 1),
                _ => Split::new(packed.panels(), packed.panels()),
            },
        };
        let fill = |to: Shared| {
            tasks.run(batch * rows * inputs * outputs, |task| {
                let first = task.picture * rows + task.rows.start;
                let count = task.rows.len();
                let product = Product {
                    packed,
                    panels: task.panels,
                    rows: Rows::contiguous(&x[first * inputs..][..count * inputs], inputs),
                    excite: excite.map(|excite| &excite[task.picture * inputs..][..inputs]),
                    residual: residual.map(|r| &r[first * outputs..][..count * outputs]),
                    // SAFETY: the band's rows are in bounds.
                    out: unsafe { to.pointer().add(first * outputs) },
                };
                // SAFETY: bands and groups of panels are disjoint.
                unsafe { product.run(&self.memory) }
            });
        };
        // SAFETY: bands and groups fill the output, each value written by exactly one task.
        unsafe { self.memory.filled(batch * rows * outputs, fill) }
    }
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "pointwise"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, _) = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let out = with_values(self.excite, |excite| {
            with_values(self.residual, |residual| {
                Ok(self.layer.product(batch, x, excite, residual))
            })
        })?;
        let shape = (batch, height, width, self.layer.packed.outputs);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}
