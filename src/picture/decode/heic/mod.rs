//! HEIC: frames of HEVC in the boxes of an ISO base media file, as libheif shows them: cropped, turned
//! and mirrored as the boxes say, without alpha. Behind a feature, since HEVC is patented.

mod colour;
mod frame;
mod still;
mod transform;

use super::brands::{Brand, brand};
use super::isobmff::boxes::in_file;
use super::isobmff::meta::{Item, Meta};
use super::limits::{Limits, check_pixels, damaged};
use super::memory_budget::MemoryBudget;
use super::unsupported::transparency;
use crate::error::PictureError;
use crate::picture::Picture;
use still::Still;

/// What a pixel takes at most while its tile is decoded: planes of 32 bits, and what the filters
/// know of them. Counted at 12 megapixels in one frame it was 21 of 4:4:4, and 13 of 4:2:0.
const TILE_BYTES_A_PIXEL: u64 = 21;

/// RGB, and once more where it is turned.
const BYTES_A_PIXEL: u64 = 6;

pub(super) fn is_heic(start: &[u8]) -> bool {
    brand(start) == Some(Brand::Heic)
}

pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let meta = in_file(bytes, b"meta")?;
    let meta = meta.ok_or_else(|| damaged("the file has no list of what is in it"))?;
    let meta = Meta::read(bytes, meta)?;
    let primary = meta.primary;
    let primary =
        primary.ok_or_else(|| damaged("it does not say which of its items is the picture"))?;
    let still = Still::find(&meta, primary)?;
    let is_alpha = |(_, item): (u32, &Item)| item.properties.is_alpha();
    if alpha && meta.referring(b"auxl", primary).any(is_alpha) {
        return Err(transparency("HEIC"));
    }
    let (width, height) = still.size();
    check_pixels(width.into(), height.into(), limits)?;
    let (across, down) = still.covered();
    check_pixels(across, down, limits)?;
    let (tile_width, tile_height) = still.tile;
    let tile = u64::from(tile_width) * u64::from(tile_height);
    let all = u64::from(width) * u64::from(height);
    let _budget = MemoryBudget::take(tile * TILE_BYTES_A_PIXEL + all * BYTES_A_PIXEL);
    transform::all(still.picture(&meta)?, &still.transforms)
}
