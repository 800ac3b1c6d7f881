//! A block of 4 x 4 pixels. The first five codings have Pillow's rounding (src/libImaging/BcnDecode.c),
//! which is down; the others are exact by definition, but for a last bit of the sixth.

use half::f16;

use crate::picture::decode::blocks::between_colours;
use crate::picture::decode::gathered::opaque;

/// Of a block.
#[derive(Clone, Copy)]
pub enum Coding {
    /// Four colours between two, or three and one that is clear.
    Bc1,
    /// With alpha.
    Bc2,
    /// With alpha, coded as in `Bc4`.
    Bc3,
    /// Grey: eight values between two.
    Bc4,
    /// Red and green.
    Bc5 { is_signed: bool },
    /// Floating-point colours.
    Bc6 { is_signed: bool },
    /// Eight modes of colours and alpha.
    Bc7,
}

impl Coding {
    /// Of a block.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bc1 | Self::Bc4 => 8,
            _ => 16,
        }
    }

    /// Row by row; `block` has as many bytes as [`Self::bytes`] says.
    pub fn colours(self, block: &[u8]) -> [[u8; 4]; 16] {
        match self {
            Self::Bc1 | Self::Bc2 | Self::Bc3 => self.between(block, colour),
            Self::Bc4 => between_values(block, false).map(|grey| opaque([grey; 3])),
            Self::Bc5 { is_signed } => {
                let red = between_values(block, is_signed);
                let green = between_values(&block[8..], is_signed);
                // What is not stored is 0, in the middle of signed values.
                let blue = if is_signed { 128 } else { 0 };
                std::array::from_fn(|n| opaque([red[n], green[n], blue]))
            }
            Self::Bc6 { is_signed } => {
                let mut halves = [0; 48];
                bcdec_rs::bc6h_half(block, &mut halves, 12, is_signed);
                // Cut off at 0 and 1, and rounded down.
                let value = |half| (f16::from_bits(half).to_f32().clamp(0.0, 1.0) * 255.0) as u8;
                let pixel = |n| [0, 1, 2].map(|channel| value(halves[n * 3 + channel]));
                std::array::from_fn(|n| opaque(pixel(n)))
            }
            Self::Bc7 => {
                let mut values = [0; 64];
                bcdec_rs::bc7(block, &mut values, 16);
                std::array::from_fn(|n| [0, 1, 2, 3].map(|channel| values[n * 4 + channel]))
            }
        }
    }

    /// The same of the first three, with `colour` to read the two colours. Alpha comes before them.
    pub fn between(self, block: &[u8], colour: fn(u16) -> [u8; 3]) -> [[u8; 4]; 16] {
        let (alpha, colours) = block.split_at(self.bytes() - 8);
        let mut pixels = between_colours(colours, !alpha.is_empty(), colour);
        let values: [u8; 16] = match self {
            // Four bits each, the low ones first.
            Self::Bc2 => std::array::from_fn(|n| (alpha[n / 2] >> (n % 2 * 4) & 15) * 17),
            Self::Bc3 => between_values(alpha, false),
            _ => return pixels,
        };
        let pairs = pixels.iter_mut().zip(values);
        pairs.for_each(|(pixel, alpha)| pixel[3] = alpha);
        pixels
    }
}

/// Five, six and five bits; the high ones fill the low ones.
fn colour(number: u16) -> [u8; 3] {
    let (red, green, blue) = (number >> 11, number >> 5 & 63, number & 31);
    [
        (red << 3 | red >> 2) as u8,
        (green << 2 | green >> 4) as u8,
        (blue << 3 | blue >> 2) as u8,
    ]
}

/// Eight values between two; or six, 0 and 255. Signed ones are moved by 128.
fn between_values(block: &[u8], is_signed: bool) -> [u8; 16] {
    let moved = |value: u8| if is_signed { value ^ 128 } else { value };
    let (first, second) = (moved(block[0]), moved(block[1]));
    let (a, b) = (u16::from(first), u16::from(second));
    let steps = if first > second { 7 } else { 5 };
    let values: [u8; 8] = std::array::from_fn(|n| match n as u16 {
        0 => first,
        1 => second,
        n if n > steps => [0, 255][usize::from(n - 6)],
        n => (((steps + 1 - n) * a + (n - 1) * b) / steps) as u8,
    });
    let bits = block[2..8]
        .iter()
        .rev()
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    std::array::from_fn(|n| values[(bits >> (3 * n) & 7) as usize])
}
