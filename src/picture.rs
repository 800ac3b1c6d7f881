//! What decoding makes and preprocessing takes.

/// An upright picture, 8-bit RGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels, at least 1.
    pub width: usize,
    /// In pixels, at least 1.
    pub height: usize,
    /// `height * width * 3` values, row by row.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The values of row `y`.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width * 3..][..self.width * 3]
    }
}
