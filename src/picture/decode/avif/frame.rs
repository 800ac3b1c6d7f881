//! A frame of AV1, by `re_rav1d`.

use re_rav1d::dav1d::pixel::YUVRange;
use re_rav1d::dav1d::{Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings};

use crate::error::{ErrorKind, PictureError};
use crate::picture::decode::isobmff::colour::Colour;

/// Which of the frames in some data is wanted.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    pub operating_point: u32,
    /// Of several layers; without it the highest.
    pub layer: Option<usize>,
}

/// The planes of a frame.
pub(super) const PLANES: [PlanarImageComponent; 3] = [
    PlanarImageComponent::Y,
    PlanarImageComponent::U,
    PlanarImageComponent::V,
];

/// More frames than a picture's layers are not looked at.
const MOST_FRAMES: usize = 64;

pub(super) struct Frame(Picture);

impl Frame {
    /// Decodes a frame of at most `max_pixels`, on this thread.
    pub fn decode(data: Vec<u8>, wanted: Wanted, max_pixels: u64) -> Result<Self, PictureError> {
        let mut settings = Settings::new();
        settings.set_n_threads(1);
        settings.set_max_frame_delay(1);
        settings.set_operating_point(wanted.operating_point);
        settings.set_all_layers(wanted.layer.is_some());
        // Checked before a frame takes memory. So many bytes of a plane can be counted.
        settings.set_frame_size_limit(u32::try_from(max_pixels).unwrap_or(u32::MAX).min(1 << 30));
        let mut decoder = Decoder::with_settings(&settings).map_err(failed)?;
        match decoder.send_data(data, None, None, None) {
            Ok(()) | Err(Error::Again) => {}
            Err(error) => return Err(failed(error)),
        }
        let mut found = None;
        let mut number = 0;
        for _ in 0..MOST_FRAMES {
            match decoder.get_picture() {
                Ok(picture) => {
                    if number == wanted.layer.unwrap_or(0) {
                        found = Some(Self(picture));
                    }
                    number += 1;
                }
                // What follows is looked at no further.
                Err(Error::Again) if found.is_some() => break,
                Err(Error::Again) => match decoder.send_pending_data() {
                    Ok(()) | Err(Error::Again) => {}
                    Err(error) => return Err(failed(error)),
                },
                Err(error) => return Err(failed(error)),
            }
        }
        found.ok_or_else(|| failed(Error::Again))
    }

    pub fn size(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    pub fn depth(&self) -> u32 {
        self.0.bit_depth() as u32
    }

    pub fn layout(&self) -> PixelLayout {
        self.0.pixel_layout()
    }

    /// What AV1 says of its colours.
    pub fn colour(&self) -> Colour {
        Colour {
            primaries: self.0.color_primaries() as u64,
            matrix: self.0.matrix_coefficients() as u64,
            is_full_range: self.0.color_range() == YUVRange::Full,
        }
    }

    /// The first values of a row of a plane, as many as are wanted, and shifted.
    pub fn row(&self, plane: PlanarImageComponent, y: usize, shift: u32, to: &mut [u16]) {
        let stride = self.0.stride(plane) as usize;
        let bytes = self.0.plane(plane);
        let row = &bytes[y * stride..];
        if self.0.bit_depth() == 8 {
            to.iter_mut()
                .zip(row)
                .for_each(|(to, value)| *to = u16::from(*value));
            return;
        }
        to.iter_mut()
            .zip(row.as_chunks().0)
            .for_each(|(to, value)| *to = u16::from_ne_bytes(*value) >> shift);
    }
}

/// What is said where AV1's decoder gives up. It says little itself.
fn failed(error: Error) -> PictureError {
    let message = match error {
        Error::NotEnoughMemory => "the picture is too large for the memory that there is",
        _ => "the picture is damaged or truncated (its AV1 data can't be decoded)",
    };
    PictureError::new(ErrorKind::Decode, message)
}
