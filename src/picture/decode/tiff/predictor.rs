//! Differences between neighbours, added up again.

use super::header::Header;
use super::samples::row_length;

/// Adds up a block's rows, if they are differences.
pub(super) fn undo(stored: &mut [u8], header: &Header, width: usize) {
    // The other codings have none.
    if !matches!(header.compression, 5 | 8 | 32946 | 34925 | 50000) {
        return;
    }
    let samples = if header.is_planar { 1 } else { header.samples };
    let size = header.bits / 8;
    let rows = stored.chunks_exact_mut(row_length(header, width));
    match (header.predictor, size) {
        (2, 1) => rows.for_each(|row| add_bytes(row, samples)),
        (2, 2) => rows.for_each(|row| add_wide::<2>(row, samples, header.is_big_endian)),
        (2, 4) => rows.for_each(|row| add_wide::<4>(row, samples, header.is_big_endian)),
        (3, 4) => rows.for_each(|row| {
            add_bytes(row, samples);
            gather(row, header.is_big_endian);
        }),
        _ => {}
    }
}

fn add_bytes(row: &mut [u8], samples: usize) {
    for at in samples..row.len() {
        row[at] = row[at].wrapping_add(row[at - samples]);
    }
}

fn add_wide<const SIZE: usize>(row: &mut [u8], samples: usize, is_big_endian: bool) {
    let values = row.as_chunks_mut::<SIZE>().0;
    for at in samples..values.len() {
        let (before, value) = (values[at - samples], &mut values[at]);
        let mut carry = 0;
        for n in 0..SIZE {
            let n = if is_big_endian { SIZE - 1 - n } else { n };
            let sum = u16::from(value[n]) + u16::from(before[n]) + carry;
            value[n] = sum as u8;
            carry = sum >> 8;
        }
    }
}

/// The bytes of floating-point numbers are stored apart, the highest of all first.
fn gather(row: &mut [u8], is_big_endian: bool) {
    let apart = row.to_vec();
    let count = row.len() / 4;
    for (at, value) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let bytes = std::array::from_fn(|n| apart[n * count + at]);
        let number = u32::from_be_bytes(bytes);
        *value = match is_big_endian {
            true => number.to_be_bytes(),
            false => number.to_le_bytes(),
        };
    }
}
