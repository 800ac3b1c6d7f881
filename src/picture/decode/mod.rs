//! Bytes to upright RGB, and alpha where it is asked for, within limits; the only user of `image`,
//! `mozjpeg` and the other decoders.
//!
//! Colour follows Pillow's `convert("RGB")`, which the checkpoints were evaluated with: alpha is
//! dropped, or kept as by `convert("RGBA")`, grey is repeated, palettes are looked up, CMYK is read as
//! Adobe writes it, colour profiles are ignored. Sixteen bits are scaled to eight. Of an animation the
//! first frame counts.

mod avif;
mod big_endian;
mod blocks;
mod blp;
mod bmp;
mod brands;
mod dds;
mod directory;
mod exif;
mod ftex;
mod gathered;
mod gif;
#[cfg(feature = "heic")]
mod heic;
mod icns;
mod ico;
mod isobmff;
mod joined;
mod jpeg;
mod jpeg2000;
mod jpeg_xl;
mod limits;
mod memory_budget;
mod other;
mod pack_bits;
mod png;
mod psd;
mod raw;
mod sgi;
mod tga;
mod tiff;
mod turn;
mod unsupported;
mod webp;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::ImageFormat;
use image::metadata::Orientation;

use super::alpha::OPAQUE;
use super::{Picture, Scale};
use crate::error::{ErrorKind, PictureError};
pub use joined::is_joined;
pub use limits::Limits;
use limits::damaged;
use turn::turn;
use unsupported::unsupported;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is decoding, so that a panic becomes the picture's error and needs no
/// report of its own.
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// What a file's first bytes say that it is.
#[derive(Clone, Copy)]
enum Format {
    Jpeg,
    Avif,
    JpegXl,
    Raw,
    #[cfg(feature = "heic")]
    Heic,
    Gif,
    Tiff,
    Bmp,
    Dib,
    Ico,
    Icns,
    Jpeg2000,
    Psd,
    Dds,
    Blp,
    Ftex,
    Sgi,
    Tga,
    Other,
}

impl Format {
    fn of(start: &[u8]) -> Option<Self> {
        let is_read = |format: ImageFormat| format.reading_enabled();
        Some(match start {
            _ if jpeg::is_jpeg(start) => Self::Jpeg,
            _ if avif::is_avif(start) => Self::Avif,
            _ if jpeg_xl::is_jpeg_xl(start) => Self::JpegXl,
            _ if raw::is_raw(start) => Self::Raw,
            #[cfg(feature = "heic")]
            _ if heic::is_heic(start) => Self::Heic,
            _ if gif::is_gif(start) => Self::Gif,
            _ if directory::is_directory(start) => Self::Tiff,
            _ if bmp::is_bmp(start) => Self::Bmp,
            _ if image::guess_format(start).is_ok_and(is_read) => Self::Other,
            _ if ico::is_ico(start) => Self::Ico,
            _ if icns::is_icns(start) => Self::Icns,
            _ if jpeg2000::is_jpeg2000(start) => Self::Jpeg2000,
            _ if psd::is_psd(start) => Self::Psd,
            _ if dds::is_dds(start) => Self::Dds,
            _ if blp::is_blp(start) => Self::Blp,
            _ if ftex::is_ftex(start) => Self::Ftex,
            _ if sgi::is_sgi(start) => Self::Sgi,
            _ if bmp::is_dib(start) => Self::Dib,
            _ if tga::is_tga(start) => Self::Tga,
            _ => return None,
        })
    }
}

/// Whether a file begins as a picture does.
pub fn is_picture(start: &[u8]) -> bool {
    Format::of(start).is_some() || image::guess_format(start).is_ok()
}

/// How much of a file [`check_start`] needs.
pub const START_BYTES: usize = 512;

/// The first [`START_BYTES`] of the file at `path`, or all that there are.
///
/// # Errors
/// If it can't be read.
pub fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    let file = File::open(path)?;
    file.take(START_BYTES as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// Refuses what can't be a picture by its first bytes, before the others are read.
///
/// # Errors
/// If there are none, or they are of no format that is read.
pub fn check_start(start: &[u8]) -> Result<(), PictureError> {
    if start.is_empty() {
        return Err(PictureError::new(ErrorKind::Decode, "the file is empty"));
    }
    match Format::of(start) {
        Some(_) => Ok(()),
        None => Err(unsupported(start)),
    }
}

/// How a picture is read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Whether it is turned as its EXIF orientation says.
    pub upright: bool,
    /// Whether its alpha is kept.
    pub alpha: bool,
    /// How large it is needed, where reducing saves time, for a JPEG: given width and height in pixels
    /// as they are stored.
    pub scale: &'a dyn Fn((usize, usize)) -> Scale,
}

impl Reading<'_> {
    /// All of it but alpha, upright.
    pub const WHOLE: Self = Self {
        upright: true,
        alpha: false,
        scale: &|_| Scale::Full,
    };
}

/// Decodes a picture.
///
/// # Errors
/// If the bytes are no picture of a known format, exceed `limits`, or are damaged or cut short.
pub fn decode(bytes: &[u8], limits: Limits, reading: Reading) -> Result<Picture, PictureError> {
    check_start(bytes)?;
    // Decoders of untrusted data do panic now and then; that is one bad picture, no more.
    IS_GUARDED.set(true);
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        decode_unguarded(bytes, limits, reading)
    }));
    IS_GUARDED.set(false);
    decoded.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let detail = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let detail = detail.unwrap_or("the decoder gave up on it");
        Err(damaged(detail))
    })
}

fn decode_unguarded(
    bytes: &[u8],
    limits: Limits,
    reading: Reading,
) -> Result<Picture, PictureError> {
    let Reading {
        upright,
        alpha,
        scale,
    } = reading;
    let as_stored = |picture| (picture, Orientation::NoTransforms);
    let (picture, orientation) = match Format::of(bytes) {
        Some(Format::Jpeg) => jpeg::decode(bytes, limits, scale)?,
        Some(Format::Avif) => avif::decode(bytes, limits, alpha)?,
        Some(Format::JpegXl) => jpeg_xl::decode(bytes, limits, alpha)?,
        Some(Format::Raw) => raw::decode(bytes, limits, scale)?,
        #[cfg(feature = "heic")]
        Some(Format::Heic) => as_stored(heic::decode(bytes, limits, alpha)?),
        Some(Format::Gif) => as_stored(gif::decode(bytes, limits, alpha)?),
        Some(Format::Tiff) if raw::is_raw_tiff(bytes) => raw::decode(bytes, limits, scale)?,
        Some(Format::Tiff) => tiff::decode(bytes, limits, alpha)?,
        Some(Format::Bmp) => as_stored(bmp::decode(bytes, limits, alpha)?),
        Some(Format::Dib) => as_stored(bmp::decode_dib(bytes, limits, alpha)?),
        Some(Format::Ico) => as_stored(ico::decode(bytes, limits, alpha)?),
        Some(Format::Icns) => as_stored(icns::decode(bytes, limits, alpha)?),
        Some(Format::Jpeg2000) => as_stored(jpeg2000::decode(bytes, limits, alpha)?),
        Some(Format::Psd) => as_stored(psd::decode(bytes, limits, alpha)?),
        Some(Format::Dds) => as_stored(dds::decode(bytes, limits, alpha)?),
        Some(Format::Blp) => as_stored(blp::decode(bytes, limits, alpha)?),
        Some(Format::Ftex) => as_stored(ftex::decode(bytes, limits, alpha)?),
        Some(Format::Sgi) => as_stored(sgi::decode(bytes, limits, alpha)?),
        Some(Format::Tga) => as_stored(tga::decode(bytes, limits, alpha)?),
        Some(Format::Other) | None => other::decode(bytes, limits, alpha)?,
    };
    // What is opaque everywhere needs no more work than what has no alpha.
    let is_seen = |alpha: &Vec<u8>| alpha.iter().any(|value| *value != OPAQUE);
    let picture = Picture {
        alpha: picture.alpha.filter(is_seen),
        ..picture
    };
    if !upright || orientation == Orientation::NoTransforms {
        return Ok(picture);
    }
    let turned = turn(picture, orientation);
    turned.ok_or_else(|| PictureError::new(ErrorKind::Decode, "its size is inconsistent"))
}
