//! Truevision's TGA, as Pillow reads it.

use super::gathered::Gathered;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::alpha::OPAQUE;

/// What a palette does not hold.
const BLACK: [u8; 4] = [0, 0, 0, OPAQUE];

/// Of the header.
const HEADER: usize = 18;

/// Whether it begins as a TGA does, which has no mark of its own: a palette or none, a kind and a
/// depth that go together, a size, and the bits that have no meaning left at 0.
pub(super) fn is_tga(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return false;
    };
    let has_palette = header[1] == 1;
    let is_kind = match (header[2] & 7, header[16]) {
        (1, 8 | 16) => has_palette && matches!(header[7], 15 | 16 | 24 | 32),
        (2, 15 | 16 | 24 | 32) | (3, 1 | 8 | 16) => true,
        _ => false,
    };
    let has_size = header[12..14] != [0; 2] && header[14..16] != [0; 2];
    header[1] <= 1 && header[2] & !11 == 0 && is_kind && has_size && header[17] & 0xc0 == 0
}

/// How the bytes of a pixel, or of a palette's entry, become a colour.
#[derive(Clone, Copy)]
enum Kind {
    /// And perhaps alpha.
    Grey,
    /// Five bits each, blue first, and one that is set where it is clear.
    Fifteen,
    /// Blue, green, red, and perhaps alpha.
    Bytes,
}

impl Kind {
    fn colour(self, bytes: &[u8]) -> [u8; 4] {
        let alpha = |at: usize| bytes.get(at).copied().unwrap_or(OPAQUE);
        match self {
            Self::Grey => [bytes[0], bytes[0], bytes[0], alpha(1)],
            Self::Fifteen => {
                let pixel = u32::from(bytes[0]) | u32::from(bytes[1]) << 8;
                // Rounded down, as Pillow does.
                let [red, green, blue] =
                    [10, 5, 0].map(|shift| ((pixel >> shift & 31) * 255 / 31) as u8);
                [red, green, blue, if pixel >> 15 == 0 { OPAQUE } else { 0 }]
            }
            Self::Bytes => [bytes[2], bytes[1], bytes[0], alpha(3)],
        }
    }
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let header = bytes.first_chunk::<HEADER>().ok_or_else(truncated)?;
    let short = |at: usize| usize::from(header[at]) | usize::from(header[at + 1]) << 8;
    let (width, height) = (short(12), short(14));
    check_pixels(width as u64, height as u64, limits)?;
    let (kind, size) = match (header[2] & 7, header[16]) {
        (1 | 3, 8) => (Kind::Grey, 1),
        (3, 16) => (Kind::Grey, 2),
        (2, 15 | 16) => (Kind::Fifteen, 2),
        (2, bits) => (Kind::Bytes, usize::from(bits / 8)),
        (_, bits) => return Err(unsupported_kind(&format!("a TGA with {bits} bits a pixel"))),
    };
    let rest = bytes.get(HEADER + usize::from(header[0])..);
    let (colours, rest) = palette(rest.ok_or_else(truncated)?, header, short(3), short(5))?;
    // A run is at most 128 pixels in a byte and a pixel.
    let is_packed = header[2] & 8 != 0;
    let shortest = match is_packed {
        true => width * height / 128 * (1 + size),
        false => width * height * size,
    };
    if rest.len() < shortest {
        return Err(truncated());
    }
    let _budget = MemoryBudget::take((width * height * (size + 4)) as u64);
    let unpacked: Vec<u8>;
    let stored = match is_packed {
        true => {
            unpacked = runs(rest, width, height, size)?;
            &unpacked
        }
        false => rest,
    };
    let is_indexed = header[2] & 7 == 1;
    let colour = |pixel: &[u8]| match is_indexed {
        true => colours[usize::from(pixel[0])],
        false => kind.colour(pixel),
    };
    let (is_mirrored, is_top_down) = (header[17] & 16 != 0, header[17] & 32 != 0);
    let mut pixels = Gathered::new(width * height, alpha);
    for y in 0..height {
        let y = if is_top_down { y } else { height - 1 - y };
        let row = stored[y * width * size..][..width * size].chunks_exact(size);
        match is_mirrored {
            true => pixels.extend(row.rev().map(colour)),
            false => pixels.extend(row.map(colour)),
        }
    }
    Ok(pixels.picture(width, height))
}

/// The colour of each index, and what follows the palette. What it does not hold is black.
fn palette<'a>(
    bytes: &'a [u8],
    header: &[u8; HEADER],
    first: usize,
    count: usize,
) -> Result<([[u8; 4]; 256], &'a [u8]), PictureError> {
    let mut colours = [BLACK; 256];
    if header[1] == 0 {
        return Ok((colours, bytes));
    }
    let size = usize::from(header[7]).div_ceil(8);
    let (entries, rest) = bytes.split_at_checked(size * count).ok_or_else(truncated)?;
    if header[2] & 7 != 1 {
        return Ok((colours, rest));
    }
    let kind = if size == 2 {
        Kind::Fifteen
    } else {
        Kind::Bytes
    };
    let before = std::iter::repeat_n(kind.colour(&[0; 4][..size]), first);
    let all = before.chain(entries.chunks_exact(size).map(|entry| kind.colour(entry)));
    colours
        .iter_mut()
        .zip(all)
        .for_each(|(to, colour)| *to = colour);
    Ok((colours, rest))
}

/// Unpacks runs of one pixel, and runs of pixels as they are. Only these go on in the next row.
fn runs(coded: &[u8], width: usize, height: usize, size: usize) -> Result<Vec<u8>, PictureError> {
    let (row, length) = (width * size, width * height * size);
    let mut pixels = Vec::with_capacity(length);
    let mut rest = coded;
    while pixels.len() < length {
        let (&head, behind) = rest.split_first().ok_or_else(truncated)?;
        let count = usize::from(head & 127) + 1;
        let is_run = head >= 128;
        let stored = if is_run { size } else { size * count };
        // The last one may say more than there is to be.
        let stored = stored.min(length - pixels.len());
        let (run, behind) = behind.split_at_checked(stored).ok_or_else(truncated)?;
        match is_run {
            true if pixels.len() % row + size * count > row => {
                return Err(damaged("a run is longer than its row"));
            }
            true => (0..count).for_each(|_| pixels.extend(run)),
            false => pixels.extend(run),
        }
        rest = behind;
    }
    Ok(pixels)
}
