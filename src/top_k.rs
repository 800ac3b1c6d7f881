//! Logits to the most likely classes.

use crate::error::{ErrorKind, PictureError};

/// A class and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Index of the class.
    pub index: usize,
    /// Its probability, by softmax or by itself: see [`Scoring`].
    pub score: f32,
}

/// How logits become scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scoring {
    /// One class is right: the probabilities add up to 1.
    #[default]
    Softmax,
    /// Any number of classes is: each has a probability of its own.
    Sigmoid,
}

impl Scoring {
    /// That of a model with so many classes which does not say: softmax would give a single class
    /// 100 % whatever the picture shows.
    pub fn for_classes(classes: usize) -> Self {
        match classes {
            1 => Self::Sigmoid,
            _ => Self::Softmax,
        }
    }
}

/// Which classes are an answer.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How many at most.
    pub k: usize,
    /// The lowest probability that is reported.
    pub min_score: f32,
    /// How logits become probabilities.
    pub scoring: Scoring,
}

/// The most likely classes, as many as are wanted, best first; of equals the lower index comes
/// first.
///
/// # Errors
/// If the logits have no largest: one is NaN or infinite.
pub fn top_k(logits: &[f32], wanted: Wanted) -> Result<Vec<Scored>, PictureError> {
    let scores = probabilities(logits, wanted.scoring)?;
    Ok(best(&scores, wanted.k, wanted.min_score))
}

/// The probability of each class.
///
/// # Errors
/// As [`top_k`].
pub fn probabilities(logits: &[f32], scoring: Scoring) -> Result<Vec<f32>, PictureError> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        let message = "the network's answer is not a number; its weights are damaged";
        return Err(PictureError::new(ErrorKind::Model, message));
    }
    Ok(match scoring {
        Scoring::Softmax => softmax(logits),
        Scoring::Sigmoid => sigmoid(logits),
    })
}

/// The `k` best of the classes that reach `min_score`, best first; of equals the lower index comes
/// first.
pub fn best(scores: &[f32], k: usize, min_score: f32) -> Vec<Scored> {
    let mut scored: Vec<Scored> = scores
        .iter()
        .enumerate()
        .map(|(index, &score)| Scored { index, score })
        .collect();
    let order = |a: &Scored, b: &Scored| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index));
    if k < scored.len() {
        scored.select_nth_unstable_by(k, order);
        scored.truncate(k);
    }
    scored.sort_unstable_by(order);
    scored.retain(|s| s.score >= min_score);
    scored
}

/// `exp(x - max) / sum`, summed in f64: 21,843 small terms would lose digits in f32.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|x| f64::from(x - max).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers
        .into_iter()
        .map(|power| (power / sum) as f32)
        .collect()
}

/// `1 / (1 + exp(-x))` in f64.
fn sigmoid(logits: &[f32]) -> Vec<f32> {
    let one = |&x: &f32| (1.0 + (-f64::from(x)).exp()).recip() as f32;
    logits.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn softmax_of(k: usize, min_score: f32) -> Wanted {
        Wanted {
            k,
            min_score,
            scoring: Scoring::Softmax,
        }
    }

    fn sigmoid_of(k: usize, min_score: f32) -> Wanted {
        Wanted {
            scoring: Scoring::Sigmoid,
            ..softmax_of(k, min_score)
        }
    }

    #[test]
    fn probabilities_of_all_classes_add_up_to_one() {
        let logits: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 / 5.0).collect();
        let all = top_k(&logits, softmax_of(1000, 0.0)).expect("finite logits");
        let sum: f32 = all.iter().map(|s| s.score).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn equal_scores_come_in_the_order_of_their_indices() {
        let best = top_k(&[1.0, 2.0, 2.0, 0.0, 2.0], softmax_of(2, 0.0)).expect("finite logits");
        assert_eq!(best.iter().map(|s| s.index).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn scores_below_the_minimum_are_left_out() {
        assert_eq!(top_k(&[0.0; 10], softmax_of(5, 0.2)), Ok(Vec::new()));
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let best = top_k(&[1e30, -1e30], softmax_of(1, 0.0)).expect("finite logits");
        assert_eq!(best[0].score, 1.0);
    }

    #[test]
    fn logits_that_are_not_numbers_are_an_error() {
        for bad in [f32::NAN, f32::INFINITY] {
            assert!(top_k(&[1.0, bad], softmax_of(1, 0.0)).is_err());
        }
    }

    #[test]
    fn with_a_sigmoid_each_class_is_judged_by_itself() {
        let best = top_k(&[0.0, 40.0, -40.0, 40.0], sigmoid_of(4, 0.25));
        let best = best.expect("finite logits");
        let scores: Vec<_> = best.iter().map(|s| (s.index, s.score)).collect();
        assert_eq!(scores, [(1, 1.0), (3, 1.0), (0, 0.5)]);
    }
}
