//! JPEG 2000, as a file or as bare codes. What is stored without loss has Pillow's pixels; the
//! rest is rounded otherwise now and then, by one level.

mod tiles;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use super::gathered::{Gathered, opaque};
use super::jpeg::rgb_of_inks;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

/// How a file begins, and how codes begin.
const FILE: &[u8] = b"\0\0\0\x0cjP  \r\n\x87\n";
const CODES: &[u8] = b"\xff\x4f\xff\x51";

/// What a value takes while it is decoded, counted at 10 megapixels: four bytes for its coefficient, four
/// for itself, and a part of the next smaller ones.
const BYTES_A_VALUE: u64 = 8;

/// The most pixels for a byte of the file: a byte is shared by eight blocks of 64 x 64 that are
/// empty. A picture of which one can tell that it is empty is not needed, and a header of a few
/// bytes can ask for gigabytes.
const PIXELS_A_BYTE: u64 = 8 * 64 * 64;

pub(super) fn is_jpeg2000(bytes: &[u8]) -> bool {
    bytes.starts_with(FILE) || bytes.starts_with(CODES)
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let settings = DecodeSettings {
        // Otherwise what is cut short is shown as far as it goes.
        strict: true,
        ..DecodeSettings::default()
    };
    tiles::check(bytes)?;
    let image = Image::new(bytes, &settings).map_err(failed)?;
    let (width, height) = (image.width(), image.height());
    check_pixels(width.into(), height.into(), limits)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > bytes.len() as u64 * PIXELS_A_BYTE {
        return Err(truncated());
    }
    let colours = image.color_space().num_channels();
    let channels = usize::from(colours) + usize::from(image.has_alpha());
    if !matches!(channels, 1..=4) {
        return Err(unsupported_kind(&format!(
            "JPEG 2000 of {channels} channels"
        )));
    }
    let _budget = MemoryBudget::take(pixels * (channels as u64 * BYTES_A_VALUE + 5));
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(failed)?;
    let values = decoded.data_u8();
    // A component may be missing, or be stored smaller.
    let channels = decoded.components().len();
    if !matches!(channels, 1..=4) || values.len() as u64 != pixels * channels as u64 {
        return Err(unsupported_kind(
            "JPEG 2000 with components of several sizes",
        ));
    }
    // Four channels without colours that are named are three and alpha.
    let is_inks = matches!(image.color_space(), ColorSpace::CMYK) && bytes.starts_with(FILE);
    let colour = |pixel: &[u8]| match *pixel {
        [grey] => opaque([grey; 3]),
        [grey, alpha] => [grey, grey, grey, alpha],
        [c, m, y, k] if is_inks => opaque(rgb_of_inks([c, m, y, k].map(|ink| 255 - ink))),
        [r, g, b, alpha] => [r, g, b, alpha],
        [r, g, b, ..] => opaque([r, g, b]),
        [] => unreachable!("one channel or more"),
    };
    let mut gathered = Gathered::new(pixels as usize, alpha);
    gathered.extend(values.chunks_exact(channels).map(colour));
    Ok(gathered.picture(width as usize, height as usize))
}

fn failed(error: hayro_jpeg2000::DecodeError) -> PictureError {
    let message = format!("the picture is damaged or truncated ({error})");
    PictureError::new(ErrorKind::Decode, message)
}
