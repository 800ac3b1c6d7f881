//! Pillow's resize, to the bit.
//!
//! Checkpoints were evaluated on pictures that Pillow shrank, so this follows its 8-bit code
//! (Pillow, src/libImaging/Resample.c) in every rounding: filter weights in double precision,
//! then in 22-bit fixed point; one pass along each side, the first one's result rounded and clipped
//! to 8 bits. Only the part that the crop keeps is computed. A side that keeps its length needs no
//! case of its own: its weights are exactly 0 and 1.

use std::ops::Range;

use crate::picture::Picture;

/// The resampling filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The triangle filter, support 1.
    Bilinear,
    /// The cubic convolution filter with a = -0.5, support 2.
    Bicubic,
}

impl Interpolation {
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
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

/// The taps of the output positions `wanted` when `input` positions become `output`
/// (`precompute_coeffs` and `normalize_coeffs_8bpc`).
fn taps(input: usize, output: usize, wanted: Range<usize>, filter: Interpolation) -> Vec<Taps> {
    let scale = input as f64 / output as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    wanted
        .map(|position| {
            let center = (position as f64 + 0.5) * scale;
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
    let vertical = taps(picture.height, height, rows, filter);
    let horizontal = taps(picture.width, width, columns, filter);
    let (used_rows, used_columns) = (span(&vertical), span(&horizontal));
    // Both passes are compiled for this processor's vectors.
    pulp::Arch::new().dispatch(|| {
        if vertical_first((picture.width, picture.height), (width, height)) {
            let flat = resize_columns(picture, &vertical, 0, used_columns.clone());
            resize_rows(&flat, &horizontal, used_columns.start, 0..flat.height)
        } else {
            let narrow = resize_rows(picture, &horizontal, 0, used_rows.clone());
            resize_columns(&narrow, &vertical, used_rows.start, 0..narrow.width)
        }
    })
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

/// The horizontal pass over some of the rows; `picture` starts at the original's column `offset`.
#[inline(always)]
fn resize_rows(picture: &Picture, taps: &[Taps], offset: usize, rows: Range<usize>) -> Picture {
    let mut pixels = Vec::with_capacity(rows.len() * taps.len() * 3);
    for y in rows.clone() {
        let row = picture.row(y).as_chunks::<3>().0;
        for tap in taps {
            let mut sums = [HALF; 3];
            let inputs = &row[tap.first - offset..][..tap.weights.len()];
            for (pixel, weight) in inputs.iter().zip(&tap.weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            pixels.extend(sums.map(clip));
        }
    }
    Picture {
        width: taps.len(),
        height: rows.len(),
        pixels,
    }
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
    Picture {
        width: columns.len(),
        height: taps.len(),
        pixels,
    }
}
