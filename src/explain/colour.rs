//! Evidence to colours, on a scale that is the same for all pictures.

use crate::top_k::Scoring;

/// How much evidence makes how much colour.
///
/// It is not stretched to each picture's own range: noise would look like a find. Evidence of `half`
/// logits gives half of the full strength, twice that two thirds, and so on: none is so strong that more
/// would look the same. `half` is the logit that makes a class 99 % likely where those of all others are
/// 0, which is their mean in a trained network: 11.5 of 1,000 classes.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    half: f32,
}

impl Scale {
    /// That of a model with so many classes.
    pub fn of(classes: usize, scoring: Scoring) -> Self {
        const ODDS: f32 = 99.0;
        let others = match scoring {
            Scoring::Softmax => classes.saturating_sub(1).max(1),
            Scoring::Sigmoid => 1,
        };
        Self {
            half: (ODDS * others as f32).ln(),
        }
    }

    /// From -1 to 1, with the sign of the evidence.
    fn strength(self, logit: f32) -> f32 {
        logit / (logit.abs() + self.half)
    }
}

/// What colours mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// What speaks for a class; what speaks against it is not shown.
    Sequential,
    /// Both.
    Diverging,
}

/// matplotlib's inferno, every fifteenth colour of 256 (matplotlib 3.11.2, lib/matplotlib/_cm_listed.py,
/// CC0): it grows evenly in lightness, also for the colour-blind and on grey paper.
const INFERNO: [[u8; 3]; 18] = [
    [0, 0, 4],
    [10, 7, 34],
    [30, 12, 69],
    [56, 9, 98],
    [81, 14, 108],
    [105, 22, 110],
    [128, 31, 108],
    [152, 39, 102],
    [176, 49, 91],
    [198, 61, 77],
    [217, 77, 61],
    [233, 97, 43],
    [244, 121, 24],
    [250, 148, 7],
    [252, 176, 20],
    [248, 205, 55],
    [242, 234, 105],
    [252, 255, 164],
];

/// The ends of ColorBrewer's RdBu (colorbrewer2.org, eleven classes), which the colour-blind tell apart.
const AGAINST: [f32; 3] = [5.0, 48.0, 97.0];
const FOR: [f32; 3] = [178.0, 24.0, 43.0];

impl Palette {
    /// The colour of a strength and how much it covers of what is below, from 0 to 1.
    fn colour(self, strength: f32) -> ([f32; 3], f32) {
        match self {
            Self::Sequential => {
                let strength = strength.max(0.0);
                (inferno(strength), strength)
            }
            Self::Diverging if strength < 0.0 => (AGAINST, -strength),
            Self::Diverging => (FOR, strength),
        }
    }
}

/// The colour at `place`, from 0 to 1.
fn inferno(place: f32) -> [f32; 3] {
    let place = place * (INFERNO.len() - 1) as f32;
    let before = (place as usize).min(INFERNO.len() - 2);
    let share = place - before as f32;
    let [from, to] = [INFERNO[before], INFERNO[before + 1]];
    std::array::from_fn(|i| f32::from(from[i]) + (f32::from(to[i]) - f32::from(from[i])) * share)
}

/// The colours of all strengths, in steps too small to be seen.
pub struct Colours {
    scale: Scale,
    layers: Vec<Layer>,
}

/// A colour as it is laid over others, in parts of [`WHOLE`].
#[derive(Clone, Copy)]
struct Layer {
    /// What it leaves of the value below.
    left: u32,
    /// What it adds to red, green and blue, and a half to round.
    added: [u32; 3],
}

const WHOLE: f32 = 65536.0;

/// Steps from no strength to the full one.
const STEPS: f32 = 512.0;

impl Colours {
    /// Those of a palette for evidence on a scale.
    pub fn new(palette: Palette, scale: Scale) -> Self {
        let layer = |step: i32| {
            let (colour, cover) = palette.colour(step as f32 / STEPS);
            // Both rounded, they could add up to more than is there.
            let cover = (cover * WHOLE).floor();
            Layer {
                left: (WHOLE - cover) as u32,
                added: colour.map(|value| (value * cover + WHOLE / 2.0) as u32),
            }
        };
        let steps = STEPS as i32;
        Self {
            scale,
            layers: (-steps..=steps).map(layer).collect(),
        }
    }

    /// Colours a pixel by evidence.
    pub fn lay_over(&self, pixel: &mut [u8; 3], logit: f32) {
        let step = self.scale.strength(logit) * STEPS + STEPS + 0.5;
        let Layer { left, added } = self.layers[step as usize];
        for (value, added) in pixel.iter_mut().zip(added) {
            *value = ((u32::from(*value) * left + added) >> 16) as u8;
        }
    }
}
