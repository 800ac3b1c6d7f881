//! Numbers to compute with.

use effnet::ops::Folded;

/// Values in -1..1 that differ from call to call by `seed`.
pub fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Weights of a convolution with `outputs` filters.
pub fn folded(outputs: usize, per_output: usize) -> Folded {
    Folded::new(values(outputs * per_output, 7), values(outputs, 8))
}
