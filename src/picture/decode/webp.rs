//! A WebP's chunks: whether it is whole, what it says of itself, and flags that say too much.

use std::borrow::Cow;

use image::metadata::Orientation;

use super::exif;

/// The flags of an extended file, for its profile, its EXIF block and its XMP.
const PROMISES: [(&[u8; 4], u8); 3] = [(b"ICCP", 0x20), (b"EXIF", 0x08), (b"XMP ", 0x04)];

/// The byte of the flags.
const FLAGS: usize = 20;

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

/// What the first chunk of this name holds.
fn chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 12;
    loop {
        let found = bytes.get(at..at + 4)?;
        let length = number(bytes, at + 4)?;
        if found == name {
            return bytes.get(at + 8..at + 8 + length);
        }
        at += 8 + length + length % 2;
    }
}

/// The orientation in its EXIF block or XMP, which count where its flags say so.
pub(super) fn orientation(bytes: &[u8]) -> Orientation {
    let said = |name: &[u8; 4], flag: u8| {
        let is_said = is_extended(bytes) && bytes[FLAGS] & flag != 0;
        is_said.then(|| chunk(bytes, name)).flatten()
    };
    exif::orientation(said(b"EXIF", 0x08), said(b"XMP ", 0x04))
}

/// The file without promises of what is not there, which the decoder would insist on.
pub(super) fn without_empty_promises(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_extended(bytes) {
        return Cow::Borrowed(bytes);
    }
    let is_empty =
        |(name, flag): &&(&[u8; 4], u8)| bytes[FLAGS] & flag != 0 && chunk(bytes, name).is_none();
    let empty = PROMISES.iter().filter(is_empty);
    match empty.fold(0, |flags, (_, flag)| flags | flag) {
        0 => Cow::Borrowed(bytes),
        empty => {
            let mut bytes = bytes.to_vec();
            bytes[FLAGS] &= !empty;
            Cow::Owned(bytes)
        }
    }
}
