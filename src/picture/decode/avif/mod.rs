//! AVIF: frames of AV1 in the boxes of an ISO base media file. Pixels are Pillow's, which are
//! libavif's: to the bit, whatever the depth.

mod alpha;
mod canvas;
mod chroma;
mod colour;
mod convert;
mod frame;
mod source;
mod still;
mod track;

use image::metadata::Orientation;

use super::brands::{Brand, brand};
use super::limits::{Limits, check_pixels};
use super::memory_budget::MemoryBudget;
use crate::error::PictureError;
use crate::picture::Picture;
use source::Source;

/// What a pixel takes at most while it is decoded: its planes, of 12 bits and 4:4:4, and RGB. Counted
/// at 12 megapixels it was 9.4, and 4.8 of 8 bits and 4:2:0.
const BYTES_A_PIXEL: u64 = 11;

pub(super) fn is_avif(start: &[u8]) -> bool {
    brand(start) == Some(Brand::Avif)
}

/// The picture as it is stored, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<(Picture, Orientation), PictureError> {
    let source = Source::find(bytes)?;
    let orientation = source.orientation()?;
    let (width, height) = source.size();
    check_pixels(width.into(), height.into(), limits)?;
    let is_multiplied = source.is_multiplied();
    let needs_alpha = is_multiplied || alpha;
    let (across, down) = source.covered(needs_alpha);
    check_pixels(across, down, limits)?;
    let _budget = MemoryBudget::take(across * down * BYTES_A_PIXEL);
    let canvas = source.canvas()?;
    let colour = source.colour().unwrap_or_else(|| canvas.first().colour());
    let mut pixels = convert::rgb(&canvas, colour, source.has_alpha())?;
    drop(canvas);
    let opacity = match needs_alpha {
        true => source.opacity()?,
        false => None,
    };
    let opacity = opacity.map(|canvas| alpha::values(&canvas));
    if let (true, Some(values)) = (is_multiplied, &opacity) {
        alpha::divide(&mut pixels, values);
    }
    let picture = Picture::new(width as usize, height as usize, pixels.into_flattened());
    let picture = picture.with_alpha(opacity.filter(|_| alpha));
    Ok((picture, orientation))
}
