//! What TIFF packs strips and tiles with, but JPEG.

use std::io::{self, Read};

use lzma_rust2::XzReader;

use super::fax;
use super::header::Header;
use crate::error::PictureError;
use crate::picture::decode::gathered::opaque;
use crate::picture::decode::limits::{damaged, truncated};
use crate::picture::decode::pack_bits;
use crate::picture::decode::unsupported::unsupported_kind;

/// What LZMA's dictionary may take; a few bytes can ask for 4 GiB.
const LZMA_KIB: u32 = 96 << 10;

/// The `length` bytes of a block.
pub(super) fn expand(
    coded: &[u8],
    header: &Header,
    width: usize,
    rows: usize,
    length: usize,
) -> Result<Vec<u8>, PictureError> {
    match header.compression {
        1 => Ok(coded.to_vec()),
        2 => fax::rows(
            coded,
            width,
            rows,
            fax::Coding::RunLengths { bits_of_word: 8 },
        ),
        3 => fax::rows(coded, width, rows, fax::Coding::group_3(header.fax_options)),
        4 => fax::rows(coded, width, rows, fax::Coding::Group4),
        5 => lzw(coded, length),
        8 | 32946 => read(flate2::read::ZlibDecoder::new(coded), length),
        32771 => fax::rows(
            coded,
            width,
            rows,
            fax::Coding::RunLengths { bits_of_word: 16 },
        ),
        32773 => pack_bits::unpack(coded, length),
        34925 => read(XzReader::new_mem_limit(coded, true, LZMA_KIB), length),
        50000 => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(coded);
            read(decoder.map_err(|e| damaged(&e.to_string()))?, length)
        }
        code => Err(unsupported_kind(&format!("a TIFF with compression {code}"))),
    }
}

/// As much as is needed; what follows is not looked at.
fn read(reader: impl Read, length: usize) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let outcome = reader.take(length as u64).read_to_end(&mut bytes);
    match outcome {
        _ if bytes.len() == length => Ok(bytes),
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => Err(damaged(&e.to_string())),
        _ => Err(truncated()),
    }
}

/// LZW, or its first form with the bits in the other order, which begins otherwise.
fn lzw(coded: &[u8], length: usize) -> Result<Vec<u8>, PictureError> {
    use weezl::{BitOrder, LzwStatus, decode::Decoder};
    let is_old = matches!(coded, [0, second, ..] if second & 1 == 1);
    let mut decoder = match is_old {
        true => Decoder::new(BitOrder::Lsb, 8),
        false => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut bytes = vec![0; length];
    let (mut from, mut to) = (0, 0);
    while to < length {
        let step = decoder.decode_bytes(&coded[from..], &mut bytes[to..]);
        from += step.consumed_in;
        to += step.consumed_out;
        match step.status {
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) if to == length => {}
            Ok(_) => return Err(truncated()),
            Err(e) => return Err(damaged(&e.to_string())),
        }
    }
    Ok(bytes)
}

/// A WebP of this size, as RGB.
pub(super) fn webp(
    coded: &[u8],
    (width, rows): (usize, usize),
    samples: usize,
) -> Result<(usize, Vec<u8>), PictureError> {
    use image::ImageDecoder;
    use image::codecs::webp::WebPDecoder;
    let failed = |e: image::ImageError| damaged(&e.to_string());
    let decoder = WebPDecoder::new(io::Cursor::new(coded)).map_err(failed)?;
    if decoder.dimensions() != (width as u32, rows as u32) {
        return Err(damaged("a block has another size"));
    }
    let channels = usize::from(decoder.color_type().channel_count());
    let mut bytes = vec![0; width * rows * channels];
    decoder.read_image(&mut bytes).map_err(failed)?;
    if (channels, samples) == (3, 4) {
        // An alpha that is opaque everywhere is not written.
        let pixels = bytes.as_chunks::<3>().0.iter();
        return Ok((4, pixels.flat_map(|pixel| opaque(*pixel)).collect()));
    }
    Ok((channels, bytes))
}
