//! Where the network's input lies in the picture that it was made of.

use std::ops::Range;

/// Both sides of a network's input.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// From left to right.
    pub columns: Side,
    /// From top to bottom.
    pub rows: Side,
}

/// One side. The first pixel reaches from 0 to 1, in the input and in the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Pixels of the upright original to one of the input.
    pub scale: f64,
    /// Pixels of the resized picture before the input's first; negative where the input begins with a
    /// border.
    pub offset: f64,
    /// What of the input shows the picture, and no border.
    pub seen: Range<f64>,
}

impl Side {
    /// Where place `input` of the input lies in the original.
    pub fn to_original(&self, input: f64) -> f64 {
        (input + self.offset) * self.scale
    }

    /// Where place `original` of the original lies in the input, or would lie.
    pub fn to_input(&self, original: f64) -> f64 {
        original / self.scale - self.offset
    }
}
