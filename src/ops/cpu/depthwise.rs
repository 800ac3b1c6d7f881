//! The depthwise convolution with the expansion before it and the squeeze behind it.
//!
//! The expanded activation is the network's largest and each value of it is used a few times
//! only, so it never reaches main memory. A task owns a band of output rows and a group of
//! channel panels. For one panel at a time, two vectors wide, it computes the band's expanded
//! values and filters them ([`super::band`]).

use super::super::{Activation, Folded, Window};
use super::band::Band;
use super::geometry::Geometry;
use super::packed::Packed;
use super::simd::{Shared, lanes};
use super::{contiguous, memory, tasks};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

/// Bytes of a task's buffer per lane: half of the second-level cache of processors with vectors
/// of that width, 256 KiB with AVX2.
const BUFFER_BYTES_PER_LANE: usize = 32 * 1024;

/// Tasks per picture at least, where the channels allow it, to share them out evenly.
const TASKS: usize = 64;

/// See [`crate::ops::Depthwise`].
pub struct Depthwise {
    pub(super) expand: Option<Packed>,
    /// Vector after vector of channels, each `(kernel * kernel, lanes)`, padded with zeros.
    pub(super) weight: Vec<f32>,
    /// Padded to whole vectors.
    pub(super) bias: Vec<f32>,
    pub(super) channels: usize,
    pub(super) window: Window,
    pub(super) activation: Activation,
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    ///
    /// # Errors
    /// If the window is not one that an EfficientNet has.
    pub fn new(
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Self> {
        let Window { kernel, stride, .. } = window;
        if !matches!((kernel, stride), (3 | 5, 1 | 2)) {
            bail!("no depthwise kernel for a {kernel}x{kernel} window of stride {stride}");
        }
        let channels = folded.bias.len();
        let (area, lanes) = (window.kernel * window.kernel, lanes());
        let padded = channels.next_multiple_of(lanes);
        let mut weight = vec![0.0; padded * area];
        for (channel, taps) in folded.weight.chunks_exact(area).enumerate() {
            let vector = &mut weight[channel / lanes * lanes * area..];
            for (tap, &value) in taps.iter().enumerate() {
                vector[tap * lanes + channel % lanes] = value;
            }
        }
        let mut bias = folded.bias.clone();
        bias.resize(padded, 0.0);
        Ok(Self {
            expand: expand.map(|expand| Packed::new(expand, activation)),
            weight,
            bias,
            channels,
            window,
            activation,
        })
    }

    /// See [`crate::ops::Depthwise::forward`].
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let batch = x.dim(0)?;
        let squeeze = std::sync::Mutex::new(Vec::new());
        let y = x.apply_op1_no_bwd(&Call {
            layer: self,
            squeeze: &squeeze,
        })?;
        let squeeze = squeeze.into_inner().expect("no task panicked");
        let squeeze = Tensor::from_vec(squeeze, (batch, self.channels), x.device())?;
        Ok((y, squeeze))
    }

    fn panels(&self) -> usize {
        self.bias.len().div_ceil(2 * lanes())
    }

    /// Output rows in a band, so that its buffer fits.
    fn band(&self, geometry: &Geometry) -> usize {
        let Window { kernel, stride, .. } = self.window;
        let row_bytes = geometry.row * 2 * lanes() * size_of::<f32>();
        let rows = BUFFER_BYTES_PER_LANE * lanes() / row_bytes;
        let band = rows.saturating_sub(kernel) / stride + 1;
        band.min(geometry.out_h)
    }
}

/// One call; a Candle operation returns one tensor, so the second comes back through `squeeze`.
struct Call<'a> {
    layer: &'a Depthwise,
    squeeze: &'a std::sync::Mutex<Vec<f32>>,
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, inputs) = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let layer = self.layer;
        let expected = layer.expand.as_ref().map_or(layer.channels, |e| e.inputs);
        assert_eq!(inputs, expected, "input channels");
        let geometry = Geometry::new(layer.window, height, width);
        let Geometry { out_h, out_w, .. } = geometry;
        let (in_len, out_len) = (height * width * inputs, out_h * out_w * layer.channels);
        let rows_per_band = layer.band(&geometry);
        let bands = tasks::count(out_h, rows_per_band);
        let band_of = tasks::bands(out_h, rows_per_band);
        let panels_per_group = layer.panels().div_ceil(TASKS.div_ceil(bands));
        let groups = tasks::count(layer.panels(), panels_per_group);
        let group_of = tasks::bands(layer.panels(), panels_per_group);
        let mut out = memory::with_room_for(batch * out_len);
        let mut sums = vec![0.0f32; batch * bands * layer.channels];
        let (to, sums_to) = (Shared(out.as_mut_ptr()), Shared(sums.as_mut_ptr()));
        let mut macs = batch * out_len * layer.window.kernel.pow(2);
        if layer.expand.is_some() {
            macs += batch * in_len * layer.channels;
        }
        tasks::run(batch * bands * groups, macs, |task| {
            let (picture, band) = (task / groups / bands, task / groups % bands);
            let band = Band {
                layer,
                geometry,
                inputs,
                x: &x[picture * in_len..][..in_len],
                rows: band_of(band),
                panels: group_of(task % groups),
                // SAFETY: both in bounds; the sums are one row of channels per band.
                out: unsafe { to.pointer().add(picture * out_len) },
                // SAFETY: as above.
                sums: unsafe {
                    let row = picture * bands + band;
                    sums_to.pointer().add(row * layer.channels)
                },
            };
            // SAFETY: no two tasks have the same band and panels.
            unsafe { band.run() };
        });
        // SAFETY: every value was written: each band's channels by the tasks of that band.
        unsafe { out.set_len(batch * out_len) };
        *self.squeeze.lock().expect("no task panicked") =
            mean_of_bands(&sums, bands, layer.channels, out_h * out_w);
        let shape = (batch, out_h, out_w, layer.channels);
        Ok((CpuStorage::F32(out), shape.into()))
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
