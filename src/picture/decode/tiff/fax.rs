//! CCITT's codes for black and white: groups 3 and 4 (ITU-T T.4 and T.6), and TIFF's own form of
//! them without line ends. The tables are the crate `fax`'s.

use std::convert::Infallible;

use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

use crate::error::PictureError;
use crate::picture::decode::limits::{damaged, truncated};

/// Which of the codings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Each row on its own, from the start of a byte or of a word.
    RunLengths { bits_of_word: usize },
    /// With an end before or behind each row; in the second form a bit tells how the next is coded.
    Group3 { is_two_dimensional: bool },
    /// Each row by what differs from the one above.
    Group4,
}

impl Coding {
    /// As the options of TIFF say.
    pub fn group_3(options: u64) -> Self {
        Self::Group3 {
            is_two_dimensional: options & 1 != 0,
        }
    }
}

/// All rows, a bit a pixel, 1 for black.
pub(super) fn rows(
    coded: &[u8],
    width: usize,
    rows: usize,
    coding: Coding,
) -> Result<Vec<u8>, PictureError> {
    let mut bits = Bits { coded, at: 0 };
    let stride = width.div_ceil(8);
    let mut bytes = vec![0; stride * rows];
    let mut above = Vec::new();
    for row in bytes.chunks_exact_mut(stride) {
        let changes = match coding {
            Coding::RunLengths { bits_of_word } => {
                bits.at = bits.at.next_multiple_of(bits_of_word);
                one_dimension(&mut bits, width)
            }
            Coding::Group3 { is_two_dimensional } => {
                // Several ends in a row are the end of the page: what is left is white.
                let ends = bits.skip_ends(is_two_dimensional);
                if ends > 1 && bits.at >= coded.len() * 8 - 16 {
                    break;
                }
                match is_two_dimensional && bits.take(1) == 0 {
                    true => two_dimensions(&mut bits, &above, width),
                    false => one_dimension(&mut bits, width),
                }
            }
            Coding::Group4 if bits.peek(12) == Some(1) => break,
            Coding::Group4 => two_dimensions(&mut bits, &above, width),
        };
        if bits.at > coded.len() * 8 + 7 {
            return Err(truncated());
        }
        let changes = changes.ok_or_else(wrong_code)?;
        blacken(row, &changes, width);
        above = changes;
    }
    Ok(bytes)
}

fn wrong_code() -> PictureError {
    damaged("a wrong fax code")
}

/// The columns at which the colour changes, from white.
type Changes = Vec<usize>;

/// A run's length: long ones are coded in parts.
fn run(bits: &mut Bits, is_black: bool) -> Option<usize> {
    let mut length = 0;
    loop {
        let part = match is_black {
            true => black::decode(bits)?,
            false => white::decode(bits)?,
        };
        length += usize::from(part);
        if part < 64 {
            return Some(length);
        }
    }
}

fn one_dimension(bits: &mut Bits, width: usize) -> Option<Changes> {
    let mut changes = Changes::new();
    let mut column = 0;
    while column < width && !bits.is_over() {
        column += run(bits, changes.len() % 2 == 1)?;
        changes.push(column.min(width));
    }
    Some(changes)
}

fn two_dimensions(bits: &mut Bits, above: &Changes, width: usize) -> Option<Changes> {
    let mut changes = Changes::new();
    let mut column = 0;
    // Before the first pixel, a change above the first pixel counts.
    let mut is_first = true;
    let mut near = 0_usize;
    while column < width && !bits.is_over() {
        let is_black = changes.len() % 2 == 1;
        // The next change above to the other colour.
        near = near.saturating_sub(2);
        let is_behind = |n: usize| {
            above
                .get(n)
                .is_some_and(|c| *c < column || *c == column && !is_first)
        };
        while is_behind(near) || near % 2 != usize::from(is_black) {
            near += 1;
        }
        let change = |n: usize| above.get(n).copied().unwrap_or(width);
        match mode::decode(bits)? {
            Mode::Pass => column = change(near + 1),
            Mode::Vertical(delta) => {
                column = change(near).checked_add_signed(delta.into())?;
                if changes.last().is_some_and(|last| *last > column) {
                    return None;
                }
                changes.push(column.min(width));
            }
            Mode::Horizontal => {
                for is_black in [is_black, !is_black] {
                    column += run(bits, is_black)?;
                    changes.push(column.min(width));
                }
            }
            Mode::Extension | Mode::EOF => return None,
        }
        is_first = false;
    }
    Some(changes)
}

/// Sets the bits of the black runs.
fn blacken(row: &mut [u8], changes: &Changes, width: usize) {
    for run in changes.chunks(2) {
        let [start, ref end @ ..] = *run else {
            continue;
        };
        for column in start..end.first().copied().unwrap_or(width).min(width) {
            // Most of a long run is whole bytes, but pages are small.
            row[column / 8] |= 0x80 >> (column % 8);
        }
    }
}

/// The codes, followed by zeros without end.
struct Bits<'a> {
    coded: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn is_over(&self) -> bool {
        self.at > self.coded.len() * 8 + 64
    }

    fn take(&mut self, count: u8) -> u16 {
        let bits = self.peek(count).unwrap_or(0);
        self.at += usize::from(count);
        bits
    }

    /// Skips line ends, each of eleven zeros or more and a one, and tells how many there were.
    fn skip_ends(&mut self, is_tagged: bool) -> usize {
        let mut ends = 0;
        loop {
            if self.peek(11) != Some(0) {
                return ends;
            }
            let start = self.at;
            while self.at < self.coded.len() * 8 && self.peek(1) == Some(0) {
                self.at += 1;
            }
            if self.at >= self.coded.len() * 8 {
                return ends;
            }
            self.at = self.at.max(start) + 1;
            ends += 1;
            // The tag of an end that another one follows belongs to it.
            if is_tagged && self.peek(12).is_some_and(|bits| bits & 0x7ff == 0) {
                self.at += 1;
            }
        }
    }
}

impl BitReader for Bits<'_> {
    type Error = Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        let byte = |n: usize| u32::from(self.coded.get(self.at / 8 + n).copied().unwrap_or(0));
        let three = byte(0) << 16 | byte(1) << 8 | byte(2);
        let shifted = three >> (24 - self.at % 8 - usize::from(bits));
        Some((shifted & ((1 << bits) - 1)) as u16)
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        self.at += usize::from(bits);
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.next_multiple_of(8) - self.at) as u8
    }
}
