//! How sure a head should be: what its logits are to be multiplied by, so that of the answers scored .8
//! four in five are right (Guo et al. 2017, arXiv:1706.04599, section 4.2; this is one divided by their
//! temperature).

/// The least and the most that it can be.
const RANGE: (f64, f64) = (1e-3, 1e3);
/// Halvings of its logarithm's range: more would change no digit of f32.
const HALVINGS: usize = 40;

/// The factor under which the logits of pictures that show `truth` have the least cross entropy. Of as
/// many pictures one more is taken to be wrong, and half of one right (Platt 1999, "Probabilistic
/// Outputs for Support Vector Machines", section 2.2): where all answers are right, the head would
/// otherwise be infinitely sure.
pub fn sharpness(logits: &[f32], truth: &[usize], classes: usize) -> f64 {
    let right = (truth.len() as f64 + 1.0) / (truth.len() as f64 + 2.0);
    let wrong = (1.0 - right) / (classes.max(2) - 1) as f64;
    let slope = |factor: f64| {
        let rows = logits.chunks(classes).zip(truth);
        rows.map(|(row, &truth)| slope(row, truth, factor, (right, wrong)))
            .sum::<f64>()
    };
    // The cross entropy is convex in the factor.
    let (mut low, mut high) = (RANGE.0.ln(), RANGE.1.ln());
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        match slope(middle.exp()) < 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    ((low + high) / 2.0).exp()
}

/// By how much the cross entropy of one picture grows with the factor.
fn slope(logits: &[f32], truth: usize, factor: f64, (right, wrong): (f64, f64)) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut expected, mut all) = (0.0, 0.0, 0.0);
    for z in logits.iter().map(|&z| f64::from(z) - f64::from(max)) {
        let power = (factor * z).exp();
        sum += power;
        expected += power * z;
        all += z;
    }
    let expected = expected / sum;
    let of_truth = f64::from(logits[truth]) - f64::from(max);
    expected - (right * of_truth + wrong * (all - of_truth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_right_three_times_in_four_says_so() {
        // Ten times as sure as it should be.
        let logits: Vec<f32> = (0..4000).flat_map(|_| [10.0 * 3_f32.ln(), 0.0]).collect();
        let truth: Vec<usize> = (0..4000).map(|i| usize::from(i % 4 == 0)).collect();
        let factor = sharpness(&logits, &truth, 2);
        assert!((factor - 0.1).abs() < 1e-3, "{factor}");
    }

    #[test]
    fn a_head_that_is_always_right_is_sure_within_bounds() {
        let factor = sharpness(&[2.0, 0.0].repeat(100), &[0; 100], 2);
        let score = 1.0 / (1.0 + (-2.0 * factor).exp());
        assert!((score - 101.0 / 102.0).abs() < 1e-4, "{score}");
    }
}
