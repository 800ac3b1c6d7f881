//! A GIF's first frame on its screen, as Pillow lays it.

use gif::{ColorOutput, DecodeOptions, DecodingError, Frame, MemoryLimit};

use super::gathered::{Gathered, opaque};
use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;

pub(super) fn is_gif(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

/// The first frame; a screen that is too small for it grows.
pub(super) fn decode(bytes: &[u8], limits: Limits, alpha: bool) -> Result<Picture, PictureError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // It is checked below, when the frame's size is known.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(bytes).map_err(failed)?;
    let screen = (usize::from(decoder.width()), usize::from(decoder.height()));
    let frame = decoder.next_frame_info().map_err(failed)?;
    let frame = frame.ok_or_else(truncated)?.clone();
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    let width = screen.0.max(left + frame_width);
    let height = screen.1.max(top + frame_height);
    check_pixels(width as u64, height as u64, limits)?;
    check_pixels(frame_width as u64, frame_height as u64, limits)?;
    let frame_pixels = frame_width * frame_height;
    // An index and what it stands for, and the frame.
    let _budget = MemoryBudget::take((width * height * 5 + frame_pixels) as u64);
    let mut indices = vec![0; frame_pixels];
    decoder.read_into_buffer(&mut indices).map_err(failed)?;
    let colours = colours(&frame, decoder.global_palette());
    // What the frame does not cover is transparent, or else of the first colour.
    let mut screen = vec![frame.transparent.unwrap_or(0); width * height];
    let rows = screen.chunks_exact_mut(width).skip(top);
    for (to, row) in rows.zip(indices.chunks_exact(frame_width)) {
        to[left..][..frame_width].copy_from_slice(row);
    }
    let mut pixels = Gathered::new(width * height, alpha);
    pixels.extend(screen.into_iter().map(|index| colours[usize::from(index)]));
    Ok(pixels.picture(width, height))
}

/// Of each index; those that the palette lacks are greys, and all are where there is none.
fn colours(frame: &Frame, global: Option<&[u8]>) -> [[u8; 4]; 256] {
    let palette = frame.palette.as_deref().or(global).unwrap_or_default();
    let mut colours = std::array::from_fn(|index| opaque([index as u8; 3]));
    for (colour, entry) in colours.iter_mut().zip(palette.as_chunks().0) {
        *colour = opaque(*entry);
    }
    if let Some(index) = frame.transparent {
        colours[usize::from(index)][3] = 0;
    }
    colours
}

fn failed(error: DecodingError) -> PictureError {
    match error {
        DecodingError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => truncated(),
        other => PictureError::new(ErrorKind::Decode, other.to_string()),
    }
}
