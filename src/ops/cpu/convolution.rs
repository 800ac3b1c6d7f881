//! Dense convolutions with a kernel larger than one: the same product over a padded picture, where
//! the inputs of neighbouring outputs overlap.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::activation::Function;
use super::geometry::Geometry;
use super::memory::Memory;
use super::processor::Processor;
use super::product::Product;
use super::product::packed::Packed;
use super::product::tile::Rows;
use super::simd::Shared;
use super::storage::{contiguous, with_values};
use super::tasks::{Split, Tasks};
use super::winograd;
use crate::ops::folded::{Activation, Folded};
use crate::ops::window::Window;

/// Inputs from which on the transforms cost less than the multiplications that they save.
const WORTH_TRANSFORMING: usize = 8;

/// Output positions in one task, about; their windows stay in the second-level cache.
const POSITIONS_PER_TASK: usize = 512;

/// A dense convolution in main memory.
pub struct Convolution {
    filters: Filters,
    outputs: usize,
    window: Window,
    memory: Arc<Memory>,
}

/// The weights, laid out for the way that takes less time.
enum Filters {
    Direct(Packed), // (kernel * kernel * inputs, outputs)
    Winograd(winograd::weights::Weights),
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(
        processor: &Processor,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Self {
        let activation = Function::new(activation, processor.products);
        let Window { kernel, stride, .. } = window;
        let vectors = processor.vectors;
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs / (kernel * kernel);
        let filters = if kernel == 3 && stride == 1 && inputs >= WORTH_TRANSFORMING {
            Filters::Winograd(winograd::weights::Weights::new(vectors, folded, activation))
        } else {
            let patches = folded.in_patch_order(kernel);
            Filters::Direct(Packed::new(vectors, &patches, activation))
        };
        Self {
            filters,
            outputs,
            window,
            memory: processor.memory.clone(),
        }
    }

    /// `(B, H, W, inputs)` to `(B, H', W', outputs)`; `residual`, of that shape, is added last.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        x.apply_op1_no_bwd(&Call {
            layer: self,
            residual,
        })
    }
}

/// One call: Candle hands over `x`, the residual rides along.
struct Call<'a> {
    layer: &'a Convolution,
    residual: Option<&'a Tensor>,
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, _) = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let Convolution {
            filters, memory, ..
        } = self.layer;
        let geometry = Geometry::new(self.layer.window, height, width);
        let out = with_values(self.residual, |residual| {
            Ok(match filters {
                Filters::Direct(packed) => convolve(packed, memory, &geometry, batch, x, residual),
                Filters::Winograd(weights) => {
                    winograd::convolve(weights, memory, &geometry, batch, x, residual)
                }
            })
        })?;
        let Geometry { out_h, out_w, .. } = geometry;
        let shape = (batch, out_h, out_w, self.layer.outputs);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// `(batch, height, width, inputs)` to `(batch, out_h, out_w, outputs)`, one task per band of
/// output rows.
fn convolve(
    packed: &Packed,
    memory: &Memory,
    geometry: &Geometry,
    batch: usize,
    x: &[f32],
    residual: Option<&[f32]>,
) -> Vec<f32> {
    let Geometry { out_h, out_w, .. } = *geometry;
    let in_len = x.len() / batch;
    let row_len = out_w * packed.outputs;
    let tasks = Tasks {
        batch,
        bands: Split::new(out_h, POSITIONS_PER_TASK.div_ceil(out_w)),
        groups: Split::new(packed.panels(), packed.panels()),
    };
    let values = batch * out_h * row_len;
    let fill = |to: Shared| {
        tasks.run(values * packed.inputs, |task| {
            let picture = &x[task.picture * in_len..][..in_len];
            let inputs = Inputs::new(packed.inputs, picture, geometry, &task.rows);
            for (line, y) in task.rows.enumerate() {
                let first = (task.picture * out_h + y) * row_len;
                let product = Product {
                    packed,
                    panels: task.panels.clone(),
                    rows: inputs.under(line),
                    excite: None,
                    residual: residual.map(|r| &r[first..][..row_len]),
                    // SAFETY: the row is in bounds.
                    out: unsafe { to.pointer().add(first) },
                };
                // SAFETY: output rows are disjoint.
                unsafe { product.run(memory) }
            }
        });
    };
    // SAFETY: the rows fill the output, each written by exactly one task.
    unsafe { memory.filled(values, fill) }
}

/// The rows of a picture under a band of output rows, with the padding around them.
struct Inputs<'a> {
    padded: Vec<f32>, // (rows, geometry.row, channels)
    channels: usize,
    geometry: &'a Geometry,
}

impl<'a> Inputs<'a> {
    /// Of `picture`, `(height, width, channels)`; there are `inputs` values in a window.
    fn new(inputs: usize, picture: &[f32], geometry: &'a Geometry, band: &Range<usize>) -> Self {
        let Geometry {
            width,
            top,
            left,
            row,
            ..
        } = *geometry;
        let channels = inputs / geometry.window.kernel.pow(2);
        let under = geometry.under(band);
        let inside = geometry.inside(&under);
        let mut padded = vec![0.0; under.len() * row * channels];
        for y in inside {
            let from = &picture[(y - top) * width * channels..][..width * channels];
            let to = &mut padded[((y - under.start) * row + left) * channels..];
            to[..from.len()].copy_from_slice(from);
        }
        Self {
            padded,
            channels,
            geometry,
        }
    }

    /// The windows of the band's output row `line`, one after the other.
    fn under(&self, line: usize) -> Rows<'_> {
        let Geometry {
            window, out_w, row, ..
        } = *self.geometry;
        let Window { kernel, stride, .. } = window;
        Rows {
            x: &self.padded[line * stride * row * self.channels..],
            count: out_w,
            step: stride * self.channels,
            pieces: kernel,
            piece_step: row * self.channels,
        }
    }
}
