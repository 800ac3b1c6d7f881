//! A WebP's chunks: whether it is whole, what it says of itself, and flags that say too much.

use std::borrow::Cow;
use std::ops::Range;

use image::metadata::Orientation;

use super::exif;

/// The flags of an extended file, for its profile, its EXIF block and its XMP.
const PROMISES: [(&[u8; 4], u8); 3] = [(b"ICCP", 0x20), (b"EXIF", 0x08), (b"XMP ", 0x04)];

/// The byte of the flags.
const FLAGS: usize = 20;

/// The byte of a frame's flags, behind its place, size and time.
const FRAME_FLAGS: usize = 15;

const DOES_NOT_BLEND: u8 = 2;

fn is_extended(bytes: &[u8]) -> bool {
    bytes.get(12..16) == Some(b"VP8X") && bytes.len() > FLAGS
}

/// Whether the file is as long as its RIFF header says, and each chunk ends within it. The decoder
/// shows what there is, and sets aside what a chunk claims.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let end = number(bytes, 4).map_or(usize::MAX, |length| 8 + length);
    let mut at = 12;
    while at + 8 <= end.min(bytes.len()) {
        // Padded to an even length.
        let chunk = number(bytes, at + 4).unwrap_or(0);
        at += 8 + chunk + chunk % 2;
    }
    end <= bytes.len() && at <= bytes.len() + 1
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(number) as usize)
}

/// Where the first chunk of this name is, behind its header.
fn find(bytes: &[u8], name: &[u8; 4]) -> Option<Range<usize>> {
    let mut at = 12;
    loop {
        let found = bytes.get(at..at + 4)?;
        let length = number(bytes, at + 4)?;
        let end = at.checked_add(8)?.checked_add(length)?;
        if found == name {
            return (end <= bytes.len()).then_some(at + 8..end);
        }
        at = end + length % 2;
    }
}

/// The orientation in its EXIF block or XMP, which count where its flags say so.
pub(super) fn orientation(bytes: &[u8]) -> Orientation {
    let said = |name: &[u8; 4], flag: u8| {
        let is_said = is_extended(bytes) && bytes[FLAGS] & flag != 0;
        let range = is_said.then(|| find(bytes, name)).flatten();
        range.map(|range| &bytes[range])
    };
    exif::orientation(said(b"EXIF", 0x08), said(b"XMP ", 0x04))
}

/// The file without promises of what is not there, which the decoder would insist on, and with a
/// first frame that is put on nothing, which the decoder would mix with it.
pub(super) fn prepared(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_extended(bytes) {
        return Cow::Borrowed(bytes);
    }
    let is_empty =
        |(name, flag): &&(&[u8; 4], u8)| bytes[FLAGS] & flag != 0 && find(bytes, name).is_none();
    let empty = PROMISES.iter().filter(is_empty);
    let empty = empty.fold(0, |flags, (_, flag)| flags | flag);
    let frame = find(bytes, b"ANMF").filter(|frame| frame.len() > FRAME_FLAGS);
    if empty == 0 && frame.is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut prepared = bytes.to_vec();
    prepared[FLAGS] &= !empty;
    if let Some(frame) = frame {
        prepared[frame.start + FRAME_FLAGS] |= DOES_NOT_BLEND;
    }
    Cow::Owned(prepared)
}
