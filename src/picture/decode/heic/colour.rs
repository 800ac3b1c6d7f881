//! Luma and chroma to RGB in libheif's numbers: integers of eight bits where chroma is stored at half the
//! size in both directions and of full range, and floating-point numbers of all bits elsewhere.

use crate::error::PictureError;
use crate::picture::decode::isobmff::colour::{Colour, weights};
use crate::picture::decode::unsupported::heic_kind;

/// What chroma, less 128, is multiplied by.
#[derive(Clone, Copy)]
struct Coefficients<T> {
    cr_to_red: T,
    cb_to_green: T,
    cr_to_green: T,
    cb_to_blue: T,
}

/// BT.601's, rounded (libheif, nclx.cc, YCbCr_to_RGB_coefficients::defaults).
const DEFAULT: Coefficients<f32> = Coefficients {
    cr_to_red: 1.402,
    cb_to_green: -0.344136,
    cr_to_green: -0.714136,
    cb_to_blue: 1.772,
};

impl Coefficients<f32> {
    /// By the parts of red and blue in luma.
    fn of(red: f32, blue: f32) -> Self {
        Self {
            cr_to_red: 2.0 * (-red + 1.0),
            cb_to_green: 2.0 * blue * (-blue + 1.0) / (blue + red - 1.0),
            cr_to_green: 2.0 * red * (-red + 1.0) / (blue + red - 1.0),
            cb_to_blue: 2.0 * (-blue + 1.0),
        }
    }

    /// libheif, nclx.cc, get_Kr_Kb.
    fn of_matrix(colour: Colour) -> Self {
        match colour.matrix {
            1 => Self::of(0.2126, 0.0722),
            4 => Self::of(0.30, 0.11),
            5 | 6 => Self::of(0.299, 0.114),
            7 => Self::of(0.212, 0.087),
            9 | 10 => Self::of(0.2627, 0.0593),
            12 | 13 if colour.primaries != 2 => {
                let (red, blue) = weights(colour.primaries);
                Self::of(red, blue)
            }
            _ => DEFAULT,
        }
    }

    /// 256ths.
    fn rounded(self) -> Coefficients<i32> {
        let round = |value: f32| (256.0 * value).round() as i32;
        Coefficients {
            cr_to_red: round(self.cr_to_red),
            cb_to_green: round(self.cb_to_green),
            cr_to_green: round(self.cr_to_green),
            cb_to_blue: round(self.cb_to_blue),
        }
    }
}

/// How a frame's colours are reckoned.
pub(super) struct Conversion {
    way: Way,
    /// The bits of a value beyond eight, which are cut off.
    more: u32,
}

enum Way {
    /// libheif, yuv2rgb.cc, Op_YCbCr420_to_RGB24.
    Integers(Coefficients<i32>),
    /// Op_YCbCr_to_RGB.
    Floats {
        by: Coefficients<f32>,
        is_full_range: bool,
    },
    /// The planes are green, blue and red.
    Identity { is_full_range: bool },
    /// Luma, and green and orange.
    GreenAndOrange,
}

/// What limited luma and chroma are multiplied by.
const LUMA: f32 = 1.1689;
const CHROMA: f32 = 1.1429;

impl Conversion {
    /// Of chroma that is stored at half the size in both directions if it `is_quartered`.
    ///
    /// # Errors
    /// If there is no way for this matrix.
    pub fn of(colour: Colour, depth: u32, is_quartered: bool) -> Result<Self, PictureError> {
        let is_full_range = colour.is_full_range;
        let by = Coefficients::of_matrix(colour);
        let way = match colour.matrix {
            0 => Way::Identity { is_full_range },
            8 => Way::GreenAndOrange,
            11 | 14.. => {
                let kind = format!("HEIC with colours of matrix {}", colour.matrix);
                return Err(heic_kind(&kind));
            }
            _ if is_quartered && is_full_range => Way::Integers(by.rounded()),
            _ => Way::Floats { by, is_full_range },
        };
        Ok(Self {
            way,
            more: depth - 8,
        })
    }

    pub fn rgb(&self, mut luma: i32, mut cb: i32, mut cr: i32) -> [u8; 3] {
        let mut more = self.more;
        if let Way::Integers(_) = self.way {
            [luma, cb, cr] = [luma, cb, cr].map(|value| value >> more);
            more = 0;
        }
        let cut = |value: i32| (value.clamp(0, (256 << more) - 1) >> more) as u8;
        let rounded = |value: f32| cut((value + 0.5) as i32);
        let (blue, red) = (cb - (128 << more), cr - (128 << more));
        let black = (16 << more) as f32;
        match &self.way {
            Way::Integers(by) => [
                luma + ((by.cr_to_red * red + 128) >> 8),
                luma + ((by.cb_to_green * blue + by.cr_to_green * red + 128) >> 8),
                luma + ((by.cb_to_blue * blue + 128) >> 8),
            ]
            .map(cut),
            Way::Floats { by, is_full_range } => {
                let (mut luma, mut blue, mut red) = (luma as f32, blue as f32, red as f32);
                if !is_full_range {
                    luma = (luma - black) * LUMA;
                    blue *= CHROMA;
                    red *= CHROMA;
                }
                [
                    luma + by.cr_to_red * red,
                    luma + by.cb_to_green * blue + by.cr_to_green * red,
                    luma + by.cb_to_blue * blue,
                ]
                .map(rounded)
            }
            Way::Identity {
                is_full_range: true,
            } => [cr, luma, cb].map(cut),
            Way::Identity { .. } => {
                let limited = |value: i32, by: f32| rounded((value as f32 - black) * by);
                [
                    limited(cr, CHROMA),
                    limited(luma, LUMA),
                    limited(cb, CHROMA),
                ]
            }
            Way::GreenAndOrange => [luma - blue + red, luma + blue, luma - blue - red].map(cut),
        }
    }
}
