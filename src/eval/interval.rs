//! How sure a share is, of so many pictures.

use serde::Serialize;

/// The standard normal distribution's 97.5 % quantile: 95 % lie within it on both sides.
pub const Z: f64 = 1.959_963_984_540_054;

/// A share of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many of them.
    pub correct: u64,
    /// The share, 0 to 1.
    pub accuracy: f64,
    /// Where it would be, with 95 % confidence, on ever more pictures like these.
    pub interval: [f64; 2],
}

impl Share {
    /// `correct` of `count`; nothing of none.
    pub fn new(correct: u64, count: u64) -> Option<Self> {
        (count > 0).then(|| Self {
            correct,
            accuracy: correct as f64 / count as f64,
            interval: wilson(correct, count),
        })
    }
}

/// The score interval (Wilson 1927; equation 2 of Newcombe, Statistics in Medicine 17, 1998).
fn wilson(correct: u64, count: u64) -> [f64; 2] {
    let n = count as f64;
    let p = correct as f64 / n;
    let square = Z * Z;
    let middle = p + square / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let at = |sign: f64| ((middle + sign * half) / (1.0 + square / n)).clamp(0.0, 1.0);
    [at(-1.0), at(1.0)]
}
