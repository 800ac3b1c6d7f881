//! How much to regularise: by how good heads are on the pictures that they did not see.

use anyhow::Result;
use serde::Serialize;

use super::lbfgs::Minimum;
use super::samples::{Flat, Samples, cross_entropy};
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
    pub logits: Vec<f64>,
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
    let mut heads = vec![samples.zero(); parts];
    let mut trials = Vec::new();
    let mut best: Option<(Trial, Vec<f64>, Vec<Flat>)> = None;
    let mut worse = 0;
    let mut strength = FIRST / samples.truth.len() as f64;
    while worse < WORSE && strength < LAST * FACTOR {
        let c = rounded(strength / spread);
        strength *= FACTOR;
        let mut logits = vec![0.0; samples.truth.len() * samples.classes];
        for (part, head) in heads.iter_mut().enumerate() {
            if !goes_on() {
                return Ok(None);
            }
            let seen = samples.weights.iter().zip(fold);
            let seen = seen.map(|(&weight, &of)| if of == part { 0.0 } else { weight });
            let seen: Vec<f64> = seen.collect();
            *head = samples.fit(std::mem::take(head), &seen, c, ROUGHLY)?.point;
            let all = samples.logits(head)?;
            let rows = all.chunks(samples.classes).zip(fold);
            let to = logits.chunks_mut(samples.classes);
            for (to, (row, _)) in to.zip(rows).filter(|(_, (_, of))| **of == part) {
                to.copy_from_slice(row);
            }
        }
        let trial = judge(samples, &mut logits, c);
        trials.push(trial);
        let least = best.as_ref().map_or(f64::INFINITY, |(t, ..)| t.log_loss);
        worse = match trial.log_loss > (1.0 - GAIN) * least && trial.sharpness < RULED {
            true => worse + 1,
            false => 0,
        };
        if trial.log_loss < least {
            best = Some((trial, logits, heads.clone()));
        }
    }
    let Some((best, logits, heads)) = best else {
        return Ok(None);
    };
    let head = samples.fit(mean(&heads), &samples.weights, best.c, EXACTLY)?;
    Ok(Some(Found {
        trials,
        best,
        logits,
        head,
    }))
}

/// How good the logits are at their best temperature, which they are brought to.
fn judge(samples: &Samples, logits: &mut [f64], c: f64) -> Trial {
    let factor = sharpness(logits, &samples.truth, samples.classes);
    logits.iter_mut().for_each(|z| *z *= factor);
    let rows = logits.chunks(samples.classes);
    let counted = rows.zip(&samples.truth).zip(&samples.weights);
    let losses =
        counted.map(|((row, &truth), weight)| weight * cross_entropy(&mut row.to_vec(), truth));
    Trial {
        c,
        log_loss: losses.sum::<f64>() / samples.weights.iter().sum::<f64>(),
        sharpness: factor,
    }
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
