//! Chroma that is stored smaller, at full size.

use re_rav1d::dav1d::PlanarImageComponent;

use super::canvas::Canvas;

/// Of two rows that a row lies between, the nearer and the other one.
#[derive(Default)]
pub(super) struct Rows {
    pub near: Vec<u16>,
    pub far: Vec<u16>,
}

impl Rows {
    /// Reads the rows of chroma around row `y` of the picture. At the edges the nearer one is both.
    pub fn read(&mut self, canvas: &Canvas, plane: PlanarImageComponent, y: usize, shift: u32) {
        let (across, down) = canvas.chroma_shifts();
        let width = canvas.width.div_ceil(1 << across);
        let height = canvas.height.div_ceil(1 << down);
        self.near.resize(width, 0);
        self.far.resize(width, 0);
        let near = y >> down;
        let far = match down {
            0 => near,
            _ if y.is_multiple_of(2) => near.saturating_sub(1),
            _ => (near + 1).min(height - 1),
        };
        canvas.row(plane, near, shift, &mut self.near);
        canvas.row(plane, far, shift, &mut self.far);
    }

    /// Three parts of the nearer value and one of the other, in each direction (libyuv,
    /// source/scale_any.cc, SU2BLANY: the last column has no neighbour, whether or not there is one).
    pub fn between(&mut self, to: &mut [u16]) {
        // At most 16 times 12 bits, so that nothing is lost.
        let pairs = self.near.iter_mut().zip(&self.far);
        pairs.for_each(|(near, far)| *near = *near * 3 + *far);
        let sums = &self.near;
        let (Some(first), Some(last)) = (sums.first(), sums.last()) else {
            return;
        };
        let width = to.len();
        to[0] = (first * 4 + 8) >> 4;
        let inner = to[1..].as_chunks_mut::<2>().0;
        for ([left, right], pair) in inner.iter_mut().zip(sums.windows(2)) {
            *left = (pair[0] * 3 + pair[1] + 8) >> 4;
            *right = (pair[0] + pair[1] * 3 + 8) >> 4;
        }
        to[width - 1] = (last * 4 + 8) >> 4;
    }

    /// The nearest value.
    pub fn nearest(&self, to: &mut [u16]) {
        let pairs = to.chunks_mut(2).zip(&self.near);
        pairs.for_each(|(to, value)| to.fill(*value));
    }
}
