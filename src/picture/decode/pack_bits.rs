//! PackBits, which TIFF and Photoshop have from the Macintosh.

use super::limits::truncated;
use crate::error::PictureError;

/// The first `length` bytes of runs of one byte, and of runs of bytes as they are.
pub(super) fn unpack(coded: &[u8], length: usize) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::with_capacity(length);
    let mut rest = coded;
    while bytes.len() < length {
        let (&head, behind) = rest.split_first().ok_or_else(truncated)?;
        rest = behind;
        match head {
            128 => {}
            0..128 => {
                let count = usize::from(head) + 1;
                let (run, behind) = rest.split_at_checked(count).ok_or_else(truncated)?;
                bytes.extend(run);
                rest = behind;
            }
            _ => {
                let (&value, behind) = rest.split_first().ok_or_else(truncated)?;
                bytes.extend(std::iter::repeat_n(value, 257 - usize::from(head)));
                rest = behind;
            }
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}
