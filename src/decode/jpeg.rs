//! JPEG through libjpeg's own code, the same arithmetic as in Pillow's, so that the pixels are the
//! same too. Pure Rust decoders differ by up to four levels, most of all where colour is stored
//! at half resolution, as in most photos.

use image::metadata::Orientation;
use mozjpeg::{ColorSpace, Decompress, Marker};

use super::{Limits, Reduction, check_pixels, truncated};
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

/// What precedes the TIFF structure in an EXIF segment.
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

/// The picture as it is stored or reduced, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    reduction: Reduction,
) -> Result<(Picture, Orientation), PictureError> {
    if !is_complete(bytes) {
        return Err(truncated());
    }
    let failed = |e: std::io::Error| PictureError::new(ErrorKind::Decode, e.to_string());
    let mut decoder = Decompress::with_markers(&[Marker::APP(1)])
        .from_mem(bytes)
        .map_err(failed)?;
    let stored = decoder.size();
    check_pixels(stored.0 as u64, stored.1 as u64, limits)?;
    // The mean of 2 x 2 pixels or more comes out of a smaller inverse transform of each block: of
    // 4 x 4 coefficients instead of 8 x 8, and so on.
    let by = reduction(stored);
    decoder.scale((8 / by) as u8);
    let (width, height) = (stored.0.div_ceil(by), stored.1.div_ceil(by));
    let orientation = decoder
        .markers()
        .find_map(|marker| Orientation::from_exif_chunk(marker.data.strip_prefix(EXIF)?))
        .unwrap_or(Orientation::NoTransforms);
    let pixels = match decoder.color_space() {
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            let mut scan = decoder
                .to_colorspace(ColorSpace::JCS_CMYK)
                .map_err(failed)?;
            let inks: Vec<[u8; 4]> = scan.read_scanlines().map_err(failed)?;
            inks.into_iter().flat_map(rgb_of_inks).collect()
        }
        ColorSpace::JCS_GRAYSCALE => {
            let mut scan = decoder.grayscale().map_err(failed)?;
            let greys: Vec<u8> = scan.read_scanlines().map_err(failed)?;
            greys.into_iter().flat_map(|grey| [grey; 3]).collect()
        }
        _ => {
            let mut scan = decoder.rgb().map_err(failed)?;
            let mut pixels = vec![0; width * height * 3];
            scan.read_scanlines_into(&mut pixels).map_err(failed)?;
            pixels
        }
    };
    let covered = |length: usize| 0.0..length as f64 / by as f64;
    let picture = Picture {
        stored,
        bounds: (covered(stored.0), covered(stored.1)),
        ..Picture::new(width, height, pixels)
    };
    Ok((picture, orientation))
}

/// Adobe stores inks inverted, 255 for none, and Pillow takes every CMYK JPEG for Adobe's: a
/// colour is what the ink and the black let through (Pillow, src/libImaging/Convert.c,
/// `cmyk2rgb`).
fn rgb_of_inks([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(k) + 128;
        let covered = ((product >> 8) + product) >> 8;
        k.saturating_sub(covered as u8)
    })
}

/// Whether an end marker follows the first scan. The decoder would fill what is missing with
/// grey, and a wrong label is worse than an error.
fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[marker, code, high, low]) = bytes.get(at..at + 4) {
        if marker != 0xff {
            return true; // Not where a marker should be: for the decoder to judge.
        }
        match code {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xda => {
                return bytes[at..]
                    .windows(2)
                    .rev()
                    .any(|pair| pair == [0xff, 0xd9]);
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}
