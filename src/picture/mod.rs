//! A picture's bytes to the network's input: [`decode`], then [`transform`], which is the resize of
//! [`resample`], a crop and the normalisation; [`alpha`] is for networks that see it. And back: [`frame`]
//! says where in the picture a pixel of the input lies, [`encode`] makes a file of a picture.

pub mod alpha;
pub mod decode;
pub mod encode;
pub mod frame;
pub mod resample;
pub mod thumbnail;
pub mod transform;

use std::ops::Range;

/// By how much a picture is made smaller while it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Not at all.
    Full,
    /// To half of each side.
    Half,
    /// To a quarter of each side.
    Quarter,
    /// To an eighth of each side.
    Eighth,
}

impl Scale {
    /// What each side is divided by.
    pub fn divisor(self) -> usize {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }
}

/// An upright picture, 8-bit RGB and perhaps alpha, as large as it is stored or reduced.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: usize,
    /// In pixels, at least 1.
    pub height: usize,
    /// `height * width * 3` values, row by row.
    pub pixels: Vec<u8>,
    /// How opaque each pixel is, `height * width` values; none where all are 255, or nobody asked.
    pub alpha: Option<Vec<u8>>,
    /// Width and height as it is stored.
    pub original_size: (usize, usize),
    /// Whether it is what a camera made of its raw data, and not these.
    pub is_preview: bool,
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
            alpha: None,
            original_size: (width, height),
            is_preview: false,
            bounds: (0.0..width as f64, 0.0..height as f64),
        }
    }

    /// The same in grey: each pixel's luma in all three channels (Pillow,
    /// src/libImaging/Convert.c, `rgb2l`).
    pub fn in_grey(&self) -> Self {
        let luma = |&[r, g, b]: &[u8; 3]| {
            let sum = u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471;
            [((sum + 0x8000) >> 16) as u8; 3]
        };
        let pixels = self.pixels.as_chunks::<3>().0;
        self.opaque(pixels.iter().flat_map(luma).collect())
    }

    /// The same with this alpha.
    pub fn with_alpha(self, alpha: Option<Vec<u8>>) -> Self {
        Self { alpha, ..self }
    }

    /// Other `pixels` at the same places, without alpha.
    fn opaque(&self, pixels: Vec<u8>) -> Self {
        Self {
            pixels,
            alpha: None,
            bounds: self.bounds.clone(),
            ..*self
        }
    }

    /// The values of row `y`.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width * 3..][..self.width * 3]
    }
}
