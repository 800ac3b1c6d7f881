//! How luma and chroma become colours: libyuv's integers, and where it has none libavif's numbers.

use crate::error::PictureError;
use crate::picture::decode::isobmff::colour::{Colour, weights};
use crate::picture::decode::unsupported::avif;

/// 64ths: what luma, and chroma less 128, are multiplied by. Luma is of 16 bits, and its factor is
/// a 256th of a 256th.
#[derive(Clone, Copy)]
pub(super) struct Integers {
    pub luma: u32,
    pub bias: i32,
    pub u_to_blue: i32,
    pub u_to_green: i32,
    pub v_to_green: i32,
    pub v_to_red: i32,
}

impl Integers {
    const fn new(luma: u32, bias: i32, [vr, vg, ug, ub]: [i32; 4]) -> Self {
        Self {
            luma,
            bias,
            u_to_blue: ub,
            u_to_green: ug,
            v_to_green: vg,
            v_to_red: vr,
        }
    }
}

/// Of BT.601, BT.709 and BT.2020: of full range, and of limited range, where libyuv's 128 stands
/// for anything greater (libyuv, source/row_common.cc, kYuvJPEGConstants, kYuvI601Constants,
/// kYuvF709Constants, kYuvH709Constants, kYuvV2020Constants, kYuv2020Constants).
const BT601: [Integers; 2] = [
    Integers::new(16320, 32, [90, 46, 22, 113]),
    Integers::new(18997, -1160, [102, 52, 25, 128]),
];
const BT709: [Integers; 2] = [
    Integers::new(16320, 32, [101, 30, 12, 119]),
    Integers::new(18997, -1160, [115, 34, 14, 128]),
];
const BT2020: [Integers; 2] = [
    Integers::new(16320, 32, [94, 37, 11, 120]),
    Integers::new(19003, -1160, [107, 42, 12, 128]),
];

/// How libavif reckons, where libyuv doesn't.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Floats {
    /// The planes are green, blue and red.
    Identity,
    /// Luma, and green and orange.
    GreenAndOrange,
    /// The parts of red and of blue in luma.
    Weights(f32, f32),
}

impl Colour {
    pub(super) fn integers(self) -> Option<Integers> {
        let of = match (self.matrix, self.primaries) {
            (2 | 5 | 6, _) | (12, 5 | 6) => BT601,
            (1, _) | (12, 1 | 2) => BT709,
            (9, _) | (12, 9) => BT2020,
            _ => return None,
        };
        Some(of[usize::from(!self.is_full_range)])
    }

    /// libavif, src/colr.c and src/reformat.c, avifImageYUVAnyToRGBAnySlow.
    ///
    /// # Errors
    /// If there is no way for these numbers.
    pub(super) fn floats(self) -> Result<Floats, PictureError> {
        Ok(match self.matrix {
            0 => Floats::Identity,
            1 => Floats::Weights(0.2126, 0.0722),
            4 => Floats::Weights(0.30, 0.11),
            2 | 5 | 6 => Floats::Weights(0.299, 0.114),
            7 => Floats::Weights(0.212, 0.087),
            8 if self.is_full_range => Floats::GreenAndOrange,
            9 => Floats::Weights(0.2627, 0.0593),
            12 => {
                let (red, blue) = weights(self.primaries);
                Floats::Weights(red, blue)
            }
            matrix => return Err(avif(&format!("AVIF with colours of matrix {matrix}"))),
        })
    }
}
