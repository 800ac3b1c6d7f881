//! TIFF, in all the varieties that Pillow shows: its first picture, in strips or tiles.

mod block;
mod colour;
mod expand;
mod fax;
mod header;
mod old_jpeg;
mod photometric;
mod predictor;
mod samples;

use image::metadata::Orientation;

use super::directory::Directory;
use super::exif;
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use crate::error::PictureError;
use crate::picture::Picture;
use header::{Block, Header};

const ORIENTATION: u16 = 274;
const XMP: u16 = 700;

/// The picture as it is stored, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<(Picture, Orientation), PictureError> {
    let directory = Directory::first(bytes).ok_or_else(truncated)?;
    let header = Header::of(&directory, alpha)?;
    let (width, height) = (header.width, header.height);
    check_pixels(width as u64, height as u64, limits)?;
    check_pixels(
        header.block_width as u64,
        header.block_height as u64,
        limits,
    )?;
    let channels = header.channels();
    // The channels, the colours, and a block as it is coded and as it is stored.
    let block = header.block_width * header.block_height * header.bytes_per_pixel() * 2;
    let _budget = MemoryBudget::take((width * height * (channels + 4) + block) as u64);
    // Before memory is set aside for what a header of a few bytes claims.
    if header.needs_at_least() > bytes.len() {
        return Err(truncated());
    }
    header.check_coded(bytes)?;
    let mut raster = vec![0; width * height * channels];
    for block in header.blocks() {
        let part = block::read(&block, &header, bytes)?;
        place(&part, &block, &header, &mut raster);
    }
    let (pixels, alpha) = colour::rgb(raster, &header, &directory)?;
    // It may be needed only for the colours.
    let alpha = alpha.filter(|_| header.keeps_alpha);
    let code = directory.number(ORIENTATION);
    let orientation = code
        .and_then(|code| u8::try_from(code).ok())
        .and_then(Orientation::from_exif);
    let orientation = orientation.unwrap_or_else(|| exif::orientation(None, directory.data(XMP)));
    let picture = Picture::new(width, height, pixels).with_alpha(alpha);
    Ok((picture, orientation))
}

/// Copies a block's channels to where they belong.
fn place(part: &[u8], block: &Block, header: &Header, raster: &mut [u8]) {
    let channels = header.channels();
    let of_part = if header.is_planar { 1 } else { channels };
    let columns = header.block_width.min(header.width - block.x);
    for (y, row) in part.chunks_exact(header.block_width * of_part).enumerate() {
        if block.y + y >= header.height {
            break;
        }
        let start = ((block.y + y) * header.width + block.x) * channels;
        let to = &mut raster[start..start + columns * channels];
        if of_part == channels {
            to.copy_from_slice(&row[..columns * channels]);
        } else {
            let channel = to[block.plane..].iter_mut().step_by(channels);
            channel.zip(row).for_each(|(to, value)| *to = *value);
        }
    }
}
