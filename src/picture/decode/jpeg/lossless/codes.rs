//! Huffman's codes of differences (ITU-T T.81, F.2.2 and H.2.2).

use crate::error::PictureError;
use crate::picture::decode::jpeg::layout::marker;
use crate::picture::decode::limits::{damaged, truncated};

/// Codes have at most 16 bits.
const LONGEST: u32 = 16;

/// How many codes there are of each length, and what they stand for.
pub(super) struct Codes {
    counts: [u8; LONGEST as usize],
    symbols: Vec<u8>,
}

impl Codes {
    /// Reads them, and says what follows.
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), PictureError> {
        let wrong = || damaged("a table of codes is cut short");
        let (counts, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let count = counts.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(count).ok_or_else(wrong)?;
        let codes = Self {
            counts: *counts,
            symbols: symbols.to_vec(),
        };
        Ok((codes, rest))
    }
}

/// The length of each code and what it stands for, by the next 16 bits. No code is of length 0.
pub(super) struct Table(Box<[(u8, u8)]>);

impl Table {
    /// # Errors
    /// If there are more codes than bits for them.
    pub fn new(codes: &Codes) -> Result<Self, PictureError> {
        let wrong = || damaged("a table of codes is wrong");
        let mut symbols = codes.symbols.iter();
        let mut entries = vec![(0, 0); 1 << LONGEST];
        let mut next = 0;
        for (length, count) in (1..).zip(&codes.counts) {
            let span = 1 << (LONGEST - length);
            for symbol in symbols.by_ref().take(usize::from(*count)) {
                let entries = entries.get_mut(next..next + span).ok_or_else(wrong)?;
                entries.fill((length as u8, *symbol));
                next += span;
            }
            // No code is all ones.
            if *count > 0 && next == 1 << LONGEST {
                return Err(wrong());
            }
        }
        Ok(Self(entries.into()))
    }
}

/// The bits of a scan between two markers.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits are the highest.
    next: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(coded: &'a [u8]) -> Self {
        Self {
            rest: coded,
            next: 0,
            count: 0,
        }
    }

    /// What was not looked at; a marker comes first, or some bytes that fill.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match *self.rest {
                [0xff, 0, ..] => {
                    self.rest = &self.rest[1..];
                    0xff
                }
                // A marker, or a byte that fills before one.
                [] | [0xff, ..] => return,
                [byte, ..] => byte,
            };
            self.rest = &self.rest[1..];
            self.next |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, count: u32) -> Result<(), PictureError> {
        self.count = self.count.checked_sub(count).ok_or_else(truncated)?;
        self.next <<= count;
        Ok(())
    }

    /// A difference, modulo 65,536.
    ///
    /// # Errors
    /// If the codes end before it.
    pub fn difference(&mut self, table: &Table) -> Result<u16, PictureError> {
        // A code and what follows it have at most 32 bits.
        self.fill();
        let (length, size) = table.0[(self.next >> 48) as usize];
        if length == 0 {
            // What stands for nothing is no difference, as for libjpeg-turbo, which finds it out
            // with one bit more (src/jdhuff.c, jpeg_huff_decode).
            self.skip(LONGEST + 1)?;
            return Ok(0);
        }
        self.skip(length.into())?;
        match u32::from(size) {
            0 => Ok(0),
            16 => Ok(1 << 15),
            size @ 1..16 => {
                let value = (self.next >> (64 - size)) as u16;
                self.skip(size)?;
                // Of the numbers of this size, the lower half stands for negative ones.
                Ok(match value >> (size - 1) {
                    0 => value.wrapping_sub((1 << size) - 1),
                    _ => value,
                })
            }
            _ => Err(damaged("a code stands for too many bits")),
        }
    }

    /// Goes on behind the restart marker of this number.
    ///
    /// # Errors
    /// If the next marker is another: what follows would be shown in a wrong place.
    pub fn restart(&mut self, number: u8) -> Result<(), PictureError> {
        let (found, start) = marker(self.rest, 0).ok_or_else(truncated)?;
        if found != 0xd0 | number & 7 {
            return Err(damaged("a restart marker is missing"));
        }
        *self = Self::new(&self.rest[start..]);
        Ok(())
    }
}
