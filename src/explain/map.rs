//! Evidence by place: a class's logit at each position of the trunk, and between them.

use crate::model::Positions;

/// Logits at the positions of a network's trunk, over its input.
#[derive(Clone, Debug)]
pub struct Map {
    /// From top to bottom.
    pub rows: Positions,
    /// From left to right.
    pub columns: Positions,
    /// `(rows, columns)`; their mean is the picture's logit.
    pub logits: Vec<f32>,
}

/// Where a place lies between two positions: their indices, and the second one's share.
#[derive(Clone, Copy, Debug)]
pub struct Between(usize, usize, f32);

impl Map {
    /// The map of the difference of two logits.
    pub fn minus(mut self, other: &[f32]) -> Self {
        let both = self.logits.iter_mut().zip(other);
        both.for_each(|(logit, other)| *logit -= other);
        self
    }

    /// The picture's logit.
    pub fn mean(&self) -> f32 {
        let sum: f64 = self.logits.iter().copied().map(f64::from).sum();
        (sum / self.logits.len() as f64) as f32
    }

    /// Where `xs`, in pixels of the input, lie between the columns.
    pub fn across(&self, xs: &[f64]) -> Vec<Between> {
        xs.iter().map(|&x| between(&self.columns, x)).collect()
    }

    /// The logits at the crossings of `y`, in pixels of the input, with what lies `across`: linear
    /// between the middles of positions, and constant beyond the outermost.
    pub fn along(&self, y: f64, across: &[Between]) -> impl Iterator<Item = f32> {
        let Between(above, below, share) = between(&self.rows, y);
        let (above, below) = (self.row(above), self.row(below));
        let blend = |(a, b): (&f32, &f32)| a + (b - a) * share;
        let row: Vec<f32> = above.iter().zip(below).map(blend).collect();
        let at = move |&Between(left, right, share): &Between| {
            row[left] + (row[right] - row[left]) * share
        };
        across.iter().map(at)
    }

    /// As [`Map::along`] for several `ys` and `xs`, row by row.
    pub fn sample(&self, ys: &[f64], xs: &[f64]) -> Vec<f32> {
        let across = self.across(xs);
        ys.iter().flat_map(|&y| self.along(y, &across)).collect()
    }

    fn row(&self, index: usize) -> &[f32] {
        &self.logits[index * self.columns.count..][..self.columns.count]
    }
}

fn between(positions: &Positions, place: f64) -> Between {
    let last = positions.count - 1;
    let index = ((place - positions.first) / positions.step).clamp(0.0, last as f64);
    let before = index as usize;
    Between(before, (before + 1).min(last), index.fract() as f32)
}
