//! The beginning of a codestream (ISO/IEC 18181-1, C and D): a picture's size and number of channels
//! before the decoder sees them, and a word about its numbers that can't be believed.

use super::container::CODESTREAM;

/// What a codestream's first bits say.
pub(super) struct Header {
    /// As it is stored.
    pub width: u64,
    pub height: u64,
    /// How many channels there are beside grey or colour.
    pub others: u64,
    /// Behind the size: whether all that follows is as most often, in one bit.
    is_usual: bool,
    /// Which bit says that, and which one says that 16 bits do for every number.
    usual_at: usize,
    narrow_at: usize,
}

/// What is usual, spelled out in 25 bits for one, so that whatever follows keeps its place within its
/// byte: orientation 1; no size to show it at, no preview, no animation; 8 bits, the number written
/// at length; more than 16 bits for what is coded; no other channels; XYB, of sRGB and its
/// brightness; no extensions.
const USUAL: [(u64, usize); 15] = [
    (0, 1),
    (1, 1),
    (0, 3),
    (0, 1),
    (0, 1),
    (0, 1),
    (0, 1),
    (3, 2),
    (7, 6),
    (0, 1),
    (0, 2),
    (1, 1),
    (1, 1),
    (1, 1),
    (0, 2),
];

impl Header {
    /// None if the codestream ends before.
    pub fn read(codestream: &[u8]) -> Option<Self> {
        let mut bits = Bits {
            bytes: codestream,
            at: CODESTREAM.len() * 8,
        };
        let (width, height) = size(&mut bits)?;
        let usual_at = bits.at;
        let mut header = Self {
            width,
            height,
            others: 0,
            is_usual: bits.flag()?,
            usual_at,
            narrow_at: 0,
        };
        if header.is_usual {
            return Some(header);
        }
        if bits.flag()? {
            // The orientation.
            bits.number(3)?;
            if bits.flag()? {
                size(&mut bits)?;
            }
            if bits.flag()? {
                preview(&mut bits)?;
            }
            if bits.flag()? {
                animation(&mut bits)?;
            }
        }
        match bits.flag()? {
            // Floating-point numbers, and how many bits of their exponents.
            true => {
                bits.choice([(0, 32), (0, 16), (0, 24), (6, 1)])?;
                bits.number(4)?;
            }
            false => drop(bits.choice([(0, 8), (0, 10), (0, 12), (6, 1)])?),
        }
        header.narrow_at = bits.at;
        bits.flag()?;
        header.others = bits.choice([(0, 0), (0, 1), (4, 2), (12, 1)])?;
        Some(header)
    }

    /// The first bytes of the codestream, and how many they take the place of. They say that 16 bits
    /// do not do for what is coded: libjxl always uses 32, so that its encoder's word is never
    /// checked, and nearly lossless pictures break it. The decoder would keep what is left of each
    /// number, and show black.
    pub fn widened(&self, codestream: &[u8]) -> (Vec<u8>, usize) {
        if !self.is_usual {
            let taken = self.narrow_at / 8 + 1;
            let mut bytes = codestream[..taken].to_vec();
            bytes[taken - 1] &= !(1 << (self.narrow_at % 8));
            return (bytes, taken);
        }
        let taken = self.usual_at / 8 + 1;
        let (shift, last) = (self.usual_at % 8, u64::from(codestream[taken - 1]));
        let mut word = last & ((1 << shift) - 1);
        let mut length = shift;
        for (value, bits) in USUAL {
            word |= value << length;
            length += bits;
        }
        word |= last >> (shift + 1) << length;
        let mut bytes = codestream[..taken - 1].to_vec();
        bytes.extend(&word.to_le_bytes()[..4]);
        (bytes, taken)
    }
}

/// Width and height.
fn size(bits: &mut Bits) -> Option<(u64, u64)> {
    let is_small = bits.flag()?;
    let side = |bits: &mut Bits| match is_small {
        true => Some((bits.number(5)? + 1) * 8),
        false => bits.choice([(9, 1), (13, 1), (18, 1), (30, 1)]),
    };
    let height = side(bits)?;
    match bits.number(3)? {
        0 => Some((side(bits)?, height)),
        ratio => Some((wide(ratio, height), height)),
    }
}

/// Width by one of the usual ratios.
fn wide(ratio: u64, height: u64) -> u64 {
    let (across, down) = match ratio {
        1 => (1, 1),
        2 => (12, 10),
        3 => (4, 3),
        4 => (3, 2),
        5 => (16, 9),
        6 => (5, 4),
        _ => (2, 1),
    };
    height * across / down
}

fn preview(bits: &mut Bits) -> Option<()> {
    let is_small = bits.flag()?;
    let side = |bits: &mut Bits| match is_small {
        true => bits.choice([(0, 16), (0, 32), (5, 1), (9, 33)]),
        false => bits.choice([(6, 1), (8, 65), (10, 321), (12, 1345)]),
    };
    side(bits)?;
    if bits.number(3)? == 0 {
        side(bits)?;
    }
    Some(())
}

/// Ticks a second, as a fraction; how often it is shown; whether frames say when.
fn animation(bits: &mut Bits) -> Option<()> {
    bits.choice([(0, 100), (0, 1000), (10, 1), (30, 1)])?;
    bits.choice([(0, 1), (0, 1001), (8, 1), (10, 1)])?;
    bits.choice([(0, 0), (3, 0), (16, 0), (32, 0)])?;
    bits.flag().map(|_| ())
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        (0..count).try_fold(0, |number, bit| {
            Some(number | u64::from(self.flag()?) << bit)
        })
    }

    /// One of four ways to write a number: how many bits, and what is added to them.
    fn choice(&mut self, ways: [(usize, u64); 4]) -> Option<u64> {
        let (count, added) = ways[self.number(2)? as usize];
        Some(self.number(count)? + added)
    }
}
