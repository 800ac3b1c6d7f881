//! A map on the picture that it explains.

use super::colour::{Palette, Scale};
use super::map::Map;
use crate::picture::Picture;
use crate::picture::frame::{Frame, Side};
use crate::picture::resample::{Interpolation, resize_and_crop};

/// Pixels of the longer side of what is shown, at most.
const LONGEST: usize = 1024;

/// How much light is left of what the network never saw.
const UNSEEN: f32 = 0.35;

/// The picture as large as it is shown: no larger than the original, and in its proportions.
pub fn shown(picture: &Picture) -> Picture {
    let (width, height) = picture.original_size;
    let longest = width.max(height);
    let side = |length: usize| match longest {
        0..=LONGEST => length,
        _ => ((length * LONGEST) as f64 / longest as f64)
            .round()
            .max(1.0) as usize,
    };
    let (width, height) = (side(width), side(height));
    let bilinear = Interpolation::Bilinear;
    resize_and_crop(picture, (width, height), 0..width, 0..height, bilinear)
}

/// One side of what is shown: where its pixels lie in the network's input, and which of them it saw.
struct Places {
    places: Vec<f64>,
    seen: Vec<bool>,
}

impl Places {
    fn of(side: &Side, shown: usize, original: usize) -> Self {
        let scale = original as f64 / shown as f64;
        let place = |i: usize| side.to_input((i as f64 + 0.5) * scale);
        let places: Vec<_> = (0..shown).map(place).collect();
        let seen = places.iter().map(|place| side.seen.contains(place));
        Self {
            seen: seen.collect(),
            places,
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
    scale: Scale,
    palette: Palette,
) -> Picture {
    let columns = Places::of(&frame.columns, picture.width, original_size.0);
    let rows = Places::of(&frame.rows, picture.height, original_size.1);
    let logits = map.sample(&rows.places, &columns.places);
    let width = picture.width;
    let pixels = picture.pixels.as_chunks_mut::<3>().0.iter_mut();
    for (at, (pixel, &logit)) in pixels.zip(&logits).enumerate() {
        let (colour, cover) = match rows.seen[at / width] && columns.seen[at % width] {
            true => palette.colour(scale.strength(logit)),
            false => ([0.0; 3], 1.0 - UNSEEN),
        };
        for (value, colour) in pixel.iter_mut().zip(colour) {
            let below = f32::from(*value);
            *value = (below + (colour - below) * cover).round() as u8;
        }
    }
    picture
}
