//! What is done to a picture after it is decoded (ISO/IEC 23008-12, 6.5.10 and 6.5.12; ISO/IEC 14496-12,
//! 12.1.4).

use image::metadata::Orientation;

use crate::error::PictureError;
use crate::picture::Picture;
use crate::picture::decode::isobmff::boxes::Fields;
use crate::picture::decode::isobmff::properties::{Properties, turned};
use crate::picture::decode::limits::damaged;
use crate::picture::decode::turn::turn;

#[derive(Clone, Copy)]
pub(super) enum Transform {
    Turn(Orientation),
    /// A clean aperture: its width and height, and how far its middle is from the picture's.
    Crop {
        size: (f64, f64),
        offset: (f64, f64),
    },
}

impl Transform {
    /// All that a picture's properties say, in their order.
    pub fn of(properties: &Properties) -> Result<Vec<Self>, PictureError> {
        let read = |(kind, fields): (&[u8], Fields)| match kind {
            b"irot" => Some(turn_of(fields)),
            b"imir" => Some(mirror_of(fields)),
            b"clap" => Some(crop_of(fields)),
            _ => None,
        };
        let parts = properties.in_order();
        let found = parts.filter_map(|part| read((part.kind, Fields(part.body))));
        let found: Option<Vec<_>> = found.collect();
        found.ok_or_else(|| damaged("it says wrongly how it is to be turned or cropped"))
    }

    fn apply(self, picture: Picture) -> Result<Picture, PictureError> {
        match self {
            Self::Turn(orientation) => {
                turn(picture, orientation).ok_or_else(|| damaged("its size is inconsistent"))
            }
            Self::Crop { size, offset } => {
                let columns = kept(picture.width, size.0, offset.0, f64::floor);
                let rows = kept(picture.height, size.1, offset.1, |top| (top + 0.5).floor());
                let wrong = || damaged("it is cropped to nothing");
                let (left, width) = columns.ok_or_else(wrong)?;
                let (top, height) = rows.ok_or_else(wrong)?;
                let all = picture.pixels.chunks_exact(picture.width * 3);
                let rows = all.skip(top).take(height);
                let pixels = rows.flat_map(|row| &row[left * 3..][..width * 3]).copied();
                Ok(Picture::new(width, height, pixels.collect()))
            }
        }
    }
}

pub(super) fn all(picture: Picture, transforms: &[Transform]) -> Result<Picture, PictureError> {
    let mut transforms = transforms.iter();
    transforms.try_fold(picture, |picture, transform| transform.apply(picture))
}

fn turn_of(mut fields: Fields) -> Option<Transform> {
    Some(Transform::Turn(turned(fields.number(1)?)))
}

fn mirror_of(mut fields: Fields) -> Option<Transform> {
    Some(Transform::Turn(match fields.number(1)? & 1 {
        0 => Orientation::FlipVertical,
        _ => Orientation::FlipHorizontal,
    }))
}

fn crop_of(mut fields: Fields) -> Option<Transform> {
    let mut fraction = |is_signed: bool| {
        let (above, below) = (fields.long()?, fields.long()?);
        let above = match is_signed {
            true => f64::from(above as i32),
            false => f64::from(above),
        };
        (below != 0).then(|| above / f64::from(below))
    };
    Some(Transform::Crop {
        size: (fraction(false)?, fraction(false)?),
        offset: (fraction(true)?, fraction(true)?),
    })
}

/// Where what is kept of a side begins, and how long it is; libheif rounds the left edge otherwise
/// than the upper one (box.cc, Box_clap::left_rounded), and cuts off what is beyond the picture.
fn kept(side: usize, length: f64, offset: f64, round: fn(f64) -> f64) -> Option<(usize, usize)> {
    let first = round(offset + (side as f64 - 1.0) / 2.0 - (length - 1.0) / 2.0);
    let last = (length - 1.0 + first + 0.5).floor();
    let last = last.min(side as f64 - 1.0);
    let first = first.max(0.0);
    (first <= last).then(|| (first as usize, (last - first) as usize + 1))
}
