//! A map in a few numbers: where most of the evidence is, and how much.

use super::map::Map;
use crate::output::explained::Region;
use crate::picture::frame::{Frame, Side};

/// What stands out belongs to the region down to this share of its peak: the width at half of the
/// height, as spectral lines are measured.
const OF_PEAK: f32 = 0.5;

/// Places that are looked at from one position of the map to the next.
const PLACES: f64 = 8.0;

/// One side of a net of places over all that the network saw of a picture.
struct Net {
    /// The middles of its cells, in pixels of the input.
    middles: Vec<f64>,
    /// Where the first cell begins.
    start: f64,
    /// The length of a cell.
    cell: f64,
}

/// The box around the strongest evidence, and its share of all that speaks for the class; nothing where
/// nothing does. `original_size` is the picture's width and height.
pub fn strongest(map: &Map, frame: &Frame, original_size: (usize, usize)) -> Option<(Region, f32)> {
    let rows = Net::over(&frame.rows, map.rows.step);
    let columns = Net::over(&frame.columns, map.columns.step);
    let values = map.sample(&rows.middles, &columns.middles);
    let width = columns.middles.len();
    let peak = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]))?;
    if values[peak] <= 0.0 {
        return None;
    }
    let [left, top, right, bottom] = around(&values, width, peak);
    let is_inside = |at: usize| {
        let (x, y) = (at % width, at / width);
        (left..=right).contains(&x) && (top..=bottom).contains(&y)
    };
    let (mut inside, mut all) = (0.0, 0.0);
    for (at, &value) in values.iter().enumerate() {
        let positive = f64::from(value.max(0.0));
        all += positive;
        inside += if is_inside(at) { positive } else { 0.0 };
    }
    let (x, width) = columns.pixels(&frame.columns, left, right, original_size.0);
    let (y, height) = rows.pixels(&frame.rows, top, bottom, original_size.1);
    let region = Region {
        x,
        y,
        width,
        height,
    };
    Some((region, (inside / all) as f32))
}

/// The bounds of the places around `peak` that are joined to it and belong to its region: the first and
/// last column and row.
fn around(values: &[f32], width: usize, peak: usize) -> [usize; 4] {
    let least = values[peak] * OF_PEAK;
    let mut seen = vec![false; values.len()];
    let mut left_to_do = vec![peak];
    let (x, y) = (peak % width, peak / width);
    let [mut left, mut top, mut right, mut bottom] = [x, y, x, y];
    while let Some(at) = left_to_do.pop() {
        if seen[at] || values[at] < least {
            continue;
        }
        seen[at] = true;
        let (x, y) = (at % width, at / width);
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
        let beside = [
            (x > 0).then(|| at - 1),
            (x + 1 < width).then_some(at + 1),
            at.checked_sub(width),
            Some(at + width).filter(|&below| below < values.len()),
        ];
        left_to_do.extend(beside.into_iter().flatten());
    }
    [left, top, right, bottom]
}

impl Net {
    fn over(side: &Side, step: f64) -> Self {
        let length = side.seen.end - side.seen.start;
        let count = (length / step * PLACES).round().max(1.0);
        let (start, cell) = (side.seen.start, length / count);
        let middle = |i: usize| start + (i as f64 + 0.5) * cell;
        Self {
            middles: (0..count as usize).map(middle).collect(),
            start,
            cell,
        }
    }

    /// The first pixel of the original, of `length`, that lies in the cells `first` to `last`, and how
    /// many do.
    fn pixels(&self, side: &Side, first: usize, last: usize, length: usize) -> (usize, usize) {
        let place = |cell: usize| side.to_original(self.start + cell as f64 * self.cell);
        let start = (place(first).round().max(0.0) as usize).min(length - 1);
        let end = (place(last + 1).round() as usize).clamp(start + 1, length);
        (start, end - start)
    }
}
