//! A pickle's bytes, one opcode after the other.

use std::ops::Range;

use super::super::bytes::Bytes;
use super::fault::{Result, damaged, too_much};

/// How many bytes are read from the file at once.
const BUFFER: usize = 1 << 16;

/// Of a training state of the largest network a pickle has a few megabytes. What is skipped does
/// not count.
const MAX_BYTES: u64 = 64 << 20;

/// Longer texts are no tensor's name.
const MAX_TEXT: u64 = 1024;

/// A part of a file, read from its start to its end.
pub(super) struct Input<'a> {
    bytes: &'a Bytes,
    /// Behind what is in the buffer.
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
    /// How many bytes may still be taken.
    left: u64,
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a Bytes, range: Range<u64>) -> Self {
        Self {
            bytes,
            next: range.start,
            end: range.end,
            buffer: Vec::new(),
            used: 0,
            left: MAX_BYTES,
        }
    }

    /// Where the next byte is in the file.
    pub fn position(&self) -> u64 {
        self.next - (self.buffer.len() - self.used) as u64
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("as many as were asked for"))
    }

    /// A number of `count` bytes, at most eight, the lowest first.
    pub fn number(&mut self, count: usize) -> Result<u64> {
        let bytes = self.take(count)?.iter().rev();
        Ok(bytes.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// The text in the next `length` bytes, unless it is longer than names are.
    pub fn text(&mut self, length: u64) -> Result<Option<Box<str>>> {
        if length > MAX_TEXT {
            self.skip(length)?;
            return Ok(None);
        }
        let bytes = self.take(length as usize)?;
        Ok(Some(String::from_utf8_lossy(bytes).into()))
    }

    /// The text up to the end of the line.
    pub fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() as u64 == MAX_TEXT => return damaged("a name in it has no end"),
                byte => line.push(byte),
            }
        }
    }

    pub fn skip(&mut self, count: u64) -> Result<()> {
        let to = self.position().checked_add(count);
        let Some(to) = to.filter(|&to| to <= self.end) else {
            return self.too_short();
        };
        if to <= self.next {
            self.used += count as usize;
        } else {
            self.next = to;
            self.buffer.clear();
            self.used = 0;
        }
        Ok(())
    }

    /// The next `count` bytes, which are fewer than the buffer has.
    pub fn take(&mut self, count: usize) -> Result<&[u8]> {
        let Some(left) = self.left.checked_sub(count as u64) else {
            return too_much(format_args!("has over {} MiB", MAX_BYTES >> 20));
        };
        self.left = left;
        if self.buffer.len() - self.used < count {
            self.buffer.drain(..self.used);
            self.used = 0;
            let have = self.buffer.len();
            let more = (self.end - self.next).min((BUFFER - have) as u64) as usize;
            if have + more < count {
                return self.too_short();
            }
            self.buffer.resize(have + more, 0);
            self.bytes.read(self.next, &mut self.buffer[have..])?;
            self.next += more as u64;
        }
        let taken = &self.buffer[self.used..][..count];
        self.used += count;
        Ok(taken)
    }

    fn too_short<T>(&self) -> Result<T> {
        damaged(format!("its pickle goes on behind byte {}", self.end))
    }
}
