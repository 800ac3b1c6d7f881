//! JPEG through libjpeg's own code, the same arithmetic as in Pillow's, so that the pixels are the
//! same too. Pure Rust decoders differ by up to four levels, most of all where colour is stored
//! at half resolution, as in most photos.

mod inks;
mod layout;
mod lossless;

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use bytemuck::Pod;
use image::metadata::Orientation;
use mozjpeg::decompress::DecompressStarted;
use mozjpeg::{ColorSpace, Decompress};

use super::exif::orientation;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::{ErrorKind, PictureError};
use crate::picture::{Picture, Scale};
pub(super) use inks::rgb_of_inks;
pub(super) use layout::size;
use layout::{End, Layout};

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

/// Where the picture ends that `bytes` begin with, behind its end marker.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    match Layout::of(bytes).end {
        End::Marked(end) => Some(end + END.len()),
        _ => None,
    }
}

/// The picture as it is stored or reduced, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    scale: &dyn Fn((usize, usize)) -> Scale,
) -> Result<(Picture, Orientation), PictureError> {
    let layout = Layout::of(bytes);
    if layout.is_lossless {
        let picture = lossless::decode(bytes, limits)?;
        return Ok((picture, orientation(Some(&layout.exif), layout.xmp)));
    }
    if let Some(kind) = layout.undecoded {
        return Err(unsupported_kind(kind));
    }
    let picture = match layout.end {
        End::Marked(end) => decode_to(bytes, end, &layout, limits, scale)?,
        End::Open(end) if !layout.is_arithmetic => without_end(&bytes[..end], |bytes, end| {
            decode_to(bytes, end, &layout, limits, scale)
        })?,
        _ => return Err(truncated()),
    };
    Ok((picture, orientation(Some(&layout.exif), layout.xmp)))
}

/// What is decoded from codes without an end marker: of cameras with trailers, and of files whose end
/// was overwritten by zeros. The decoder would fill what is missing with grey, and a wrong label is
/// worse than an error, so the codes are followed by one filling and by another: a picture of which
/// nothing is missing is the same with both. `decode` is given a file and where its end marker is.
fn without_end<T: PartialEq>(
    coded: &[u8],
    decode: impl Fn(&[u8], usize) -> Result<T, PictureError>,
) -> Result<T, PictureError> {
    // Zeros are valid codes, and many of them fill a picture; two may be its own.
    let zeros = coded.iter().rev().take_while(|byte| **byte == 0).count();
    let coded = &coded[..coded.len() - zeros.saturating_sub(2)];
    // Half of a pair, or of a marker.
    let cut = coded.iter().rev().take_while(|byte| **byte == 0xff).count();
    let coded = &coded[..coded.len() - cut];
    let followed_by = |filling: &[u8; 4]| {
        let filled = [coded, &filling.repeat(64), END].concat();
        decode(&filled, filled.len() - END.len())
    };
    let decoded = followed_by(&[0x53, 0xa6, 0x0d, 0xc9])?;
    match decoded == followed_by(&[0xac, 0x59, 0xf2, 0x36])? {
        true => Ok(decoded),
        false => Err(truncated()),
    }
}

/// The end marker.
const END: &[u8] = b"\xff\xd9";

/// A picture whose end marker is at `end`.
fn decode_to(
    bytes: &[u8],
    end: usize,
    layout: &Layout,
    limits: Limits,
    scale: &dyn Fn((usize, usize)) -> Scale,
) -> Result<Picture, PictureError> {
    let ended = Cell::new(false);
    let mut decoder = open(bytes, end, &ended)?;
    let original_size = decoder.size();
    check_pixels(original_size.0 as u64, original_size.1 as u64, limits)?;
    let blocks = original_size.0.div_ceil(8) * original_size.1.div_ceil(8);
    // Huffman's codes take at least a bit for each block's mean. What is missing would be filled with
    // grey, after gigabytes were set aside for it.
    if !layout.is_arithmetic && blocks > bytes.len() * 8 {
        return Err(truncated());
    }
    let by = scale(original_size).divisor();
    // The mean of 2 x 2 pixels or more comes out of a smaller inverse transform of each block: of
    // 4 x 4 coefficients instead of 8 x 8, and so on.
    decoder.scale((8 / by) as u8);
    let (width, height) = (original_size.0.div_ceil(by), original_size.1.div_ceil(by));
    // Two bytes for each coefficient where they come in several scans, and the pixels.
    let coefficients = original_size.0 * original_size.1 * 6 * usize::from(layout.is_buffered);
    let _budget = MemoryBudget::take((coefficients + width * height * 7) as u64);
    // Arithmetic codes may leave out zeros at their end.
    let tail = match layout.is_buffered || layout.is_arithmetic {
        true => height,
        false => rows_ahead(&decoder).div_ceil(by),
    };
    let pixels = rgb(decoder, tail, &ended)?;
    let covered = |length: usize| 0.0..length as f64 / by as f64;
    Ok(Picture {
        original_size,
        bounds: (covered(original_size.0), covered(original_size.1)),
        ..Picture::new(width, height, pixels)
    })
}

fn open<'a>(
    bytes: &'a [u8],
    end: usize,
    ended: &'a Cell<bool>,
) -> Result<Decompress<Source<'a>>, PictureError> {
    let source = Source {
        bytes,
        end,
        at: 0,
        ended,
    };
    Decompress::builder().from_reader(source).map_err(failed)
}

/// How many rows the decoder is ahead of those that it has handed out, at most: two rows of blocks.
fn rows_ahead(decoder: &Decompress<Source>) -> usize {
    let blocks = decoder.components().iter().map(|c| c.v_samp_factor).max();
    3 * 8 * blocks.unwrap_or(1) as usize
}

/// All pixels as RGB; see [`read`].
fn rgb(
    decoder: Decompress<Source>,
    tail: usize,
    ended: &Cell<bool>,
) -> Result<Vec<u8>, PictureError> {
    Ok(match decoder.color_space() {
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            let scan = decoder.to_colorspace(ColorSpace::JCS_CMYK);
            let inks = read::<[u8; 4]>(scan.map_err(failed)?, tail, ended)?;
            inks.into_iter().flat_map(rgb_of_inks).collect()
        }
        ColorSpace::JCS_GRAYSCALE => {
            let scan = decoder.grayscale().map_err(failed)?;
            let greys = read::<u8>(scan, tail, ended)?;
            greys.into_iter().flat_map(|grey| [grey; 3]).collect()
        }
        _ => {
            let scan = decoder.rgb().map_err(failed)?;
            read::<[u8; 3]>(scan, tail, ended)?.into_flattened()
        }
    })
}

fn failed(error: io::Error) -> PictureError {
    PictureError::new(ErrorKind::Decode, error.to_string())
}

/// Reads all rows, and gives up if the end came before the last `tail` of them: the decoder would
/// fill what is missing with grey.
fn read<P: Pod>(
    mut scan: DecompressStarted<Source>,
    tail: usize,
    ended: &Cell<bool>,
) -> Result<Vec<P>, PictureError> {
    let (width, height) = (scan.width(), scan.height());
    let mut pixels = vec![P::zeroed(); width * height];
    let (most, rest) = pixels.split_at_mut(width * height.saturating_sub(tail));
    scan.read_scanlines_into(most).map_err(failed)?;
    if !most.is_empty() && ended.get() {
        return Err(truncated());
    }
    scan.read_scanlines_into(rest).map_err(failed)?;
    Ok(pixels)
}

/// The file in two pieces, so that one can tell when the decoder asks for its end.
struct Source<'a> {
    bytes: &'a [u8],
    /// Where the end marker is.
    end: usize,
    at: usize,
    ended: &'a Cell<bool>,
}

impl Read for Source<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.end {
            return Ok(&self.bytes[self.at..self.end]);
        }
        self.ended.set(true);
        Ok(&self.bytes[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

/// A strip or tile of a TIFF: how many samples a pixel has, and all of them as they are stored, or
/// as RGB where `is_ycbcr`. `tables` are a file of their own without a picture; `is_smooth` smooths
/// colours that are stored at half resolution.
pub(super) fn strip(
    coded: &[u8],
    tables: Option<&[u8]>,
    (width, rows): (usize, usize),
    is_ycbcr: bool,
    is_smooth: bool,
) -> Result<(usize, Vec<u8>), PictureError> {
    let tables = tables.and_then(|tables| tables.strip_suffix(END));
    let stream = match tables {
        Some(tables) => [tables, coded.get(2..).unwrap_or_default()].concat(),
        None => coded.to_vec(),
    };
    let layout = Layout::of(&stream);
    if layout.is_lossless && !is_ycbcr {
        return lossless::strip(&stream, (width, rows));
    }
    if let Some(kind) = layout.undecoded {
        return Err(unsupported_kind(&format!("a TIFF with {kind}")));
    }
    let decode = |bytes: &[u8], end: usize| {
        let ended = Cell::new(false);
        let mut decoder = open(bytes, end, &ended)?;
        // The last one may have rows beyond the picture, and none may have fewer.
        if decoder.width() != width || decoder.height() < rows {
            return Err(damaged("a part of it has another size"));
        }
        decoder.do_fancy_upsampling(is_smooth);
        let tail = match layout.is_buffered || layout.is_arithmetic {
            true => decoder.height(),
            false => rows_ahead(&decoder),
        };
        let (samples, mut bytes) = stored(decoder, is_ycbcr, tail, &ended)?;
        bytes.truncate(width * rows * samples);
        Ok((samples, bytes))
    };
    match layout.end {
        End::Marked(end) => decode(&stream, end),
        End::Open(end) if !layout.is_arithmetic => without_end(&stream[..end], decode),
        _ => Err(truncated()),
    }
}

/// All samples as they are stored, or as RGB.
fn stored(
    decoder: Decompress<Source>,
    is_ycbcr: bool,
    tail: usize,
    ended: &Cell<bool>,
) -> Result<(usize, Vec<u8>), PictureError> {
    let space = decoder.color_space();
    if matches!(space, ColorSpace::JCS_UNKNOWN) {
        return Err(unsupported_kind("a TIFF with JPEG of two components"));
    }
    let scan = match is_ycbcr {
        true => decoder.rgb(),
        false => decoder.to_colorspace(space),
    };
    let scan = scan.map_err(failed)?;
    Ok(match scan.color_space() {
        ColorSpace::JCS_GRAYSCALE => (1, read::<u8>(scan, tail, ended)?),
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            (4, read::<[u8; 4]>(scan, tail, ended)?.into_flattened())
        }
        _ => (3, read::<[u8; 3]>(scan, tail, ended)?.into_flattened()),
    })
}
