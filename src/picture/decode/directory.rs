//! TIFF's directory of numbered values, which EXIF is too: classic and BigTIFF, either byte order.

/// A directory of a file.
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    pub is_big_endian: bool,
    /// Numbers are eight bytes long where classic TIFF has four.
    is_big: bool,
    entries: Vec<Entry>,
    /// Where the next one is; 0 for none.
    next: u64,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where its values are.
    at: u64,
}

/// How files begin; the third and fourth are wrong and exist.
const STARTS: [&[u8; 4]; 6] = [b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+"];

/// How files of cameras begin that are else the same: Panasonic's and Olympus'.
const CAMERAS: [&[u8; 4]; 4] = [b"IIU\0", b"IIRO", b"IIRS", b"MMOR"];

pub(super) fn is_directory(bytes: &[u8]) -> bool {
    STARTS.iter().any(|start| bytes.starts_with(*start))
}

pub(super) fn is_of_camera(bytes: &[u8]) -> bool {
    CAMERAS.iter().any(|start| bytes.starts_with(*start))
}

impl<'a> Directory<'a> {
    /// The first directory, as far as it is there.
    pub fn first(bytes: &'a [u8]) -> Option<Self> {
        is_directory(bytes).then(|| Self::begin(bytes))?
    }

    /// The first directory of a camera's file.
    pub fn first_of_camera(bytes: &'a [u8]) -> Option<Self> {
        (is_directory(bytes) || is_of_camera(bytes)).then(|| Self::begin(bytes))?
    }

    fn begin(bytes: &'a [u8]) -> Option<Self> {
        let empty = Self::empty(bytes, bytes[0] == b'M', bytes[2..4].contains(&43));
        let at = if empty.is_big { 8 } else { 4 };
        empty.at(empty.number_at(at, at)?)
    }

    fn empty(bytes: &'a [u8], is_big_endian: bool, is_big: bool) -> Self {
        Self {
            bytes,
            is_big_endian,
            is_big,
            entries: Vec::new(),
            next: 0,
        }
    }

    /// A directory within some bytes that count their places from their own beginning.
    pub fn within(bytes: &'a [u8], is_big_endian: bool, start: u64) -> Option<Self> {
        Self::empty(bytes, is_big_endian, false).at(start)
    }

    /// Another directory of the same file.
    pub fn at(&self, start: u64) -> Option<Self> {
        let mut directory = Self::empty(self.bytes, self.is_big_endian, self.is_big);
        let long = directory.is_big;
        let count_size = if long { 8 } else { 2 };
        let count = directory.number_at(start, count_size)?;
        let (size, value_size) = if long { (20, 8) } else { (12, 4) };
        let end = count.checked_mul(size)?.checked_add(start)?;
        let next = directory.number_at(end.checked_add(count_size)?, value_size);
        directory.next = next.unwrap_or(0);
        for number in 0..count.min(u64::from(u16::MAX)) {
            let at = start.checked_add(count_size + number * size)?;
            let Some(entry) = directory.entry(at, value_size) else {
                break;
            };
            directory.entries.push(entry);
        }
        Some(directory)
    }

    fn entry(&self, at: u64, value_size: u64) -> Option<Entry> {
        let kind = self.number_at(at + 2, 2)? as u16;
        let count = self.number_at(at + 4, value_size)?;
        let value = at + 4 + value_size;
        self.number_at(value, value_size)?;
        let is_inside = count.checked_mul(size_of_kind(kind)?)? <= value_size;
        Some(Entry {
            tag: self.number_at(at, 2)? as u16,
            kind,
            count,
            at: match is_inside {
                true => value,
                false => self.number_at(value, value_size)?,
            },
        })
    }

    /// An unsigned number of `size` bytes.
    fn number_at(&self, at: u64, size: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(size as usize)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.is_big_endian {
            true => bytes.iter().fold(0, push),
            false => bytes.iter().rev().fold(0, push),
        })
    }

    /// Bytes of the file, wherever they are.
    pub fn bytes_at(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
        self.bytes.get(at..at.checked_add(length)?)
    }

    /// Where the next directory is.
    pub fn next(&self) -> Option<u64> {
        (self.next != 0).then_some(self.next)
    }

    /// How many a value is.
    pub fn count(&self, tag: u16) -> Option<u64> {
        Some(self.find(tag)?.count)
    }

    /// Where a value is.
    pub fn place(&self, tag: u16) -> Option<u64> {
        Some(self.find(tag)?.at)
    }

    fn find(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().rfind(|entry| entry.tag == tag)
    }

    /// The bytes of a value.
    pub fn data(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.find(tag)?;
        let length = entry.count.checked_mul(size_of_kind(entry.kind)?)?;
        self.bytes_at(entry.at, length)
    }

    /// All whole numbers of a value.
    pub fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.find(tag)?;
        let size = size_of_kind(entry.kind)?;
        let is_whole = matches!(entry.kind, 1 | 3 | 4 | 6..=9 | 13 | 16..=18);
        // No longer than what the file holds.
        if !is_whole || self.data(tag).is_none() {
            return None;
        }
        let values = (0..entry.count).map(|n| self.number_at(entry.at + n * size, size));
        values.collect()
    }

    /// A value that is one whole number, or the first of several.
    pub fn number(&self, tag: u16) -> Option<u64> {
        let entry = self.find(tag)?;
        let size = size_of_kind(entry.kind)?;
        match entry.kind {
            1 | 3 | 4 | 6..=9 | 13 | 16..=18 if entry.count > 0 => self.number_at(entry.at, size),
            _ => None,
        }
    }

    /// All values as floating-point numbers. Fractions are stored as whole numbers and as
    /// floating-point numbers too, and libtiff reads them so.
    pub fn reals(&self, tag: u16) -> Option<Vec<f32>> {
        let entry = self.find(tag)?;
        let size = size_of_kind(entry.kind)?;
        self.data(tag)?;
        let real = |n: u64| {
            let at = entry.at + n * size;
            let long = |at: u64| Some(self.number_at(at, 4)? as u32);
            let bits = self.number_at(at, size)?;
            Some(match entry.kind {
                1 | 3 | 4 | 13 | 16 | 18 => bits as f32,
                6 => f32::from(bits as i8),
                8 => f32::from(bits as i16),
                9 => bits as i32 as f32,
                17 => bits as i64 as f32,
                5 => long(at)? as f32 / long(at + 4)? as f32,
                10 => long(at)? as i32 as f32 / long(at + 4)? as i32 as f32,
                11 => f32::from_bits(bits as u32),
                12 => f64::from_bits(bits) as f32,
                _ => return None,
            })
        };
        (0..entry.count).map(real).collect()
    }
}

/// In bytes, of one value.
fn size_of_kind(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => return None,
    })
}
