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
    JxlOutputBuffer, JxlPixelFormat, ProfileLevel, VisibleFrameSeekTarget,
};
use jxl::error::Error;

use super::gathered::Gathered;
use super::jpeg::rgb_of_inks;
use super::limits::{Limits, check_pixels, damaged, truncated};
use super::memory_budget::MemoryBudget;
use super::unsupported::transparency;
use crate::error::{ErrorKind, PictureError};
use crate::picture::Picture;
use container::{CODESTREAM, codestream, is_container, opening};
use header::Header;

/// What a value of a channel takes while it is decoded: counted at 1 to 24 megapixels it was 1.1 to 6.
const BYTES_A_VALUE: u64 = 4;

/// The same where other frames are kept for the one that is shown: up to 13 were counted.
const BYTES_A_VALUE_OF_LAYERS: u64 = 12;

/// How many channels a picture may have at the limit of pixels, and one of layers.
const CHANNELS: u64 = 5;
const CHANNELS_OF_LAYERS: u64 = 1;

/// A frame may be larger than the picture that shows a part of it: so many times, and one of so many
/// values always. The decoder counts rows as no shorter than this.
const LARGER: u64 = 4;
const SMALL: u64 = 1 << 20;
const ROW: u64 = 16;

pub(super) fn is_jpeg_xl(start: &[u8]) -> bool {
    start.starts_with(CODESTREAM) || is_container(start)
}

/// The picture as it is stored, and how to turn it.
pub(super) fn decode(
    bytes: &[u8],
    limits: Limits,
    alpha: bool,
) -> Result<(Picture, Orientation), PictureError> {
    let codestream = codestream(bytes)?;
    let header = Header::read(&codestream).ok_or_else(truncated)?;
    check_pixels(header.width, header.height, limits)?;
    let (start, taken) = header.widened(&codestream);
    let channels = 3 + header.others;
    let values = header.width * header.height * channels;
    let check = |most: u64| match values > limits.max_pixels * most {
        true => Err(too_many(&header, limits)),
        false => Ok(()),
    };
    check(CHANNELS)?;
    let counted = header.width.max(ROW) * header.height * channels;
    let most = (counted * LARGER + SMALL).min(limits.max_pixels * CHANNELS);
    let file = File {
        start: [opening(), start].concat(),
        rest: &codestream[taken..],
        most: most.max(counted + 1),
    };
    let frame = file.first_frame()?;
    let each = match frame.has_layers {
        true => {
            check(CHANNELS_OF_LAYERS)?;
            BYTES_A_VALUE_OF_LAYERS
        }
        false => BYTES_A_VALUE,
    };
    let _budget = MemoryBudget::take(values * each);
    file.pixels(frame.target, alpha)
}

fn too_many(header: &Header, limits: Limits) -> PictureError {
    let (width, height, channels) = (header.width, header.height, 3 + header.others);
    let message = format!(
        "{width} x {height} pixels of {channels} channels and layers are too much for the limit of {}; \
         raise it with --max-pixels",
        limits.max_pixels
    );
    PictureError::new(ErrorKind::Limit, message)
}

/// A decoder of frames with less than so many values.
fn decoder(most: u64, is_scan: bool) -> JxlDecoder {
    let mut options = JxlDecoderOptions::default();
    options.adjust_orientation = false;
    options.alpha_mode = AlphaMode::Unpremultiplied;
    options.max_profile_level = ProfileLevel::Main10;
    options.sample_limit = usize::try_from(most).ok();
    options.scan_frames_only = is_scan;
    JxlDecoder::new(options)
}

/// What the decoder reads: the beginning, which is written anew, and what follows it.
struct File<'a> {
    start: Vec<u8>,
    rest: &'a [u8],
    /// Of a frame's values.
    most: u64,
}

/// The first frame that is shown.
struct Frame {
    target: VisibleFrameSeekTarget,
    /// Whether others are needed for it.
    has_layers: bool,
}

impl File<'_> {
    /// Goes on until what happens is what is waited for, from a place in the file.
    fn run(
        &self,
        decoder: &mut JxlDecoder,
        from: u64,
        buffers: &mut [JxlOutputBuffer],
        is_it: impl Fn(&JxlDecoder, Event) -> bool,
    ) -> Result<(), PictureError> {
        let from = usize::try_from(from).map_err(|_| truncated())?;
        let start = self.start.get(from..).unwrap_or_default();
        let rest = self.rest.get(from.saturating_sub(self.start.len())..);
        let mut pieces = [start, rest.unwrap_or_default()].into_iter();
        let mut piece = pieces.next().unwrap_or_default();
        loop {
            let buffers = (!buffers.is_empty()).then_some(&mut *buffers);
            let event = decoder.process(&mut piece, buffers, None).map_err(failed)?;
            match event {
                event if is_it(decoder, event) => return Ok(()),
                Event::NeedMoreInput { .. } => piece = pieces.next().ok_or_else(truncated)?,
                Event::Complete => return Err(truncated()),
                _ => {}
            }
        }
    }

    /// Looks for the frame without decoding any.
    fn first_frame(&self) -> Result<Frame, PictureError> {
        let mut decoder = decoder(self.most, true);
        let is_found = |decoder: &JxlDecoder, _| !decoder.scanned_frames().is_empty();
        self.run(&mut decoder, 0, &mut [], is_found)?;
        let first = &decoder.scanned_frames()[0];
        let (target, place) = (first.seek_target, first.file_offset);
        let begins = decoder.start_new_frame(target).map_err(failed)?;
        Ok(Frame {
            target,
            has_layers: begins != place,
        })
    }

    /// Decodes a frame, and what it needs.
    fn pixels(
        &self,
        target: VisibleFrameSeekTarget,
        alpha: bool,
    ) -> Result<(Picture, Orientation), PictureError> {
        let mut decoder = decoder(self.most, false);
        let is_begun = |_: &JxlDecoder, event| event == Event::BasicInfo;
        self.run(&mut decoder, 0, &mut [], is_begun)?;
        let info = decoder.basic_info().ok_or_else(truncated)?;
        let (width, height) = info.size;
        let is_inks = |kind: &_| *kind == ExtraChannel::Black;
        let kinds: Vec<_> = info.extra_channels.iter().map(|c| c.ec_type).collect();
        let is_inks = info.uses_original_profile && kinds.iter().any(is_inks);
        let orientation = Orientation::from_exif(info.orientation as u8);
        let keeps_alpha = alpha && kinds.contains(&ExtraChannel::Alpha);
        let (color_type, channels) = match (is_inks, keeps_alpha) {
            (true, true) => return Err(transparency("JPEG XL with inks")),
            (true, false) => (JxlColorType::Cmyk, 4),
            (false, true) => (JxlColorType::Rgba, 4),
            (false, false) => (JxlColorType::Rgb, 3),
        };
        let format = JxlPixelFormat {
            color_type,
            color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
            extra_channel_format: vec![None; kinds.len()],
        };
        decoder.set_pixel_format(format).map_err(failed)?;
        let from = decoder.start_new_frame(target).map_err(failed)?;
        let mut pixels = vec![0; width * height * channels];
        let row = width * channels;
        let mut buffers = [JxlOutputBuffer::new(&mut pixels, height, row)];
        let is_done = |_: &JxlDecoder, event| matches!(event, Event::FrameComplete { .. });
        self.run(&mut decoder, from, &mut buffers, is_done)?;
        if is_inks {
            let inks = pixels.as_chunks().0.iter();
            pixels = inks.flat_map(|inks| rgb_of_inks(*inks)).collect();
        }
        let orientation = orientation.unwrap_or(Orientation::NoTransforms);
        if keeps_alpha {
            let mut gathered = Gathered::new(width * height, true);
            gathered.extend(pixels.as_chunks().0.iter().copied());
            return Ok((gathered.picture(width, height), orientation));
        }
        Ok((Picture::new(width, height, pixels), orientation))
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
