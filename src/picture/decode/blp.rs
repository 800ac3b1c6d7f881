//! Blizzard's textures, of Warcraft III (BLP1) and World of Warcraft (BLP2), as Pillow reads them: the
//! first and largest picture.

use super::blocks;
use super::dds::Coding;
use super::gathered::Gathered;
use super::jpeg;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::{Picture, Scale};

pub(super) fn is_blp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BLP1") || bytes.starts_with(b"BLP2")
}

/// How pixels are stored.
enum Layout {
    /// JPEG, whose beginning all pictures of the file share.
    Jpeg,
    /// An index, with a palette before the pixels.
    Palette,
    /// Blocks as DirectX has them, but for how bits become colours.
    Blocks(Coding),
    /// Blue, green, red and alpha.
    Bytes,
}

/// Of the largest picture and the 15 smaller ones, where each is, and then how long.
const PLACES: usize = 16 * 4 * 2;

const PALETTE: usize = 256 * 4;

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let long = |at: usize| {
        let number = bytes
            .get(at..at + 4)
            .and_then(|number| number.try_into().ok());
        number.map(u32::from_le_bytes).ok_or_else(truncated)
    };
    let is_first = bytes[3] == b'1';
    let header = if is_first { 28 } else { 20 };
    let (width, height) = (long(12)?, long(16)?);
    check_pixels(width.into(), height.into(), limits)?;
    let (width, height) = (width as usize, height as usize);
    let has_alpha = match is_first {
        true => long(8)? != 0,
        false => bytes.get(9).is_some_and(|bits| *bits != 0),
    };
    let alpha = alpha && has_alpha;
    let layout = match is_first {
        true => of_warcraft_3(long(4)?, long(20)?)?,
        false => of_world_of_warcraft(long(4)?, long(8)?)?,
    };
    let tables = header + PLACES;
    let (start, length) = (long(header)? as usize, long(header + PLACES / 2)? as usize);
    let stored = |start: usize| bytes.get(start..).ok_or_else(truncated);
    match layout {
        Layout::Jpeg => {
            let shared = long(tables)? as usize;
            let (shared, rest) = stored(tables + 4)?
                .split_at_checked(shared)
                .ok_or_else(truncated)?;
            let start = start.max(bytes.len() - rest.len());
            let own = stored(start)?.get(..length).ok_or_else(truncated)?;
            of_jpeg(&[shared, own].concat(), (width, height), limits)
        }
        Layout::Palette => {
            // Pillow itself writes a place that is too early (src/PIL/BlpImagePlugin.py, BLPEncoder).
            let start = start.max(tables + PALETTE);
            let palette = stored(tables)?.get(..PALETTE).ok_or_else(truncated)?;
            let palette = palette.as_chunks::<4>().0;
            let colour = |index: &u8| turned(palette[usize::from(*index)]);
            let indices = stored(start)?.get(..width * height);
            let indices = indices.ok_or_else(truncated)?;
            let _budget = MemoryBudget::take((width * height * 4) as u64);
            let mut pixels = Gathered::new(width * height, alpha);
            pixels.extend(indices.iter().map(colour));
            Ok(pixels.picture(width, height))
        }
        Layout::Blocks(coding) => {
            let size = (width, height);
            blocks::picture(stored(start)?, coding.bytes(), size, alpha, |block| {
                coding.between(block, colour)
            })
        }
        Layout::Bytes => {
            let stored = stored(start)?.get(..width * height * 4);
            let stored = stored.ok_or_else(truncated)?.as_chunks::<4>().0;
            let _budget = MemoryBudget::take((width * height * 4) as u64);
            let mut pixels = Gathered::new(width * height, alpha);
            pixels.extend(stored.iter().copied().map(turned));
            Ok(pixels.picture(width, height))
        }
    }
}

/// Red first.
fn turned([blue, green, red, alpha]: [u8; 4]) -> [u8; 4] {
    [red, green, blue, alpha]
}

/// By the numbers of the compression, and of the kind of pixels: with their alpha behind them (3 and
/// 4), or without.
fn of_warcraft_3(compression: u32, kind: u32) -> Result<Layout, PictureError> {
    match (compression, kind) {
        (0, _) => Ok(Layout::Jpeg),
        (1, 3..=5) => Ok(Layout::Palette),
        _ => Err(unsupported_kind(&format!(
            "a BLP1 of compression {compression} and kind {kind}"
        ))),
    }
}

/// By the number of the compression, and by the coding, bits of alpha and their coding in one number.
fn of_world_of_warcraft(compression: u32, codings: u32) -> Result<Layout, PictureError> {
    let [coding, _, alpha, _] = codings.to_le_bytes();
    Ok(match (compression, coding, alpha) {
        (1, 1, _) => Layout::Palette,
        (1, 2, 0) => Layout::Blocks(Coding::Bc1),
        (1, 2, 1) => Layout::Blocks(Coding::Bc2),
        (1, 2, 7) => Layout::Blocks(Coding::Bc3),
        (1, 3, _) => Layout::Bytes,
        _ => {
            let kind = format!("a BLP2 of compression {compression}, coding {coding}, {alpha}");
            return Err(unsupported_kind(&kind));
        }
    })
}

/// Five, six and five bits. DirectX fills the low bits with the high ones; Pillow leaves them 0 here
/// (src/PIL/BlpImagePlugin.py, unpack_565).
fn colour(number: u16) -> [u8; 3] {
    [number >> 11 << 3, number >> 5 << 2, number << 3].map(|value| value as u8)
}

/// Its four components are blue, green, red and alpha. Nothing in it says so, and like any JPEG's of
/// four components they are taken for inks; of the colours that come out the red is the blue.
fn of_jpeg(bytes: &[u8], size: (usize, usize), limits: Limits) -> Result<Picture, PictureError> {
    if !jpeg::is_jpeg(bytes) {
        return Err(damaged("its JPEG is none"));
    }
    let (mut picture, _) = jpeg::decode(bytes, limits, &|_| Scale::Full)?;
    if (picture.width, picture.height) != size {
        return Err(damaged("its JPEG has another size"));
    }
    let pixels = picture.pixels.as_chunks_mut::<3>().0;
    pixels.iter_mut().for_each(|pixel| pixel.reverse());
    Ok(picture)
}
