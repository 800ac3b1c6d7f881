//! Bitmaps of Windows and OS/2, with or without a file header, as Pillow reads them.

mod rows;

use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;
use rows::Masks;

/// Of the file header.
const FILE_HEADER: usize = 14;

/// Of the information header: OS/2 1, OS/2 2, and Windows' versions.
const HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

/// Whether it begins as a bitmap does.
pub(super) fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
}

/// Whether it begins as a bitmap without its file header: a size, one plane, and a depth.
pub(super) fn is_dib(bytes: &[u8]) -> bool {
    let header = Fields(bytes);
    let size = header.long(0).unwrap_or(0);
    let at = if size == 12 { 8 } else { 12 };
    HEADERS.contains(&size)
        && header.short(at) == Some(1)
        && matches!(header.short(at + 2), Some(1 | 2 | 4 | 8 | 16 | 24 | 32))
}

/// What a header says.
struct Header {
    width: usize,
    height: usize,
    is_top_down: bool,
    bits: usize,
    compression: u32,
    masks: Option<Masks>,
    /// In the palette.
    colours: usize,
    /// Of a palette's entry, in bytes.
    entry: usize,
    /// Where the palette is.
    palette: usize,
    /// Where the pixels are.
    pixels: usize,
}

/// A bitmap with its file header.
pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let offset = Fields(bytes).long(10).ok_or_else(truncated)?;
    let header = Header::read(bytes, FILE_HEADER, offset as usize)?;
    header.picture(bytes, limits, alpha)
}

/// A bitmap without its file header.
pub(super) fn decode_dib(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<Picture, PictureError> {
    Header::read(bytes, 0, 0)?.picture(bytes, limits, alpha)
}

/// That of an icon, which has a mask's height added to its own, and perhaps alpha in its fourth byte.
pub(super) fn decode_icon(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<Picture, PictureError> {
    let mut header = Header::read(bytes, 0, 0)?;
    header.height /= 2;
    if header.bits == 32 {
        let masks = header.masks.unwrap_or_else(|| Masks::of(header.bits));
        header.masks = Some(masks.and_fourth_byte());
    }
    header.picture(bytes, limits, alpha)
}

impl Header {
    /// What begins at `start`, with the pixels at `offset` or, if that is 0, behind the palette.
    fn read(bytes: &[u8], start: usize, offset: usize) -> Result<Self, PictureError> {
        let fields = Fields(bytes.get(start..).ok_or_else(truncated)?);
        let size = fields.long(0).ok_or_else(truncated)?;
        if !HEADERS.contains(&size) {
            return Err(unsupported_kind(&format!(
                "a BMP with a header of {size} bytes"
            )));
        }
        let mut header = match size {
            12 => fields.core(),
            _ => fields.info(size),
        }
        .ok_or_else(truncated)?;
        let mut behind = start + size as usize;
        if header.compression == 3 && size == 40 {
            behind += 12;
        }
        header.palette = behind;
        let length = header.entry * header.colours;
        header.pixels = match offset {
            // Some writers forget the palette.
            at if at == start + size as usize && header.bits <= 8 => at + length,
            0 if header.bits <= 8 => behind + length,
            0 => behind,
            at => at,
        };
        Ok(header)
    }

    fn picture(&self, bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
        let (width, height) = (self.width, self.height);
        check_pixels(width as u64, height as u64, limits)?;
        let coded = bytes.get(self.pixels..).ok_or_else(truncated)?;
        let stride = (width * self.bits).div_ceil(32) * 4;
        let is_coded = matches!(self.compression, 1 | 2);
        // The last row need not be filled up.
        let needed = stride * (height - 1) + (width * self.bits).div_ceil(8);
        if !is_coded && coded.len() < needed {
            return Err(truncated());
        }
        let _budget = MemoryBudget::take((width * height * 5) as u64);
        let mut opacity = None;
        let mut pixels = match (self.bits, self.compression) {
            (4 | 8, 1 | 2) => {
                let indices = rows::run_lengths(coded, width, height, self.compression == 2)?;
                let colours = self.colours(bytes);
                let pixels = indices.iter().map(|index| colours[usize::from(*index)]);
                pixels.collect()
            }
            (1 | 2 | 4 | 8, 0) => rows::palette(
                coded,
                stride,
                width,
                height,
                self.bits,
                &self.colours(bytes),
            ),
            (16 | 24 | 32, 0 | 3) => {
                let masks = self.masks.unwrap_or_else(|| Masks::of(self.bits));
                let size = (width, height);
                if alpha && masks.has_alpha() && self.bits == 32 {
                    let values = rows::direct(coded, stride, size, 32, |pixel| masks.alpha(pixel));
                    opacity = Some(values);
                }
                rows::direct(coded, stride, size, self.bits, |pixel| masks.colour(pixel))
            }
            (4 | 8 | 16 | 24 | 32, 4 | 5) => {
                return Err(unsupported_kind("a BMP around a JPEG or PNG"));
            }
            _ => {
                let message = "its header names a depth and coding that do not go together";
                return Err(PictureError::new(ErrorKind::Decode, message));
            }
        };
        if !self.is_top_down {
            flip(&mut pixels, width);
            if let Some(values) = &mut opacity {
                flip(values, width);
            }
        }
        let picture = Picture::new(width, height, pixels.into_flattened());
        Ok(picture.with_alpha(opacity))
    }

    /// Of each index; black where the palette ends.
    fn colours(&self, bytes: &[u8]) -> [[u8; 3]; 256] {
        let mut colours = [[0; 3]; 256];
        let palette = bytes.get(self.palette..).unwrap_or_default();
        let entries = palette.chunks_exact(self.entry).take(self.colours);
        for (colour, entry) in colours.iter_mut().zip(entries) {
            *colour = [entry[2], entry[1], entry[0]];
        }
        colours
    }
}

/// Puts the last row first.
fn flip<T>(values: &mut [T], width: usize) {
    let mut rest = values;
    while rest.len() > width {
        let (first, others) = rest.split_at_mut(width);
        let (middle, last) = others.split_at_mut(others.len() - width);
        first.swap_with_slice(last);
        rest = middle;
    }
}

/// Little-endian numbers.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn short(self, at: usize) -> Option<u16> {
        let bytes = self.0.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_le_bytes(bytes))
    }

    fn long(self, at: usize) -> Option<u32> {
        let bytes = self.0.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    /// OS/2's first header, of twelve bytes.
    fn core(self) -> Option<Header> {
        let bits = usize::from(self.short(10)?);
        Some(Header {
            width: self.short(4)?.into(),
            height: self.short(6)?.into(),
            is_top_down: false,
            bits,
            compression: 0,
            masks: None,
            colours: 1 << bits.min(8),
            entry: 3,
            palette: 0,
            pixels: 0,
        })
    }

    /// The others, of which some end early.
    fn info(self, size: u32) -> Option<Header> {
        let field = |at: usize| match at as u32 + 4 <= size {
            true => self.long(at),
            false => Some(0),
        };
        let bits = usize::from(self.short(14)?);
        let compression = field(16)?;
        let height = self.long(8)? as i32;
        let colours = field(32)? as usize;
        let mut masks = None;
        // Behind the shortest header, or within a longer one; OS/2 means something else.
        if compression == 3 && size != 64 {
            let alpha = if size >= 56 { self.long(52)? } else { 0 };
            masks = Masks::new([self.long(40)?, self.long(44)?, self.long(48)?], alpha)
                // All zero, they are as usual.
                .or_else(|| Some(Masks::of(bits).and_fourth_byte()));
        }
        Some(Header {
            width: self.long(4)? as usize,
            height: height.unsigned_abs() as usize,
            is_top_down: height < 0,
            bits,
            compression,
            masks,
            colours: match colours {
                0 => 1 << bits.min(8),
                colours => colours.min(1 << 16),
            },
            entry: 4,
            palette: 0,
            pixels: 0,
        })
    }
}
