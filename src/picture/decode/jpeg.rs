//! JPEG through libjpeg's own code, the same arithmetic as in Pillow's, so that the pixels are the
//! same too. Pure Rust decoders differ by up to four levels, most of all where colour is stored
//! at half resolution, as in most photos.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use bytemuck::Pod;
use image::metadata::Orientation;
use mozjpeg::decompress::DecompressStarted;
use mozjpeg::{ColorSpace, Decompress, Marker};

use super::jpeg_layout::Layout;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use crate::error::{ErrorKind, PictureError};
use crate::picture::{Picture, Scale};

/// What precedes the TIFF structure in an EXIF segment.
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

/// The picture as it is stored or reduced, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    scale: &dyn Fn((usize, usize)) -> Scale,
) -> Result<(Picture, Orientation), PictureError> {
    let layout = Layout::of(bytes);
    if !layout.is_complete {
        return Err(truncated());
    }
    let ended = Cell::new(false);
    let source = Source {
        bytes,
        end: layout.end,
        at: 0,
        ended: &ended,
    };
    let mut decoder = Decompress::with_markers(&[Marker::APP(1)])
        .from_reader(source)
        .map_err(failed)?;
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
    let orientation = orientation(&decoder);
    let tail = match layout.is_buffered {
        true => height,
        false => rows_ahead(&decoder).div_ceil(by),
    };
    let pixels = rgb(decoder, tail, &ended)?;
    let covered = |length: usize| 0.0..length as f64 / by as f64;
    let picture = Picture {
        original_size,
        bounds: (covered(original_size.0), covered(original_size.1)),
        ..Picture::new(width, height, pixels)
    };
    Ok((picture, orientation))
}

fn orientation(decoder: &Decompress<Source>) -> Orientation {
    let mut markers = decoder.markers();
    let found =
        markers.find_map(|marker| Orientation::from_exif_chunk(marker.data.strip_prefix(EXIF)?));
    found.unwrap_or(Orientation::NoTransforms)
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

/// Adobe stores inks inverted, 255 for none, and Pillow takes every CMYK JPEG for Adobe's: a
/// colour is what the ink and the black let through (Pillow, src/libImaging/Convert.c,
/// `cmyk2rgb`).
fn rgb_of_inks([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(k) + 128;
        let covered = ((product >> 8) + product) >> 8;
        k.saturating_sub(covered as u8)
    })
}
