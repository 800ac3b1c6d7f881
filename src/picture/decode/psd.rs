//! Photoshop's files: the picture of all layers together, which its last part holds.

use std::borrow::Cow;

use super::big_endian;
use super::jpeg::rgb_of_inks;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::pack_bits;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::Picture;

/// Of the header.
const HEADER: usize = 26;

/// Whether it begins as Photoshop's files do, but for those of more than 30,000 pixels a side.
pub(super) fn is_psd(bytes: &[u8]) -> bool {
    bytes.starts_with(b"8BPS\0\x01")
}

/// What the channels are.
#[derive(Clone, Copy, PartialEq)]
enum Colours {
    Grey,
    Palette,
    Rgb,
    Cmyk,
}

impl Colours {
    fn of(mode: usize) -> Option<Self> {
        Some(match mode {
            // Grey, several inks, and shades of an ink, which Pillow shows as grey.
            1 | 7 | 8 => Self::Grey,
            2 => Self::Palette,
            3 => Self::Rgb,
            4 => Self::Cmyk,
            _ => return None,
        })
    }

    fn channels(self) -> usize {
        match self {
            Self::Grey | Self::Palette => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let header = Fields(bytes.get(..HEADER).ok_or_else(truncated)?);
    let stored_channels = header.short(12)?;
    let (height, width) = (header.long(14)?, header.long(18)?);
    let (bits, mode) = (header.short(22)?, header.short(24)?);
    check_pixels(width as u64, height as u64, limits)?;
    let colours = Colours::of(mode).filter(|_| bits == 8).ok_or_else(|| {
        let kind = format!("a Photoshop file of mode {mode} with {bits} bits a sample");
        unsupported_kind(&kind)
    })?;
    if stored_channels < colours.channels() {
        return Err(truncated());
    }
    // A fourth is alpha, and of more nobody knows which.
    let alpha = alpha && colours == Colours::Rgb && stored_channels == 4;
    let channels = colours.channels() + usize::from(alpha);
    // The palette, what belongs to the picture, and the layers.
    let (palette, rest) = part(&bytes[HEADER..])?;
    let (_, rest) = part(rest)?;
    let (_, rest) = part(rest)?;
    let coding = Fields(rest).short(0)?;
    let rest = &rest[2..];
    let needed = match coding {
        0 => channels * height * width,
        // The rows' lengths, and a run is at most 128 bytes in two.
        1 => stored_channels * height * 2 + channels * height * width / 64,
        2 | 3 => return Err(unsupported_kind("a Photoshop file packed by Deflate")),
        _ => {
            return Err(damaged("its coding is wrong"));
        }
    };
    if rest.len() < needed {
        return Err(truncated());
    }
    let _budget = MemoryBudget::take((width * height * (channels + 4)) as u64);
    let plane = width * height;
    let planes = match coding {
        0 => Cow::Borrowed(&rest[..plane * channels]),
        _ => Cow::Owned(unpacked(rest, stored_channels, channels, (width, height))?),
    };
    let pixels: Vec<[u8; 3]> = match colours {
        Colours::Grey => planes.iter().map(|grey| [*grey; 3]).collect(),
        Colours::Palette => {
            let lookup = lookup(palette)?;
            planes
                .iter()
                .map(|index| lookup[usize::from(*index)])
                .collect()
        }
        Colours::Rgb => {
            let at = |n: usize| [planes[n], planes[plane + n], planes[2 * plane + n]];
            (0..plane).map(at).collect()
        }
        Colours::Cmyk => {
            let inks = |n: usize| [0, 1, 2, 3].map(|ink| planes[ink * plane + n]);
            (0..plane).map(|n| rgb_of_inks(inks(n))).collect()
        }
    };
    let alpha = alpha.then(|| planes[3 * plane..].to_vec());
    Ok(Picture::new(width, height, pixels.into_flattened()).with_alpha(alpha))
}

/// A part with its length before it, and what follows.
fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), PictureError> {
    let length = Fields(bytes).long(0)?;
    bytes[4..].split_at_checked(length).ok_or_else(truncated)
}

/// The first `channels` planes of packed rows, whose lengths come first.
fn unpacked(
    bytes: &[u8],
    stored_channels: usize,
    channels: usize,
    (width, height): (usize, usize),
) -> Result<Vec<u8>, PictureError> {
    let (lengths, mut rest) = bytes.split_at(stored_channels * height * 2);
    let mut planes = Vec::with_capacity(channels * width * height);
    for length in lengths.as_chunks().0.iter().take(channels * height) {
        let length = usize::from(u16::from_be_bytes(*length));
        let (row, behind) = rest.split_at_checked(length).ok_or_else(truncated)?;
        planes.extend(pack_bits::unpack(row, width)?);
        rest = behind;
    }
    Ok(planes)
}

/// The colour of each index, from all reds, all greens and all blues.
fn lookup(palette: &[u8]) -> Result<[[u8; 3]; 256], PictureError> {
    let palette = palette.first_chunk::<768>();
    let palette = palette.ok_or_else(|| damaged("its palette is missing"))?;
    Ok(std::array::from_fn(|index| {
        [0, 256, 512].map(|colour| palette[colour + index])
    }))
}

/// Numbers of a part that may be cut short.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn short(&self, at: usize) -> Result<usize, PictureError> {
        big_endian::short(self.0, at)
            .map(usize::from)
            .ok_or_else(truncated)
    }

    fn long(&self, at: usize) -> Result<usize, PictureError> {
        big_endian::long(self.0, at)
            .map(|number| number as usize)
            .ok_or_else(truncated)
    }
}
