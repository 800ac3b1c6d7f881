//! Dense 3x3 convolutions of stride 1 with a quarter of the multiplications: Winograd's minimal
//! filtering F(4x4, 3x3) (arXiv:1509.09308, section 4.3).
//!
//! A tile of 6 x 6 inputs becomes 36 values per channel, the filters became 36 matrices when they
//! were loaded ([`weights`]), and 36 small products give what 4 x 4 outputs are sums of
//! ([`points`]). A task owns a [`band`], some rows of tiles, and a group of channel panels; its
//! values stay in the second-level cache from the transformed inputs to the outputs.

mod band;
mod points;
pub mod weights;

use self::band::Band;
use self::points::{FILTER, OUTPUT};
use self::weights::Weights;
use super::geometry::Geometry;
use super::memory::Memory;
use super::simd::Shared;
use super::tasks::{Split, Tasks};

/// Tiles in one task, about: enough rows for the products' register tiles, few enough that a
/// panel's products stay in the second-level cache.
const TILES: usize = 32;

/// Tasks per picture at least, where the channels allow it, to share them out evenly.
const TASKS: usize = 8;

/// `(batch, height, width, inputs)` to `(batch, out_h, out_w, outputs)`.
pub(super) fn convolve(
    weights: &Weights,
    memory: &Memory,
    geometry: &Geometry,
    batch: usize,
    x: &[f32],
    residual: Option<&[f32]>,
) -> Vec<f32> {
    let Geometry { out_h, out_w, .. } = *geometry;
    let in_len = x.len() / batch;
    let out_len = out_h * out_w * weights.outputs;
    let bands = Split::new(
        out_h.div_ceil(OUTPUT),
        TILES.div_ceil(out_w.div_ceil(OUTPUT)),
    );
    let tasks = Tasks {
        batch,
        bands,
        groups: Split::into_parts(weights.panels(), TASKS.div_ceil(bands.parts())),
    };
    let macs = batch * out_len * weights.inputs * FILTER * FILTER;
    let fill = |to: Shared| {
        tasks.run(macs, |task| {
            let band = Band {
                weights,
                geometry,
                x: &x[task.picture * in_len..][..in_len],
                residual: residual.map(|r| &r[task.picture * out_len..][..out_len]),
                rows: task.rows,
                panels: task.panels,
                // SAFETY: the picture's outputs are in bounds.
                out: unsafe { to.pointer().add(task.picture * out_len) },
            };
            // SAFETY: no two tasks have the same band and panels.
            memory.with_scratch(|scratch| unsafe { band.run(scratch) });
        });
    };
    // SAFETY: every value is written by exactly one task.
    unsafe { memory.filled(batch * out_len, fill) }
}
