//! A GIF's first frame on its screen, as Pillow lays it.

use std::slice::ChunksExact;

use gif::{ColorOutput, DecodeOptions, DecodingError, Frame, MemoryLimit};

use super::limits::{Limits, check_pixels, truncated};
use super::memory_budget::MemoryBudget;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;
use crate::picture::alpha::OPAQUE;

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
    let channels = if alpha { 4 } else { 3 };
    let _budget = MemoryBudget::take((width * height * channels + frame_pixels) as u64);
    let mut indices = vec![0; frame_pixels];
    decoder.read_into_buffer(&mut indices).map_err(failed)?;
    let colours = colours(&frame, decoder.global_palette());
    // What the frame does not cover is transparent, or else of the first colour.
    let around = frame.transparent.unwrap_or(0);
    let screen = Screen {
        size: (width, height),
        place: (left, top),
        indices: indices.chunks_exact(frame_width),
        around,
    };
    let opaque = |index| match frame.transparent == Some(index) {
        true => 0,
        false => OPAQUE,
    };
    let pixels = screen.filled(|index| colours[usize::from(index)]);
    Ok(Picture {
        alpha: alpha.then(|| screen.filled(opaque)),
        ..Picture::new(width, height, pixels.into_flattened())
    })
}

/// The rows of a frame at their place.
struct Screen<'a> {
    size: (usize, usize),
    place: (usize, usize),
    indices: ChunksExact<'a, u8>,
    /// The index of all others.
    around: u8,
}

impl Screen<'_> {
    fn filled<T: Clone>(&self, of: impl Fn(u8) -> T) -> Vec<T> {
        let ((width, height), (left, top)) = (self.size, self.place);
        let mut values = vec![of(self.around); width * height];
        let rows = values.chunks_exact_mut(width).skip(top);
        for (to, row) in rows.zip(self.indices.clone()) {
            let places = to[left..].iter_mut().zip(row);
            places.for_each(|(to, index)| *to = of(*index));
        }
        values
    }
}

/// Of each index; those that the palette lacks are greys, and all are where there is none.
fn colours(frame: &Frame, global: Option<&[u8]>) -> [[u8; 3]; 256] {
    let palette = frame.palette.as_deref().or(global).unwrap_or_default();
    let mut colours = std::array::from_fn(|index| [index as u8; 3]);
    for (colour, entry) in colours.iter_mut().zip(palette.as_chunks().0) {
        *colour = *entry;
    }
    colours
}

fn failed(error: DecodingError) -> PictureError {
    match error {
        DecodingError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => truncated(),
        other => PictureError::new(ErrorKind::Decode, other.to_string()),
    }
}
