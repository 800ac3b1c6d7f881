//! What a picture may cost, told by its header before its pixels take memory.

use crate::error::{ErrorKind, PictureError};

/// What a picture may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Width times height.
    pub max_pixels: u64,
    /// Of the encoded file.
    pub max_bytes: u64,
}

/// The longest side, in pixels: resizing keeps a few numbers for each position along a side.
const MAX_SIDE: u64 = 1_000_000;

impl Default for Limits {
    /// The pixel count is where Pillow refuses: twice its `MAX_IMAGE_PIXELS`.
    fn default() -> Self {
        Self {
            max_pixels: 178_956_970,
            max_bytes: 256 << 20,
        }
    }
}

/// Refuses a picture by its size before any of its pixels take memory.
pub(super) fn check_pixels(width: u64, height: u64, limits: Limits) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::new(
            ErrorKind::Decode,
            "the picture has no pixels",
        ));
    }
    if width.max(height) > MAX_SIDE {
        let message = format!(
            "{width} x {height} pixels are too long a strip: a side may have {MAX_SIDE}; cut it first"
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    if width * height > limits.max_pixels {
        let message = format!(
            "{width} x {height} pixels are more than the limit of {}; raise it with --max-pixels",
            limits.max_pixels
        );
        return Err(PictureError::new(ErrorKind::Limit, message));
    }
    Ok(())
}

/// What is said of a file that ends before its picture does.
pub(super) fn truncated() -> PictureError {
    PictureError::new(
        ErrorKind::Decode,
        "the picture is truncated: the file ends before the picture does",
    )
}

/// What is said of a picture whose parts contradict each other.
pub(super) fn damaged(detail: &str) -> PictureError {
    let message = format!("the picture is damaged ({detail})");
    PictureError::new(ErrorKind::Decode, message)
}
