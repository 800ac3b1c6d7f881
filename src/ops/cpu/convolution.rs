//! Dense convolutions with a kernel larger than one: the same product over a padded picture, where
//! the inputs of neighbouring outputs overlap.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::super::{Activation, Folded, Window};
use super::gemm::Rows;
use super::geometry::Geometry;
use super::packed::Packed;
use super::product::Product;
use super::simd::Shared;
use super::winograd::Winograd;
use super::{contiguous, memory, tasks, with_values};

/// Inputs from which on the transforms cost less than the multiplications that they save.
const WORTH_TRANSFORMING: usize = 8;

/// Output positions in one task, about; their windows stay in the second-level cache.
const BAND: usize = 512;

/// See [`crate::ops::Convolution`].
pub struct Convolution {
    filters: Filters,
    inputs: usize,
    outputs: usize,
    window: Window,
}

/// The weights, laid out for the way that takes less time.
enum Filters {
    Direct(Packed), // (kernel * kernel * inputs, outputs)
    Winograd(Winograd),
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(folded: &Folded, window: Window, activation: Activation) -> Self {
        let Window { kernel, stride, .. } = window;
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs / (kernel * kernel);
        let filters = if kernel == 3 && stride == 1 && inputs >= WORTH_TRANSFORMING {
            Filters::Winograd(Winograd::new(folded, activation))
        } else {
            Filters::Direct(Packed::new(&folded.in_patch_order(kernel), activation))
        };
        Self {
            filters,
            inputs,
            outputs,
            window,
        }
    }

    /// See [`crate::ops::Convolution::forward`].
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

/// The rows of a picture, `(height, width, channels)`, under a band of output rows, with the padding
/// around them.
fn padded(picture: &[f32], channels: usize, geometry: &Geometry, band: &Range<usize>) -> Vec<f32> {
    let Geometry {
        width,
        top,
        left,
        row,
        ..
    } = *geometry;
    let under = geometry.under(band);
    let inside = geometry.inside(&under);
    let mut padded = vec![0.0; under.len() * row * channels];
    for y in inside {
        let from = &picture[(y - top) * width * channels..][..width * channels];
        let to = &mut padded[((y - under.start) * row + left) * channels..];
        to[..from.len()].copy_from_slice(from);
    }
    padded
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let shape = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let layer = self.layer;
        let geometry = Geometry::new(layer.window, shape.1, shape.2);
        assert_eq!(shape.3, layer.inputs, "input channels");
        let out = with_values(self.residual, |residual| {
            Ok(match &layer.filters {
                Filters::Direct(packed) => convolve(packed, &geometry, shape.0, x, residual),
                Filters::Winograd(filters) => filters.convolve(&geometry, shape.0, x, residual),
            })
        })?;
        let Geometry { out_h, out_w, .. } = geometry;
        let shape = (shape.0, out_h, out_w, layer.outputs);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// `(batch, height, width, inputs)` to `(batch, out_h, out_w, outputs)`, one task per band of
/// output rows.
fn convolve(
    packed: &Packed,
    geometry: &Geometry,
    batch: usize,
    x: &[f32],
    residual: Option<&[f32]>,
) -> Vec<f32> {
    let Geometry {
        height,
        width,
        out_h,
        out_w,
        row,
        ..
    } = *geometry;
    let Window { kernel, stride, .. } = geometry.window;
    let (inputs, outputs) = (packed.inputs, packed.outputs);
    let channels = inputs / (kernel * kernel);
    let positions = out_h * out_w;
    let mut out = memory::with_room_for(batch * positions * outputs);
    let to = Shared(out.as_mut_ptr());
    let rows_per_band = BAND.div_ceil(out_w);
    let bands = tasks::count(out_h, rows_per_band);
    let band_of = tasks::bands(out_h, rows_per_band);
    let macs = batch * positions * inputs * outputs;
    tasks::run(batch * bands, macs, |task| {
        let picture = task / bands;
        let band = band_of(task % bands);
        let pixels = &x[picture * height * width * channels..][..height * width * channels];
        let padded = padded(pixels, channels, geometry, &band);
        for (line, y) in band.enumerate() {
            let first = (picture * positions + y * out_w) * outputs;
            let product = Product {
                packed,
                panels: 0..packed.panels(),
                rows: Rows {
                    x: &padded[line * stride * row * channels..],
                    count: out_w,
                    step: stride * channels,
                    pieces: kernel,
                    piece_step: row * channels,
                },
                excite: None,
                residual: residual.map(|r| &r[first..][..out_w * outputs]),
                // SAFETY: in bounds of the capacity reserved above.
                out: unsafe { to.pointer().add(first) },
            };
            // SAFETY: output rows are disjoint, and together they fill the output.
            unsafe { product.run() }
        }
    });
    // SAFETY: every value was written by exactly one task.
    unsafe { out.set_len(batch * positions * outputs) };
    out
}
