//! Pixels of a decoder, one after the other, with their alpha where it is wanted.

use crate::picture::Picture;
use crate::picture::alpha::OPAQUE;

pub(super) struct Gathered {
    pixels: Vec<[u8; 3]>,
    alpha: Option<Vec<u8>>,
}

impl Gathered {
    /// With room for so many pixels.
    pub fn new(count: usize, alpha: bool) -> Self {
        Self {
            pixels: Vec::with_capacity(count),
            alpha: alpha.then(|| Vec::with_capacity(count)),
        }
    }

    /// Red, green, blue and alpha.
    pub fn extend(&mut self, pixels: impl Iterator<Item = [u8; 4]>) {
        match &mut self.alpha {
            None => self.pixels.extend(pixels.map(|[r, g, b, _]| [r, g, b])),
            Some(alpha) => pixels.for_each(|[r, g, b, a]| {
                self.pixels.push([r, g, b]);
                alpha.push(a);
            }),
        }
    }

    pub fn picture(self, width: usize, height: usize) -> Picture {
        Picture::new(width, height, self.pixels.into_flattened()).with_alpha(self.alpha)
    }
}

/// A colour that nothing shines through.
pub(super) fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, OPAQUE]
}
