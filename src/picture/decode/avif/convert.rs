//! Luma and chroma to RGB as libavif does it for Pillow: by libyuv's integers, or else by its own
//! floating-point numbers.

use re_rav1d::dav1d::PixelLayout;

use super::canvas::Canvas;
use super::chroma::Rows;
use super::colour::{Floats, Integers};
use super::frame::PLANES;
use crate::error::PictureError;
use crate::picture::decode::isobmff::colour::Colour;

/// The pixels of a canvas. Whether there is alpha beside it decides which of libyuv's functions
/// are used, which round otherwise.
pub(super) fn rgb(
    canvas: &Canvas,
    colour: Colour,
    has_alpha: bool,
) -> Result<Vec<[u8; 3]>, PictureError> {
    let is_grey = canvas.layout == PixelLayout::I400;
    let integers = match is_grey && colour.matrix == 0 {
        // Grey has no need of the identity.
        true => Colour {
            matrix: 6,
            ..colour
        }
        .integers(),
        false => colour.integers(),
    };
    match integers {
        Some(integers) if !is_grey || has_alpha => Ok(by_integers(canvas, integers, has_alpha)),
        _ if is_grey => Ok(by_floats(canvas, colour, Floats::Weights(0.299, 0.114))),
        _ => Ok(by_floats(canvas, colour, colour.floats()?)),
    }
}

/// Each row of a canvas's pixels, empty.
fn rows(pixels: &mut [[u8; 3]], width: usize) -> impl Iterator<Item = (usize, &mut [[u8; 3]])> {
    pixels.chunks_exact_mut(width).enumerate()
}

/// libyuv, source/row_common.cc, YuvPixel, YuvPixel10 and YuvPixel12; which of them is chosen by
/// libavif, src/reformat_libyuv.c, getLibYUVConversionFunction.
fn by_integers(canvas: &Canvas, integers: Integers, has_alpha: bool) -> Vec<[u8; 3]> {
    let more = canvas.depth - 8;
    let is_grey = canvas.layout == PixelLayout::I400;
    // Only of pictures with alpha more bits than eight are made use of.
    let is_precise = match (has_alpha, canvas.depth) {
        (true, 10) => !is_grey,
        (true, 12) => canvas.layout == PixelLayout::I420,
        _ => false,
    };
    let is_nearest = is_precise && canvas.depth == 12;
    let (shift, depth) = if is_precise {
        (0, canvas.depth)
    } else {
        (more, 8)
    };
    let mut luma = vec![0; canvas.width];
    let mut chroma = [vec![128; canvas.width], vec![128; canvas.width]];
    let mut between = Rows::default();
    let mut pixels = vec![[0; 3]; canvas.width * canvas.height];
    for (y, to) in rows(&mut pixels, canvas.width) {
        canvas.row(PLANES[0], y, shift, &mut luma);
        for (plane, chroma) in PLANES[1..].iter().zip(&mut chroma) {
            match canvas.layout {
                PixelLayout::I400 => continue,
                PixelLayout::I444 => canvas.row(*plane, y, shift, chroma),
                PixelLayout::I420 | PixelLayout::I422 => {
                    between.read(canvas, *plane, y, shift);
                    match is_nearest {
                        true => between.nearest(chroma),
                        false => between.between(chroma),
                    }
                }
            }
            if depth > 8 {
                let values = chroma.iter_mut();
                values.for_each(|value| *value = (*value >> (depth - 8)).min(255));
            }
        }
        let [u, v] = &chroma;
        for (((to, luma), u), v) in to.iter_mut().zip(&luma).zip(u).zip(v) {
            // In 16 bits.
            let luma = u32::from(*luma);
            let luma = luma << (16 - depth) | luma >> (2 * depth - 16);
            let luma = ((luma * integers.luma) >> 16) as i32 + integers.bias;
            let (u, v) = (i32::from(*u) - 128, i32::from(*v) - 128);
            let green = luma - u * integers.u_to_green - v * integers.v_to_green;
            *to = [
                luma + v * integers.v_to_red,
                green,
                luma + u * integers.u_to_blue,
            ]
            .map(|value| (value >> 6).clamp(0, 255) as u8);
        }
    }
    pixels
}

/// libavif, src/reformat.c, avifImageYUVAnyToRGBAnySlow.
fn by_floats(canvas: &Canvas, colour: Colour, floats: Floats) -> Vec<[u8; 3]> {
    let scale = Scale::new(canvas.depth, colour.is_full_range);
    let (across, _) = canvas.chroma_shifts();
    let is_grey = canvas.layout == PixelLayout::I400;
    let width = canvas.width;
    let mut luma = vec![0; width];
    let mut chroma = [Rows::default(), Rows::default()];
    let mut pixels = vec![[0; 3]; width * canvas.height];
    for (y, to) in rows(&mut pixels, width) {
        canvas.row(PLANES[0], y, 0, &mut luma);
        if !is_grey {
            for (plane, rows) in PLANES[1..].iter().zip(&mut chroma) {
                rows.read(canvas, *plane, y, 0);
            }
        }
        for (x, (to, luma)) in to.iter_mut().zip(&luma).enumerate() {
            let own = x >> across;
            let other = match across {
                0 => own,
                _ if x == 0 || x == width - 1 && x % 2 == 1 => own,
                _ if x % 2 == 1 => own + 1,
                _ => own - 1,
            };
            let value = |rows: &Rows| {
                let of = |value: u16| match floats {
                    Floats::Identity => scale.luma(value),
                    _ => scale.chroma(value),
                };
                match across {
                    0 => of(rows.near[own]),
                    _ => {
                        of(rows.near[own]) * (9.0 / 16.0)
                            + of(rows.near[other]) * (3.0 / 16.0)
                            + of(rows.far[own]) * (3.0 / 16.0)
                            + of(rows.far[other]) * (1.0 / 16.0)
                    }
                }
            };
            let luma = scale.luma(*luma);
            let colours = match is_grey {
                true => [luma; 3],
                false => mix(floats, luma, value(&chroma[0]), value(&chroma[1])),
            };
            *to = colours.map(|value| (0.5 + value.clamp(0.0, 1.0) * 255.0) as u8);
        }
    }
    pixels
}

/// From values to parts of the whole.
struct Scale {
    black: f32,
    middle: f32,
    luma: f32,
    chroma: f32,
}

impl Scale {
    fn new(depth: u32, is_full_range: bool) -> Self {
        let limited = |value: u32| (value << (depth - 8)) as f32;
        let most = ((1 << depth) - 1) as f32;
        Self {
            black: if is_full_range { 0.0 } else { limited(16) },
            middle: (1 << (depth - 1)) as f32,
            luma: if is_full_range { most } else { limited(219) },
            chroma: if is_full_range { most } else { limited(224) },
        }
    }

    fn luma(&self, value: u16) -> f32 {
        (f32::from(value) - self.black) / self.luma
    }

    fn chroma(&self, value: u16) -> f32 {
        (f32::from(value) - self.middle) / self.chroma
    }
}

fn mix(floats: Floats, luma: f32, u: f32, v: f32) -> [f32; 3] {
    match floats {
        Floats::Identity => [v, luma, u],
        Floats::GreenAndOrange => {
            let rest = luma - u;
            [rest + v, luma + u, rest - v]
        }
        Floats::Weights(red, blue) => {
            let green = 1.0 - red - blue;
            let parts = red * (1.0 - red) * v + blue * (1.0 - blue) * u;
            [
                luma + (2.0 * (1.0 - red)) * v,
                luma - (2.0 * parts) / green,
                luma + (2.0 * (1.0 - blue)) * u,
            ]
        }
    }
}
