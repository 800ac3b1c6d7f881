//! One task of a depthwise convolution: a band of output rows, a group of channel panels.
//!
//! A panel's expanded values go into a small buffer with the zero padding already around them; it
//! stays in the second-level cache until the window has slid over it. Nothing in the inner loops
//! tests for a border.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::filter::{TILE, filter};
use super::weights::{Expand, Weights};
use crate::ops::cpu::activation::{Function, activate};
use crate::ops::cpu::dot;
use crate::ops::cpu::geometry::Geometry;
use crate::ops::cpu::memory::{Scratch, grow};
use crate::ops::cpu::product::int8::{self, tile::Multiply};
use crate::ops::cpu::product::tile::{Epilogue, Rows};
use crate::ops::cpu::simd::{apart, store_part};
use crate::ops::window::Window;

/// A band of output rows of one picture, for a group of panels.
pub struct Band<'a> {
    pub weights: &'a Weights,
    pub geometry: Geometry,
    /// The whole picture, `(height, width, inputs)`.
    pub x: Inputs<'a>,
    pub rows: Range<usize>,
    pub panels: Range<usize>,
    /// The whole output, `(out_h, out_w, channels)`; only `rows` and `panels` are written.
    pub out: *mut f32,
    /// `(channels)`: the sum of the band's outputs; only `panels` are written.
    pub sums: *mut f32,
}

/// A picture, or some rows of it, as the expansion takes it.
#[derive(Clone, Copy)]
pub enum Inputs<'a> {
    F32(&'a [f32]),
    /// One row a position.
    Int8(int8::rows::Rows<'a>),
}

impl Inputs<'_> {
    /// `count` positions of `inputs` values from number `first` on.
    fn part(self, inputs: usize, first: usize, count: usize) -> Self {
        match self {
            Self::F32(x) => Self::F32(&x[first * inputs..][..count * inputs]),
            Self::Int8(rows) => Self::Int8(rows.part(first, count)),
        }
    }
}

impl Band<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` and `sums` must be valid for what they say, and nothing else may read or write the
    /// band's part of them meanwhile.
    pub unsafe fn run(self, scratch: &mut Scratch) {
        let Scratch { inputs, places, .. } = scratch;
        self.weights.vectors.dispatch(Run {
            band: self,
            buffer: inputs,
            places,
        });
    }
}

/// A band with the memory that it needs.
struct Run<'a, 'b> {
    band: Band<'a>,
    /// One panel's part of the band, padded.
    buffer: &'b mut Vec<f32>,
    /// Where each input position lies in it.
    places: &'b mut Vec<u32>,
}

impl WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Geometry {
            width, top, row, ..
        } = self.band.geometry;
        let under = self.band.geometry.under(&self.band.rows);
        let inside = self.band.geometry.inside(&under);
        self.place(&inside, under.start);
        grow(self.buffer, under.len() * row * 2 * S::F32_LANES);
        let weights = self.band.weights;
        let first = (inside.start - top) * width;
        let positions = inside.len() * width;
        let x = self.band.x.part(weights.inputs(), first, positions);
        let mut padded_for = 0;
        for panel in self.band.panels.clone() {
            let vectors = (weights.bias.len() / S::F32_LANES - 2 * panel).min(2);
            if vectors != padded_for {
                padded_for = vectors;
                self.pad(under.len() * row, vectors * S::F32_LANES);
            }
            match vectors {
                1 => self.panel::<S, 1>(simd, panel, x),
                _ => self.panel::<S, 2>(simd, panel, x),
            }
        }
    }
}

impl Run<'_, '_> {
    /// Notes where each position of the rows `inside` the picture lies in the buffer, whose first
    /// row is number `first`.
    #[inline(always)]
    fn place(&mut self, inside: &Range<usize>, first: usize) {
        let Geometry {
            width, left, row, ..
        } = self.band.geometry;
        self.places.clear();
        for y in inside.clone() {
            let start = (y - first) * row + left;
            let places = start..start + width;
            self.places.extend(places.map(|place| place as u32));
        }
    }

    /// Writes zeros around the places, which come in rows as wide as the picture; there are
    /// `positions` of `lanes` values in all.
    fn pad(&mut self, positions: usize, lanes: usize) {
        let width = self.band.geometry.width;
        let mut done = 0;
        for places in self.places.chunks_exact(width) {
            let first = places[0] as usize * lanes;
            self.buffer[done..first].fill(0.0);
            done = first + width * lanes;
        }
        self.buffer[done..positions * lanes].fill(0.0);
    }

    /// One panel of `V` vectors.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: Inputs) {
        let Window { kernel, stride, .. } = self.band.geometry.window;
        self.expand::<S, V>(simd, panel, x);
        let (band, buffer) = (&self.band, &*self.buffer);
        macro_rules! filter {
            ($kernel:literal, $stride:literal) => {{
                let filter = Filter::<V, $kernel, $stride> {
                    band,
                    buffer,
                    panel,
                };
                apart(simd, filter)
            }};
        }
        match (kernel, stride) {
            (3, 1) => filter!(3, 1),
            (3, 2) => filter!(3, 2),
            (5, 1) => filter!(5, 1),
            (5, 2) => filter!(5, 2),
            (kernel, stride) => unreachable!("{kernel}, {stride}: `Weights` refused it"),
        }
    }

    /// Fills the buffer from the input rows `x`.
    #[inline(always)]
    fn expand<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: Inputs) {
        let weights = self.band.weights;
        let mut to = Placed {
            places: &*self.places,
            buffer: &mut *self.buffer,
            activation: weights.activation,
        };
        match (&weights.expand, x) {
            (Some(Expand::F32(packed)), Inputs::F32(x)) => {
                let rows = Rows::contiguous(x, packed.inputs);
                packed.panel(panel).multiply::<S, V>(simd, rows, &mut to);
            }
            (Some(Expand::Int8(packed)), Inputs::Int8(rows)) => {
                let multiply = Multiply {
                    panel: packed.panel(panel),
                    rows,
                    epilogue: &mut to,
                };
                dot::dispatch(weights.vectors, multiply);
            }
            (None, Inputs::F32(x)) => self.copy::<S, V>(simd, panel, x),
            _ => unreachable!("inputs are quantised for an expansion in 8 bits"),
        }
    }

    /// Fills the buffer with the input itself.
    #[inline(always)]
    fn copy<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, x: &[f32]) {
        let inputs = self.band.weights.inputs();
        let (buffer, places) = (&mut *self.buffer, &*self.places);
        let channel = 2 * panel * S::F32_LANES;
        for (pixel, &place) in x.chunks_exact(inputs).zip(places.iter()) {
            let (buffer, _) = S::as_mut_simd_f32s(buffer);
            let to = &mut buffer[place as usize * V..][..V];
            for (v, to) in to.iter_mut().enumerate() {
                let at = channel + v * S::F32_LANES;
                *to = if let Some(whole) = pixel.get(at..at + S::F32_LANES) {
                    S::as_simd_f32s(whole).0[0]
                } else {
                    simd.partial_load_f32s(&pixel[at..])
                };
            }
        }
    }
}

/// The convolution of one panel of `V` vectors.
struct Filter<'a, const V: usize, const K: usize, const STRIDE: usize> {
    band: &'a Band<'a>,
    /// The panel's expanded values.
    buffer: &'a [f32],
    panel: usize,
}

impl<const V: usize, const K: usize, const STRIDE: usize> WithSimd for Filter<'_, V, K, STRIDE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut sums = [simd.splat_f32s(0.0); V];
        for line in 0..self.band.rows.len() {
            self.line(simd, line, &mut sums);
        }
        for (v, sum) in sums.into_iter().enumerate() {
            let channel = (2 * self.panel + v) * S::F32_LANES;
            let valid = S::F32_LANES.min(self.band.weights.channels - channel);
            // SAFETY: channel + valid <= channels.
            unsafe { store_part(simd, self.band.sums.add(channel), sum, valid) };
        }
    }
}

impl<const V: usize, const K: usize, const STRIDE: usize> Filter<'_, V, K, STRIDE> {
    /// Slides the window along one output row, number `line` of the band, and adds it to `sums`.
    #[inline(always)]
    fn line<S: Simd>(&self, simd: S, line: usize, sums: &mut [S::f32s; V]) {
        let Geometry { out_w, row, .. } = self.band.geometry;
        let Weights {
            channels,
            activation,
            ..
        } = *self.band.weights;
        let channel = 2 * self.panel * S::F32_LANES;
        let width = V * S::F32_LANES;
        let taps = &self.band.weights.weight[channel * K * K..][..width * K * K];
        let bias = &self.band.weights.bias[channel..][..width];
        let from = &self.buffer[line * STRIDE * row * width..][..K * row * width];
        assert!((out_w - 1) * STRIDE + K <= row);
        let y = self.band.rows.start + line;
        let mut to = Column {
            // SAFETY: the row and the panel's channels are in the output.
            to: unsafe { self.band.out.add(y * out_w * channels + channel) },
            step: channels,
            valid: (channels - channel).min(width),
        };
        let mut x = 0;
        while x < out_w {
            macro_rules! tile {
                ($t:expr) => {{
                    // SAFETY: the window of the last position ends inside the rows, as asserted.
                    let mut tile = unsafe {
                        filter::<S, V, K, STRIDE, { $t }>(
                            simd,
                            from.as_ptr().add(x * STRIDE * width).cast(),
                            row,
                            taps.as_ptr().cast(),
                            bias.as_ptr().cast(),
                        )
                    };
                    activate(simd, tile.as_flattened_mut(), activation);
                    for position in &tile {
                        // SAFETY: there are t more positions in the row.
                        unsafe { to.put(simd, position, sums) };
                    }
                }};
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
}

/// A panel's channels in one row of the output.
struct Column {
    to: *mut f32,
    /// Values from one position to the next.
    step: usize,
    /// How many of a panel's channels there are.
    valid: usize,
}

impl Column {
    /// Writes one position, adds it to `sums` and goes on to the next.
    ///
    /// # Safety
    /// There must be a position left.
    #[inline(always)]
    unsafe fn put<S: Simd, const V: usize>(
        &mut self,
        simd: S,
        position: &[S::f32s; V],
        sums: &mut [S::f32s; V],
    ) {
        for (sum, &value) in sums.iter_mut().zip(position) {
            *sum = simd.add_f32s(*sum, value);
        }
        // SAFETY: the caller vouches for the place.
        unsafe {
            if self.valid == V * S::F32_LANES {
                self.to.cast::<[S::f32s; V]>().write_unaligned(*position);
            } else {
                for (v, &value) in position.iter().enumerate() {
                    let at = v * S::F32_LANES;
                    let valid = (self.valid - at).min(S::F32_LANES);
                    store_part(simd, self.to.add(at), value, valid);
                }
            }
        }
        // Behind the last row, this is not a place any more.
        self.to = self.to.wrapping_add(self.step);
    }
}

/// Where the expanded values go.
struct Placed<'a> {
    places: &'a [u32],
    buffer: &'a mut [f32],
    activation: Function,
}

impl Epilogue for Placed<'_> {
    #[inline(always)]
    fn take<S: Simd, const V: usize>(&mut self, simd: S, sums: &mut [[S::f32s; V]], row: usize) {
        activate(simd, sums.as_flattened_mut(), self.activation);
        let to = self.buffer.as_mut_ptr().cast::<[S::f32s; V]>();
        for (sum, &place) in sums.iter().zip(&self.places[row..]) {
            // SAFETY: the places are in the buffer.
            unsafe { to.add(place as usize).write_unaligned(*sum) };
        }
    }
}
