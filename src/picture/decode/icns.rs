//! Apple's icons: the largest of the pictures in them, as Pillow picks it.

use super::big_endian;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use super::{jpeg2000, other};
use crate::error::PictureError;
use crate::picture::Picture;

pub(super) fn is_icns(bytes: &[u8]) -> bool {
    bytes.starts_with(b"icns")
}

/// What is in a part.
#[derive(Clone, Copy)]
enum Kind {
    /// A whole PNG or JPEG 2000.
    File,
    /// Planes in runs of so many pixels a side, behind so many zeros; alpha is a part of its own.
    Planes(usize, usize, &'static [u8; 4]),
}

/// The kinds of parts with colours, the largest first; of the same size a file comes first. The
/// icons with palettes of 1990 are left aside.
const KINDS: [(&[u8; 4], Kind); 14] = [
    (b"ic10", Kind::File),
    (b"ic09", Kind::File),
    (b"ic14", Kind::File),
    (b"ic08", Kind::File),
    (b"ic13", Kind::File),
    (b"ic07", Kind::File),
    (b"it32", Kind::Planes(128, 4, b"t8mk")),
    (b"icp6", Kind::File),
    (b"ih32", Kind::Planes(48, 0, b"h8mk")),
    (b"ic12", Kind::File),
    (b"icp5", Kind::File),
    (b"il32", Kind::Planes(32, 0, b"l8mk")),
    (b"ic11", Kind::File),
    (b"icp4", Kind::File),
];

/// The smallest, which comes behind them.
const SMALLEST: (&[u8; 4], Kind) = (b"is32", Kind::Planes(16, 0, b"s8mk"));

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let parts = parts(bytes)?;
    let found = KINDS.iter().chain([&SMALLEST]).find_map(|(name, kind)| {
        let part = parts.iter().rfind(|(other, _)| other == *name)?;
        Some((part.1, *kind))
    });
    let (part, kind) =
        found.ok_or_else(|| unsupported_kind("an Apple icon without a picture of 24 bits"))?;
    match kind {
        Kind::File if part.starts_with(b"\x89PNG") => Ok(other::decode(part, limits, alpha)?.0),
        Kind::File if jpeg2000::is_jpeg2000(part) => jpeg2000::decode(part, limits, alpha),
        Kind::File => Err(unsupported_kind("an Apple icon of this kind")),
        Kind::Planes(side, zeros, mask) => {
            check_pixels(side as u64, side as u64, limits)?;
            let icon = planes(part.get(zeros..).ok_or_else(truncated)?, side)?;
            let mask = parts.iter().rfind(|(name, _)| alpha && name == mask);
            let values = mask.map(|(_, values)| values.get(..side * side).ok_or_else(truncated));
            Ok(icon.with_alpha(values.transpose()?.map(<[u8]>::to_vec)))
        }
    }
}

/// A part's name and its bytes.
type Part<'a> = (&'a [u8], &'a [u8]);

/// The parts. All must be there, or a smaller one would be shown.
fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, PictureError> {
    let length = |bytes: &[u8]| {
        let length = big_endian::long(bytes, 4).ok_or_else(truncated)?;
        Ok(length as usize)
    };
    let mut rest = bytes.get(8..length(bytes)?).ok_or_else(truncated)?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, behind) = rest.split_at_checked(length(rest)?).ok_or_else(truncated)?;
        parts.push((
            &part[..4.min(part.len())],
            part.get(8..).ok_or_else(truncated)?,
        ));
        rest = behind;
    }
    Ok(parts)
}

/// A plane of runs for each colour, or pixels as they are.
fn planes(bytes: &[u8], side: usize) -> Result<Picture, PictureError> {
    let area = side * side;
    let _budget = MemoryBudget::take((area * 6) as u64);
    if bytes.len() == area * 3 {
        return Ok(Picture::new(side, side, bytes.to_vec()));
    }
    let mut pixels = vec![[0; 3]; area];
    let mut rest = bytes;
    for channel in 0..3 {
        let mut at = 0;
        while at < area {
            let (&head, behind) = rest.split_first().ok_or_else(truncated)?;
            let is_run = head >= 128;
            let count = usize::from(head) + 1 - if is_run { 126 } else { 0 };
            let stored = if is_run { 1 } else { count };
            let (values, behind) = behind.split_at_checked(stored).ok_or_else(truncated)?;
            let Some(to) = pixels.get_mut(at..at + count) else {
                return Err(damaged("a run is longer than the icon"));
            };
            let values = values.iter().cycle();
            to.iter_mut()
                .zip(values)
                .for_each(|(pixel, value)| pixel[channel] = *value);
            at += count;
            rest = behind;
        }
    }
    Ok(Picture::new(side, side, pixels.into_flattened()))
}
