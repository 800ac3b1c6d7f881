//! Windows' icons and cursors: the largest of the pictures in them, as Pillow picks it.

use super::limits::{Limits, truncated};
use super::{bmp, other};
use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::alpha::OPAQUE;

pub(super) fn is_ico(bytes: &[u8]) -> bool {
    let is_empty = matches!(bytes.get(4..6), None | Some([0, 0]));
    // A TGA begins as a cursor does, and has zeros for their number.
    bytes.starts_with(&[0, 0, 1, 0]) || bytes.starts_with(&[0, 0, 2, 0]) && !is_empty
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let count = bytes.get(4..6).ok_or_else(truncated)?;
    let count = usize::from(count[0]) | usize::from(count[1]) << 8;
    let is_cursor = bytes[2] == 2;
    let entries = bytes[6..].chunks_exact(16).take(count);
    // The first of the largest, and among them of the fewest colours.
    let rank = |entry: &&[u8]| {
        let side = |byte: u8| if byte == 0 { 256 } else { usize::from(byte) };
        let area = side(entry[0]) * side(entry[1]);
        let depth = match (entry[6], entry[2]) {
            // There, a cursor has its hot spot.
            _ if is_cursor => 0,
            (0, 0) => 256,
            (0, colours) => u32::from(colours).next_power_of_two().ilog2(),
            (bits, _) => bits.into(),
        };
        (std::cmp::Reverse(area), depth)
    };
    let entry = entries.min_by_key(rank).ok_or_else(truncated)?;
    let at = u32::from_le_bytes([entry[12], entry[13], entry[14], entry[15]]);
    let picture = bytes.get(at as usize..).ok_or_else(truncated)?;
    if picture.starts_with(b"\x89PNG") {
        return Ok(other::decode(picture, limits, alpha)?.0);
    }
    let depth = u16::from_le_bytes([entry[6], entry[7]]);
    // In a cursor, Pillow takes the fourth byte for alpha where nothing but one entry is before it.
    let (is_fourth, is_mask) = match is_cursor {
        true => (at == 22, false),
        false => (depth == 32, depth != 32),
    };
    let mut icon = bmp::decode_icon(picture, limits, alpha && is_fourth)?;
    if alpha && is_mask {
        let length = u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]);
        icon.alpha = Some(mask(picture, length as usize, &icon)?);
    }
    Ok(icon)
}

/// Where an icon is opaque: its last part has a bit for each pixel that is not, the last row first.
fn mask(coded: &[u8], length: usize, icon: &Picture) -> Result<Vec<u8>, PictureError> {
    let row = icon.width.div_ceil(32) * 4;
    let start = length.checked_sub(row * icon.height);
    let bits = start.and_then(|start| coded.get(start..length));
    let rows = bits.ok_or_else(truncated)?.chunks_exact(row).rev();
    let value = |row: &[u8], x: usize| match row[x / 8] << (x % 8) & 0x80 {
        0 => OPAQUE,
        _ => 0,
    };
    let values = rows.flat_map(|row| (0..icon.width).map(move |x| value(row, x)));
    Ok(values.collect())
}
