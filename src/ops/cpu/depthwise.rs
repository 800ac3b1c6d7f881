//! The depthwise convolution with bias, activation and squeeze in one pass.
//!
//! There is little arithmetic per value, so the aim is to touch each value once. A task takes a
//! band of output rows and walks it one vector of channels at a time: the filter's taps, the
//! bias and the running sum stay close while the window slides over the band. Window positions
//! inside the picture run without any test; the border is cut to the taps that meet it.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use pulp::{Arch, Simd, WithSimd};

use super::super::{Activation, Folded, Window};
use super::simd::{Shared, activate, arch, lanes, load, store};
use super::{contiguous, tasks};

/// Bands per picture: enough to share out, and fixed, so that the squeeze's sum does not depend
/// on who computes it.
const BANDS: usize = 8;

/// Output positions in registers at a time.
const TILE: usize = 4;

/// See [`crate::ops::Depthwise`].
pub struct Depthwise {
    weight: Vec<f32>, // (kernel * kernel, channels)
    bias: Vec<f32>,   // (channels)
    window: Window,
    activation: Activation,
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`.
    pub fn new(folded: &Folded, window: Window, activation: Activation) -> Self {
        let area = window.kernel * window.kernel;
        let weight = (0..area)
            .flat_map(|tap| folded.weight[tap..].iter().step_by(area).copied())
            .collect();
        Self {
            weight,
            bias: folded.bias.clone(),
            window,
            activation,
        }
    }

    /// See [`crate::ops::Depthwise::forward`].
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let (batch, _, _, channels) = x.dims4()?;
        let squeeze = std::sync::Mutex::new(Vec::new());
        let y = x.apply_op1_no_bwd(&Call {
            layer: self,
            squeeze: &squeeze,
        })?;
        let squeeze = squeeze.into_inner().expect("no task panicked");
        let squeeze = Tensor::from_vec(squeeze, (batch, channels), x.device())?;
        Ok((y, squeeze))
    }
}

/// One call; a Candle operation returns one tensor, so the second comes back through `squeeze`.
struct Call<'a> {
    layer: &'a Depthwise,
    squeeze: &'a std::sync::Mutex<Vec<f32>>,
}

/// Sizes and padding of one call.
#[derive(Clone, Copy)]
struct Geometry {
    height: usize,
    width: usize,
    channels: usize,
    out_h: usize,
    out_w: usize,
    top: usize,
    left: usize,
}

impl Geometry {
    fn new(window: Window, height: usize, width: usize, channels: usize) -> Self {
        let (top, out_h) = window.padding.along(height, window.kernel, window.stride);
        let (left, out_w) = window.padding.along(width, window.kernel, window.stride);
        Self {
            height,
            width,
            channels,
            out_h,
            out_w,
            top,
            left,
        }
    }
}

impl CustomOp1 for Call<'_> {
    fn name(&self) -> &'static str {
        "depthwise"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let x = contiguous(storage, layout)?;
        let geometry = Geometry::new(self.layer.window, height, width, channels);
        let Geometry { out_h, out_w, .. } = geometry;
        let (in_len, out_len) = (height * width * channels, out_h * out_w * channels);
        let rows_per_band = out_h.div_ceil(BANDS);
        let bands = tasks::count(out_h, rows_per_band);
        let band_of = tasks::bands(out_h, rows_per_band);
        let mut out = Vec::with_capacity(batch * out_len);
        let mut sums = vec![0.0f32; batch * bands * channels];
        let (to, sums_to) = (Shared(out.as_mut_ptr()), Shared(sums.as_mut_ptr()));
        let macs = batch * out_len * self.layer.window.kernel.pow(2);
        tasks::run(batch * bands, macs, |task| {
            let picture = task / bands;
            let band = Band {
                layer: self.layer,
                geometry,
                x: &x[picture * in_len..][..in_len],
                rows: band_of(task % bands),
                // SAFETY: both in bounds; the sums are one row of `channels` per task.
                out: unsafe { to.pointer().add(picture * out_len) },
                sums: unsafe { sums_to.pointer().add(task * channels) },
            };
            // A vector must fit into the channels; only toy models are narrower.
            let arch = if channels < lanes() {
                Arch::Scalar
            } else {
                arch()
            };
            arch.dispatch(band);
        });
        // SAFETY: every value was written: each band of rows by its task.
        unsafe { out.set_len(batch * out_len) };
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

/// A band of output rows of one picture.
struct Band<'a> {
    layer: &'a Depthwise,
    geometry: Geometry,
    /// The whole picture, `(height, width, channels)`.
    x: &'a [f32],
    rows: Range<usize>,
    /// The whole output, `(out_h, out_w, channels)`; only `rows` are written.
    out: *mut f32,
    /// `(channels)`: the sum of the band's outputs.
    sums: *mut f32,
}

impl WithSimd for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.layer.window.kernel, self.layer.window.stride) {
            (3, 1) => self.all_channels::<S, 3, 1>(simd),
            (3, 2) => self.all_channels::<S, 3, 2>(simd),
            (5, 1) => self.all_channels::<S, 5, 1>(simd),
            (5, 2) => self.all_channels::<S, 5, 2>(simd),
            _ => self.all_channels::<S, 0, 0>(simd),
        }
    }
}

impl Band<'_> {
    /// `K` and `STRIDE` are the window's, or 0 where they are only known at run time.
    #[inline(always)]
    fn all_channels<S: Simd, const K: usize, const STRIDE: usize>(&self, simd: S) {
        let channels = self.geometry.channels;
        let mut channel = 0;
        while channel < channels {
            // The last vector starts early enough to fit; its overlap is computed twice, alike.
            let start = channel.min(channels - S::F32_LANES);
            // SAFETY: start + lanes <= channels.
            unsafe { self.one_vector::<S, K, STRIDE>(simd, start) };
            channel += S::F32_LANES;
        }
    }

    /// All positions of the band for the vector of channels from `channel` on.
    #[inline(always)]
    unsafe fn one_vector<S: Simd, const K: usize, const STRIDE: usize>(
        &self,
        simd: S,
        channel: usize,
    ) {
        let Geometry {
            height,
            width,
            out_w,
            top,
            left,
            ..
        } = self.geometry;
        let kernel = if K == 0 { self.layer.window.kernel } else { K };
        let stride = if STRIDE == 0 {
            self.layer.window.stride
        } else {
            STRIDE
        };
        let clip = |start: usize, before: usize, length: usize| {
            before.saturating_sub(start)..kernel.min((length + before).saturating_sub(start))
        };
        // Output columns whose whole window lies inside the picture.
        let inner = left.div_ceil(stride).min(out_w);
        let inner_end = match (width + left).checked_sub(kernel) {
            Some(last) => (last / stride + 1).clamp(inner, out_w),
            None => inner,
        };
        let mut sum = simd.splat_f32s(0.0);
        for y in self.rows.clone() {
            let row = Row {
                band: self,
                channel,
                y,
                kernel,
                stride,
                ky: clip(y * stride, top, height),
            };
            // SAFETY: the taps passed are those that meet the picture.
            unsafe {
                let mut x = 0;
                while x < inner {
                    row.tile::<S, 1>(simd, x, clip(x * stride, left, width), &mut sum);
                    x += 1;
                }
                while x + TILE <= inner_end {
                    row.tile::<S, TILE>(simd, x, 0..kernel, &mut sum);
                    x += TILE;
                }
                while x < out_w {
                    row.tile::<S, 1>(simd, x, clip(x * stride, left, width), &mut sum);
                    x += 1;
                }
            }
        }
        // SAFETY: channel + lanes <= channels.
        unsafe { store::<S>(self.sums.add(channel), sum) };
    }
}

/// One output row for one vector of channels.
struct Row<'a> {
    band: &'a Band<'a>,
    channel: usize,
    y: usize,
    kernel: usize,
    stride: usize,
    ky: Range<usize>,
}

impl Row<'_> {
    /// `T` neighbouring outputs from column `x` on, using the kernel columns `kx`.
    ///
    /// # Safety
    /// Every input that `self.ky` and `kx` reach must lie inside the picture.
    #[inline(always)]
    unsafe fn tile<S: Simd, const T: usize>(
        &self,
        simd: S,
        x: usize,
        kx: Range<usize>,
        sum: &mut S::f32s,
    ) {
        let Band {
            layer,
            geometry,
            x: picture,
            out,
            ..
        } = self.band;
        let channels = geometry.channels;
        // SAFETY: the caller vouches for the input positions; the others are in bounds since
        // y and x are output positions and channel + lanes <= channels.
        unsafe {
            let mut sums = [load::<S>(layer.bias.as_ptr().add(self.channel)); T];
            for ky in self.ky.clone() {
                let line = (self.y * self.stride + ky - geometry.top) * geometry.width;
                for kx in kx.clone() {
                    let tap = (ky * self.kernel + kx) * channels + self.channel;
                    let weight = load::<S>(layer.weight.as_ptr().add(tap));
                    let first = line + x * self.stride + kx - geometry.left;
                    let from = picture.as_ptr().add(first * channels + self.channel);
                    for (t, sum) in sums.iter_mut().enumerate() {
                        let value = load::<S>(from.add(t * self.stride * channels));
                        *sum = simd.mul_add_e_f32s(value, weight, *sum);
                    }
                }
            }
            let to = out.add((self.y * geometry.out_w + x) * channels + self.channel);
            for (t, value) in sums.into_iter().enumerate() {
                let value = activate(simd, value, layer.activation);
                *sum = simd.add_f32s(*sum, value);
                store::<S>(to.add(t * channels), value);
            }
        }
    }
}
