//! The zip archives that `torch.save` writes since PyTorch 1.6 (torch/serialization.py; PKWARE's
//! APPNOTE.TXT 6.3.10): a folder with the pickle and a file for each storage, none of them
//! compressed.

use std::collections::HashMap;
use std::ops::Range;

use super::super::bytes::Bytes;
use super::fault::{Result, damaged, refused};

/// A record at the end says where the directory is. Behind it there is at most a comment of 64 KiB.
const END: u64 = 22;
const MAX_COMMENT: u64 = 0xffff;

/// A whole training state of the largest network has a megabyte.
const MAX_DIRECTORY: u64 = 16 << 20;

/// In the place of a number that needs 8 bytes and stands elsewhere.
const LARGE: u64 = 0xffff_ffff;

pub(super) struct Archive<'a> {
    bytes: &'a Bytes,
    length: u64,
    /// With a slash behind it.
    folder: String,
    files: HashMap<String, File>,
}

#[derive(Clone, Copy)]
struct File {
    /// Where its own header is.
    header: u64,
    size: u64,
    /// Neither compressed nor encrypted.
    is_plain: bool,
}

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a Bytes) -> Result<Self> {
        let length = bytes.length()?;
        let mut archive = Self {
            bytes,
            length,
            folder: String::new(),
            files: HashMap::new(),
        };
        let directory = archive.directory()?;
        let mut rest = &directory[..];
        while !rest.is_empty() {
            let Some((name, file, behind)) = entry(rest) else {
                return damaged("the directory of its zip archive can't be read");
            };
            if archive.files.is_empty() {
                let folder = name.split_once('/').map(|(folder, _)| format!("{folder}/"));
                archive.folder = folder.unwrap_or_default();
            }
            archive.files.insert(name, file);
            rest = behind;
        }
        Ok(archive)
    }

    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(&format!("{}{name}", self.folder))
    }

    /// Where the bytes of the file `name` are, which must be stored as they are.
    pub fn range(&self, name: &str) -> Result<Range<u64>> {
        let name = format!("{}{name}", self.folder);
        let Some(file) = self.files.get(&name) else {
            return damaged(format!("its zip archive has no file {name}"));
        };
        if !file.is_plain {
            return refused(
                "its files are compressed or encrypted, which torch.save never does; pack it \
                 again without compression (zip -0)",
            );
        }
        // The lengths of the name and of what comes behind it may differ from the directory's.
        let header: [u8; 30] = self.read(file.header)?;
        let lengths = u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        let start = file.header + 30 + lengths;
        let end = start.checked_add(file.size);
        match end.filter(|&end| end <= self.length && header.starts_with(b"PK\x03\x04")) {
            Some(end) => Ok(start..end),
            None => damaged(format!("{name} is not where its zip archive says")),
        }
    }

    /// The first bytes of the file `name`, if there is one.
    pub fn start_of<const N: usize>(&self, name: &str) -> Result<Option<[u8; N]>> {
        if !self.has(name) {
            return Ok(None);
        }
        let range = self.range(name)?;
        match range.end - range.start >= N as u64 {
            true => self.read(range.start).map(Some),
            false => Ok(None),
        }
    }

    /// The bytes of the directory of all files.
    fn directory(&self) -> Result<Vec<u8>> {
        let tail_length = self.length.min(END + MAX_COMMENT);
        let mut tail = vec![0; tail_length as usize];
        self.bytes.read(self.length - tail_length, &mut tail)?;
        let Some(at) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else {
            return damaged("the end of its zip archive is missing");
        };
        let Some(record) = tail[at..].first_chunk::<22>() else {
            return damaged("the end of its zip archive is cut off");
        };
        let (size, start) = (u32_at(record, 12), u32_at(record, 16));
        let (size, start) = match (size.into(), start.into()) {
            (LARGE, _) | (_, LARGE) => self.large(self.length - tail_length + at as u64)?,
            place => place,
        };
        if size > MAX_DIRECTORY {
            return refused(format!(
                "its zip archive has a directory of {size} bytes, more than weights need"
            ));
        }
        let end = start.checked_add(size);
        if end.is_none_or(|end| end > self.length) {
            return damaged("the directory of its zip archive is cut off");
        }
        let mut directory = vec![0; size as usize];
        self.bytes.read(start, &mut directory)?;
        Ok(directory)
    }

    /// The directory's size and start where they need 8 bytes: the record before the one at `end`
    /// says where they are.
    fn large(&self, end: u64) -> Result<(u64, u64)> {
        let Some(locator) = end.checked_sub(20) else {
            return damaged("the end of its zip archive is cut off");
        };
        let locator: [u8; 20] = self.read(locator)?;
        let record: [u8; 56] = self.read(u64_at(&locator, 8))?;
        match locator.starts_with(b"PK\x06\x07") && record.starts_with(b"PK\x06\x06") {
            true => Ok((u64_at(&record, 40), u64_at(&record, 48))),
            false => damaged("the end of its zip archive can't be read"),
        }
    }

    fn read<const N: usize>(&self, start: u64) -> Result<[u8; N]> {
        let end = start.checked_add(N as u64);
        if end.is_none_or(|end| end > self.length) {
            return damaged("its zip archive points behind its end");
        }
        let mut read = [0; N];
        self.bytes.read(start, &mut read)?;
        Ok(read)
    }
}

/// The first entry of a directory, and what follows it.
fn entry(directory: &[u8]) -> Option<(String, File, &[u8])> {
    let (fixed, rest) = directory.split_first_chunk::<46>()?;
    let (flags, method) = (u16_at(fixed, 8), u16_at(fixed, 10));
    let (name, rest) = rest.split_at_checked(u16_at(fixed, 28).into())?;
    let (extra, rest) = rest.split_at_checked(u16_at(fixed, 30).into())?;
    let (_, rest) = rest.split_at_checked(u16_at(fixed, 32).into())?;
    // Those of the numbers that need 8 bytes, in this order.
    let mut large = large_numbers(extra).iter();
    let mut number = |at| match u64::from(u32_at(fixed, at)) {
        LARGE => large.next().map(|&bytes| u64::from_le_bytes(bytes)),
        small => Some(small),
    };
    let (size, packed, header) = (number(24)?, number(20)?, number(42)?);
    let file = File {
        header,
        size,
        is_plain: method == 0 && flags & 1 == 0 && packed == size,
    };
    let name = String::from_utf8_lossy(name).into_owned();
    fixed
        .starts_with(b"PK\x01\x02")
        .then_some((name, file, rest))
}

/// The part with the number 1 of what follows an entry's name.
fn large_numbers(mut extra: &[u8]) -> &[[u8; 8]] {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let Some((part, rest)) = rest.split_at_checked(u16_at(head, 2).into()) else {
            break;
        };
        if u16_at(head, 0) == 1 {
            return part.as_chunks().0;
        }
        extra = rest;
    }
    &[]
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
