//! Dense convolutions with a kernel larger than one: gather patches, then the same product.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::super::{Activation, Folded, Window};
use super::gemm::{Packed, Product};
use super::simd::Shared;
use super::{contiguous, memory, tasks};

/// Output positions in one task; their patches stay in the second-level cache.
const BAND: usize = 512;

/// See [`crate::ops::Convolution`].
pub struct Convolution {
    packed: Packed, // (kernel * kernel * inputs, outputs)
    window: Window,
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(folded: &Folded, window: Window, activation: Activation) -> Self {
        Self {
            packed: Packed::new(&folded.in_patch_order(window.kernel), activation),
            window,
        }
    }

    /// See [`crate::ops::Convolution::forward`].
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply_op1_no_bwd(self)
    }
}

/// Appends the `kernel * kernel * channels` inputs of the output position whose window starts at
/// `(top, left)`, both possibly negative, in an NHWC picture of `height * width`.
fn gather(
    patches: &mut Vec<f32>,
    picture: &[f32],
    (height, width, channels): (usize, usize, usize),
    (top, left): (isize, isize),
    kernel: usize,
) {
    for ky in 0..kernel as isize {
        let y = top + ky;
        if y < 0 || y >= height as isize {
            patches.extend(std::iter::repeat_n(0.0, kernel * channels));
            continue;
        }
        let row = &picture[y as usize * width * channels..][..width * channels];
        let start = left.max(0) as usize;
        let end = ((left + kernel as isize) as usize).min(width);
        let before = (-left).max(0) as usize;
        patches.extend(std::iter::repeat_n(0.0, before * channels));
        patches.extend_from_slice(&row[start * channels..end * channels]);
        let after = kernel - before - (end - start);
        patches.extend(std::iter::repeat_n(0.0, after * channels));
    }
}

impl CustomOp1 for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let Window {
            kernel,
            stride,
            padding,
        } = self.window;
        let (top, out_h) = padding.along(height, kernel, stride);
        let (left, out_w) = padding.along(width, kernel, stride);
        let (inputs, outputs) = (self.packed.inputs, self.packed.outputs);
        let positions = out_h * out_w;
        let mut out = memory::with_room_for(batch * positions * outputs);
        let to = Shared(out.as_mut_ptr());
        let bands = tasks::count(positions, BAND);
        let band_of = tasks::bands(positions, BAND);
        let macs = batch * positions * inputs * outputs;
        tasks::run(batch * bands, macs, |task| {
            let picture = task / bands;
            let band = band_of(task % bands);
            let pixels = &x[picture * height * width * channels..][..height * width * channels];
            let mut patches = Vec::with_capacity(band.len() * inputs);
            for position in band.clone() {
                let corner = (
                    (position / out_w * stride) as isize - top as isize,
                    (position % out_w * stride) as isize - left as isize,
                );
                gather(
                    &mut patches,
                    pixels,
                    (height, width, channels),
                    corner,
                    kernel,
                );
            }
            let product = Product {
                packed: &self.packed,
                panels: 0..self.packed.panels(),
                x: &patches,
                excite: None,
                residual: None,
                // SAFETY: in bounds of the capacity reserved above.
                out: unsafe {
                    to.pointer()
                        .add((picture * positions + band.start) * outputs)
                },
                rows: band.len(),
            };
            // SAFETY: bands are disjoint, and together they fill the output.
            unsafe { product.run() }
        });
        // SAFETY: every value was written by exactly one task.
        unsafe { out.set_len(batch * positions * outputs) };
        Ok((CpuStorage::F32(out), (batch, out_h, out_w, outputs).into()))
    }
}
