//! Pictures of blocks of 4 x 4 pixels, as textures are coded.

use super::gathered::{Gathered, opaque};
use super::limits::truncated;
use super::memory_budget::MemoryBudget;
use crate::error::PictureError;
use crate::picture::Picture;

/// Blocks of so many bytes, row by row, whose pixels `colours` tells; the outermost may have more than
/// the picture.
pub(super) fn picture(
    coded: &[u8],
    block_bytes: usize,
    (width, height): (usize, usize),
    alpha: bool,
    colours: impl Fn(&[u8]) -> [[u8; 4]; 16],
) -> Result<Picture, PictureError> {
    let row = width.div_ceil(4) * block_bytes;
    let coded = coded
        .get(..row * height.div_ceil(4))
        .ok_or_else(truncated)?;
    let _budget = MemoryBudget::take((width * height * 8) as u64);
    let mut pixels = vec![[0; 4]; width * height];
    for (coded, to) in coded.chunks_exact(row).zip(pixels.chunks_mut(width * 4)) {
        for (column, block) in coded.chunks_exact(block_bytes).enumerate() {
            let colours = colours(block);
            for (to, from) in to.chunks_exact_mut(width).zip(colours.as_chunks::<4>().0) {
                to[column * 4..]
                    .iter_mut()
                    .zip(from)
                    .for_each(|(to, from)| *to = *from);
            }
        }
    }
    let mut gathered = Gathered::new(width * height, alpha);
    gathered.extend(pixels.into_iter());
    Ok(gathered.picture(width, height))
}

/// Four colours on the line between two of 16 bits, which `colour` reads. Where the first is the
/// smaller number the fourth is black and clear, unless there `is_always_four`.
pub(super) fn between_colours(
    block: &[u8],
    is_always_four: bool,
    colour: fn(u16) -> [u8; 3],
) -> [[u8; 4]; 16] {
    let number = |at: usize| u16::from(block[at]) | u16::from(block[at + 1]) << 8;
    let (first, second) = (number(0), number(2));
    let (a, b) = (colour(first), colour(second));
    let mix = |of_a: u16, of_b: u16| {
        [0, 1, 2].map(|n| {
            let sum = of_a * u16::from(a[n]) + of_b * u16::from(b[n]);
            (sum / (of_a + of_b)) as u8
        })
    };
    let colours = match first > second || is_always_four {
        true => [a, b, mix(2, 1), mix(1, 2)].map(opaque),
        false => [opaque(a), opaque(b), opaque(mix(1, 1)), [0; 4]],
    };
    std::array::from_fn(|n| colours[usize::from(block[4 + n / 4] >> (n % 4 * 2) & 3)])
}
