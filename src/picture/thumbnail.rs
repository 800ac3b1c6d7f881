//! A small picture of a picture.

use super::Picture;
use super::resample::{Interpolation, resize_and_crop};
use super::transform::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};

/// The longer side of a thumbnail in pixels, at most.
const SIDE: usize = 128;
/// JPEG's quality, of 100.
const QUALITY: f32 = 65.0;

/// For pictures of which nothing but a thumbnail is wanted.
pub fn transform() -> Transform {
    Transform {
        height: SIDE,
        width: SIDE,
        crop_pct: 1.0,
        crop_mode: CropMode::Center,
        interpolation: Interpolation::Bilinear,
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        grey: false,
        alpha: None,
    }
}

/// The picture as a JPEG of at most 128 by 128 pixels; of one that is smaller, as large as it is.
pub fn thumbnail(picture: &Picture) -> Vec<u8> {
    let (width, height) = picture.original_size;
    let longest = width.max(height).max(SIDE);
    let side = |side: usize| (side * SIDE / longest).max(1);
    let (width, height) = (side(width), side(height));
    let filter = Interpolation::Bilinear;
    let small = resize_and_crop(picture, (width, height), 0..width, 0..height, filter);
    let mut jpeg = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    jpeg.set_size(width, height);
    jpeg.set_quality(QUALITY);
    // Colour at half the size of brightness each way, as cameras have it.
    jpeg.set_chroma_sampling_pixel_sizes((2, 2), (2, 2));
    let encode = || {
        let mut jpeg = jpeg.start_compress(Vec::new())?;
        jpeg.write_scanlines(&small.pixels)?;
        jpeg.finish()
    };
    encode().expect("memory takes what is written to it")
}
