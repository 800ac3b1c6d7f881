//! One task of a depthwise convolution: a band of output rows, a group of channel panels.
//!
//! A panel's expanded values go into a small buffer with the zero padding already around them; it
//! stays in the second-level cache until the window has slid over it. Nothing in the inner loops
//! tests for a border.

use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::Window;
use super::depthwise::Depthwise;
use super::gemm::Expansion;
use super::simd::{activate, arch, lanes, store};

/// Bytes of a task's buffer per lane: half of the second-level cache of processors with vectors
/// of that width, 256 KiB with AVX2.
const BUFFER_BYTES_PER_LANE: usize = 32 * 1024;

/// Output positions in registers at a time.
const TILE: usize = 4;

/// Sizes and padding of one call.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    height: usize,
    width: usize,
    inputs: usize,
    pub out_h: usize,
    pub out_w: usize,
    top: usize,
    left: usize,
    /// Positions in one row of the buffer: the picture's and the padding's.
    row: usize,
}

impl Geometry {
    pub fn new(window: Window, height: usize, width: usize, inputs: usize) -> Self {
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
    pub fn band(&self, window: Window) -> usize {
        let row_bytes = self.row * 2 * lanes() * size_of::<f32>();
        let rows = BUFFER_BYTES_PER_LANE * lanes() / row_bytes;
        let band = rows.saturating_sub(window.kernel) / window.stride + 1;
        band.min(self.out_h)
    }
}

/// A band of output rows of one picture, for a group of panels.
pub(super) struct Band<'a> {
    pub layer: &'a Depthwise,
    pub geometry: Geometry,
    /// The whole picture, `(height, width, inputs)`.
    pub x: &'a [f32],
    pub rows: Range<usize>,
    pub panels: Range<usize>,
    /// The whole output, `(out_h, out_w, channels)`; only `rows` and `panels` are written.
    pub out: *mut f32,
    /// `(channels)`: the sum of the band's outputs; only `panels` are written.
    pub sums: *mut f32,
}

/// A thread's memory for its tasks, kept so that it is found warm.
struct Scratch {
    /// One panel's part of the band, padded.
    buffer: Vec<f32>,
    /// Where each input position lies in it.
    places: Vec<u32>,
    /// One output row of one panel.
    line: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch { buffer: Vec::new(), places: Vec::new(), line: Vec::new() })
    };
}

impl Band<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` and `sums` must be valid for what they say, and nothing else may read or write the
    /// band's part of them meanwhile.
    pub unsafe fn run(self) {
        SCRATCH.with_borrow_mut(|scratch| {
            arch().dispatch(Run {
                band: self,
                scratch,
            })
        });
    }
}

/// A band with the memory that it needs.
struct Run<'a> {
    band: Band<'a>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Band {
            geometry,
            layer,
            ref rows,
            ref panels,
            ..
        } = self.band;
        let Geometry {
            height,
            width,
            inputs,
            top,
            left,
            row,
            ..
        } = geometry;
        let Window { kernel, stride, .. } = layer.window;
        // The buffer's first row, counted in rows of the picture with its padding on top.
        let first = rows.start * stride;
        let end = (rows.end - 1) * stride + kernel;
        let inside = first.max(top)..end.min(top + height);
        let Scratch {
            buffer,
            places,
            line,
        } = &mut *self.scratch;
        places.clear();
        for y in inside.clone() {
            let start = (y - first) * row + left;
            places.extend((start..start + width).map(|place| place as u32));
        }
        buffer.clear();
        buffer.resize((end - first) * row * 2 * S::F32_LANES, 0.0);
        line.clear();
        line.resize(geometry.out_w * 2 * S::F32_LANES, 0.0);
        let x = &self.band.x[(inside.start - top) * width * inputs..];
        let x = &x[..inside.len() * width * inputs];
        for panel in panels.clone() {
            if layer.bias.len() / S::F32_LANES - 2 * panel == 1 {
                // Narrower rows put the padding elsewhere.
                self.scratch.buffer.fill(0.0);
                self.panel::<S, 1>(simd, panel, x);
            } else {
                self.panel::<S, 2>(simd, panel, x);
            }
        }
    }
}

impl Run<'_> {
    /// One panel of `V` vectors.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: &[f32]) {
        let Window { kernel, stride, .. } = self.band.layer.window;
        self.expand::<S, V>(simd, panel, x);
        let mut sums = [simd.splat_f32s(0.0); V];
        for line in 0..self.band.rows.len() {
            match (kernel, stride) {
                (3, 1) => self.filter::<S, V, 3, 1>(simd, panel, line),
                (3, 2) => self.filter::<S, V, 3, 2>(simd, panel, line),
                (5, 1) => self.filter::<S, V, 5, 1>(simd, panel, line),
                (5, 2) => self.filter::<S, V, 5, 2>(simd, panel, line),
                (kernel, stride) => unreachable!("{kernel}, {stride}: `Depthwise` refused it"),
            }
            self.finish(simd, panel, line, &mut sums);
        }
        for (v, sum) in sums.into_iter().enumerate() {
            let channel = (2 * panel + v) * S::F32_LANES;
            let valid = S::F32_LANES.min(self.band.layer.channels - channel);
            // SAFETY: channel + valid <= channels.
            unsafe { write(simd, self.band.sums.add(channel), sum, valid) };
        }
    }

    /// Fills the buffer from the input rows `x`.
    #[inline(always)]
    fn expand<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: &[f32]) {
        let layer = self.band.layer;
        let inputs = self.band.geometry.inputs;
        let Scratch { buffer, places, .. } = &mut *self.scratch;
        if let Some(packed) = &layer.expand {
            let expansion = Expansion {
                packed,
                panel,
                x,
                places,
            };
            expansion.run::<S, V>(simd, buffer);
            return;
        }
        let channel = 2 * panel * S::F32_LANES;
        for (pixel, &place) in x.chunks_exact(inputs).zip(places.iter()) {
            let (buffer, _) = S::as_mut_simd_f32s(buffer);
            let to = &mut buffer[place as usize * V..][..V];
            for (v, to) in to.iter_mut().enumerate() {
                let at = channel + v * S::F32_LANES;
                let valid = (inputs - at).min(S::F32_LANES);
                *to = simd.partial_load_f32s(&pixel[at..][..valid]);
            }
        }
    }

    /// Slides the window along one output row, number `line` of the band.
    #[inline(always)]
    fn filter<S: Simd, const V: usize, const K: usize, const STRIDE: usize>(
        &mut self,
        simd: S,
        panel: usize,
        line: usize,
    ) {
        let Geometry { out_w, row, .. } = self.band.geometry;
        let channel = 2 * panel * S::F32_LANES;
        let width = V * S::F32_LANES;
        let taps = &self.band.layer.weight[channel * K * K..][..width * K * K];
        let bias = &self.band.layer.bias[channel..][..width];
        let from = &self.scratch.buffer[line * STRIDE * row * width..][..K * row * width];
        assert!((out_w - 1) * STRIDE + K <= row && self.scratch.line.len() >= out_w * width);
        let to = self.scratch.line.as_mut_ptr();
        let mut x = 0;
        while x < out_w {
            macro_rules! tile {
                ($t:expr) => {
                    // SAFETY: the window of the last position ends inside the rows, as asserted,
                    // and there are t more positions in the line.
                    unsafe {
                        let values = window::<S, V, K, STRIDE, { $t }>(
                            simd,
                            from.as_ptr().add(x * STRIDE * width).cast(),
                            row,
                            taps.as_ptr().cast(),
                            bias.as_ptr().cast(),
                        );
                        let to = to.add(x * width).cast::<[[S::f32s; V]; $t]>();
                        to.write_unaligned(values);
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

    /// Activates the row, adds it to `sums` and writes it to its place in the output. A pass of
    /// its own: the positions' long chains of arithmetic overlap only if nothing comes between.
    #[inline(always)]
    fn finish<S: Simd, const V: usize>(
        &mut self,
        simd: S,
        panel: usize,
        line: usize,
        sums: &mut [S::f32s; V],
    ) {
        let Geometry { out_w, .. } = self.band.geometry;
        let channels = self.band.layer.channels;
        let channel = 2 * panel * S::F32_LANES;
        let valid = (channels - channel).min(V * S::F32_LANES);
        let (values, _) = S::as_mut_simd_f32s(&mut self.scratch.line);
        let values = &mut values[..out_w * V];
        activate(simd, values, self.band.layer.activation);
        let y = self.band.rows.start + line;
        // SAFETY: the row and the panel's channels are in the output.
        let mut to = unsafe { self.band.out.add(y * out_w * channels + channel) };
        for position in values.as_chunks::<V>().0 {
            for (sum, &value) in sums.iter_mut().zip(position) {
                *sum = simd.add_f32s(*sum, value);
            }
            // SAFETY: as above, and `valid` is what is left of the channels.
            unsafe {
                if valid == V * S::F32_LANES {
                    to.cast::<[S::f32s; V]>().write_unaligned(*position);
                } else {
                    for (v, &value) in position.iter().enumerate() {
                        let at = v * S::F32_LANES;
                        write(simd, to.add(at), value, (valid - at).min(S::F32_LANES));
                    }
                }
                to = to.add(channels);
            }
        }
    }
}

/// `T` neighbouring outputs before the activation.
///
/// # Safety
/// `from` must be valid for `K` rows of `row * V` vectors as far as the windows reach, `taps` for
/// `V` times `K * K` vectors, `bias` for `V`; any alignment will do.
#[inline(always)]
unsafe fn window<S: Simd, const V: usize, const K: usize, const STRIDE: usize, const T: usize>(
    simd: S,
    from: *const S::f32s,
    row: usize,
    taps: *const S::f32s,
    bias: *const [S::f32s; V],
) -> [[S::f32s; V]; T] {
    // SAFETY: the caller vouches for the ranges, here and below.
    let mut sums = [unsafe { bias.read_unaligned() }; T];
    for ky in 0..K {
        for kx in 0..K {
            for v in 0..V {
                let weight = unsafe { taps.add((v * K + ky) * K + kx).read_unaligned() };
                for (t, sum) in sums.iter_mut().enumerate() {
                    let at = (ky * row + t * STRIDE + kx) * V + v;
                    let value = unsafe { from.add(at).read_unaligned() };
                    sum[v] = simd.mul_add_e_f32s(value, weight, sum[v]);
                }
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
