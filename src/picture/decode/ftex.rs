//! Textures of Independence War 2, as Pillow reads them (src/PIL/FtexImagePlugin.py): the first and
//! largest picture.

use super::blocks;
use super::dds::Coding;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::Picture;

pub(super) fn is_ftex(bytes: &[u8]) -> bool {
    bytes.starts_with(b"FTEX")
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let long = |at: usize| {
        let number = bytes.get(at..).and_then(|rest| rest.first_chunk());
        number
            .copied()
            .map(u32::from_le_bytes)
            .ok_or_else(truncated)
    };
    let (width, height) = (long(8)?, long(12)?);
    check_pixels(width.into(), height.into(), limits)?;
    let (width, height) = (width as usize, height as usize);
    let (kinds, kind, place) = (long(20)?, long(24)?, long(28)? as usize);
    let length = long(place)? as usize;
    let stored = bytes.get(place + 4..).and_then(|rest| rest.get(..length));
    let stored = stored.ok_or_else(truncated)?;
    match (kinds, kind) {
        (1, 0) => {
            let (coding, size) = (Coding::Bc1, (width, height));
            blocks::picture(stored, coding.bytes(), size, alpha, |block| {
                coding.colours(block)
            })
        }
        (1, 1) => {
            let _budget = MemoryBudget::take((width * height * 3) as u64);
            let pixels = stored.get(..width * height * 3).ok_or_else(truncated)?;
            Ok(Picture::new(width, height, pixels.to_vec()))
        }
        _ => Err(unsupported_kind(&format!(
            "an FTEX of {kinds} kinds, the first {kind}"
        ))),
    }
}
