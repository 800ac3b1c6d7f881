//! Where a convolution's windows lie.

use std::ops::Range;

use crate::ops::window::Window;

/// A window over a picture. Rows and columns are counted with the zero padding before them.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    pub window: Window,
    pub height: usize,
    pub width: usize,
    pub out_h: usize,
    pub out_w: usize,
    pub top: usize,
    pub left: usize,
    /// Positions in one row, the picture's and the padding's.
    pub row: usize,
}

impl Geometry {
    pub fn new(window: Window, height: usize, width: usize) -> Self {
        let Window { kernel, stride, .. } = window;
        let (top, out_h) = window.padding.along(height, kernel, stride);
        let (left, out_w) = window.padding.along(width, kernel, stride);
        Self {
            window,
            height,
            width,
            out_h,
            out_w,
            top,
            left,
            row: (left + width).max((out_w - 1) * stride + kernel),
        }
    }

    /// The rows under the windows of some output rows.
    pub fn under(&self, out_rows: &Range<usize>) -> Range<usize> {
        let Window { kernel, stride, .. } = self.window;
        out_rows.start * stride..(out_rows.end - 1) * stride + kernel
    }

    /// Those of `rows` that are not padding.
    pub fn inside(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start.max(self.top)..rows.end.min(self.top + self.height)
    }
}
