//! Features with their classes, and the head that tells one from the other best: multinomial logistic
//! regression.

use anyhow::Result;
use candle_core::{Device, Tensor};

use super::lbfgs::{Minimum, minimise};

/// Steps of L-BFGS before a head is taken as it is.
const MOST_STEPS: usize = 2000;

/// Pictures' features with what they show.
pub struct Samples {
    /// `(pictures, features)` in f64 around their mean, which makes the way to the minimum shorter and
    /// changes nothing about it, since no part of the bias is penalised.
    centred: Tensor,
    /// Its transpose.
    transposed: Tensor,
    /// Of each feature.
    mean: Vec<f64>,
    /// The mean squared distance of a picture's features from their mean.
    pub spread: f64,
    /// Of each picture.
    pub truth: Vec<usize>,
    /// How much each picture counts.
    pub weights: Vec<f64>,
    /// How many classes there are.
    pub classes: usize,
}

/// The last layer: `features` rows of a weight for each class, and then the biases. These are for
/// features around their mean.
pub type Flat = Vec<f64>;

/// The last layer as networks have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// `(classes, features)`.
    pub weight: Vec<f32>,
    /// A value for each class.
    pub bias: Vec<f32>,
}

impl Samples {
    /// Of rows of features, `truth` of each row, below `classes`. All count as much, or, if
    /// `balanced`, all classes do: as scikit-learn's `class_weight="balanced"`.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new<'a>(
        rows: impl Iterator<Item = &'a [f32]> + Clone,
        truth: Vec<usize>,
        classes: usize,
        balanced: bool,
    ) -> Result<Self> {
        let count = truth.len();
        let width = rows.clone().next().map_or(0, <[f32]>::len);
        let mut mean = vec![0.0; width];
        for row in rows.clone() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(m, &x)| *m += f64::from(x));
        }
        mean.iter_mut().for_each(|m| *m /= count as f64);
        // Of many pictures these are gigabytes: not one more than is needed.
        let mut centred = Vec::with_capacity(count * width);
        for row in rows {
            centred.extend(row.iter().zip(&mean).map(|(&x, m)| f64::from(x) - m));
        }
        let spread = centred.iter().map(|x| x * x).sum::<f64>() / count as f64;
        let centred = Tensor::from_vec(centred, (count, width), &Device::Cpu)?;
        let mut counts = vec![0_usize; classes];
        truth.iter().for_each(|&class| counts[class] += 1);
        let weight = |&class: &usize| match balanced {
            true => count as f64 / (classes * counts[class]) as f64,
            false => 1.0,
        };
        Ok(Self {
            transposed: centred.t()?,
            centred,
            mean,
            spread,
            weights: truth.iter().map(weight).collect(),
            truth,
            classes,
        })
    }

    /// Values per picture.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// A head that knows nothing.
    pub fn zero(&self) -> Flat {
        vec![0.0; (self.width() + 1) * self.classes]
    }

    /// The logits of all pictures, row after row.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn logits(&self, head: &[f64]) -> Result<Vec<f64>> {
        let (weight, bias) = head.split_at(self.width() * self.classes);
        let weight = Tensor::from_slice(weight, (self.width(), self.classes), &Device::Cpu)?;
        let product = self.centred.matmul(&weight)?;
        let mut logits: Vec<f64> = product.flatten_all()?.to_vec1()?;
        for row in logits.chunks_mut(self.classes) {
            row.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        }
        Ok(logits)
    }

    /// The head that makes the sum of the cross entropies plus `|weight|² / (2 c)` least, as
    /// scikit-learn's `LogisticRegression(C=c)`, from `start` on, to within `share` of the sum. Each
    /// picture counts `weights` times.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn fit(&self, start: Flat, weights: &[f64], c: f64, share: f64) -> Result<Minimum> {
        // Of two classes scikit-learn has one vector `w`, the difference of these two, which are then
        // `w / 2` and `-w / 2`: their squares add up to half of its square.
        let penalty = if self.classes == 2 { 2.0 / c } else { 1.0 / c };
        let mut last = Vec::new();
        let is_enough = |(value, gradient): &(f64, Vec<f64>)| {
            // Where all curvatures are at least `penalty`, the minimum is no further below.
            let square: f64 = gradient.iter().map(|g| g * g).sum();
            let bound = square / (2.0 * penalty);
            last.push(*value);
            // Ten steps that bring next to nothing.
            let stands = last.len() > 10 && last[last.len() - 11] - value < 0.01 * share * value;
            bound <= share * value || stands
        };
        let objective = |head: &[f64]| self.objective(head, weights, penalty);
        minimise(start, MOST_STEPS, objective, is_enough)
    }

    /// The value that is to become least, and its gradient.
    fn objective(&self, head: &[f64], weights: &[f64], penalty: f64) -> Result<(f64, Vec<f64>)> {
        let classes = self.classes;
        let mut residuals = self.logits(head)?;
        let mut value = 0.0;
        let mut bias = vec![0.0; classes];
        let rows = residuals.chunks_mut(classes);
        for ((row, &truth), &weight) in rows.zip(&self.truth).zip(weights) {
            value += weight * cross_entropy(row, truth);
            row[truth] -= 1.0;
            row.iter_mut().for_each(|r| *r *= weight);
            bias.iter_mut().zip(&*row).for_each(|(b, r)| *b += r);
        }
        let residuals = Tensor::from_vec(residuals, (self.truth.len(), classes), &Device::Cpu)?;
        let gradient = self.transposed.matmul(&residuals)?;
        let mut gradient: Vec<f64> = gradient.flatten_all()?.to_vec1()?;
        for (g, w) in gradient.iter_mut().zip(head) {
            *g += penalty * w;
            value += penalty * w * w / 2.0;
        }
        gradient.extend(bias);
        Ok((value, gradient))
    }

    /// The layer that takes features as the network gives them, and gives logits times `sharpness`.
    pub fn head(&self, flat: &[f64], sharpness: f64) -> Head {
        let classes = self.classes;
        let (weight, bias) = flat.split_at(self.width() * classes);
        let of_class = |class: usize| weight.iter().skip(class).step_by(classes);
        let shift = |class: usize| -> f64 {
            let shift = of_class(class).zip(&self.mean);
            shift.map(|(w, m)| w * m).sum()
        };
        let all = 0..classes;
        Head {
            weight: all
                .clone()
                .flat_map(|class| of_class(class).map(|w| (w * sharpness) as f32))
                .collect(),
            bias: all
                .map(|class| ((bias[class] - shift(class)) * sharpness) as f32)
                .collect(),
        }
    }
}

/// The cross entropy of a picture's logits, which become probabilities.
pub fn cross_entropy(logits: &mut [f64], truth: usize) -> f64 {
    let max = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let of_truth = logits[truth] - max;
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - max).exp();
        sum += *logit;
    }
    logits.iter_mut().for_each(|p| *p /= sum);
    sum.ln() - of_truth
}

impl Head {
    /// The logits of one picture's features, summed in f64.
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks(features.len()).zip(&self.bias);
        let logit = |(row, &bias): (&[f32], &f32)| {
            let products = row.iter().zip(features);
            let sum: f64 = products.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
            (sum + f64::from(bias)) as f32
        };
        rows.map(logit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        classes: usize,
        c: f64,
        balanced: bool,
        features: Vec<f32>,
        labels: Vec<usize>,
        loss: f64,
        coefficients: Vec<f64>,
        predictions: Vec<usize>,
    }

    #[test]
    fn heads_are_those_of_scikit_learn() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/regression.json"
        );
        let cases = std::fs::read_to_string(path).expect("the fixture");
        let cases: Vec<Case> = serde_json::from_str(&cases).expect("JSON");
        assert_eq!(cases.len(), 4);
        for case in cases {
            let Case { classes, c, .. } = case;
            let width = case.features.len() / case.labels.len();
            let rows = case.features.chunks(width);
            let samples = Samples::new(rows, case.labels, classes, case.balanced);
            let samples = samples.expect("samples");
            let found = samples.fit(samples.zero(), &samples.weights, c, 1e-10);
            let found = found.expect("a head");
            let off = (found.value / case.loss - 1.0).abs();
            assert!(off < 1e-6, "{} and not {}", found.value, case.loss);
            let head = samples.head(&found.point, 1.0);
            let rows = case.features.chunks(width);
            let best = rows.map(|row| {
                let logits = head.logits(row);
                let of = |class: &usize| logits[*class];
                (0..classes).max_by(|a, b| of(a).total_cmp(&of(b)))
            });
            let best: Option<Vec<usize>> = best.collect();
            assert_eq!(best, Some(case.predictions));
            // Of two classes scikit-learn has the difference alone.
            let weight: Vec<f64> = match classes {
                2 => (0..width)
                    .map(|i| f64::from(head.weight[width + i]) - f64::from(head.weight[i]))
                    .collect(),
                _ => head.weight.iter().map(|&w| f64::from(w)).collect(),
            };
            assert_eq!(weight.len(), case.coefficients.len());
            for (ours, theirs) in weight.iter().zip(&case.coefficients) {
                assert!(
                    (ours - theirs).abs() < 1e-3 * theirs.abs().max(1.0),
                    "{ours} {theirs}"
                );
            }
        }
    }
}
