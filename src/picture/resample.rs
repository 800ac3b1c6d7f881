//! Pillow's resize, to the bit.
//!
//! Checkpoints were evaluated on pictures that Pillow shrank, so this follows its 8-bit code
//! (Pillow, src/libImaging/Resample.c) in every rounding: filter weights in double precision,
//! then in 22-bit fixed point; one pass along each side, the first one's result rounded and clipped
//! to 8 bits. Only the part that the crop keeps is computed. A side that keeps its length needs no
//! case of its own: its weights are exactly 0 and 1.

use std::f64::consts::PI;
use std::ops::Range;

use serde::Serialize;

use super::Picture;

/// The resampling filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// No filter: the input position under the middle of the output position.
    Nearest,
    /// The triangle filter, support 1.
    Bilinear,
    /// The cubic convolution filter with a = -0.5, support 2.
    Bicubic,
    /// All within half a position alike.
    Box,
    /// A windowed sinc, support 1.
    Hamming,
    /// A sinc windowed by a wider one, support 3.
    Lanczos,
}

impl Interpolation {
    fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Box => 0.5,
            Self::Hamming => 1.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        if self == Self::Box {
            // The only one that is not symmetric.
            return f64::from(u8::from(x > -0.5 && x <= 0.5));
        }
        let x = x.abs();
        match self {
            Self::Hamming if x < 1.0 => sinc(x) * (0.54 + 0.46 * (x * PI).cos()),
            Self::Lanczos if x < 3.0 => sinc(x) * sinc(x / 3.0),
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    match x * PI {
        0.0 => 1.0,
        x => x.sin() / x,
    }
}

/// Bits behind the point of a filter weight: 32, less 8 for the pixel and 2 for the overshoot.
const PRECISION_BITS: u32 = 22;
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// The input positions that one output position is a weighted sum of.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// The taps of the output positions `wanted` when `bounds` of `input` positions become `output`
/// (`precompute_coeffs` and `normalize_coeffs_8bpc`).
fn taps(
    input: usize,
    bounds: &Range<f64>,
    output: usize,
    wanted: Range<usize>,
    filter: Interpolation,
) -> Vec<Taps> {
    let scale = (bounds.end - bounds.start) / output as f64;
    if filter == Interpolation::Nearest {
        return nearest(input, bounds.start, scale, wanted);
    }
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    wanted
        .map(|position| {
            let center = bounds.start + (position as f64 + 0.5) * scale;
            // Casts from float to integer truncate, and saturate at 0, as C's after its clipping.
            let first = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(input);
            let weights: Vec<f64> = (first..end)
                .map(|x| filter.weight((x as f64 - center + 0.5) * stretch.recip()))
                .collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |w: &f64| {
                let scaled = w / sum * f64::from(1 << PRECISION_BITS);
                (scaled + 0.5_f64.copysign(scaled)) as i32
            };
            Taps {
                first,
                weights: weights.iter().map(fixed).collect(),
            }
        })
        .collect()
}

/// One tap each. Positions are added up as Pillow adds them, since they meet the borders between
/// pixels exactly (Geometry.c, `ImagingScaleAffine`).
fn nearest(input: usize, start: f64, scale: f64, wanted: Range<usize>) -> Vec<Taps> {
    let mut center = start + scale * 0.5;
    let mut taps = Vec::with_capacity(wanted.len());
    for position in 0..wanted.end {
        if wanted.contains(&position) {
            taps.push(Taps {
                first: (center as usize).min(input - 1),
                weights: vec![1 << PRECISION_BITS],
            });
        }
        center += scale;
    }
    taps
}

fn clip(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// Whether Pillow runs the vertical pass first: it does since version 13, if the height loses more
/// than twice as many pixels as the width (`ImagingResampleInner`).
fn vertical_first(from: (usize, usize), to: (usize, usize)) -> bool {
    let lost = |from: usize, to: usize| from as i64 - to as i64;
    let height = lost(from.1, to.1);
    height > 0 && height > 2 * lost(from.0, to.0)
}

/// The part `columns` by `rows` of `picture` resized to `width` by `height`.
pub fn resize_and_crop(
    picture: &Picture,
    (width, height): (usize, usize),
    columns: Range<usize>,
    rows: Range<usize>,
    filter: Interpolation,
) -> Picture {
    let passes = Passes {
        picture,
        vertical: taps(picture.height, &picture.bounds.1, height, rows, filter),
        horizontal: taps(picture.width, &picture.bounds.0, width, columns, filter),
        vertical_first: vertical_first((picture.width, picture.height), (width, height)),
    };
    crate::device::instruction_set().arch().dispatch(passes)
}

/// Both passes, compiled for this processor's vectors: not as a closure, which would not be.
struct Passes<'a> {
    picture: &'a Picture,
    vertical: Vec<Taps>,
    horizontal: Vec<Taps>,
    vertical_first: bool,
}

impl pulp::WithSimd for Passes<'_> {
    type Output = Picture;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Picture {
        let Self {
            picture,
            vertical,
            horizontal,
            vertical_first,
        } = self;
        if vertical_first {
            let columns = span(&horizontal);
            let flat = resize_columns(picture, &vertical, 0, columns.clone());
            resize_rows(&flat, &horizontal, columns.start, 0..flat.height)
        } else {
            let rows = span(&vertical);
            let narrow = resize_rows(picture, &horizontal, 0, rows.clone());
            resize_columns(&narrow, &vertical, rows.start, 0..narrow.width)
        }
    }
}

/// All input positions that the taps touch.
fn span(taps: &[Taps]) -> Range<usize> {
    let start = taps.iter().map(|taps| taps.first).min();
    let end = taps
        .iter()
        .map(|taps| taps.first + taps.weights.len())
        .max();
    start.unwrap_or(0)..end.unwrap_or(0)
}

/// Rows that go through the horizontal pass side by side: a whole vector, whatever its width.
const INTERLEAVE: usize = 16;

/// The horizontal pass over some of the rows; `picture` starts at the original's column `offset`.
#[inline(always)]
fn resize_rows(picture: &Picture, taps: &[Taps], offset: usize, rows: Range<usize>) -> Picture {
    let width = taps.len() * 3;
    let columns = span(taps);
    let mut pixels = vec![0; rows.len() * width];
    // One row's values are neighbours of the other rows', so that all share a weight.
    let mut interleaved = vec![[0; INTERLEAVE]; columns.len() * 3];
    let mut done = vec![[0; INTERLEAVE]; width];
    for (block, to) in pixels.chunks_mut(INTERLEAVE * width).enumerate() {
        for (lane, _) in to.chunks_exact(width).enumerate() {
            let row = picture.row(rows.start + block * INTERLEAVE + lane);
            let row = &row[(columns.start - offset) * 3..];
            for (values, &value) in interleaved.iter_mut().zip(row) {
                values[lane] = value;
            }
        }
        for (x, tap) in taps.iter().enumerate() {
            let inputs = &interleaved[(tap.first - columns.start) * 3..][..tap.weights.len() * 3];
            let mut sums = [[HALF; INTERLEAVE]; 3];
            for (pixel, &weight) in inputs.as_chunks::<3>().0.iter().zip(&tap.weights) {
                for (sums, values) in sums.iter_mut().zip(pixel) {
                    for (sum, &value) in sums.iter_mut().zip(values) {
                        *sum += i32::from(value) * weight;
                    }
                }
            }
            for (done, sums) in done[x * 3..][..3].iter_mut().zip(sums) {
                for (value, sum) in done.iter_mut().zip(sums) {
                    *value = clip(sum);
                }
            }
        }
        for (lane, row) in to.chunks_exact_mut(width).enumerate() {
            for (value, done) in row.iter_mut().zip(&done) {
                *value = done[lane];
            }
        }
    }
    Picture::new(taps.len(), rows.len(), pixels)
}

/// The vertical pass over some of the columns; `picture` starts at the original's row `offset`.
#[inline(always)]
fn resize_columns(
    picture: &Picture,
    taps: &[Taps],
    offset: usize,
    columns: Range<usize>,
) -> Picture {
    let values = columns.start * 3..columns.end * 3;
    let mut pixels = Vec::with_capacity(taps.len() * values.len());
    let mut sums = vec![HALF; values.len()];
    for tap in taps {
        sums.fill(HALF);
        for (y, &weight) in tap.weights.iter().enumerate() {
            let row = &picture.row(tap.first - offset + y)[values.clone()];
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        pixels.extend(sums.iter().map(|&sum| clip(sum)));
    }
    Picture::new(columns.len(), taps.len(), pixels)
}
