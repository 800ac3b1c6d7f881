//! From which score on an answer is one of the classes, and no other thing.

use super::samples::probabilities;

/// The share of the pictures whose answers are to stay.
pub const KEPT: f64 = 0.95;

/// The score that of `logits`, row after row of as many `classes`, a share [`KEPT`] has at least, down
/// to two digits. What else a picture may show nobody knows; what is less like these classes than
/// nearly all of their own pictures is probably none of them.
pub fn threshold(logits: &[f32], classes: usize) -> f64 {
    let mut scores: Vec<f64> = logits
        .chunks(classes)
        .map(|row| probabilities(row, 0).0.into_iter().fold(0.0, f64::max))
        .collect();
    scores.sort_by(f64::total_cmp);
    let below = scores.len() as f64 * (1.0 - KEPT);
    let least = scores.get(below as usize).copied().unwrap_or_default();
    (100.0 * least).floor() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_in_twenty_is_below() {
        // 40 pictures with scores from .51 to .9 of the first of two classes.
        let logit = |score: f64| [(score / (1.0 - score)).ln() as f32, 0.0];
        let scores = (51..91).map(|percent| f64::from(percent) / 100.0 + 0.001);
        let logits: Vec<f32> = scores.flat_map(logit).collect();
        assert_eq!(threshold(&logits, 2), 0.53);
    }
}
