//! Whether all tiles of a JPEG 2000 are there. The decoder leaves those black that are not, and makes
//! something of each that a header claims.

use crate::error::PictureError;
use crate::picture::decode::big_endian;
use crate::picture::decode::limits::{damaged, truncated};

/// Markers: where the codes begin, where a part of a tile does, and the end.
const START: u16 = 0xff4f;
const PART: u16 = 0xff90;
const END: u16 = 0xffd9;

/// A tile's number has 16 bits (ISO/IEC 15444-1, A.4.2).
const MOST_TILES: u64 = 1 << 16;

/// How many parts of a tile there are, and how many there are to be, where that is said.
#[derive(Clone, Copy, Default)]
struct Tile {
    parts: u8,
    promised: u8,
}

/// Checks a file, or bare codes.
///
/// # Errors
/// If there are too many tiles, or too few parts of one.
pub(super) fn check(bytes: &[u8]) -> Result<(), PictureError> {
    let codes = Codes(codes(bytes).ok_or_else(truncated)?);
    let mut tiles = vec![Tile::default(); codes.tiles()?];
    let mut at = codes.first_part().ok_or_else(truncated)?;
    while codes.short(at) == Some(PART) {
        let fields = (
            codes.short(at + 4),
            codes.long(at + 6),
            codes.short(at + 10),
        );
        let (Some(number), Some(length), Some(counts)) = fields else {
            return Err(truncated());
        };
        let tile = tiles.get_mut(usize::from(number));
        let tile = tile.ok_or_else(|| damaged("a tile's number is wrong"))?;
        tile.parts = tile.parts.saturating_add(1);
        tile.promised = tile.promised.max(counts as u8);
        at = match length {
            // The last one goes to the end.
            0 => codes.0.len().saturating_sub(2),
            12.. => at.saturating_add(length as usize),
            _ => return Err(damaged("a part's length is wrong")),
        };
    }
    let is_whole = |tile: &Tile| tile.parts >= tile.promised.max(1);
    // Of a picture that lacks nothing else, the end marker may be missing.
    let is_at_end = codes.short(at) == Some(END) || at == codes.0.len();
    match is_at_end && tiles.iter().all(is_whole) {
        true => Ok(()),
        false => Err(truncated()),
    }
}

/// The codes, which a file has in a box.
fn codes(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    while Codes(rest).short(0)? != START {
        let long = |at: usize| Codes(rest).long(at).map(u64::from);
        let (length, head) = match long(0)? {
            0 => (rest.len() as u64, 8),
            1 => (long(8)? << 32 | long(12)?, 16),
            length => (length, 8),
        };
        let whole = rest.get(..usize::try_from(length).ok()?)?;
        match whole.get(4..8)? == b"jp2c" {
            true => return whole.get(head..),
            false => rest = rest.get(whole.len().max(head)..)?,
        }
    }
    Some(rest)
}

/// The codes' numbers.
struct Codes<'a>(&'a [u8]);

impl Codes<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        big_endian::short(self.0, at)
    }

    fn long(&self, at: usize) -> Option<u32> {
        big_endian::long(self.0, at)
    }

    /// How many tiles the picture has, by its first marker, which tells the sizes.
    fn tiles(&self) -> Result<usize, PictureError> {
        let along = |picture: usize, tile: usize, start: usize| {
            let (end, size, start) = (self.long(picture)?, self.long(tile)?, self.long(start)?);
            let count = u64::from(end.checked_sub(start)?).div_ceil(u64::from(size).max(1));
            (size > 0).then_some(count)
        };
        let (across, down) = (along(8, 24, 32), along(12, 28, 36));
        let (across, down) = across.zip(down).ok_or_else(truncated)?;
        match across
            .checked_mul(down)
            .filter(|tiles| *tiles <= MOST_TILES)
        {
            Some(tiles) => Ok(tiles as usize),
            None => Err(damaged("the number of its tiles is wrong")),
        }
    }

    /// Where the first part of a tile begins: behind all markers of the picture.
    fn first_part(&self) -> Option<usize> {
        let mut at = 2;
        while self.short(at)? != PART {
            at += 2 + usize::from(self.short(at + 2)?).max(2);
        }
        Some(at)
    }
}
