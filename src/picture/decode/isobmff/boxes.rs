//! Boxes of the ISO base media format, and the numbers in them (ISO/IEC 14496-12, 4.2).

use crate::error::PictureError;
use crate::picture::decode::limits::{damaged, truncated};

/// A box: what it is called, and what is in it.
#[derive(Clone, Copy)]
pub(in crate::picture::decode) struct Part<'a> {
    pub kind: &'a [u8],
    pub body: &'a [u8],
    /// Not if the file, or the box around it, ends before it does.
    pub is_whole: bool,
}

/// The boxes that follow one another, until they make no sense.
pub(in crate::picture::decode) fn parts(bytes: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let mut fields = Fields(rest);
        let length = fields.number(4)?;
        let kind = fields.bytes(4)?;
        let length = match length {
            // To the end.
            0 => rest.len() as u64,
            1 => fields.number(8)?,
            length => length,
        };
        let head = rest.len() - fields.0.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < head {
            return None;
        }
        let end = length.min(rest.len());
        let part = Part {
            kind,
            body: &rest[head..end],
            is_whole: length <= rest.len(),
        };
        rest = &rest[end..];
        Some(part)
    })
}

/// The boxes in a box, all of them whole.
///
/// # Errors
/// If one isn't, or there is something else.
pub(in crate::picture::decode) fn children(body: &[u8]) -> Result<Vec<Part<'_>>, PictureError> {
    let children: Vec<_> = parts(body).collect();
    let covered: usize = children.last().map_or(0, |last| {
        last.body.as_ptr_range().end.addr() - body.as_ptr().addr()
    });
    match covered == body.len() && children.iter().all(|part| part.is_whole) {
        true => Ok(children),
        false => Err(damaged("a box in it has a wrong length")),
    }
}

/// The first box of this kind in a file.
///
/// # Errors
/// If it isn't whole.
pub(in crate::picture::decode) fn in_file<'a>(
    file: &'a [u8],
    kind: &[u8; 4],
) -> Result<Option<&'a [u8]>, PictureError> {
    match parts(file).find(|part| part.kind == kind) {
        Some(part) if !part.is_whole => Err(truncated()),
        part => Ok(part.map(|part| part.body)),
    }
}

/// What is in the first box of this kind among several.
pub(in crate::picture::decode) fn find<'a>(parts: &[Part<'a>], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let found = parts.iter().find(|part| part.kind == kind);
    found.map(|part| part.body)
}

/// Where the first sample of a track is, and how long, by its table of samples.
pub(in crate::picture::decode) fn first_sample(table: &[Part]) -> Option<(u64, u64)> {
    let mut sizes = Fields(find(table, b"stsz")?);
    sizes.version()?;
    let size = match sizes.number(4)? {
        0 => {
            let count = sizes.number(4)?;
            (count > 0).then_some(())?;
            sizes.number(4)?
        }
        size => size,
    };
    let (offsets, length) = match find(table, b"stco") {
        Some(body) => (body, 4),
        None => (find(table, b"co64")?, 8),
    };
    let mut offsets = Fields(offsets);
    offsets.version()?;
    (offsets.number(4)? > 0).then_some(())?;
    Some((offsets.number(length)?, size))
}

/// What is left of a box's fields, which are read from the front. None where there is too little.
#[derive(Clone, Copy)]
pub(in crate::picture::decode) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number of so many bytes, at most 8; of none it is 0.
    pub fn number(&mut self, size: usize) -> Option<u64> {
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(self.bytes(size)?.iter().fold(0, push))
    }

    /// A number of four bytes.
    pub fn long(&mut self) -> Option<u32> {
        Some(self.number(4)? as u32)
    }

    /// The version and the flags at the beginning of many boxes.
    pub fn version(&mut self) -> Option<(u64, u64)> {
        Some((self.number(1)?, self.number(3)?))
    }

    /// A text that ends with a zero, or with the box.
    pub fn text(&mut self) -> &'a [u8] {
        let length = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }
}
