//! What a TIFF's samples mean.

use crate::error::PictureError;
use crate::picture::decode::unsupported::{raw, unsupported_kind};

/// How what is stored becomes a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Grey, 0 is white.
    WhiteIsZero,
    /// Grey.
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
    Lab,
}

impl Photometric {
    /// By TIFF's number.
    pub fn of(code: u64) -> Result<Self, PictureError> {
        Ok(match code {
            0 => Self::WhiteIsZero,
            1 => Self::BlackIsZero,
            2 => Self::Rgb,
            3 => Self::Palette,
            5 => Self::Cmyk,
            6 => Self::YCbCr,
            8 => Self::Lab,
            32803 | 34892 => return Err(raw()),
            code => {
                return Err(unsupported_kind(&format!(
                    "a TIFF with the photometric interpretation {code}"
                )));
            }
        })
    }

    /// Whether the sample behind the colours is alpha, of so many: 1 and 2 in `extra` say so, Corel Draw
    /// wrote 999, and a fourth one of which nothing is said is taken for it (Pillow,
    /// src/PIL/TiffImagePlugin.py, `OPEN_INFO`).
    pub fn has_alpha(self, extra: &[u64], samples: usize) -> bool {
        match (extra, self) {
            ([1 | 2, ..], Self::BlackIsZero | Self::WhiteIsZero) => samples == 2,
            ([2, ..], Self::Palette) => samples == 2,
            ([1 | 2 | 999, ..], Self::Rgb) => samples > 3,
            ([], Self::Rgb) => samples == 4,
            _ => false,
        }
    }
}
