//! The 1x1 convolution: most of the network's arithmetic.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::activation::Function;
use super::memory::Memory;
use super::processor::Processor;
use super::product::Product;
use super::product::int8::{self, rows::Unquantised};
use super::product::packed::Packed;
use super::product::tile::Rows;
use super::simd::Shared;
use super::storage::{contiguous, with_values};
use super::tasks::{Split, Task, Tasks};
use crate::ops::folded::{Activation, Folded};
use crate::ops::quantised::Products;

/// Enough that scaling a panel for them costs about 1 % of using it, few enough that their inputs
/// stay in the second-level cache while every panel passes by.
const ROWS_PER_TASK: usize = 112;

/// In 8 bits: whole tiles, as few as keep a thread busy for some microseconds, so that the
/// quantised rows stay in the first-level cache and other threads find something to do.
const INT8_ROWS_PER_TASK: [usize; 2] = [22, 110];

/// Bands in 8 bits at least, where there are so many rows.
const INT8_BANDS: usize = 4;

/// Multiply-adds of a task in 8 bits, within these limits.
const INT8_MACS_PER_TASK: usize = 1 << 20;

/// A 1x1 convolution in main memory.
pub struct Pointwise {
    weights: Weights,
    outputs: usize,
    memory: Arc<Memory>,
}

enum Weights {
    F32(Packed),
    Int8(int8::packed::Packed),
}

/// One call: Candle hands over `x`, the rest rides along.
struct Call<'a> {
    layer: &'a Pointwise,
    excite: Option<&'a Tensor>,
    residual: Option<&'a Tensor>,
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(
        processor: &Processor,
        folded: &Folded,
        activation: Activation,
        products: Products,
    ) -> Self {
        let vectors = processor.vectors;
        let activation = Function::new(activation, products);
        let outputs = folded.bias.len();
        let weights = match products.are_int8(folded.weight.len() / outputs, outputs) {
            true => Weights::Int8(int8::packed::Packed::new(vectors, folded, activation)),
            false => Weights::F32(Packed::new(vectors, folded, activation)),
        };
        Self {
            weights,
            outputs,
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
        Ok(match &self.weights {
            Weights::F32(packed) => packed.row(output),
            Weights::Int8(packed) => packed.row(output),
        })
    }

    /// `(batch, rows, inputs)` to `(batch, rows, outputs)`, one task per band of rows or, when a
    /// picture has too few rows to share, per group of panels.
    fn product(
        &self,
        packed: &Packed,
        batch: usize,
        x: &[f32],
        excite: Option<&[f32]>,
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let (inputs, outputs) = (packed.inputs, packed.outputs);
        let rows = x.len() / inputs / batch;
        let bands = Split::new(rows, ROWS_PER_TASK).even();
        let tasks = Tasks {
            batch,
            bands,
            // Without bands there is nothing else to share out than the columns.
            groups: match bands.parts() {
                1 => Split::new(packed.panels(), 1),
                _ => Split::new(packed.panels(), packed.panels()),
            },
        };
        self.filled(tasks, (rows, inputs), |task, band, out| {
            let product = Product {
                packed,
                panels: task.panels,
                rows: Rows::contiguous(&x[values_of(&band, inputs)], inputs),
                excite: excite.map(|excite| &excite[task.picture * inputs..][..inputs]),
                residual: residual.map(|residual| &residual[values_of(&band, outputs)]),
                out,
            };
            // SAFETY: bands and groups of panels are disjoint.
            unsafe { product.run(&self.memory) }
        })
    }

    /// The same in 8 bits, one task per band of rows. It quantises them once, for all panels.
    fn int8_product(
        &self,
        packed: &int8::packed::Packed,
        batch: usize,
        x: &[f32],
        excite: Option<&[f32]>,
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let (inputs, outputs) = (packed.inputs, packed.outputs);
        let rows = x.len() / inputs / batch;
        let [fewest, most] = INT8_ROWS_PER_TASK;
        let wanted = INT8_MACS_PER_TASK / (inputs * outputs);
        let bands = Split::new(rows, wanted.clamp(fewest, most)).even();
        let tasks = Tasks {
            batch,
            bands: match bands.parts() < INT8_BANDS {
                true => Split::into_parts(rows, INT8_BANDS),
                false => bands,
            },
            groups: Split::new(1, 1),
        };
        self.filled(tasks, (rows, inputs), |task, band, out| {
            let unquantised = Unquantised {
                x: &x[values_of(&band, inputs)],
                inputs,
                gates: excite.map(|excite| &excite[task.picture * inputs..][..inputs]),
            };
            self.memory.with_scratch(|scratch| {
                let product = int8::Product {
                    packed,
                    rows: unquantised.quantised_in(packed.vectors, &mut scratch.inputs),
                    residual: residual.map(|residual| &residual[values_of(&band, outputs)]),
                    out,
                };
                // SAFETY: bands are disjoint.
                unsafe { product.run() }
            });
        })
    }

    /// The output, `(batch, rows, outputs)`. `compute` writes a task's part of it; of the rows of all
    /// pictures it gets those of the task, and where the first of them goes.
    fn filled(
        &self,
        tasks: Tasks,
        (rows, inputs): (usize, usize),
        compute: impl Fn(Task, Range<usize>, *mut f32) + Sync,
    ) -> Vec<f32> {
        let values = tasks.batch * rows * self.outputs;
        let fill = |to: Shared| {
            tasks.run(values * inputs, |task| {
                let first = task.picture * rows + task.rows.start;
                let band = first..first + task.rows.len();
                // SAFETY: the band's rows are in bounds.
                let out = unsafe { to.pointer().add(first * self.outputs) };
                compute(task, band, out);
            });
        };
        // SAFETY: bands and groups fill the output, each value written by exactly one task.
        unsafe { self.memory.filled(values, fill) }
    }
}

/// Where the values of some rows lie, `width` of each.
fn values_of(rows: &Range<usize>, width: usize) -> Range<usize> {
    rows.start * width..rows.end * width
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
                let layer = self.layer;
                Ok(match &layer.weights {
                    Weights::F32(packed) => layer.product(packed, batch, x, excite, residual),
                    Weights::Int8(packed) => layer.int8_product(packed, batch, x, excite, residual),
                })
            })
        })?;
        let shape = (batch, height, width, self.layer.outputs);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}
