//! Pillow's resize, to the bit.
//!
//! Checkpoints were evaluated on pictures that Pillow shrank, so this follows its 8-bit code
//! (Pillow, src/libImaging/Resample.c) in every rounding: filter weights in double precision,
//! then in 22-bit fixed point; a horizontal pass first, its result rounded and clipped to 8 bits;
//! then the vertical pass. Only the part that the crop keeps is computed.

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

/// The part `columns` by `rows` of `picture` resized to `width` by `height`.
pub fn resize_and_crop(
    picture: &Picture,
    (width, height): (usize, usize),
    columns: Range<usize>,
    rows: Range<usize>,
    filter: Interpolation,
) -> Picture {
    let vertical = taps(picture.height, height, rows, filter);
    let first_row = vertical.first().map_or(0, |taps| taps.first);
    let end_row = vertical
        .iter()
        .map(|taps| taps.first + taps.weights.len())
        .max()
        .unwrap_or(first_row);
    // Each pass runs in code compiled for this processor's vectors.
    let arch = pulp::Arch::new();
    let narrow = arch.dispatch(|| {
        if width == picture.width {
            crop_columns(picture, columns, first_row..end_row)
        } else {
            let horizontal = taps(picture.width, width, columns, filter);
            resize_rows(picture, &horizontal, first_row..end_row)
        }
    });
    arch.dispatch(|| resize_columns(&narrow, &vertical, first_row))
}

fn crop_columns(picture: &Picture, columns: Range<usize>, rows: Range<usize>) -> Picture {
    Picture {
        width: columns.len(),
        height: rows.len(),
        pixels: rows
            .flat_map(|y| &picture.row(y)[columns.start * 3..columns.end * 3])
            .copied()
            .collect(),
    }
}

/// The horizontal pass over some of the rows.
#[inline(always)]
fn resize_rows(picture: &Picture, taps: &[Taps], rows: Range<usize>) -> Picture {
    let mut pixels = Vec::with_capacity(rows.len() * taps.len() * 3);
    for y in rows.clone() {
        let row = picture.row(y).as_chunks::<3>().0;
        for tap in taps {
            let mut sums = [HALF; 3];
            let inputs = &row[tap.first..tap.first + tap.weights.len()];
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

/// The vertical pass; `picture` starts at the original's row `offset`.
#[inline(always)]
fn resize_columns(picture: &Picture, taps: &[Taps], offset: usize) -> Picture {
    let mut pixels = Vec::with_capacity(taps.len() * picture.width * 3);
    let mut sums = vec![HALF; picture.width * 3];
    for tap in taps {
        sums.fill(HALF);
        for (y, &weight) in tap.weights.iter().enumerate() {
            for (sum, &value) in sums.iter_mut().zip(picture.row(tap.first - offset + y)) {
                *sum += i32::from(value) * weight;
            }
        }
        pixels.extend(sums.iter().map(|&sum| clip(sum)));
    }
    Picture {
        width: picture.width,
        height: taps.len(),
        pixels,
    }
}
