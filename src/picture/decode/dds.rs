//! DirectX' textures, as Pillow reads them: the first and largest picture.

mod block;

use super::blocks;
use super::gathered::Gathered;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::alpha::OPAQUE;
pub(super) use block::Coding;

/// The mark and the header.
const HEADER: usize = 128;

/// What follows it where the format is a number of DXGI's.
const EXTENSION: usize = 20;

pub(super) fn is_dds(bytes: &[u8]) -> bool {
    bytes.starts_with(b"DDS \x7c\0\0\0")
}

/// How pixels are stored.
enum Layout {
    Blocks(Coding),
    /// Bits of a little-endian number of so many bytes: of the colours, and perhaps of alpha.
    Masks(usize, [u32; 3], Option<u32>),
    /// The first byte of so many is grey, and a second is alpha.
    Grey(usize),
    /// An index, with a palette before the pixels.
    Palette,
    /// Red, green, blue and alpha.
    Bytes,
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let header = bytes.first_chunk::<HEADER>().ok_or_else(truncated)?;
    let long = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| header[at + n]));
    let (height, width) = (long(12), long(16));
    check_pixels(width.into(), height.into(), limits)?;
    let (width, height) = (width as usize, height as usize);
    let (layout, rest) = layout(bytes, &long)?;
    let (palette, rest) = match layout {
        Layout::Palette => rest.split_at_checked(1024).ok_or_else(truncated)?,
        _ => (&[][..], rest),
    };
    let size = match layout {
        Layout::Blocks(coding) => {
            let size = (width, height);
            return blocks::picture(rest, coding.bytes(), size, alpha, |block| {
                coding.colours(block)
            });
        }
        Layout::Masks(size, ..) | Layout::Grey(size) => size,
        Layout::Palette => 1,
        Layout::Bytes => 4,
    };
    let stored = rest.get(..width * height * size).ok_or_else(truncated)?;
    let _budget = MemoryBudget::take((width * height * 4) as u64);
    let colour = |pixel: &[u8]| match layout {
        Layout::Masks(_, masks, alpha) => {
            let number = pixel
                .iter()
                .rev()
                .fold(0, |n, byte| n << 8 | u32::from(*byte));
            let [red, green, blue] = masks.map(|mask| value(number, mask));
            [
                red,
                green,
                blue,
                alpha.map_or(OPAQUE, |mask| value(number, mask)),
            ]
        }
        Layout::Palette => {
            let entry = &palette[usize::from(pixel[0]) * 4..];
            [entry[0], entry[1], entry[2], entry[3]]
        }
        Layout::Bytes => [pixel[0], pixel[1], pixel[2], pixel[3]],
        Layout::Grey(_) | Layout::Blocks(_) => {
            let alpha = pixel.get(1).copied().unwrap_or(OPAQUE);
            [pixel[0], pixel[0], pixel[0], alpha]
        }
    };
    let mut pixels = Gathered::new(width * height, alpha);
    pixels.extend(stored.chunks_exact(size).map(colour));
    Ok(pixels.picture(width, height))
}

/// How the pixels are stored, and where they or their palette begin.
fn layout<'a>(
    bytes: &'a [u8],
    long: &dyn Fn(usize) -> u32,
) -> Result<(Layout, &'a [u8]), PictureError> {
    let (flags, bits) = (long(80), long(88));
    let has = |flag: u32| flags & flag != 0;
    let rest = &bytes[HEADER..];
    let layout = if has(0x40) {
        match bits {
            8 | 16 | 24 | 32 => {
                let alpha = has(1).then(|| long(104));
                Layout::Masks(bits as usize / 8, [92, 96, 100].map(long), alpha)
            }
            _ => return Err(unsupported_kind(&format!("a DDS with {bits} bits a pixel"))),
        }
    } else if has(0x20000) {
        match (bits, has(1)) {
            (8, _) => Layout::Grey(1),
            (16, true) => Layout::Grey(2),
            _ => {
                return Err(unsupported_kind(&format!(
                    "a grey DDS with {bits} bits a pixel"
                )));
            }
        }
    } else if has(0x20) {
        Layout::Palette
    } else if has(4) {
        let code = long(84).to_le_bytes();
        return match &code {
            b"DX10" => {
                let extension = rest.split_at_checked(EXTENSION).ok_or_else(truncated)?;
                let number = extension.0.first_chunk().ok_or_else(truncated)?;
                Ok((of_dxgi(u32::from_le_bytes(*number))?, extension.1))
            }
            _ => Ok((Layout::Blocks(of_code(code)?), rest)),
        };
    } else {
        return Err(unsupported_kind("a DDS without colours"));
    };
    Ok((layout, rest))
}

fn of_code(code: [u8; 4]) -> Result<Coding, PictureError> {
    Ok(match &code {
        b"DXT1" => Coding::Bc1,
        b"DXT3" => Coding::Bc2,
        b"DXT5" => Coding::Bc3,
        b"BC4U" | b"ATI1" => Coding::Bc4,
        b"BC5U" | b"ATI2" => Coding::Bc5 { is_signed: false },
        b"BC5S" => Coding::Bc5 { is_signed: true },
        _ => {
            let code = code.escape_ascii();
            return Err(unsupported_kind(&format!("a DDS with the format {code}")));
        }
    })
}

/// By `DXGI_FORMAT`'s numbers.
fn of_dxgi(number: u32) -> Result<Layout, PictureError> {
    Ok(Layout::Blocks(match number {
        27..=29 => return Ok(Layout::Bytes),
        70..=72 => Coding::Bc1,
        73..=75 => Coding::Bc2,
        76..=78 => Coding::Bc3,
        79 | 80 => Coding::Bc4,
        82 | 83 => Coding::Bc5 { is_signed: false },
        84 => Coding::Bc5 { is_signed: true },
        95 => Coding::Bc6 { is_signed: false },
        96 => Coding::Bc6 { is_signed: true },
        97..=99 => Coding::Bc7,
        _ => {
            return Err(unsupported_kind(&format!(
                "a DDS with DXGI's format {number}"
            )));
        }
    }))
}

/// The bits of a mask, so that all of them are 255, rounded down.
fn value(number: u32, mask: u32) -> u8 {
    let shift = mask.trailing_zeros() & 31;
    let (value, most) = ((number & mask) >> shift, mask >> shift);
    // In Pillow's order, of which the rounding is a part.
    (f64::from(value) / f64::from(most.max(1)) * 255.0) as u8
}
