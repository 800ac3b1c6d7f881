//! A bitmap's pixels in the order in which they are stored.

use crate::error::PictureError;
use crate::picture::alpha::OPAQUE;
use crate::picture::decode::limits::truncated;

/// Which bits are which colour, and which are alpha.
#[derive(Clone, Copy)]
pub(super) struct Masks {
    colours: [(u32, u32); 3],
    alpha: Option<(u32, u32)>,
}

/// A mask's place and what is left of it there.
fn shifted(mask: u32) -> (u32, u32) {
    let shift = mask.trailing_zeros() & 31;
    (shift, mask >> shift)
}

impl Masks {
    /// Masks as a header gives them; none if they are all zero.
    pub fn new(masks: [u32; 3], alpha: u32) -> Option<Self> {
        let is_given = masks != [0; 3] || alpha != 0;
        is_given.then(|| Self {
            colours: masks.map(shifted),
            alpha: (alpha != 0).then(|| shifted(alpha)),
        })
    }

    /// What is usual for this depth.
    pub fn of(bits: usize) -> Self {
        Self {
            colours: match bits {
                16 => [(10, 31), (5, 31), (0, 31)],
                _ => [(16, 255), (8, 255), (0, 255)],
            },
            alpha: None,
        }
    }

    /// With alpha in the last of four bytes.
    pub fn and_fourth_byte(self) -> Self {
        Self {
            alpha: Some((24, 255)),
            ..self
        }
    }

    pub fn has_alpha(&self) -> bool {
        self.alpha.is_some()
    }

    /// Each colour in eight bits, rounded down as Pillow rounds.
    pub fn colour(&self, pixel: u32) -> [u8; 3] {
        self.colours.map(|mask| part(pixel, mask))
    }

    pub fn alpha(&self, pixel: u32) -> u8 {
        self.alpha.map_or(OPAQUE, |mask| part(pixel, mask))
    }
}

fn part(pixel: u32, (shift, most): (u32, u32)) -> u8 {
    let value = u64::from(pixel >> shift & most) * 255;
    (value / u64::from(most.max(1))) as u8
}

/// What `of` makes of rows of pixels of 16 bits or more.
pub(super) fn direct<T>(
    coded: &[u8],
    stride: usize,
    (width, height): (usize, usize),
    bits: usize,
    of: impl Fn(u32) -> T,
) -> Vec<T> {
    let size = bits / 8;
    let mut pixels = Vec::with_capacity(width * height);
    for row in coded.chunks(stride).take(height) {
        pixels.extend(row.chunks_exact(size).take(width).map(|bytes| {
            let bytes = bytes.iter().rev();
            of(bytes.fold(0, |n, byte| n << 8 | u32::from(*byte)))
        }));
    }
    pixels
}

/// Rows of indices, several to a byte.
pub(super) fn palette(
    coded: &[u8],
    stride: usize,
    width: usize,
    height: usize,
    bits: usize,
    colours: &[[u8; 3]; 256],
) -> Vec<[u8; 3]> {
    let most = (1 << bits) - 1;
    let mut pixels = Vec::with_capacity(width * height);
    for row in coded.chunks(stride).take(height) {
        let indices = row
            .iter()
            .flat_map(|byte| (0..8 / bits).map(move |part| byte >> (8 - bits - part * bits)));
        let indices = indices.take(width);
        pixels.extend(indices.map(|index| colours[usize::from(index) & most]));
    }
    pixels
}

/// Indices as run lengths, of eight bits or of four; what they skip is the first colour.
pub(super) fn run_lengths(
    coded: &[u8],
    width: usize,
    height: usize,
    is_four: bool,
) -> Result<Vec<u8>, PictureError> {
    let total = width * height;
    let mut indices: Vec<u8> = Vec::with_capacity(total);
    let (mut at, mut x) = (0, 0);
    while indices.len() < total {
        let &[count, value] = coded.get(at..at + 2).ok_or_else(truncated)? else {
            unreachable!("two bytes");
        };
        at += 2;
        match (count, value) {
            (0, 0) => {
                indices.resize(indices.len().next_multiple_of(width), 0);
                x = 0;
            }
            (0, 1) => indices.resize(total, 0),
            (0, 2) => {
                let &[right, up] = coded.get(at..at + 2).ok_or_else(truncated)? else {
                    unreachable!("two bytes");
                };
                at += 2;
                let skipped = usize::from(right) + usize::from(up) * width;
                indices.resize((indices.len() + skipped).min(total), 0);
                x = indices.len() % width;
            }
            (0, count) => {
                let count = usize::from(count);
                let length = if is_four { count.div_ceil(2) } else { count };
                let bytes = coded.get(at..at + length).ok_or_else(truncated)?;
                at += length + length % 2;
                x += count;
                match is_four {
                    true => {
                        let both = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                        indices.extend(both.take(count));
                    }
                    false => indices.extend(bytes),
                }
            }
            (count, value) => {
                // What a run has beyond its row is dropped: some writers fill rows up.
                let count = usize::from(count).min(width.saturating_sub(x));
                let both = match is_four {
                    true => [value >> 4, value & 15],
                    false => [value; 2],
                };
                indices.extend(both.into_iter().cycle().take(count));
                x += count;
            }
        }
    }
    indices.truncate(total);
    Ok(indices)
}
