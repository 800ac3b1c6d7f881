//! One strip or tile: its bytes to a byte for each channel.

use std::borrow::Cow;

use super::header::{Block, Header};
use super::photometric::Photometric;
use super::{expand, predictor, samples};
use crate::error::PictureError;
use crate::picture::decode::jpeg;

/// A byte for each channel, row by row.
pub(super) fn read(block: &Block, header: &Header, bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let (width, rows) = (header.block_width, header.rows_of(block));
    let length = stored_length(header, width, rows);
    if header.compression == 6 {
        return old_jpeg(block, header, bytes, length);
    }
    let coded = header.coded(bytes, block.index, length)?;
    let reversed: Vec<u8>;
    let coded = match header.is_reversed && header.compression != 7 {
        true => {
            reversed = coded.iter().map(|byte| byte.reverse_bits()).collect();
            &reversed
        }
        false => coded,
    };
    if matches!(header.compression, 7 | 50001) {
        let (tables, is_ycbcr) = (header.jpeg_tables, is_ycbcr(header));
        let stored = match header.compression {
            7 => jpeg::strip(coded, tables, (width, rows), is_ycbcr, true)?,
            _ => expand::webp(coded, (width, rows), header.samples)?,
        };
        return samples::kept(&stored, header, width, rows);
    }
    let mut stored = expand::expand(coded, header, width, rows, length)?;
    if header.subsampling != (1, 1) {
        stored = samples::repeated(&stored, header, width, rows);
    }
    predictor::undo(&mut stored, header, width);
    samples::channels(&stored, header, width, rows)
}

/// Of a whole JPEG file, or of tables and codes.
fn old_jpeg(
    block: &Block,
    header: &Header,
    bytes: &[u8],
    length: usize,
) -> Result<Vec<u8>, PictureError> {
    let (width, rows) = (header.block_width, header.rows_of(block));
    let file = match header.old_jpeg.file(bytes).filter(|_| block.index == 0) {
        Some(file) => Cow::Borrowed(file),
        None => {
            let coded = header.coded(bytes, block.index, length)?;
            header
                .old_jpeg
                .with_tables(coded, (width, rows), header.samples)?
        }
    };
    // libtiff repeats colours and does not smooth them, and converts them by itself.
    let stored = jpeg::strip(&file, None, (width, rows), false, false)?;
    samples::kept(&stored, header, width, rows)
}

fn is_ycbcr(header: &Header) -> bool {
    header.photometric == Photometric::YCbCr && header.samples >= 3 && !header.is_planar
}

/// Of a block's bytes before they are coded.
fn stored_length(header: &Header, width: usize, rows: usize) -> usize {
    let (across, down) = header.subsampling;
    if header.subsampling != (1, 1) {
        return width.div_ceil(across) * rows.div_ceil(down) * (across * down + 2);
    }
    samples::row_length(header, width) * rows
}
