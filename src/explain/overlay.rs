//! A map on the picture that it explains.

use std::ops::Range;

use super::colour::Colours;
use super::map::Map;
use crate::picture::Picture;
use crate::picture::frame::{Frame, Side};
use crate::picture::resample::{Interpolation, resize_and_crop};

/// Pixels of what is shown, at most.
const MOST: f64 = 1024.0 * 768.0;

/// How much light is left of what the network never saw, of 256.
const UNSEEN: u32 = 90;

/// The picture as large as it is shown: no larger than it was decoded, and in the original's proportions.
pub fn shown(picture: Picture) -> Picture {
    let (width, height) = picture.original_size;
    let decoded = (picture.width * picture.height) as f64;
    let scale = (MOST.min(decoded) / (width * height) as f64).sqrt();
    let side = |length: usize| (length as f64 * scale).round().max(1.0) as usize;
    let (width, height) = (side(width), side(height));
    if (width, height) == (picture.width, picture.height) {
        return picture;
    }
    let bilinear = Interpolation::Bilinear;
    resize_and_crop(&picture, (width, height), 0..width, 0..height, bilinear)
}

/// One side of what is shown.
struct Places {
    /// Where the middles of its pixels lie in the network's input.
    middles: Vec<f64>,
    /// Which of them the network saw.
    seen: Range<usize>,
}

impl Places {
    fn of(side: &Side, shown: usize, original: usize) -> Self {
        let scale = original as f64 / shown as f64;
        let middle = |i: usize| side.to_input((i as f64 + 0.5) * scale);
        let middles: Vec<_> = (0..shown).map(middle).collect();
        let start = middles.partition_point(|&middle| middle < side.seen.start);
        let end = middles.partition_point(|&middle| middle < side.seen.end);
        Self {
            middles,
            seen: start..end,
        }
    }
}

/// Colours `picture`, as [`shown`] made it of one of `original_size`, by the evidence of `map`; what the
/// network never saw is darkened.
pub fn overlay(
    mut picture: Picture,
    original_size: (usize, usize),
    map: &Map,
    frame: &Frame,
    colours: &Colours,
) -> Picture {
    let columns = Places::of(&frame.columns, picture.width, original_size.0);
    let rows = Places::of(&frame.rows, picture.height, original_size.1);
    let Range { start, end } = columns.seen;
    let across = map.across(&columns.middles[start..end]);
    let pixels = picture.pixels.as_chunks_mut::<3>().0;
    for (y, row) in pixels.chunks_exact_mut(picture.width).enumerate() {
        if !rows.seen.contains(&y) {
            darken(row);
            continue;
        }
        darken(&mut row[..start]);
        darken(&mut row[end..]);
        let logits = map.along(rows.middles[y], &across);
        for (pixel, logit) in row[start..end].iter_mut().zip(logits) {
            colours.lay_over(pixel, logit);
        }
    }
    picture
}

fn darken(pixels: &mut [[u8; 3]]) {
    let values = pixels.as_flattened_mut().iter_mut();
    values.for_each(|value| *value = (u32::from(*value) * UNSEEN / 256) as u8);
}
