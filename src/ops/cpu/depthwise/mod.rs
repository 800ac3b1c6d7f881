//! The depthwise convolution with the expansion before it and the squeeze behind it.
//!
//! The expanded activation is the network's largest and each value of it is used a few times
//! only, so it never reaches main memory. A task owns a [`band`] of output rows and a group of
//! channel panels. For one panel at a time, two vectors wide, it computes the band's expanded
//! values and applies the [`filter`] to them.

mod band;
mod filter;
mod weights;

use std::sync::{Arc, Mutex};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use self::band::{Band, Inputs};
use self::weights::{Expand, Weights};
use super::geometry::Geometry;
use super::memory::Memory;
use super::processor::Processor;
use super::product::int8::rows::{self, Rows, Unquantised};
use super::simd::Shared;
use super::storage::contiguous;
use super::tasks::{Split, Tasks};
use crate::ops::folded::{Activation, Folded};
use crate::ops::window::Window;

/// Bytes of a task's buffer per lane: half of the second-level cache of processors with vectors
/// of that width, 256 KiB with AVX2.
const BUFFER_BYTES_PER_LANE: usize = 32 * 1024;

/// Values that a task quantises.
const QUANTISED_AT_A_TIME: usize = 16 * 1024;

/// Multiply-adds in f32 that take as long as quantising a value.
const QUANTISING: usize = 8;

/// Tasks per picture at least, where the channels allow it, to share them out evenly.
const TASKS: usize = 64;

/// A depthwise convolution and the expansion before it, in main memory.
pub struct Depthwise {
    weights: Weights,
    memory: Arc<Memory>,
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    ///
    /// # Errors
    /// If the window is not one that an EfficientNet has.
    pub fn new(
        processor: &Processor,
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Self> {
        Ok(Self {
            weights: Weights::new(processor, expand, folded, window, activation)?,
            memory: processor.memory.clone(),
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', C)` and the mean of that, `(B, C)`.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let batch = x.dim(0)?;
        let squeeze = Mutex::new(Vec::new());
        let y = x.apply_op1_no_bwd(&Call {
            layer: self,
            squeeze: &squeeze,
        })?;
        let squeeze = squeeze.into_inner().expect("no task panicked");
        let squeeze = Tensor::from_vec(squeeze, (batch, self.weights.channels), x.device())?;
        Ok((y, squeeze))
    }

    /// How the work on `batch` pictures is cut, with bands so low that the buffer fits.
    fn tasks(&self, batch: usize, geometry: &Geometry) -> Tasks {
        let Window { kernel, stride, .. } = self.weights.window;
        let lanes = self.weights.vectors.lanes;
        let row_bytes = geometry.row * 2 * lanes * size_of::<f32>();
        let rows = BUFFER_BYTES_PER_LANE * lanes / row_bytes;
        let rows_per_band = rows.saturating_sub(kernel) / stride + 1;
        let bands = Split::new(geometry.out_h, rows_per_band.min(geometry.out_h));
        let groups = TASKS.div_ceil(bands.parts());
        Tasks {
            batch,
            bands,
            groups: Split::into_parts(self.weights.panels(), groups),
        }
    }

    /// `(batch, height, width, inputs)` to `(batch, out_h, out_w, channels)`, and the sums of
    /// that over each band, `(batch, bands, channels)`.
    fn convolve(&self, geometry: Geometry, batch: usize, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (weights, channels) = (&self.weights, self.weights.channels);
        let in_len = geometry.height * geometry.width * weights.inputs();
        let out_len = geometry.out_h * geometry.out_w * channels;
        let tasks = self.tasks(batch, &geometry);
        let bands = tasks.bands.parts();
        let mut sums = vec![0.0f32; batch * bands * channels];
        let sums_to = Shared(sums.as_mut_ptr());
        let mut macs = batch * out_len * weights.window.kernel.pow(2);
        if weights.expand.is_some() {
            macs += batch * in_len * channels;
        }
        let quantised = self.quantised(x);
        let positions = geometry.height * geometry.width;
        let fill = |to: Shared| {
            tasks.run(macs, |task| {
                let band = Band {
                    weights,
                    geometry,
                    x: match &quantised {
                        None => Inputs::F32(&x[task.picture * in_len..][..in_len]),
                        Some(words) => {
                            let rows = Rows::new(words, batch * positions);
                            Inputs::Int8(rows.part(task.picture * positions, positions))
                        }
                    },
                    rows: task.rows,
                    panels: task.panels,
                    // SAFETY: the picture's outputs are in bounds.
                    out: unsafe { to.pointer().add(task.picture * out_len) },
                    // SAFETY: there is one row of channels per picture and band.
                    sums: unsafe {
                        let row = task.picture * bands + task.band;
                        sums_to.pointer().add(row * channels)
                    },
                };
                // SAFETY: no two tasks have the same band and panels.
                self.memory
                    .with_scratch(|scratch| unsafe { band.run(scratch) });
            });
        };
        // SAFETY: every value is written: each band's channels by the tasks of that band.
        let out = unsafe { self.memory.filled(batch * out_len, fill) };
        if let Some(words) = quantised {
            self.memory.keep(words);
        }
        (out, sums)
    }

    /// The input in 8 bits, if that is what is expanded: once, for all tasks.
    fn quantised(&self, x: &[f32]) -> Option<Vec<f32>> {
        let Some(Expand::Int8(packed)) = &self.weights.expand else {
            return None;
        };
        let (vectors, inputs) = (packed.vectors, packed.inputs);
        let words = rows::words(vectors, inputs);
        let positions = x.len() / inputs;
        let tasks = Tasks {
            batch: 1,
            bands: Split::new(positions, QUANTISED_AT_A_TIME.div_ceil(inputs)),
            groups: Split::new(1, 1),
        };
        let fill = |to: Shared| {
            tasks.run(x.len() * QUANTISING, |task| {
                let unquantised = Unquantised {
                    x: &x[task.rows.start * inputs..task.rows.end * inputs],
                    inputs,
                    gates: None,
                };
                // SAFETY: there is room for each row.
                unsafe {
                    let to = to.pointer().add(task.rows.start * words);
                    unquantised.quantise(vectors, to);
                }
            });
        };
        // SAFETY: the tasks write every row.
        Some(unsafe { self.memory.filled(positions * words, fill) })
    }
}

/// One call; a Candle operation returns one tensor, so the second comes back through `squeeze`.
struct Call<'a> {
    layer: &'a Depthwise,
    squeeze: &'a Mutex<Vec<f32>>,
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, _) = layout.shape().dims4()?;
        let Weights {
            channels, window, ..
        } = self.layer.weights;
        let geometry = Geometry::new(window, height, width);
        let Geometry { out_h, out_w, .. } = geometry;
        let x = contiguous(storage, layout)?;
        let (out, sums) = self.layer.convolve(geometry, batch, x);
        let bands = sums.len() / (batch * channels);
        *self.squeeze.lock().expect("no task panicked") =
            mean_of_bands(&sums, bands, channels, out_h * out_w);
        Ok((CpuStorage::F32(out), (batch, out_h, out_w, channels).into()))
    }
}

/// Adds up `(batch, bands, channels)` over the bands and divides by the number of positions.
fn mean_of_bands(sums: &[f32], bands: usize, channels: usize, positions: usize) -> Vec<f32> {
    let mut means = Vec::with_capacity(sums.len() / bands);
    for picture in sums.chunks_exact(bands * channels) {
        for channel in 0..channels {
            let sum: f32 = picture[channel..].iter().step_by(channels).sum();
            means.push(sum / positions as f32);
        }
    }
    means
}
