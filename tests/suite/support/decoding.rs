//! Pictures decoded by the library, and files that are changed on purpose.

use effnet::error::PictureError;
use effnet::picture::Picture;
use effnet::picture::decode::{Limits, Reading, decode};

/// As a network that sees alpha is shown pictures.
pub const WITH_ALPHA: Reading = Reading {
    alpha: true,
    ..Reading::WHOLE
};

/// What there is in a file, with no more pixels than these.
pub fn within(bytes: &[u8], max_pixels: u64) -> Result<Picture, PictureError> {
    let limits = Limits {
        max_pixels,
        ..Limits::default()
    };
    decode(bytes, limits, Reading::WHOLE)
}

/// What there is in a file, upright and in its own size.
pub fn whole(bytes: &[u8]) -> Result<Picture, PictureError> {
    within(bytes, Limits::default().max_pixels)
}

/// With the first place of some bytes taken by others.
pub fn with(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).position(|bytes| bytes == from);
    let at = at.unwrap_or_else(|| panic!("no {}", from.escape_ascii()));
    [&file[..at], to, &file[at + from.len()..]].concat()
}
