//! The 1x1 convolution: most of the network's arithmetic.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::super::{Activation, Folded};
use super::gemm::Rows;
use super::packed::Packed;
use super::product::Product;
use super::simd::Shared;
use super::{contiguous, memory, tasks, with_values};

/// Rows in one task: enough that scaling a panel for them costs about 1 % of using it, few enough
/// that their inputs stay in the second-level cache while every panel passes by.
const BAND: usize = 112;

/// See [`crate::ops::Pointwise`].
pub struct Pointwise {
    packed: Packed,
}

/// One call: Candle hands over `x`, the rest rides along.
struct Call<'a> {
    packed: &'a Packed,
    excite: Option<&'a Tensor>,
    residual: Option<&'a Tensor>,
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded, activation: Activation) -> Self {
        Self {
            packed: Packed::new(folded, activation),
        }
    }

    /// See [`crate::ops::Pointwise::project`].
    pub fn forward(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        x.apply_op1_no_bwd(&Call {
            packed: &self.packed,
            excite,
            residual,
        })
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
                Ok(product(self.packed, batch, x, excite, residual))
            })
        })?;
        let shape = (batch, height, width, self.packed.outputs);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// `(batch, rows, inputs)` to `(batch, rows, outputs)`, one task per band of rows or, when a
/// picture has too few rows to share, per group of panels.
pub(super) fn product(
    packed: &Packed,
    batch: usize,
    x: &[f32],
    excite: Option<&[f32]>,
    residual: Option<&[f32]>,
) -> Vec<f32> {
    let (inputs, outputs) = (packed.inputs, packed.outputs);
    let rows = x.len() / inputs / batch;
    let mut out = memory::with_room_for(batch * rows * outputs);
    let to = Shared(out.as_mut_ptr());
    let row_bands = tasks::count(rows, BAND);
    // Without bands there is nothing else to share out than the columns.
    let wanted_panels = if row_bands == 1 { 1 } else { packed.panels() };
    let panel_groups = tasks::count(packed.panels(), wanted_panels);
    let band_of = tasks::bands(rows, BAND);
    let group_of = tasks::bands(packed.panels(), wanted_panels);
    let macs = batch * rows * inputs * outputs;
    tasks::run(batch * row_bands * panel_groups, macs, |task| {
        let picture = task / (row_bands * panel_groups);
        let band = band_of(task / panel_groups % row_bands);
        let first = picture * rows + band.start;
        let product = Product {
            packed,
            panels: group_of(task % panel_groups),
            rows: Rows::contiguous(&x[first * inputs..][..band.len() * inputs], inputs),
            excite: excite.map(|excite| &excite[picture * inputs..][..inputs]),
            residual: residual.map(|r| &r[first * outputs..][..band.len() * outputs]),
            // SAFETY: in bounds of the capacity reserved above.
            out: unsafe { to.pointer().add(first * outputs) },
        };
        // SAFETY: bands and panel groups are disjoint, and together they fill the output.
        unsafe { product.run() }
    });
    // SAFETY: every value was written by exactly one task.
    unsafe { out.set_len(batch * rows * outputs) };
    out
}
