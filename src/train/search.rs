//! How much to regularise: by how good heads are on the pictures that they did not see.

use anyhow::Result;
use serde::Serialize;

use super::lbfgs::Minimum;
use super::samples::{Flat, Samples, probabilities};
use super::temperature::sharpness;

/// What `c` times the spread of the features and the number of pictures is first: so little that the
/// head is hardly more than the classes' means.
const FIRST: f64 = 10.0;
/// What `c` times the spread is at most: so much that the penalty hardly counts.
const LAST: f64 = 100.0;
/// How much more is tried next.
const FACTOR: f64 = 3.162_277_660_168_379_5;
/// A loss that is lower by a smaller share is no better.
const GAIN: f64 = 0.01;
/// After so many that were no better than the best, the rest is not tried.
const WORSE: usize = 2;
/// Above this sharpness the penalty rules: there losses stand still before they fall.
const RULED: f64 = 10.0;
/// How near to the least sum a head has to come where only a choice hangs on it.
const ROUGHLY: f64 = 1e-3;
/// The same of the head that is kept.
const EXACTLY: f64 = 1e-8;

/// What came of one strength.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The inverse of the strength, as scikit-learn's `C`.
    pub c: f64,
    /// The mean cross entropy of the pictures that the heads did not see, at the best temperature.
    pub log_loss: f64,
    /// What the logits are multiplied by for that.
    pub sharpness: f64,
}

/// What was found.
pub struct Found {
    /// All that was tried, from the strongest on.
    pub trials: Vec<Trial>,
    /// The best of them.
    pub best: Trial,
    /// Each picture's logits by the head that did not see it, row after row, times the sharpness.
    pub logits: Vec<f32>,
    /// The head of all pictures, before the sharpness.
    pub head: Minimum,
}

/// Tries strengths on `parts` parts of the pictures, of which `fold` says where each is, and trains on
/// all of them with the best. Nothing if `goes_on` says no.
///
/// # Errors
/// If there is no memory.
pub fn search(
    samples: &Samples,
    (fold, parts): (&[usize], usize),
    goes_on: impl Fn() -> bool,
) -> Result<Option<Found>> {
    let spread = samples.spread.max(f64::MIN_POSITIVE);
    let count = samples.truth.len();
    let of_part = |part: usize| (0..count).filter(move |&picture| fold[picture] == part);
    let of_part: Vec<Vec<usize>> = (0..parts).map(|part| of_part(part).collect()).collect();
    let mut heads = vec![samples.zero(); parts];
    let mut trials = Vec::new();
    let mut best: Option<(Trial, Vec<Flat>)> = None;
    let mut worse = 0;
    let mut strength = FIRST / count as f64;
    while worse < WORSE && strength < LAST * FACTOR {
        let c = rounded(strength / spread);
        strength *= FACTOR;
        for (head, left_out) in heads.iter_mut().zip(&of_part) {
            let mut seen = samples.weights.clone();
            left_out.iter().for_each(|&picture| seen[picture] = 0.0);
            let start = std::mem::take(head);
            *head = samples.fit(start, &seen, (c, ROUGHLY), &goes_on)?.point;
            if !goes_on() {
                return Ok(None);
            }
        }
        let trial = judge(samples, unseen(samples, &of_part, &heads)?, c).0;
        trials.push(trial);
        let least = best.as_ref().map_or(f64::INFINITY, |(t, _)| t.log_loss);
        worse = match trial.log_loss > (1.0 - GAIN) * least && trial.sharpness < RULED {
            true => worse + 1,
            false => 0,
        };
        if trial.log_loss < least {
            best = Some((trial, heads.clone()));
        }
    }
    let Some((best, heads)) = best else {
        return Ok(None);
    };
    // Made twice rather than kept: of many classes they take as much memory as the features.
    let (_, logits) = judge(samples, unseen(samples, &of_part, &heads)?, best.c);
    let start = mean(&heads);
    drop(heads);
    let head = samples.fit(start, &samples.weights, (best.c, EXACTLY), &goes_on)?;
    Ok(goes_on().then_some(Found {
        trials,
        best,
        logits,
        head,
    }))
}

/// Each picture's logits by the head of the part that it is in, which did not see it.
fn unseen(samples: &Samples, of_part: &[Vec<usize>], heads: &[Flat]) -> Result<Vec<f32>> {
    let classes = samples.classes;
    let mut logits = vec![0.0; samples.truth.len() * classes];
    for (head, pictures) in heads.iter().zip(of_part) {
        samples.logits(head, pictures, |picture, row| {
            let to = logits[picture * classes..].iter_mut();
            to.zip(row).for_each(|(to, &z)| *to = z as f32);
        })?;
    }
    Ok(logits)
}

/// How good the logits are at their best temperature, and these.
fn judge(samples: &Samples, mut logits: Vec<f32>, c: f64) -> (Trial, Vec<f32>) {
    let factor = sharpness(&logits, &samples.truth, samples.classes);
    let sharpened = |z: &mut f32| *z = (f64::from(*z) * factor) as f32;
    logits.iter_mut().for_each(sharpened);
    let rows = logits.chunks(samples.classes);
    let counted = rows.zip(&samples.truth).zip(&samples.weights);
    let losses = counted.map(|((row, &truth), weight)| weight * probabilities(row, truth).1);
    let trial = Trial {
        c,
        log_loss: losses.sum::<f64>() / samples.weights.iter().sum::<f64>(),
        sharpness: factor,
    };
    (trial, logits)
}

/// To three digits, so that it can be told.
fn rounded(c: f64) -> f64 {
    format!("{c:.2e}").parse().unwrap_or(c)
}

fn mean(heads: &[Flat]) -> Flat {
    let count = heads.len() as f64;
    let sum = |at: usize| heads.iter().map(|head| head[at]).sum::<f64>();
    (0..heads[0].len()).map(|at| sum(at) / count).collect()
}
