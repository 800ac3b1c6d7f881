//! Silicon Graphics' pictures: planes of rows from the bottom up, as they are or in runs.

use super::big_endian;
use super::gathered::{Gathered, opaque};
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::unsupported_kind;
use crate::error::PictureError;
use crate::picture::Picture;

/// Of the header.
const HEADER: usize = 512;

pub(super) fn is_sgi(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x01, 0xda])
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let header = bytes.get(..HEADER).ok_or_else(truncated)?;
    let short = |at: usize| usize::from(header[at]) << 8 | usize::from(header[at + 1]);
    let (width, height) = (short(6), short(8));
    // Of a sample: of 16 bits the first eight count.
    let size = usize::from(header[3]);
    let planes = match (short(4), short(10)) {
        (1, _) => 1,
        (2, 1) => 1,
        (3, planes @ (3 | 4)) => planes,
        (dimensions, planes) => {
            let kind = format!("an SGI picture of {dimensions} dimensions and {planes} channels");
            return Err(unsupported_kind(&kind));
        }
    };
    let height = if short(4) == 1 { 1 } else { height };
    let is_packed = header[2] == 1;
    if header[2] > 1 || !matches!(size, 1 | 2) {
        return Err(unsupported_kind("an SGI picture of this depth or coding"));
    }
    check_pixels(width as u64, height as u64, limits)?;
    let rows = Rows {
        bytes,
        width,
        size,
        // Where each row is, and its length.
        table: is_packed.then_some(planes * height),
    };
    // All rows, or a table of them.
    let needed = planes * height * if is_packed { 8 } else { width * size };
    if bytes.len() < HEADER + needed {
        return Err(truncated());
    }
    let _budget = MemoryBudget::take((width * height * 8) as u64);
    let mut pixels = vec![opaque([0; 3]); width * height];
    let channels = if alpha { planes.max(3) } else { 3 };
    for channel in 0..channels {
        // Grey is repeated.
        let plane = if planes == 1 { 0 } else { channel };
        for (y, to) in pixels.chunks_exact_mut(width).rev().enumerate() {
            rows.read(plane * height + y, |x, value| to[x][channel] = value)?;
        }
    }
    let mut gathered = Gathered::new(width * height, alpha);
    gathered.extend(pixels.into_iter());
    Ok(gathered.picture(width, height))
}

/// The rows of all planes.
struct Rows<'a> {
    bytes: &'a [u8],
    width: usize,
    size: usize,
    /// How many rows the table has, where they are packed.
    table: Option<usize>,
}

impl Rows<'_> {
    /// Hands out the values of a row.
    fn read(&self, row: usize, mut put: impl FnMut(usize, u8)) -> Result<(), PictureError> {
        let &Self {
            bytes,
            width,
            size,
            table,
        } = self;
        if table.is_none() {
            let stored = &bytes[HEADER + row * width * size..][..width * size];
            let values = stored.iter().step_by(size).enumerate();
            values.for_each(|(x, value)| put(x, *value));
            return Ok(());
        }
        let at = big_endian::long(bytes, HEADER + row * 4).ok_or_else(truncated)?;
        let mut rest = bytes.get(at as usize..).ok_or_else(truncated)?;
        let mut x = 0;
        while x < width {
            let (head, behind) = rest.split_at_checked(size).ok_or_else(truncated)?;
            let count = usize::from(head[size - 1] & 127);
            if count == 0 || x + count > width {
                return Err(damaged("a row has another length"));
            }
            let is_run = head[size - 1] < 128;
            let stored = size * if is_run { 1 } else { count };
            let (values, behind) = behind.split_at_checked(stored).ok_or_else(truncated)?;
            let step = if is_run { 0 } else { size };
            (0..count).for_each(|n| put(x + n, values[n * step]));
            x += count;
            rest = behind;
        }
        Ok(())
    }
}
