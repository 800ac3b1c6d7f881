//! What happens to a score if what a map says is important can't be seen.

use super::map::Map;
use crate::picture::frame::{Frame, Side};

/// The share of what the network saw that is blurred.
const DELETED: f64 = 0.2;

/// The blur's reach, as a part of the longer side: three means over so many pixels on either side are
/// nearly a Gaussian, and leave little of what is smaller than a quarter of the side.
const REACH: usize = 16;

/// A network's input of `width`, `(height, width, channels)`, with the places blurred that have the most
/// evidence. The pixels of a border stay as they are.
pub fn without_strongest(
    input: &[f32],
    (width, channels): (usize, usize),
    map: &Map,
    frame: &Frame,
) -> Vec<f32> {
    let (rows, columns) = (pixels(&frame.rows), pixels(&frame.columns));
    let [top, left] = [rows[0] as usize, columns[0] as usize];
    let seen_width = columns.len();
    let start = |y: usize| ((top + y) * width + left) * channels;
    let seen = (0..rows.len()).flat_map(|y| &input[start(y)..][..seen_width * channels]);
    let mut blurred: Vec<f32> = seen.copied().collect();
    let reach = (rows.len().max(seen_width) / REACH).max(1);
    for _ in 0..3 {
        for side in [seen_width, rows.len()] {
            blurred = mean_along(&blurred, side * channels, channels, reach);
            blurred = transposed(&blurred, side, channels);
        }
    }
    let mut without = input.to_vec();
    for at in strongest(&map.sample(&rows, &columns)) {
        let to = start(at / seen_width) + at % seen_width * channels;
        without[to..][..channels].copy_from_slice(&blurred[at * channels..][..channels]);
    }
    without
}

/// The middles of the pixels that show the picture.
fn pixels(side: &Side) -> Vec<f64> {
    let seen = side.seen.start as usize..side.seen.end as usize;
    seen.map(|pixel| pixel as f64 + 0.5).collect()
}

/// The places with the largest values, as many as are blurred; of equals the first.
fn strongest(values: &[f32]) -> Vec<usize> {
    let count = (values.len() as f64 * DELETED).round() as usize;
    let mut places: Vec<usize> = (0..values.len()).collect();
    let order = |&a: &usize, &b: &usize| values[b].total_cmp(&values[a]).then(a.cmp(&b));
    if count < places.len() {
        places.select_nth_unstable_by(count, order);
    }
    places.truncate(count);
    places
}

/// Each pixel's mean with those of its row of `length` values that are at most `reach` away; the
/// outermost go on beyond the ends.
fn mean_along(pixels: &[f32], length: usize, channels: usize, reach: usize) -> Vec<f32> {
    let mut means = Vec::with_capacity(pixels.len());
    for row in pixels.chunks_exact(length) {
        let last = (length / channels) as isize - 1;
        let at = |x: isize| &row[x.clamp(0, last) as usize * channels..][..channels];
        let reach = reach as isize;
        let mut sum = vec![0.0_f64; channels];
        (-reach..=reach).for_each(|x| add(&mut sum, at(x), 1.0));
        for x in 0..=last {
            means.extend(sum.iter().map(|sum| (sum / (2 * reach + 1) as f64) as f32));
            add(&mut sum, at(x + reach + 1), 1.0);
            add(&mut sum, at(x - reach), -1.0);
        }
    }
    means
}

fn add(sum: &mut [f64], pixel: &[f32], times: f64) {
    for (sum, value) in sum.iter_mut().zip(pixel) {
        *sum += times * f64::from(*value);
    }
}

/// Rows to columns.
fn transposed(pixels: &[f32], width: usize, channels: usize) -> Vec<f32> {
    let pixels = pixels.chunks_exact(channels);
    let columns = (0..width).flat_map(|x| pixels.clone().skip(x).step_by(width));
    columns.flatten().copied().collect()
}
