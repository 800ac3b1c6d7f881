//! Bytes to upright RGB, within limits; the only user of `image` and `mozjpeg`.
//!
//! Colour follows Pillow's `convert("RGB")`, which the checkpoints were evaluated with: alpha is
//! dropped, grey is repeated, palettes are looked up, CMYK is read as Adobe writes it, colour
//! profiles are ignored. Sixteen bits are scaled to eight. Of an animation the first frame counts.

mod jpeg;
mod room;
mod unsupported;

use std::cell::Cell;
use std::io::Cursor;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits as DecoderLimits,
    RgbImage,
};

use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;
use room::Room;
use unsupported::unsupported;

/// By how much a picture of some width and height, in pixels as it is stored, may be reduced while
/// it is decoded: 1, 2, 4 or 8.
pub type Reduction<'a> = &'a dyn Fn((usize, usize)) -> usize;

/// What a picture may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Width times height.
    pub max_pixels: u64,
    /// Of the encoded file.
    pub max_bytes: u64,
}

/// What a header may cost before the picture's size is known.
const HEADER_BYTES: u64 = 64 << 20;

/// The longest side, in pixels: resizing keeps a few numbers for each position along a side.
const MAX_SIDE: u64 = 1_000_000;

impl Default for Limits {
    /// The pixel count is where Pillow refuses: twice its `MAX_IMAGE_PIXELS`.
    fn default() -> Self {
        Self {
            max_pixels: 178_956_970,
            max_bytes: 256 << 20,
        }
    }
}

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is decoding, so that a panic becomes the picture's error and needs no
/// report of its own.
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// Whether a file begins as a picture does.
pub fn is_picture(start: &[u8]) -> bool {
    image::guess_format(start).is_ok()
}

/// How much of a file [`check_start`] needs.
pub const START_BYTES: usize = 512;

/// Refuses what can't be a picture by its first bytes, before the others are read.
///
/// # Errors
/// If there are none, or they are of no format that is read.
pub fn check_start(start: &[u8]) -> Result<(), PictureError> {
    if start.is_empty() {
        return Err(PictureError::new(ErrorKind::Decode, "the file is empty"));
    }
    let is_read = |format: ImageFormat| format.reading_enabled();
    if jpeg::is_jpeg(start) || image::guess_format(start).is_ok_and(is_read) {
        return Ok(());
    }
    Err(unsupported(start))
}

/// Decodes a picture; `upright` turns it as its EXIF orientation says, and `reduction` is asked where
/// reducing saves time: for a JPEG.
///
/// # Errors
/// If the bytes are no picture of a known format, exceed `limits`, or are damaged or cut short.
pub fn decode(
    bytes: &[u8],
    limits: Limits,
    upright: bool,
    reduction: Reduction,
) -> Result<Picture, PictureError> {
    check_start(bytes)?;
    // Decoders of untrusted data do panic now and then; that is one bad picture, no more.
    IS_GUARDED.set(true);
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        decode_unguarded(bytes, limits, upright, reduction)
    }));
    IS_GUARDED.set(false);
    decoded.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let detail = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let detail = detail.unwrap_or("the decoder gave up on it");
        let message = format!("the picture is damaged ({detail})");
        Err(PictureError::new(ErrorKind::Decode, message))
    })
}

fn decode_unguarded(
    bytes: &[u8],
    limits: Limits,
    upright: bool,
    reduction: Reduction,
) -> Result<Picture, PictureError> {
    let (picture, orientation) = if jpeg::is_jpeg(bytes) {
        jpeg::decode(bytes, limits, reduction)?
    } else {
        decode_other(bytes, limits)?
    };
    if !upright || orientation == Orientation::NoTransforms {
        return Ok(picture);
    }
    let turned = turn(picture, orientation);
    turned.ok_or_else(|| PictureError::new(ErrorKind::Decode, "its size is inconsistent"))
}

/// The picture as its orientation says, with its bounds.
fn turn(picture: Picture, orientation: Orientation) -> Option<Picture> {
    let Picture {
        width,
        height,
        pixels,
        mut stored,
        bounds: (mut columns, mut rows),
    } = picture;
    let mut image = DynamicImage::from(RgbImage::from_raw(width as u32, height as u32, pixels)?);
    image.apply_orientation(orientation);
    let from_the_end = |range: Range<f64>, length: usize| {
        let length = length as f64;
        length - range.end..length - range.start
    };
    // A quarter turn clockwise puts the last row first among the columns.
    let (transposed, flipped_columns, flipped_rows) = match orientation {
        Orientation::NoTransforms => (false, false, false),
        Orientation::FlipHorizontal => (false, true, false),
        Orientation::Rotate180 => (false, true, true),
        Orientation::FlipVertical => (false, false, true),
        Orientation::Rotate90FlipH => (true, false, false),
        Orientation::Rotate90 => (true, false, true),
        Orientation::Rotate270FlipH => (true, true, true),
        Orientation::Rotate270 => (true, true, false),
    };
    if flipped_columns {
        columns = from_the_end(columns, width);
    }
    if flipped_rows {
        rows = from_the_end(rows, height);
    }
    if transposed {
        stored = (stored.1, stored.0);
        (columns, rows) = (rows, columns);
    }
    Some(Picture {
        stored,
        bounds: (columns, rows),
        ..from_image(image)
    })
}

/// Every format but JPEG, as it is stored, and how to turn it.
fn decode_other(bytes: &[u8], limits: Limits) -> Result<(Picture, Orientation), PictureError> {
    let format = image::guess_format(bytes).map_err(decode_error)?;
    if format == ImageFormat::WebP && !webp_is_complete(bytes) {
        return Err(truncated());
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
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
    // As it is stored, and as RGB.
    let _room = Room::take(decoder.total_bytes() + pixels * 3);
    // An unreadable EXIF block says nothing about which way is up.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(decode_error)?;
    if format == ImageFormat::Png {
        keep_high_bytes(&mut image);
    }
    Ok((from_image(image), orientation))
}

/// How short a whole file can be that decodes to `total` bytes, where the format sets a limit.
fn shortest(bytes: &[u8], format: ImageFormat, total: u64) -> u64 {
    // In their headers: how deep a PNG's and a BMP's samples are.
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
    match format {
        // Deflate's longest match is 258 bytes in two bits; samples of 1 bit become 8.
        ImageFormat::Png if byte(24) < 8 => total / 8 / 1032,
        // A palette's index becomes up to four bytes.
        ImageFormat::Png if byte(25) == 3 => total / 4 / 1032,
        ImageFormat::Png => total / 1032,
        // Without run lengths.
        ImageFormat::Bmp if byte(28) >= 24 => total / 4 * 3,
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

/// Whether the file is as long as its RIFF header says, and each chunk ends within it. The decoder
/// shows what there is, and sets aside what a chunk claims.
fn webp_is_complete(bytes: &[u8]) -> bool {
    let length = |at: usize| {
        let length = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(length) as usize)
    };
    let end = length(4).map_or(usize::MAX, |length| 8 + length);
    let mut at = 12;
    while at + 8 <= end.min(bytes.len()) {
        // Padded to an even length.
        let chunk = length(at + 4).unwrap_or(0);
        at += 8 + chunk + chunk % 2;
    }
    end <= bytes.len() && at <= bytes.len() + 1
}

fn from_image(image: DynamicImage) -> Picture {
    let rgb = image.into_rgb8();
    Picture::new(rgb.width() as usize, rgb.height() as usize, rgb.into_raw())
}

/// Refuses a picture by its size before any of its pixels take memory.
fn check_pixels(width: u64, height: u64, limits: Limits) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::new(
            ErrorKind::Decode,
            "the picture has no pixels",
        ));
    }
    if width.max(height) > MAX_SIDE {
        let message = format!(
            "{width} x {height} pixels are too long a strip: a side may have {MAX_SIDE}; cut it first"
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    if width * height > limits.max_pixels {
        let message = format!(
            "{width} x {height} pixels are more than the limit of {}; raise it with --max-pixels",
            limits.max_pixels
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    Ok(())
}

fn truncated() -> PictureError {
    PictureError::new(
        ErrorKind::Decode,
        "the picture is truncated: the file ends before the picture does",
    )
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
