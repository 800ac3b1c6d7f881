//! Colours that were multiplied by their alpha, as they were before.

use super::canvas::Canvas;
use super::frame::PLANES;

/// Divides each pixel by its alpha (libyuv, source/row_common.cc, ARGBUnattenuateRow_C).
pub(super) fn divide(pixels: &mut [[u8; 3]], alpha: &Canvas) {
    let most = (1 << alpha.depth) - 1;
    let is_full_range = alpha.first().colour().is_full_range;
    let mut row = vec![0; alpha.width];
    for (y, pixels) in pixels.chunks_exact_mut(alpha.width).enumerate() {
        alpha.row(PLANES[0], y, 0, &mut row);
        for (pixel, alpha_value) in pixels.iter_mut().zip(&row) {
            let mut value = i32::from(*alpha_value);
            if !is_full_range {
                // From 16 to 235 (libavif, src/reformat.c, avifLimitedToFullY).
                let more = alpha.depth - 8;
                let range = 219 << more;
                value = ((value - (16 << more)) * most + range / 2) / range;
                value = value.clamp(0, most);
            }
            let inverse = match value >> (alpha.depth - 8) {
                0 => 0,
                1 => 0xffff,
                255 => 0x100,
                value => 0x10000 / value as u32,
            };
            *pixel = pixel.map(|value| {
                let wide = u32::from(value) * 0x101;
                ((wide * inverse) >> 16).min(255) as u8
            });
        }
    }
}
