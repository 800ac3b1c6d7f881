//! Windows' icons and cursors: the largest of the pictures in them, as Pillow picks it.

use super::limits::{Limits, truncated};
use super::{bmp, other};
use crate::error::PictureError;
use crate::picture::Picture;

pub(super) fn is_ico(bytes: &[u8]) -> bool {
    let is_empty = matches!(bytes.get(4..6), None | Some([0, 0]));
    // A TGA begins as a cursor does, and has zeros for their number.
    bytes.starts_with(&[0, 0, 1, 0]) || bytes.starts_with(&[0, 0, 2, 0]) && !is_empty
}

pub(super) fn decode(bytes: &[u8], limits: Limits) -> Result<Picture, PictureError> {
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
    match picture.starts_with(b"\x89PNG") {
        true => Ok(other::decode(picture, limits)?.0),
        false => bmp::decode_dib(picture, limits, true),
    }
}
