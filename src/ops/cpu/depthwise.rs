//! The depthwise convolution with the expansion before it and the squeeze behind it.
//!
//! The expanded activation is the network's largest and each value of it is used a few times
//! only, so it never reaches main memory. A task owns a band of output rows and a group of
//! channel panels. For one panel at a time, two vectors wide, it computes the band's expanded
//! values into a small buffer with the zero padding already around them, slides the window over
//! that buffer, and adds up what it writes for the squeeze. Nothing in the inner loops tests for
//! a border.

use std::cell::RefCell;
use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use pulp::{Simd, WithSimd};

use super::super::{Activation, Folded, Window};
use super::gemm::{Expansion, Packed};
use super::simd::{Shared, activate, arch, lanes, load, store};
use super::{contiguous, memory, tasks};

/// Bytes of a task's buffer per lane: half of the second-level cache of processors with vectors
/// of that width, 256 KiB with AVX2.
const BUFFER_BYTES_PER_LANE: usize = 32 * 1024;

/// Tasks per picture at least, where the channels allow it, to share them out evenly.
const TASKS: usize = 8;

/// Output positions in registers at a time.
const TILE: usize = 4;

/// See [`crate::ops::Depthwise`].
pub struct Depthwise {
    expand: Option<Packed>,
    /// Vector after vector of channels, each `(kernel * kernel, lanes)`, padded with zeros.
    weight: Vec<f32>,
    /// Padded to whole vectors.
    bias: Vec<f32>,
    channels: usize,
    window: Window,
    activation: Activation,
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
    inputs: usize,
    out_h: usize,
    out_w: usize,
    top: usize,
    left: usize,
    /// Positions in one row of the buffer: the picture's and the padding's.
    row: usize,
}

impl Geometry {
    fn new(window: Window, height: usize, width: usize, inputs: usize) -> Self {
        let (top, out_h) = window.padding.along(height, window.kernel, window.stride);
        let (left, out_w) = window.padding.along(width, window.kernel, window.stride);
        Self {
            height,
            width,
            inputs,
            out_h,
            out_w,
            top,
            left,
            row: (left + width).max((out_w - 1) * window.stride + window.kernel),
        }
    }

    /// Output rows in a band, so that its buffer fits.
    fn band(&self, window: Window) -> usize {
        let row_bytes = self.row * 2 * lanes() * size_of::<f32>();
        let rows = BUFFER_BYTES_PER_LANE * lanes() / row_bytes;
        let band = rows.saturating_sub(window.kernel) / window.stride + 1;
        band.min(self.out_h)
    }
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
        let geometry = Geometry::new(layer.window, height, width, inputs);
        let Geometry { out_h, out_w, .. } = geometry;
        let (in_len, out_len) = (height * width * inputs, out_h * out_w * layer.channels);
        let rows_per_band = geometry.band(layer.window);
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
        let run = |task: usize, (buffer, places): &mut (Vec<f32>, Vec<u32>)| {
            let (picture, band) = (task / groups / bands, task / groups % bands);
            let work = Work {
                layer,
                geometry,
                x: &x[picture * in_len..][..in_len],
                rows: band_of(band),
                panels: group_of(task % groups),
                // SAFETY: both in bounds; the sums are one row of channels per band.
                out: unsafe { to.pointer().add(picture * out_len) },
                sums: unsafe {
                    sums_to
                        .pointer()
                        .add((picture * bands + band) * layer.channels)
                },
                buffer,
                places,
            };
            arch().dispatch(work);
        };
        tasks::run(batch * bands * groups, macs, |task| {
            BUFFER.with_borrow_mut(|buffer| run(task, buffer));
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

/// A band of output rows of one picture, for a group of panels.
struct Work<'a> {
    layer: &'a Depthwise,
    geometry: Geometry,
    /// The whole picture, `(height, width, inputs)`.
    x: &'a [f32],
    rows: Range<usize>,
    panels: Range<usize>,
    /// The whole output, `(out_h, out_w, channels)`; only `rows` and `panels` are written.
    out: *mut f32,
    /// `(channels)`: the sum of the band's outputs; only `panels` are written.
    sums: *mut f32,
    /// One panel's part of the band, padded.
    buffer: &'a mut Vec<f32>,
    /// Where each input position lies in it.
    places: &'a mut Vec<u32>,
}

thread_local! {
    /// See [`Work`]; kept, so that its memory is found warm.
    static BUFFER: RefCell<(Vec<f32>, Vec<u32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Geometry {
            height,
            width,
            top,
            left,
            row,
            ..
        } = self.geometry;
        let Window { kernel, stride, .. } = self.layer.window;
        // The buffer's first row, counted in rows of the picture with its padding on top.
        let first = self.rows.start * stride;
        let end = (self.rows.end - 1) * stride + kernel;
        let inside = first.max(top)..end.min(top + height);
        self.places.clear();
        for y in inside.clone() {
            let start = (y - first) * row + left;
            let places = (start..start + width).map(|place| place as u32);
            self.places.extend(places);
        }
        self.buffer.clear();
        let positions = (end - first) * row;
        self.buffer.resize(positions * 2 * S::F32_LANES, 0.0);
        let inputs = self.geometry.inputs;
        let x = &self.x[(inside.start - top) * width * inputs..][..self.places.len() * inputs];
        for panel in self.panels.clone() {
            if self.layer.bias.len() / S::F32_LANES - 2 * panel == 1 {
                // Narrower rows put the padding elsewhere.
                self.buffer.fill(0.0);
                self.panel::<S, 1>(simd, panel, x);
            } else {
                self.panel::<S, 2>(simd, panel, x);
            }
        }
    }
}

impl Work<'_> {
    /// One panel of `V` vectors.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: &[f32]) {
        match &self.layer.expand {
            Some(packed) => Expansion {
                packed,
                panel,
                x,
                places: self.places,
            }
            .run::<S, V>(simd, self.buffer),
            None => {
                let column = panel * 2 * S::F32_LANES;
                let width = V * S::F32_LANES;
                let valid = width.min(self.layer.channels - column);
                for (pixel, &place) in x.chunks_exact(self.layer.channels).zip(&*self.places) {
                    self.buffer[place as usize * width..][..valid]
                        .copy_from_slice(&pixel[column..][..valid]);
                }
            }
        }
        for vector in 0..V {
            match (self.layer.window.kernel, self.layer.window.stride) {
                (3, 1) => self.slide::<S, V, 3, 1>(simd, 2 * panel + vector, vector),
                (3, 2) => self.slide::<S, V, 3, 2>(simd, 2 * panel + vector, vector),
                (5, 1) => self.slide::<S, V, 5, 1>(simd, 2 * panel + vector, vector),
                (5, 2) => self.slide::<S, V, 5, 2>(simd, 2 * panel + vector, vector),
                (kernel, stride) => unreachable!("{kernel}, {stride}: `new` refused it"),
            }
        }
    }

    /// The window over the whole band for one vector of channels, number `index` of all and
    /// `vector` of the buffer's `V`.
    #[inline(always)]
    fn slide<S: Simd, const V: usize, const K: usize, const STRIDE: usize>(
        &self,
        simd: S,
        index: usize,
        vector: usize,
    ) {
        let Geometry { out_w, row, .. } = self.geometry;
        let channels = self.layer.channels;
        let channel = index * S::F32_LANES;
        let valid = S::F32_LANES.min(channels - channel);
        let taps = &self.layer.weight[channel * K * K..][..S::F32_LANES * K * K];
        let rows = (self.rows.len() - 1) * STRIDE + K;
        assert!(
            (out_w - 1) * STRIDE + K <= row && self.buffer.len() >= rows * row * V * S::F32_LANES
        );
        // SAFETY: bias is padded to whole vectors.
        let bias = unsafe { load::<S>(self.layer.bias.as_ptr().add(channel)) };
        let mut sum = simd.splat_f32s(0.0);
        for (line, y) in self.rows.clone().enumerate() {
            let mut x = 0;
            while x < out_w {
                let from = ((line * STRIDE * row + x * STRIDE) * V + vector) * S::F32_LANES;
                let to = (y * out_w + x) * channels + channel;
                macro_rules! tile {
                    ($t:expr) => {
                        // SAFETY: the window of the last position ends inside the buffer, as
                        // asserted, and the output positions x..x + t exist.
                        unsafe {
                            let from = self.buffer.as_ptr().add(from);
                            let from = from.cast::<S::f32s>();
                            let taps = taps.as_ptr().cast::<S::f32s>();
                            let mut values =
                                window::<S, V, K, STRIDE, { $t }>(simd, from, row, taps, bias);
                            activate(simd, &mut values, self.layer.activation);
                            for (t, value) in values.into_iter().enumerate() {
                                sum = simd.add_f32s(sum, value);
                                write(simd, self.out.add(to + t * channels), value, valid);
                            }
                        }
                    };
                }
                match out_w - x {
                    1 => tile!(1),
                    2 => tile!(2),
                    3 => tile!(3),
                    _ => tile!(TILE),
                }
                x += TILE;
            }
        }
        // SAFETY: channel + valid <= channels.
        unsafe { write(simd, self.sums.add(channel), sum, valid) };
    }
}

/// `T` neighbouring outputs before the activation.
///
/// # Safety
/// `from` must be valid for `K` rows of `row * V` vectors as far as the windows reach, `taps` for
/// `K * K` vectors; any alignment will do.
#[inline(always)]
unsafe fn window<S: Simd, const V: usize, const K: usize, const STRIDE: usize, const T: usize>(
    simd: S,
    from: *const S::f32s,
    row: usize,
    taps: *const S::f32s,
    bias: S::f32s,
) -> [S::f32s; T] {
    let mut sums = [bias; T];
    for ky in 0..K {
        for kx in 0..K {
            // SAFETY: the caller vouches for the ranges.
            let weight = unsafe { taps.add(ky * K + kx).read_unaligned() };
            for (t, sum) in sums.iter_mut().enumerate() {
                let at = (ky * row + t * STRIDE + kx) * V;
                // SAFETY: as above.
                let value = unsafe { from.add(at).read_unaligned() };
                *sum = simd.mul_add_e_f32s(value, weight, *sum);
            }
        }
    }
    sums
}

/// Writes the first `valid` lanes.
///
/// # Safety
/// `to` must be valid for writing them.
#[inline(always)]
unsafe fn write<S: Simd>(simd: S, to: *mut f32, values: S::f32s, valid: usize) {
    // SAFETY: the caller vouches for the range.
    unsafe {
        if valid == S::F32_LANES {
            store::<S>(to, values);
        } else {
            simd.partial_store_f32s(std::slice::from_raw_parts_mut(to, valid), values);
        }
    }
}
