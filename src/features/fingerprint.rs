//! What tells copies of a picture, beside its features.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::picture::Picture;
use crate::printable::hex;

/// A file and its pixels in a few numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The file's length.
    pub bytes: u64,
    /// Of the file.
    pub sha256: String,
    /// In pixels, upright.
    pub width: usize,
    /// In pixels, upright.
    pub height: usize,
    /// See [`Look`].
    pub dhash: Look,
}

impl Fingerprint {
    /// Of a file's bytes and the picture in it, which may be reduced.
    pub fn of(bytes: &[u8], picture: &Picture) -> Self {
        let (width, height) = picture.original_size;
        Self {
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
            width,
            height,
            dhash: Look::of(picture),
        }
    }

    /// Pixels.
    pub fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Where in a picture it gets brighter to the right: the luma of 9 by 8 areas, and a bit for each
/// pair of neighbours in a row, the first in the highest place (Neal Krawetz's difference hash,
/// "Kind of Like That", 2013).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Look(u64);

/// Areas per row: one more than bits.
const COLUMNS: usize = 9;
const ROWS: usize = 8;

impl Look {
    /// Of a picture.
    pub fn of(picture: &Picture) -> Self {
        let mut bits = 0;
        for y in 0..ROWS {
            let luma: [f64; COLUMNS] = std::array::from_fn(|x| luma(picture, x, y));
            for pair in luma.windows(2) {
                bits = bits << 1 | u64::from(pair[1] > pair[0]);
            }
        }
        Self(bits)
    }

    /// In how many places two pictures differ, or one of them and the other's mirror image.
    pub fn distance(self, other: Self) -> u32 {
        let differs = |a: u64, b: u64| (a ^ b).count_ones();
        differs(self.0, other.0).min(differs(self.0, other.mirrored().0))
    }

    /// Of the mirror image: rows backwards, and what got brighter gets darker.
    fn mirrored(self) -> Self {
        let rows = self.0.to_be_bytes().map(|row| !row.reverse_bits());
        Self(u64::from_be_bytes(rows))
    }
}

/// The mean luma (ITU-R BT.601) of one of the areas, each at least a pixel.
fn luma(picture: &Picture, x: usize, y: usize) -> f64 {
    let span = |length: usize, place: usize, count: usize| {
        let start = place * length / count;
        start..((place + 1) * length / count).max(start + 1)
    };
    let (columns, rows) = (
        span(picture.width, x, COLUMNS),
        span(picture.height, y, ROWS),
    );
    let count = (columns.len() * rows.len()) as f64;
    let mut sums = [0_u64; 3];
    for row in rows {
        let pixels = &picture.row(row)[3 * columns.start..3 * columns.end];
        for pixel in pixels.as_chunks::<3>().0 {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(value);
            }
        }
    }
    let [r, g, b] = sums.map(|sum| sum as f64);
    (0.299 * r + 0.587 * g + 0.114 * b) / count
}

impl From<Look> for String {
    fn from(look: Look) -> Self {
        format!("{:016x}", look.0)
    }
}

impl TryFrom<String> for Look {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}
