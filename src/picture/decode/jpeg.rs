//! JPEG through libjpeg's own code, the same arithmetic as in Pillow's, so that the pixels are the
//! same too. Pure Rust decoders differ by up to four levels, most of all where colour is stored
//! at half resolution, as in most photos.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use bytemuck::Pod;
use image::metadata::Orientation;
use mozjpeg::decompress::DecompressStarted;
use mozjpeg::{ColorSpace, Decompress, Marker};

use super::room::Room;
use super::{Limits, Reduction, check_pixels, truncated};
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

/// What precedes the TIFF structure in an EXIF segment.
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

/// The picture as it is stored or reduced, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    reduction: Reduction,
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
    let stored = decoder.size();
    check_pixels(stored.0 as u64, stored.1 as u64, limits)?;
    // Huffman's codes take at least a bit for each block's mean. What is missing would be filled with
    // grey, after gigabytes were set aside for it.
    if !layout.is_arithmetic && stored.0.div_ceil(8) * stored.1.div_ceil(8) > bytes.len() * 8 {
        return Err(truncated());
    }
    // The mean of 2 x 2 pixels or more comes out of a smaller inverse transform of each block: of
    // 4 x 4 coefficients instead of 8 x 8, and so on.
    let by = reduction(stored);
    decoder.scale((8 / by) as u8);
    let (width, height) = (stored.0.div_ceil(by), stored.1.div_ceil(by));
    // Two bytes for each coefficient where they come in several scans, and the pixels.
    let coefficients = stored.0 * stored.1 * 6 * usize::from(layout.is_buffered);
    let _room = Room::take((coefficients + width * height * 7) as u64);
    let orientation = decoder
        .markers()
        .find_map(|marker| Orientation::from_exif_chunk(marker.data.strip_prefix(EXIF)?))
        .unwrap_or(Orientation::NoTransforms);
    // The decoder is two rows of blocks ahead of the pixels at most.
    let blocks = decoder.components().iter().map(|c| c.v_samp_factor).max();
    let tail = (3 * 8 * blocks.unwrap_or(1) as usize).div_ceil(by);
    let tail = if layout.is_buffered { height } else { tail };
    let pixels = match decoder.color_space() {
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => {
            let scan = decoder.to_colorspace(ColorSpace::JCS_CMYK);
            let inks = read::<[u8; 4]>(scan.map_err(failed)?, tail, &ended)?;
            inks.into_iter().flat_map(rgb_of_inks).collect()
        }
        ColorSpace::JCS_GRAYSCALE => {
            let scan = decoder.grayscale().map_err(failed)?;
            let greys = read::<u8>(scan, tail, &ended)?;
            greys.into_iter().flat_map(|grey| [grey; 3]).collect()
        }
        _ => {
            let scan = decoder.rgb().map_err(failed)?;
            read::<[u8; 3]>(scan, tail, &ended)?.into_flattened()
        }
    };
    let covered = |length: usize| 0.0..length as f64 / by as f64;
    let picture = Picture {
        stored,
        bounds: (covered(stored.0), covered(stored.1)),
        ..Picture::new(width, height, pixels)
    };
    Ok((picture, orientation))
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

/// What the markers up to the first scan say.
#[derive(Default)]
struct Layout {
    /// Whether an end marker follows the first scan. The decoder would fill what is missing with
    /// grey, and a wrong label is worse than an error.
    is_complete: bool,
    /// Where the last one is: searching from the back takes no time.
    end: usize,
    /// Whether all coefficients are kept until the last of several scans.
    is_buffered: bool,
    /// Whether a block may take less than a bit.
    is_arithmetic: bool,
}

impl Layout {
    fn of(bytes: &[u8]) -> Self {
        let mut layout = Self::default();
        let mut components = None;
        let mut at = 2;
        while let Some(&[marker, code, high, low]) = bytes.get(at..at + 4) {
            if marker != 0xff {
                // Not where a marker should be: for the decoder to judge.
                (layout.is_complete, layout.end) = (true, bytes.len());
                break;
            }
            match code {
                0xff => at += 1,
                0x01 | 0xd0..=0xd8 => at += 2,
                0xda => {
                    layout.is_buffered |= components != bytes.get(at + 4);
                    let end = bytes[at..]
                        .windows(2)
                        .rposition(|pair| pair == [0xff, 0xd9]);
                    layout.is_complete = end.is_some();
                    layout.end = end.map_or(0, |end| at + end);
                    break;
                }
                // A frame: its kind, and how many components it has.
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    layout.is_buffered = code & 3 == 2;
                    layout.is_arithmetic = code > 0xc8;
                    components = bytes.get(at + 9);
                    at += 2 + usize::from(u16::from_be_bytes([high, low]));
                }
                _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            }
        }
        layout
    }
}
