//! PNG, WebP, PNM and QOI, through `image`.

use std::borrow::Cow;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits as DecoderLimits,
};

use super::gathered::Gathered;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use super::turn::from_image;
use super::{png, webp};
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

/// What a header may cost before the picture's size is known.
const HEADER_BYTES: u64 = 64 << 20;

/// The picture as it is stored, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<(Picture, Orientation), PictureError> {
    let format = image::guess_format(bytes).map_err(decode_error)?;
    if format == ImageFormat::WebP && !webp::is_complete(bytes) {
        return Err(truncated());
    }
    let orientation = match format {
        ImageFormat::Png => png::orientation(bytes),
        ImageFormat::WebP => webp::orientation(bytes),
        _ => Orientation::NoTransforms,
    };
    let coded = match format {
        ImageFormat::WebP => webp::prepared(bytes),
        _ => Cow::Borrowed(bytes),
    };
    let mut reader = ImageReader::with_format(Cursor::new(&*coded), format);
    let mut allowed = DecoderLimits::default();
    // Palettes, profiles and the like, before the size is known.
    allowed.max_alloc = Some(HEADER_BYTES);
    reader.limits(allowed.clone());
    let mut decoder = reader.into_decoder().map_err(decode_error)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width.into(), height.into(), limits)?;
    // Before gigabytes are set aside for a header of a few bytes.
    if (bytes.len() as u64) < shortest(bytes, format, decoder.total_bytes()) {
        return Err(truncated());
    }
    // At most 16 bytes a pixel, a canvas and a frame.
    let pixels = u64::from(width) * u64::from(height);
    allowed.max_alloc = Some(HEADER_BYTES + pixels * 32);
    decoder.set_limits(allowed).map_err(decode_error)?;
    // As it is stored, and as RGB or RGBA, of which the parts are taken.
    let converted = if alpha { 8 } else { 3 };
    let _budget = MemoryBudget::take(decoder.total_bytes() + pixels * converted);
    let mut image = DynamicImage::from_decoder(decoder).map_err(decode_error)?;
    if format == ImageFormat::Png {
        keep_high_bytes(&mut image);
    }
    let picture = match alpha && image.color().has_alpha() {
        true => {
            let image = image.into_rgba8();
            let mut gathered = Gathered::new(image.len() / 4, true);
            gathered.extend(image.as_chunks().0.iter().copied());
            gathered.picture(width as usize, height as usize)
        }
        false => from_image(image),
    };
    Ok((picture, orientation))
}

/// How short a whole file can be that decodes to `total` bytes, where the format sets a limit.
fn shortest(bytes: &[u8], format: ImageFormat, total: u64) -> u64 {
    // In its header: how deep a PNG's samples are.
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
    match format {
        // Deflate's longest match is 258 bytes in two bits; samples of 1 bit become 8.
        ImageFormat::Png if byte(24) < 8 => total / 8 / 1032,
        // A palette's index becomes up to four bytes.
        ImageFormat::Png if byte(25) == 3 => total / 4 / 1032,
        ImageFormat::Png => total / 1032,
        ImageFormat::Pnm => total / 8,
        // A byte is at most 62 pixels of three or four bytes.
        ImageFormat::Qoi => total / 4 / 62,
        _ => 0,
    }
}

/// Pillow takes the high byte of a 16-bit PNG's values where `image` would round.
fn keep_high_bytes(image: &mut DynamicImage) {
    let values: &mut [u16] = match image {
        DynamicImage::ImageLuma16(image) => image,
        DynamicImage::ImageLumaA16(image) => image,
        DynamicImage::ImageRgb16(image) => image,
        DynamicImage::ImageRgba16(image) => image,
        _ => return,
    };
    // 257 times a byte rounds to that byte.
    values
        .iter_mut()
        .for_each(|value| *value = (*value >> 8) * 257);
}

fn decode_error(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::new(
            ErrorKind::Limit,
            "decoding needs more memory than allowed; raise it with --max-pixels",
        ),
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => truncated(),
        ImageError::Unsupported(e) => {
            let message = format!("{e}; convert it first, for example with `magick`");
            PictureError::new(ErrorKind::Unsupported, message)
        }
        other => PictureError::new(ErrorKind::Decode, other.to_string()),
    }
}
