//! JPEG XL, through libjxl's own decoder in Rust. Pixels are libjxl's, at most a level off.
//!
//! Colours are as the file has them, or sRGB where it has none that the decoder knows. A picture that
//! was a JPEG is shown as libjxl shows it, which is a few levels off from libjpeg: the coefficients,
//! which would make a JPEG of it again, the decoder does not tell.

mod container;
mod header;

use image::metadata::Orientation;
use jxl::api::{
    AlphaMode, Event, ExtraChannel, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat, ProfileLevel,
};
use jxl::error::Error;

use super::jpeg::rgb_of_inks;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;
use container::{CODESTREAM, codestream, is_container, opening};
use header::Header;

/// What a value of a channel takes while it is decoded. Counted from 11 to 24 megapixels it was 1.1 to
/// 1.8, and up to 13 where a picture is put together of layers.
const BYTES_A_VALUE: u64 = 4;

/// How many channels a picture may have at the limit of pixels.
const CHANNELS: u64 = 5;

/// A frame may be larger than the picture that shows a part of it: so many times, and one of so many
/// values always.
const LARGER: u64 = 4;
const SMALL: u64 = 1 << 20;

pub(super) fn is_jpeg_xl(start: &[u8]) -> bool {
    start.starts_with(CODESTREAM) || is_container(start)
}

/// The picture as it is stored, and how to turn it.
pub(super) fn decode(bytes: &[u8], limits: Limits) -> Result<(Picture, Orientation), PictureError> {
    let codestream = codestream(bytes)?;
    let header = Header::read(&codestream).ok_or_else(truncated)?;
    check_pixels(header.width, header.height, limits)?;
    let channels = 3 + header.others;
    let values = header.width * header.height * channels;
    if values > limits.max_pixels * CHANNELS {
        let message = format!(
            "{} x {} pixels in {channels} channels are more than {CHANNELS} at the limit of {}; \
             raise it with --max-pixels",
            header.width, header.height, limits.max_pixels
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    let _budget = MemoryBudget::take(values * BYTES_A_VALUE);
    let (start, taken) = header.widened(&codestream);
    let start = [opening(), start].concat();
    let mut options = JxlDecoderOptions::default();
    options.adjust_orientation = false;
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options.max_profile_level = ProfileLevel::Main10;
    options.sample_limit = usize::try_from(values * LARGER + SMALL).ok();
    let source = Source {
        decoder: JxlDecoder::new(options),
        pieces: [&start, &codestream[taken..]],
    };
    source.first_frame()
}

/// A decoder, and what it has still to read.
struct Source<'a> {
    decoder: JxlDecoder,
    pieces: [&'a [u8]; 2],
}

impl Source<'_> {
    fn first_frame(mut self) -> Result<(Picture, Orientation), PictureError> {
        self.go_on(&mut [], |event| event == Event::BasicInfo)?;
        let info = self.decoder.basic_info().ok_or_else(truncated)?;
        let (width, height) = info.size;
        let is_inks = |kind: &_| *kind == ExtraChannel::Black;
        let kinds: Vec<_> = info.extra_channels.iter().map(|c| c.ec_type).collect();
        let is_inks = info.uses_original_profile && kinds.iter().any(is_inks);
        let orientation = Orientation::from_exif(info.orientation as u8);
        let (color_type, channels) = match is_inks {
            true => (JxlColorType::Cmyk, 4),
            false => (JxlColorType::Rgb, 3),
        };
        let format = JxlPixelFormat {
            color_type,
            color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
            extra_channel_format: vec![None; kinds.len()],
        };
        self.decoder.set_pixel_format(format).map_err(failed)?;
        let mut pixels = vec![0; width * height * channels];
        let row = width * channels;
        let mut buffers = [JxlOutputBuffer::new(&mut pixels, height, row)];
        self.go_on(&mut buffers, |event| {
            matches!(event, Event::FrameComplete { .. })
        })?;
        if is_inks {
            let inks = pixels.as_chunks().0.iter();
            pixels = inks.flat_map(|inks| rgb_of_inks(*inks)).collect();
        }
        let orientation = orientation.unwrap_or(Orientation::NoTransforms);
        Ok((Picture::new(width, height, pixels), orientation))
    }

    /// Decodes until what happens is what is waited for.
    fn go_on(
        &mut self,
        buffers: &mut [JxlOutputBuffer],
        is_it: impl Fn(Event) -> bool,
    ) -> Result<(), PictureError> {
        let mut pieces = self.pieces.iter_mut();
        let mut piece = pieces.next().ok_or_else(truncated)?;
        loop {
            let buffers = (!buffers.is_empty()).then_some(&mut *buffers);
            let event = self.decoder.process(piece, buffers, None);
            match event.map_err(failed)? {
                event if is_it(event) => return Ok(()),
                Event::NeedMoreInput { .. } => piece = pieces.next().ok_or_else(truncated)?,
                Event::Complete => return Err(truncated()),
                _ => {}
            }
        }
    }
}

fn failed(error: Error) -> PictureError {
    let message = match error {
        Error::ImageSizeTooLarge(..) => "a frame in it is much larger than the picture",
        Error::OutOfMemory(_) | Error::ImageOutOfMemory(..) => {
            "the picture is too large for the memory that there is"
        }
        error => return damaged(&error.to_string()),
    };
    PictureError::new(ErrorKind::Limit, message)
}
