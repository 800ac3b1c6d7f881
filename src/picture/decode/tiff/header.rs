//! What a TIFF's directory says of its picture.

use super::old_jpeg::OldJpeg;
use super::photometric::Photometric;
use crate::error::{ErrorKind, PictureError};
use crate::picture::decode::directory::Directory;
use crate::picture::decode::limits::{damaged, truncated};
use crate::picture::decode::unsupported::unsupported_kind;

/// What a sample's bits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned,
    Signed,
    Float,
}

/// A strip or tile: which part of the picture it is.
pub(super) struct Block {
    /// Among all.
    pub index: usize,
    /// Which sample, where each has blocks of its own.
    pub plane: usize,
    pub x: usize,
    pub y: usize,
}

/// What the directory says, checked.
pub(super) struct Header<'a> {
    pub width: usize,
    pub height: usize,
    pub is_big_endian: bool,
    pub bits: usize,
    pub kind: Kind,
    /// Of a pixel, as stored.
    pub samples: usize,
    pub photometric: Photometric,
    pub is_premultiplied: bool,
    /// Whether alpha is wanted, and there is one.
    pub keeps_alpha: bool,
    pub compression: u64,
    pub predictor: u64,
    pub is_planar: bool,
    /// Whether the bits of each byte come last to first.
    pub is_reversed: bool,
    pub is_tiled: bool,
    pub block_width: usize,
    pub block_height: usize,
    /// How many columns and rows share a colour where it is stored apart from light.
    pub subsampling: (usize, usize),
    /// Of CCITT's group 3.
    pub fax_options: u64,
    pub jpeg_tables: Option<&'a [u8]>,
    pub old_jpeg: OldJpeg,
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl<'a> Header<'a> {
    pub fn of(directory: &Directory<'a>, alpha: bool) -> Result<Self, PictureError> {
        let number = |tag: u16, otherwise: u64| directory.number(tag).unwrap_or(otherwise);
        let side = |tag| {
            directory
                .number(tag)
                .and_then(|side| u32::try_from(side).ok())
        };
        let missing = || PictureError::new(ErrorKind::Decode, "its size is missing");
        let width = side(256).ok_or_else(missing)? as usize;
        let height = side(257).ok_or_else(missing)? as usize;
        let compression = number(259, 1);
        // Old JPEG is of one kind, whatever is said.
        let code = if compression == 6 { 6 } else { number(262, 0) };
        let photometric = Photometric::of(code)?;
        let samples = number(277, if compression == 6 { 3 } else { 1 }).clamp(1, 64) as usize;
        let is_tiled = directory.number(322).is_some() && directory.number(324).is_some();
        let (block_width, block_height) = match is_tiled {
            true => (side(322).unwrap_or(0), side(323).unwrap_or(0)),
            false => (
                width as u32,
                number(278, u64::MAX).clamp(1, height.max(1) as u64) as u32,
            ),
        };
        let extra = directory.numbers(338).unwrap_or_default();
        let mut header = Self {
            width,
            height,
            is_big_endian: directory.is_big_endian,
            bits: bits(directory, samples)?,
            kind: kind(directory)?,
            samples,
            photometric,
            is_premultiplied: extra.first() == Some(&1),
            keeps_alpha: alpha && photometric.has_alpha(&extra, samples),
            compression,
            predictor: number(317, 1),
            is_planar: number(284, 1) == 2 && samples > 1,
            is_reversed: number(266, 1) == 2,
            is_tiled,
            block_width: block_width as usize,
            block_height: block_height as usize,
            subsampling: (1, 1),
            fax_options: number(292, 0),
            jpeg_tables: directory.data(347),
            old_jpeg: OldJpeg::of(directory),
            offsets: directory
                .numbers(if is_tiled { 324 } else { 273 })
                .unwrap_or_default(),
            counts: directory
                .numbers(if is_tiled { 325 } else { 279 })
                .unwrap_or_default(),
        };
        // JPEG has its own way of storing colour apart.
        if photometric == Photometric::YCbCr && !matches!(compression, 6 | 7) && samples == 3 {
            let factors = directory.numbers(530).unwrap_or_else(|| vec![2, 2]);
            header.subsampling = match factors[..] {
                [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => (across as usize, down as usize),
                _ => return Err(unsupported_kind("a TIFF with this subsampling")),
            };
        }
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), PictureError> {
        let Self {
            bits,
            kind,
            photometric,
            ..
        } = *self;
        let is_grey = self.colours() == 1 && photometric != Photometric::Palette;
        let is_known = match (bits, kind) {
            (8, Kind::Unsigned | Kind::Signed) => true,
            (1 | 2 | 4, Kind::Unsigned) => self.samples == 1,
            (16, Kind::Unsigned) => photometric != Photometric::Palette,
            (12, Kind::Unsigned) | (16 | 32, Kind::Signed) | (32, Kind::Unsigned) => is_grey,
            (32, Kind::Float) => is_grey || photometric == Photometric::Rgb,
            _ => false,
        };
        if !is_known || self.samples < self.colours() {
            return Err(unsupported_kind(&format!(
                "a TIFF of {} samples of {bits} bits ({kind:?}, {photometric:?})",
                self.samples
            )));
        }
        if self.subsampling != (1, 1) && (bits != 8 || self.is_planar) {
            return Err(unsupported_kind("a TIFF with this subsampling"));
        }
        Ok(())
    }

    /// How many samples make a colour.
    pub fn colours(&self) -> usize {
        match self.photometric {
            Photometric::WhiteIsZero | Photometric::BlackIsZero | Photometric::Palette => 1,
            Photometric::YCbCr if self.samples == 1 => 1,
            Photometric::Rgb | Photometric::YCbCr | Photometric::Lab => 3,
            Photometric::Cmyk => 4,
        }
    }

    /// How many samples of a pixel are kept: alpha is needed where it was multiplied in, too.
    pub fn channels(&self) -> usize {
        let is_kept = self.is_premultiplied || self.keeps_alpha;
        let is_kept = is_kept && matches!(self.colours(), 1 | 3);
        (self.colours() + usize::from(is_kept)).min(self.samples)
    }

    /// Of a block, rounded up.
    pub fn bytes_per_pixel(&self) -> usize {
        let samples = if self.is_planar { 1 } else { self.samples };
        (samples * self.bits).div_ceil(8)
    }

    /// How short a file can be that holds all these pixels.
    pub fn needs_at_least(&self) -> usize {
        let bits = self.width * self.height * self.channels() * self.bits;
        match self.compression {
            // Deflate's longest match is 258 bytes in two bits, LZW's about 2,600 in 12.
            1 => bits / 8 / (self.subsampling.0 * self.subsampling.1),
            5 | 8 | 32946 => bits / 8 / 2000,
            32773 => bits / 8 / 64,
            6 | 7 => self.width * self.height / 64 / 8,
            _ => 0,
        }
    }

    /// The blocks that are needed, in the order of the file.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        let across = self.width.div_ceil(self.block_width);
        let down = self.height.div_ceil(self.block_height);
        let planes = if self.is_planar { self.channels() } else { 1 };
        (0..planes * down * across).map(move |index| Block {
            index,
            plane: index / (down * across),
            x: index % across * self.block_width,
            y: index / across % down * self.block_height,
        })
    }

    /// How many rows a block has: the last strip is shorter.
    pub fn rows_of(&self, block: &Block) -> usize {
        match self.is_tiled {
            true => self.block_height,
            false => self.block_height.min(self.height - block.y),
        }
    }

    /// Refuses blocks that claim the same bytes again and again: each would be gone through.
    pub fn check_coded(&self, bytes: &[u8]) -> Result<(), PictureError> {
        let mut total = 0;
        for block in self.blocks().filter(|_| self.compression != 1) {
            total += self.coded(bytes, block.index, 0).map_or(0, <[u8]>::len);
            if total > 4 * bytes.len() {
                return Err(damaged("its parts claim the same bytes"));
            }
        }
        Ok(())
    }

    /// A block's bytes as they are coded; `length` is what they take if they are not.
    pub fn coded<'b>(
        &self,
        bytes: &'b [u8],
        index: usize,
        length: usize,
    ) -> Result<&'b [u8], PictureError> {
        let at = *self.offsets.get(index).ok_or_else(truncated)?;
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
        let rest = rest.ok_or_else(truncated)?;
        let count = match self.counts.get(index) {
            // What is not coded is as long as it is.
            _ if self.compression == 1 => length,
            None | Some(0) => rest.len(),
            Some(count) => usize::try_from(*count).unwrap_or(usize::MAX),
        };
        match rest.get(..count) {
            Some(coded) => Ok(coded),
            // For the decoder to judge.
            None if self.compression != 1 => Ok(rest),
            None => Err(truncated()),
        }
    }
}

/// Of a sample; all must be the same.
fn bits(directory: &Directory, samples: usize) -> Result<usize, PictureError> {
    let bits = directory.numbers(258).unwrap_or_else(|| vec![1]);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().take(samples).any(|other| *other != first) {
        return Err(unsupported_kind("a TIFF with samples of several depths"));
    }
    Ok(first as usize)
}

fn kind(directory: &Directory) -> Result<Kind, PictureError> {
    match directory.number(339).unwrap_or(1) {
        1 | 4 => Ok(Kind::Unsigned),
        2 => Ok(Kind::Signed),
        3 => Ok(Kind::Float),
        _ => Err(unsupported_kind("a TIFF of complex numbers")),
    }
}
