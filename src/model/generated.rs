//! Weights and a picture out of thin air, the same on every machine and in numpy.
//!
//! `effnet bench` runs on them, so that it needs no download, and so do the tests that compare
//! the network with timm: tests/reference/generated_weights.py makes the same numbers there.

use anyhow::Result;

use super::weights::{Parameter, Source};

/// A source that has every tensor.
pub struct Generated;

impl Source for Generated {
    fn read(&self, parameter: &Parameter) -> Result<Vec<f32>> {
        let (low, high) = range(parameter);
        let count = parameter.shape.iter().product();
        Ok(uniform(&parameter.name, low, high).take(count).collect())
    }
}

/// An endless stream of values in `[low, high)`, told by its name: SplitMix64 seeded with the
/// name's 64-bit FNV-1a hash, the top 24 bits of each output.
pub fn uniform(name: &str, low: f64, high: f64) -> impl Iterator<Item = f32> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    (1..).map(move |i: u64| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        let unit = (z >> 40) as f64 / f64::from(1 << 24);
        (low + (high - low) * unit) as f32
    })
}

/// The range of a parameter's values, chosen so that activations neither fade nor grow through
/// 100 blocks, gates differ, ReLU6 clips, and a wrong padding or eps shows.
fn range(parameter: &Parameter) -> (f64, f64) {
    let ends = |ending: &str| parameter.name.ends_with(ending);
    let gain = match parameter.shape.len() {
        1 if ends(".running_mean") => return (-0.1, 0.1),
        1 if ends(".running_var") => return (0.2, 1.4),
        1 if ends(".conv_expand.bias") => return (-1.0, 1.0),
        1 if ends(".bias") => return (-0.2, 0.2),
        1 => return (0.5, 1.0),
        _ if ends("conv_stem.weight") => 3.0,
        _ if ends(".conv.weight") || ends(".conv_exp.weight") => 0.3,
        _ if ends(".0.conv_pwl.weight") => 6.0,
        _ if ends(".conv_pwl.weight") => 0.4,
        _ if ends("classifier.weight") => 5.0,
        _ => 1.0,
    };
    let fan_in: usize = parameter.shape[1..].iter().product();
    let bound = gain * (3.0 / fan_in as f64).sqrt();
    (-bound, bound)
}

/// A normalised picture `(height, width, 3)`: 8 x 8 blocks of colour under fine noise.
pub fn picture(height: usize, width: usize) -> Vec<f32> {
    let blocks: Vec<f32> = uniform("input.blocks", -1.0, 1.0).take(3 * 64).collect();
    let noise: Vec<f32> = uniform("input.noise", -1.0, 1.0)
        .take(3 * height * width)
        .collect();
    let mut values = Vec::with_capacity(noise.len());
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let block = channel * 64 + (y * 8 / height) * 8 + x * 8 / width;
                let grain = (channel * height + y) * width + x;
                values.push(blocks[block] * 1.5 + noise[grain] * 0.5);
            }
        }
    }
    values
}
