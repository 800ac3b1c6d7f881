//! Where the positions of the trunk lie in the picture.
//!
//! A position of a convolution's output stands over the middle of its window, and padding says where
//! the first window begins. Five layers of stride 2 that pad alike on both sides put position `i` over
//! pixel `32 i` of an even side, and TensorFlow's, which pad behind, over pixel `32 i + 31`. A map
//! that is merely stretched over the picture, `32 i + 15.5`, is half a position off, one way or the
//! other.

use super::config::{BlockConfig, Config, SPACE_TO_DEPTH_WINDOW};
use super::weights;
use crate::ops::Window;

/// The positions along one side of the trunk: the middle of position `i` lies at `first + i * step`.
/// The picture's first pixel reaches from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positions {
    /// How many there are.
    pub count: usize,
    /// The middle of the first one, in pixels of the network's input.
    pub first: f64,
    /// From one to the next, in pixels.
    pub step: f64,
}

/// A layer that sees neighbours, in the order of the forward pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    window: Window,
    /// How far the middle of its weights lies behind the middle of its window.
    behind: f64,
}

impl From<Window> for Step {
    fn from(window: Window) -> Self {
        Self {
            window,
            behind: 0.0,
        }
    }
}

/// Every layer that sees neighbours.
pub(super) fn steps(config: &Config) -> Vec<Step> {
    let blocks = weights::blocks(config).flat_map(|(_, block)| of_block(block));
    std::iter::once(config.stem_window().into())
        .chain(blocks)
        .collect()
}

fn of_block(block: &BlockConfig) -> impl Iterator<Item = Step> {
    let to_depth = block.space_to_depth.then_some(SPACE_TO_DEPTH_WINDOW);
    // Zeros come before an even filter that is run as an odd one (`Folded::enlarged`).
    let zeros = block.window.kernel - block.filter_side();
    let filter = Step {
        window: block.window,
        behind: zeros as f64 / 2.0,
    };
    to_depth.map(Step::from).into_iter().chain([filter])
}

impl Positions {
    /// Those along a side of `length` pixels.
    pub(super) fn along(steps: &[Step], length: usize) -> Self {
        let pixels = Self {
            count: length,
            first: 0.5,
            step: 1.0,
        };
        steps.iter().fold(pixels, |before, layer| {
            let Window {
                kernel,
                stride,
                padding,
            } = layer.window;
            let (zeros, count) = padding.along(before.count, kernel, stride);
            let middle = (kernel - 1) as f64 / 2.0 + layer.behind;
            Self {
                count,
                first: before.first + (middle - zeros as f64) * before.step,
                step: before.step * stride as f64,
            }
        })
    }

    /// The middle of each.
    pub fn centers(&self) -> Vec<f64> {
        let center = |i: usize| self.first + i as f64 * self.step;
        (0..self.count).map(center).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::architectures::{Architecture, Convention};

    fn of(variant: &str, convention: Convention, side: usize) -> Positions {
        let architecture = Architecture::named(variant).expect("an architecture");
        Positions::along(&steps(&Config::new(architecture, convention, 10)), side)
    }

    #[test]
    fn padding_puts_the_first_position_over_the_first_pixel_or_the_last_over_the_last() {
        for variant in ["b0", "b7", "v2-s", "lite0"] {
            let symmetric = of(variant, Convention::PYTORCH, 224);
            assert_eq!((symmetric.count, symmetric.step), (7, 32.0), "{variant}");
            assert_eq!(symmetric.first, 0.5, "{variant}");
            let same = of(variant, Convention::TENSORFLOW, 224);
            assert_eq!(same.centers().last(), Some(&223.5), "{variant}");
        }
        // Odd sides pad alike on both, in TensorFlow too: 225, 113, 57, 29, 15, 8, and 8 is even.
        let odd = of("b0", Convention::TENSORFLOW, 225);
        assert_eq!((odd.count, odd.first), (8, 0.5));
    }
}
