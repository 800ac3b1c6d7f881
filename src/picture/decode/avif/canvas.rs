//! One frame, or a grid of them, as one picture (ISO/IEC 23008-12, 6.6.2.3).

use re_rav1d::dav1d::{PixelLayout, PlanarImageComponent};

use super::frame::Frame;
use crate::error::PictureError;
use crate::picture::decode::isobmff::grid::Grid;
use crate::picture::decode::limits::damaged;

pub(super) struct Canvas {
    /// Row by row, all of one kind.
    frames: Vec<Frame>,
    columns: usize,
    /// Of each frame.
    tile: (usize, usize),
    pub width: usize,
    pub height: usize,
    pub depth: u32,
    pub layout: PixelLayout,
}

impl Canvas {
    /// A picture of one frame.
    pub fn one(frame: Frame) -> Self {
        let (width, height) = frame.size();
        let grid = Grid {
            rows: 1,
            columns: 1,
            size: (width, height),
        };
        Self::new(grid, vec![frame])
    }

    /// A picture of the frames of a grid.
    ///
    /// # Errors
    /// If they are of several kinds, or half a value of chroma would be needed.
    pub fn grid(grid: Grid, frames: Vec<Frame>) -> Result<Self, PictureError> {
        let kind = |frame: &Frame| (frame.size(), frame.depth(), frame.layout());
        if frames
            .windows(2)
            .any(|pair| kind(&pair[0]) != kind(&pair[1]))
        {
            return Err(damaged("its tiles are of several kinds"));
        }
        let canvas = Self::new(grid, frames);
        let (across, down) = canvas.chroma_shifts();
        let is_odd = |size: (usize, usize)| size.0 % (1 << across) + size.1 % (1 << down) > 0;
        match is_odd(canvas.tile) || is_odd((canvas.width, canvas.height)) {
            true => Err(damaged("its tiles are of an odd size")),
            false => Ok(canvas),
        }
    }

    fn new(grid: Grid, frames: Vec<Frame>) -> Self {
        let (width, height) = frames[0].size();
        Self {
            columns: grid.columns as usize,
            tile: (width as usize, height as usize),
            width: grid.size.0 as usize,
            height: grid.size.1 as usize,
            depth: frames[0].depth(),
            layout: frames[0].layout(),
            frames,
        }
    }

    pub fn first(&self) -> &Frame {
        &self.frames[0]
    }

    /// By how many bits columns and rows of chroma are fewer.
    pub fn chroma_shifts(&self) -> (u32, u32) {
        match self.layout {
            PixelLayout::I420 => (1, 1),
            PixelLayout::I422 => (1, 0),
            PixelLayout::I444 | PixelLayout::I400 => (0, 0),
        }
    }

    /// A row of a plane, each value shifted to the right.
    pub fn row(&self, plane: PlanarImageComponent, y: usize, shift: u32, to: &mut [u16]) {
        let (across, down) = match plane {
            PlanarImageComponent::Y => (0, 0),
            _ => self.chroma_shifts(),
        };
        let width = self.tile.0.div_ceil(1 << across);
        let height = self.tile.1.div_ceil(1 << down);
        let frames = &self.frames[y / height * self.columns..][..self.columns];
        for (frame, to) in frames.iter().zip(to.chunks_mut(width)) {
            frame.row(plane, y % height, shift, to);
        }
    }
}
