//! How opaque pixels are, and colours that were multiplied by it, as they were before.

use super::canvas::Canvas;
use super::frame::PLANES;

/// Each pixel's alpha in 8 bits.
pub(super) fn values(alpha: &Canvas) -> Vec<u8> {
    let most = (1 << alpha.depth) - 1;
    let is_full_range = alpha.first().colour().is_full_range;
    let mut row = vec![0; alpha.width];
    let mut values = Vec::with_capacity(alpha.width * alpha.height);
    for y in 0..alpha.height {
        alpha.row(PLANES[0], y, 0, &mut row);
        values.extend(row.iter().map(|value| {
            let mut value = i32::from(*value);
            if !is_full_range {
                // From 16 to 235 (libavif, src/reformat.c, avifLimitedToFullY).
                let more = alpha.depth - 8;
                let range = 219 << more;
                value = ((value - (16 << more)) * most + range / 2) / range;
                value = value.clamp(0, most);
            }
            (value >> (alpha.depth - 8)) as u8
        }));
    }
    values
}

/// Divides each pixel by its alpha (libyuv, source/row_common.cc, ARGBUnattenuateRow_C).
pub(super) fn divide(pixels: &mut [[u8; 3]], alpha: &[u8]) {
    for (pixel, alpha) in pixels.iter_mut().zip(alpha) {
        let inverse = match alpha {
            0 => 0,
            1 => 0xffff,
            255 => 0x100,
            value => 0x10000 / u32::from(*value),
        };
        *pixel = pixel.map(|value| {
            let wide = u32::from(value) * 0x101;
            ((wide * inverse) >> 16).min(255) as u8
        });
    }
}
