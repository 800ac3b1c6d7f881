//! Pictures upright, as their EXIF orientation says.

use std::ops::Range;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};

use crate::picture::Picture;

/// The picture as its orientation says, with its bounds.
pub(super) fn turn(picture: Picture, orientation: Orientation) -> Option<Picture> {
    let Picture {
        width,
        height,
        pixels,
        alpha,
        mut original_size,
        is_preview,
        bounds: (mut columns, mut rows),
    } = picture;
    let (across, down) = (width as u32, height as u32);
    let turned = |mut image: DynamicImage| {
        image.apply_orientation(orientation);
        image
    };
    let image = turned(RgbImage::from_raw(across, down, pixels)?.into());
    let alpha = match alpha {
        Some(alpha) => Some(turned(GrayImage::from_raw(across, down, alpha)?.into()).into_bytes()),
        None => None,
    };
    let from_the_end = |range: Range<f64>, length: usize| {
        let length = length as f64;
        length - range.end..length - range.start
    };
    // A quarter turn clockwise puts the last row first among the columns.
    let (transposed, flipped_columns, flipped_rows) = match orientation {
        Orientation::NoTransforms => (false, false, false),
        Orientation::FlipHorizontal => (false, true, false),
        Orientation::Rotate180 => (false, true, true),
        Orientation::FlipVertical => (false, false, true),
        Orientation::Rotate90FlipH => (true, false, false),
        Orientation::Rotate90 => (true, false, true),
        Orientation::Rotate270FlipH => (true, true, true),
        Orientation::Rotate270 => (true, true, false),
    };
    if flipped_columns {
        columns = from_the_end(columns, width);
    }
    if flipped_rows {
        rows = from_the_end(rows, height);
    }
    if transposed {
        original_size = (original_size.1, original_size.0);
        (columns, rows) = (rows, columns);
    }
    Some(Picture {
        original_size,
        is_preview,
        bounds: (columns, rows),
        alpha,
        ..from_image(image)
    })
}

pub(super) fn from_image(image: DynamicImage) -> Picture {
    let rgb = image.into_rgb8();
    Picture::new(rgb.width() as usize, rgb.height() as usize, rgb.into_raw())
}
