//! Logits to the most likely classes.

use crate::error::{ErrorKind, PictureError};

/// A class and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Index of the class.
    pub index: usize,
    /// Softmax probability.
    pub score: f32,
}

/// The `k` most likely classes with a probability of at least `min_score`, best first; of equals
/// the lower index comes first.
///
/// # Errors
/// If the logits have no largest: one is NaN or infinite.
pub fn top_k(logits: &[f32], k: usize, min_score: f32) -> Result<Vec<Scored>, PictureError> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        let message = "the network's answer is not a number; its weights are damaged";
        return Err(PictureError::new(ErrorKind::Model, message));
    }
    let mut scored: Vec<Scored> = softmax(logits)
        .into_iter()
        .enumerate()
        .map(|(index, score)| Scored { index, score })
        .collect();
    let order = |a: &Scored, b: &Scored| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index));
    if k < scored.len() {
        scored.select_nth_unstable_by(k, order);
        scored.truncate(k);
    }
    scored.sort_unstable_by(order);
    scored.retain(|s| s.score >= min_score);
    Ok(scored)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_of_all_classes_add_up_to_one() {
        let logits: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 / 5.0).collect();
        let all = top_k(&logits, 1000, 0.0).expect("finite logits");
        let sum: f32 = all.iter().map(|s| s.score).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn equal_scores_come_in_the_order_of_their_indices() {
        let best = top_k(&[1.0, 2.0, 2.0, 0.0, 2.0], 2, 0.0).expect("finite logits");
        assert_eq!(best.iter().map(|s| s.index).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn scores_below_the_minimum_are_left_out() {
        assert_eq!(top_k(&[0.0; 10], 5, 0.2), Ok(Vec::new()));
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let best = top_k(&[1e30, -1e30], 1, 0.0).expect("finite logits");
        assert_eq!(best[0].score, 1.0);
    }

    #[test]
    fn logits_that_are_not_numbers_are_an_error() {
        for bad in [f32::NAN, f32::INFINITY] {
            assert!(top_k(&[1.0, bad], 1, 0.0).is_err());
        }
    }
}
