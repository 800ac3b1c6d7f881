//! A picture's bytes to the network's input: [`decode`], then [`transform`], which is the resize of
//! [`resample`], a crop and the normalisation.

pub mod decode;
pub mod resample;
pub mod transform;

use std::ops::Range;

/// An upright picture, 8-bit RGB, as large as it is stored or reduced.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: usize,
    /// In pixels, at least 1.
    pub height: usize,
    /// `height * width * 3` values, row by row.
    pub pixels: Vec<u8>,
    /// Width and height as it is stored.
    pub stored: (usize, usize),
    /// Which of the columns and rows it covers: all, but that the outermost of a reduced picture may
    /// stand for less than a whole pixel.
    pub bounds: (Range<f64>, Range<f64>),
}

impl Picture {
    /// A picture as large as it is stored.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        Self {
            width,
            height,
            pixels,
            stored: (width, height),
            bounds: (0.0..width as f64, 0.0..height as f64),
        }
    }

    /// The values of row `y`.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width * 3..][..self.width * 3]
    }
}
