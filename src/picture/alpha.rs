//! Pictures that are not opaque, for networks that see red, green, blue and alpha.
//!
//! Pillow resizes them with each colour multiplied by its alpha, so that what is clear does not shine
//! into what is not (src/PIL/Image.py, `Image.resize`).

use std::ops::Range;

use serde::Serialize;

use super::Picture;
use super::resample::{self, Interpolation};

/// What alpha is where nothing shines through.
pub const OPAQUE: u8 = 255;

/// How a network's fourth channel is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alpha {
    /// Subtracted, of values in 0..1.
    pub mean: f32,
    /// Divided by.
    pub std: f32,
    /// What a border has whose colour is the mean, 0 to 255.
    pub border: u8,
}

/// The part `columns` by `rows` of `picture` resized to `size`, its width and height, with its alpha.
pub fn resize_and_crop(
    picture: &Picture,
    size: (usize, usize),
    columns: Range<usize>,
    rows: Range<usize>,
    filter: Interpolation,
) -> Picture {
    let resize = |picture: &Picture| {
        resample::resize_and_crop(picture, size, columns.clone(), rows.clone(), filter)
    };
    let Some(alpha) = &picture.alpha else {
        return resize(picture);
    };
    let in_grey = alpha.iter().flat_map(|value| [*value; 3]).collect();
    let resized = resize(&picture.opaque(in_grey)).pixels;
    let alpha: Vec<u8> = resized.into_iter().step_by(3).collect();
    // Pillow takes no filter then, and nothing is rounded.
    let is_picked = filter == Interpolation::Nearest || (picture.width, picture.height) == size;
    let colours = match is_picked {
        true => resize(picture),
        false => divided(resize(&multiplied(picture)), &alpha),
    };
    colours.with_alpha(Some(alpha))
}

/// Red, green, blue and alpha of each pixel.
pub fn interleaved(picture: &Picture) -> Vec<u8> {
    let alpha = picture.alpha.iter().flatten().copied();
    let alpha = alpha.chain(std::iter::repeat(OPAQUE));
    let pixels = picture.pixels.as_chunks::<3>().0.iter().zip(alpha);
    pixels
        .flat_map(|(&[red, green, blue], alpha)| [red, green, blue, alpha])
        .collect()
}

/// Each colour times its alpha, rounded (Pillow, src/libImaging/Convert.c, `rgba2rgbA`).
fn multiplied(picture: &Picture) -> Picture {
    let alpha = picture.alpha.iter().flatten();
    let pixels = picture.pixels.as_chunks::<3>().0.iter().zip(alpha);
    let multiply = |(pixel, alpha): (&[u8; 3], &u8)| {
        pixel.map(|value| {
            let product = u32::from(value) * u32::from(*alpha) + 128;
            ((product + (product >> 8)) >> 8) as u8
        })
    };
    picture.opaque(pixels.flat_map(multiply).collect())
}

/// Each colour as it was before (`rgbA2rgba` there); of what is clear nothing is known.
fn divided(mut picture: Picture, alpha: &[u8]) -> Picture {
    let pixels = picture.pixels.as_chunks_mut::<3>().0;
    for (pixel, &alpha) in pixels.iter_mut().zip(alpha) {
        if alpha != 0 {
            *pixel = pixel.map(|value| before_multiplied(value, alpha));
        }
    }
    picture
}

/// A colour as it was before it was multiplied by an alpha that is not 0.
pub fn before_multiplied(value: u8, alpha: u8) -> u8 {
    (u32::from(value) * 255 / u32::from(alpha)).min(255) as u8
}
