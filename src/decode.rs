//! Bytes to upright RGB, within limits; the only user of `image`.
//!
//! Colour follows Pillow's `convert("RGB")`, which the checkpoints were evaluated with: alpha is
//! dropped, grey is repeated, palettes are looked up, CMYK is read as Adobe writes it, colour
//! profiles are ignored. Sixteen bits are scaled to eight. Of an animation the first frame counts.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits as DecoderLimits};

use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

/// What a picture may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Width times height.
    pub max_pixels: u64,
    /// Of the encoded file.
    pub max_bytes: u64,
}

impl Default for Limits {
    /// The pixel count is where Pillow refuses: twice its `MAX_IMAGE_PIXELS`.
    fn default() -> Self {
        Self {
            max_pixels: 178_956_970,
            max_bytes: 256 << 20,
        }
    }
}

/// Decodes a picture; `upright` turns it as its EXIF orientation says.
///
/// # Errors
/// If the bytes are no picture of a known format, exceed `limits`, or are damaged or cut short.
pub fn decode(bytes: &[u8], limits: Limits, upright: bool) -> Result<Picture, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::new(ErrorKind::Decode, "the file is empty"));
    }
    // Decoders of untrusted data do panic now and then; that is one bad picture, no more.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(bytes, limits, upright))).unwrap_or_else(
        |_| {
            let message = "the decoder gave up on it; the file is probably damaged";
            Err(PictureError::new(ErrorKind::Decode, message))
        },
    )
}

fn decode_unguarded(bytes: &[u8], limits: Limits, upright: bool) -> Result<Picture, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(bytes));
    match image::guess_format(bytes) {
        Ok(format) => reader.set_format(format),
        Err(_) => return Err(unsupported(bytes)),
    }
    if bytes.starts_with(b"\xff\xd8") && !jpeg_is_complete(bytes) {
        return Err(truncated());
    }
    let mut allowed = DecoderLimits::default();
    // Beside the pixels themselves, checked below, decoders need rows, palettes and frames.
    allowed.max_alloc = Some(limits.max_pixels.saturating_mul(8).max(64 << 20));
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(decode_error)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        let message = format!(
            "{width} x {height} pixels are more than the limit of {}; raise it with --max-pixels",
            limits.max_pixels
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    if width == 0 || height == 0 {
        return Err(PictureError::new(ErrorKind::Decode, "the picture has no pixels"));
    }
    let orientation = match upright {
        // An unreadable EXIF block says nothing about which way is up.
        true => decoder.orientation().unwrap_or(Orientation::NoTransforms),
        false => Orientation::NoTransforms,
    };
    let mut image = DynamicImage::from_decoder(decoder).map_err(decode_error)?;
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    Ok(Picture {
        width: rgb.width() as usize,
        height: rgb.height() as usize,
        pixels: rgb.into_raw(),
    })
}

/// Whether an end marker follows the first scan. The decoder would fill what is missing with
/// grey, and a wrong label is worse than an error.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[marker, code, high, low]) = bytes.get(at..at + 4) {
        if marker != 0xff {
            return true; // Not where a marker should be: for the decoder to judge.
        }
        match code {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xda => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
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
        ImageError::Unsupported(e) => PictureError::new(ErrorKind::Unsupported, e.to_string()),
        other => PictureError::new(ErrorKind::Decode, other.to_string()),
    }
}

/// Names a format that is not decoded, so far as its first bytes tell, and what to do.
fn unsupported(bytes: &[u8]) -> PictureError {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let brand = (bytes.get(4..8) == Some(b"ftyp")).then(|| bytes.get(8..12).unwrap_or_default());
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    let (name, how) = match brand {
        Some(b"avif" | b"avis") => ("AVIF", "`avifdec photo.avif photo.png`"),
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1") => {
            ("HEIC", "`heif-convert photo.heic photo.jpg`")
        }
        Some(b"crx ") => ("Canon RAW", "`dcraw_emu -w photo.cr3`"),
        Some(_) => ("a video", "`ffmpeg -i clip.mp4 -frames 1 frame.png`"),
        None if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => {
            ("JPEG XL", "`djxl photo.jxl photo.png`")
        }
        None if starts(b"%PDF") => ("PDF", "`pdftoppm -png -singlefile file.pdf page`"),
        None if starts(b"8BPS") => ("Photoshop", "`magick photo.psd[0] photo.png`"),
        None if starts(b"FUJIFILM") || starts(b"IIU\0") || starts(b"IIRO") => {
            ("camera RAW", "`dcraw_emu -w photo.raf`")
        }
        None if text.contains("<svg") => ("SVG", "`rsvg-convert drawing.svg -o drawing.png`"),
        None => {
            let message = "not a picture in a supported format (JPEG, PNG, GIF, WebP, TIFF, BMP, \
                           PNM, QOI, ICO)";
            return PictureError::new(ErrorKind::Unsupported, message);
        }
    };
    let message = format!("{name} is not supported; convert it first, for example with {how}");
    PictureError::new(ErrorKind::Unsupported, message)
}
