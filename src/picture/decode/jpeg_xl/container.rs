//! The codestream in JPEG XL's boxes (ISO/IEC 18181-2).

use std::borrow::Cow;

use crate::error::PictureError;
use crate::picture::decode::isobmff::boxes::{Fields, Part, parts};
use crate::picture::decode::limits::{damaged, truncated};

/// How a file of boxes begins.
const SIGNATURE: &[u8] = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a";

/// How a codestream does.
pub(super) const CODESTREAM: &[u8] = b"\xff\x0a";

pub(super) fn is_container(start: &[u8]) -> bool {
    start.starts_with(SIGNATURE)
}

/// The boxes that a codestream is put into: of the higher of the two levels, since libjxl decodes
/// what needs it whatever a file says of itself.
pub(super) fn opening() -> Vec<u8> {
    let boxes: [&[u8]; 4] = [
        SIGNATURE,
        b"\0\0\0\x14ftypjxl \0\0\0\0jxl ",
        b"\0\0\0\x09jxll\x0a",
        b"\0\0\0\0jxlc",
    ];
    boxes.concat()
}

/// The codestream, joined where it is in parts.
///
/// # Errors
/// If some of it is missing.
pub(super) fn codestream(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PictureError> {
    if !is_container(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut joined = Vec::new();
    let mut number = 0;
    for part in parts(bytes) {
        match part.kind {
            b"jxlc" | b"jxlp" if !part.is_whole => return Err(truncated()),
            b"jxlc" if number == 0 => return Ok(Cow::Borrowed(part.body)),
            b"jxlp" => {
                let (index, is_last, data) = fields(part).ok_or_else(truncated)?;
                if index != number {
                    return Err(damaged("parts of it are missing or in another order"));
                }
                joined.extend(data);
                number += 1;
                if is_last {
                    return Ok(Cow::Owned(joined));
                }
            }
            _ => {}
        }
    }
    Err(truncated())
}

/// A part's number, whether it is the last, and what is in it.
fn fields(part: Part<'_>) -> Option<(u32, bool, &[u8])> {
    const LAST: u32 = 1 << 31;
    let mut fields = Fields(part.body);
    let number = fields.long()?;
    Some((number & !LAST, number & LAST != 0, fields.0))
}
