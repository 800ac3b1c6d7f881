//! Samples of any depth to a byte for each channel that is needed.

use super::header::{Header, Kind};
use super::photometric::Photometric;
use crate::error::{ErrorKind, PictureError};

/// Of a row of a block, in bytes.
pub(super) fn row_length(header: &Header, width: usize) -> usize {
    let samples = if header.is_planar { 1 } else { header.samples };
    (width * samples * header.bits).div_ceil(8)
}

/// A byte for each channel.
pub(super) fn channels(
    stored: &[u8],
    header: &Header,
    width: usize,
    rows: usize,
) -> Result<Vec<u8>, PictureError> {
    let samples = if header.is_planar { 1 } else { header.samples };
    let kept = if header.is_planar {
        1
    } else {
        header.channels()
    };
    let mut channels = Vec::with_capacity(width * rows * kept);
    for row in stored.chunks_exact(row_length(header, width)) {
        match header.bits {
            8 => keep(row, samples, kept, &mut channels),
            1 | 2 | 4 => unpack(row, header, width, &mut channels),
            12 => channels.extend((0..width).map(|column| twelve_bits(row, column))),
            16 => {
                let narrow: Vec<u8> = wide::<2>(row, header).map(sixteen_bits(header)).collect();
                keep(&narrow, samples, kept, &mut channels);
            }
            _ => {
                let narrow: Vec<u8> = wide::<4>(row, header)
                    .map(thirty_two_bits(header))
                    .collect();
                keep(&narrow, samples, kept, &mut channels);
            }
        }
    }
    match channels.len() == width * rows * kept {
        true => Ok(channels),
        false => Err(PictureError::new(ErrorKind::Decode, "a block is too short")),
    }
}

/// The first channels of each pixel.
fn keep(row: &[u8], samples: usize, kept: usize, channels: &mut Vec<u8>) {
    match samples == kept {
        true => channels.extend(row),
        false => channels.extend(row.chunks_exact(samples).flat_map(|pixel| &pixel[..kept])),
    }
}

/// Indices as they are, greys so that the largest value is 255.
fn unpack(row: &[u8], header: &Header, width: usize, channels: &mut Vec<u8>) {
    let bits = header.bits;
    let most = (1_u8 << bits) - 1;
    let factor = match header.photometric {
        Photometric::Palette => 1,
        _ => 255 / most,
    };
    let values = row.iter().flat_map(|byte| {
        (0..8 / bits).map(move |part| (byte >> (8 - bits - part * bits) & most) * factor)
    });
    channels.extend(values.take(width));
}

/// The high eight of twelve bits, rounded.
fn twelve_bits(row: &[u8], column: usize) -> u8 {
    let at = column * 3 / 2;
    let (first, second) = (u32::from(row[at]), u32::from(row[at + 1]));
    let value = match column % 2 {
        0 => first << 4 | second >> 4,
        _ => (first & 15) << 8 | second,
    };
    ((value * 255 + 2047) / 4095) as u8
}

/// Values in this machine's order.
fn wide<'a, const SIZE: usize>(row: &'a [u8], header: &Header) -> impl Iterator<Item = u32> + 'a {
    let is_big_endian = header.is_big_endian;
    row.as_chunks::<SIZE>().0.iter().map(move |bytes| {
        let push = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        match is_big_endian {
            true => bytes.iter().fold(0, push),
            false => bytes.iter().rev().fold(0, push),
        }
    })
}

/// Grey is scaled, where Pillow would cut it off at 255; of colours Pillow takes the high byte.
/// Signed values are cut off as there.
fn sixteen_bits(header: &Header) -> impl Fn(u32) -> u8 {
    let (is_grey, kind) = (header.colours() == 1, header.kind);
    move |value| match kind {
        Kind::Signed => (value as u16 as i16).clamp(0, 255) as u8,
        _ if is_grey => ((value * 255 + 32767) / 65535) as u8,
        _ => (value >> 8) as u8,
    }
}

/// Cut off at 0 and 255, as Pillow does.
fn thirty_two_bits(header: &Header) -> impl Fn(u32) -> u8 {
    let kind = header.kind;
    move |value| match kind {
        Kind::Unsigned | Kind::Signed => (value as i32).clamp(0, 255) as u8,
        // Rounded down; what is no number is black.
        Kind::Float => f32::from_bits(value) as u8,
    }
}

/// What comes decoded, with so many channels.
pub(super) fn kept(
    (samples, stored): &(usize, Vec<u8>),
    header: &Header,
    width: usize,
    rows: usize,
) -> Result<Vec<u8>, PictureError> {
    let kept = if header.is_planar {
        1
    } else {
        header.channels()
    };
    if *samples < kept || header.bits != 8 {
        return Err(PictureError::new(
            ErrorKind::Decode,
            "a block has other samples",
        ));
    }
    let mut channels = Vec::with_capacity(width * rows * kept);
    keep(stored, *samples, kept, &mut channels);
    Ok(channels)
}

/// Light and colours of every pixel, from blocks of several lights with a pair of colours each.
pub(super) fn repeated(stored: &[u8], header: &Header, width: usize, rows: usize) -> Vec<u8> {
    let (across, down) = header.subsampling;
    let lights = across * down;
    let mut samples = vec![0; width * rows * 3];
    let mut blocks = stored.chunks_exact(lights + 2);
    for y in (0..rows).step_by(down) {
        for (x, block) in (0..width).step_by(across).zip(&mut blocks) {
            for (part, light) in block[..lights].iter().enumerate() {
                let (x, y) = (x + part % across, y + part / across);
                if x < width && y < rows {
                    let pixel = &mut samples[(y * width + x) * 3..][..3];
                    pixel.copy_from_slice(&[*light, block[lights], block[lights + 1]]);
                }
            }
        }
    }
    samples
}
