//! Camera RAW: the largest of the pictures that the camera itself made of what its sensor saw, JPEGs
//! that lie in the file beside it. What the sensor saw is not developed.

mod canon;
mod maker_note;
mod tiff_like;

use image::metadata::Orientation;

use super::brands::{Brand, brand};
use super::directory::{is_directory, is_of_camera};
use super::jpeg;
use super::limits::{Limits, truncated};
use super::tiff;
use super::unsupported;
use crate::error::PictureError;
use crate::picture::{Picture, Scale};

/// What a file has beside its raw data.
#[derive(Default)]
struct Found<'a> {
    /// JPEGs, by their beginnings.
    previews: Vec<&'a [u8]>,
    /// Whether there were more, had the file not been cut short.
    is_cut: bool,
    /// How all of them are to be turned, where the file says so; if not, each may.
    orientation: Option<Orientation>,
}

impl<'a> Found<'a> {
    /// Takes what is said to be a picture, where it is a JPEG.
    fn take(&mut self, bytes: &'a [u8], at: u64, length: u64) {
        match piece(bytes, at, length) {
            Some(piece) => self
                .previews
                .extend(Some(piece).filter(|p| jpeg::is_jpeg(p))),
            None => self.is_cut = true,
        }
    }
}

/// Bytes, if all of them are there.
fn piece(bytes: &[u8], at: u64, length: u64) -> Option<&[u8]> {
    let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
    bytes.get(at..at.checked_add(length)?)
}

/// How Fujifilm's files begin.
const FUJIFILM: &[u8] = b"FUJIFILMCCD-RAW ";

/// Whether a file is camera RAW by its beginning. Of most makers it begins as a TIFF does.
pub(super) fn is_raw(start: &[u8]) -> bool {
    start.starts_with(FUJIFILM) || is_of_camera(start) || brand(start) == Some(Brand::CanonRaw)
}

/// Whether a TIFF is camera RAW.
pub(super) fn is_raw_tiff(bytes: &[u8]) -> bool {
    tiff_like::is_raw(bytes)
}

/// The largest preview as it is stored or reduced, and how to turn it.
///
/// # Errors
/// If there is none, or it can't be decoded.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    scale: &dyn Fn((usize, usize)) -> Scale,
) -> Result<(Picture, Orientation), PictureError> {
    let found = match bytes {
        _ if bytes.starts_with(FUJIFILM) => fujifilm(bytes),
        _ if brand(bytes) == Some(Brand::CanonRaw) => canon::find(bytes)?,
        _ => tiff_like::find(bytes),
    };
    if found.is_cut {
        return Err(truncated());
    }
    let sized = found.previews.into_iter();
    let sized = sized.filter_map(|jpeg| Some((jpeg::size(jpeg)?, jpeg)));
    let largest = sized.max_by_key(|((width, height), jpeg)| (width * height, jpeg.len()));
    let (mut picture, orientation) = match largest {
        Some((_, jpeg)) => {
            let (picture, own) = jpeg::decode(jpeg, limits, scale)?;
            (picture, found.orientation.unwrap_or(own))
        }
        // A thumbnail that is not packed.
        None if is_directory(bytes) => tiff::decode(bytes, limits, false)?,
        None => return Err(unsupported::raw()),
    };
    picture.is_preview = true;
    Ok((picture, orientation))
}

/// The place and the length of the JPEG in Fujifilm's header.
fn fujifilm(bytes: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    let number = |at| Some(u32::from_be_bytes(*piece(bytes, at, 4)?.first_chunk()?));
    match (number(84), number(88)) {
        (Some(at), Some(length)) => found.take(bytes, at.into(), length.into()),
        _ => found.is_cut = true,
    }
    found
}
