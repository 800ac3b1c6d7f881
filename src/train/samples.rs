//! Features with their classes, and the head that tells one from the other best: multinomial logistic
//! regression.

use anyhow::Result;
use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::lbfgs::{Minimum, minimise};

/// Steps of L-BFGS before a head is taken as it is.
const MOST_STEPS: usize = 2000;

/// Pictures at a time: in f64 their features take some 20 MB, and the sums over them cost next to
/// nothing beside their products.
const BLOCK: usize = 2048;

/// Pictures' features with what they show.
pub struct Samples<'a> {
    /// Of each picture. They stay as they are, and become f64 around their mean a block at a time: that
    /// makes the way to the minimum shorter and changes nothing about it, since no part of the bias is
    /// penalised.
    rows: Vec<&'a [f32]>,
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

impl<'a> Samples<'a> {
    /// Of rows of features, `truth` of each row, below `classes`. All count as much, or, if
    /// `balanced`, all classes do: as scikit-learn's `class_weight="balanced"`.
    pub fn new(rows: Vec<&'a [f32]>, truth: Vec<usize>, classes: usize, balanced: bool) -> Self {
        let count = truth.len();
        let width = rows.first().map_or(0, |row| row.len());
        let mut mean = vec![0.0; width];
        for row in &rows {
            mean.iter_mut()
                .zip(*row)
                .for_each(|(m, &x)| *m += f64::from(x));
        }
        mean.iter_mut().for_each(|m| *m /= count as f64);
        let square = |(&x, m): (&f32, &f64)| (f64::from(x) - m) * (f64::from(x) - m);
        let squares = rows
            .iter()
            .flat_map(|row| row.iter().zip(&mean))
            .map(square);
        let spread = squares.sum::<f64>() / count as f64;
        let mut counts = vec![0_usize; classes];
        truth.iter().for_each(|&class| counts[class] += 1);
        let weight = |&class: &usize| match balanced {
            true => count as f64 / (classes * counts[class]) as f64,
            false => 1.0,
        };
        Self {
            rows,
            mean,
            spread,
            weights: truth.iter().map(weight).collect(),
            truth,
            classes,
        }
    }

    /// Values per picture.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// A head that knows nothing.
    pub fn zero(&self) -> Flat {
        vec![0.0; (self.width() + 1) * self.classes]
    }

    /// The features of some pictures, `(pictures, features)`, around the mean of all.
    fn centred(&self, pictures: &[usize]) -> Result<Tensor> {
        let width = self.width();
        let mut centred = vec![0.0; pictures.len() * width];
        let rows = centred.par_chunks_mut(width.max(1)).zip(pictures);
        rows.for_each(|(to, &picture)| {
            let values = self.rows[picture].iter().zip(&self.mean);
            let values = values.map(|(&x, m)| f64::from(x) - m);
            to.iter_mut().zip(values).for_each(|(to, x)| *to = x);
        });
        Ok(Tensor::from_vec(
            centred,
            (pictures.len(), width),
            &Device::Cpu,
        )?)
    }

    /// A head's weight, `(features, classes)`, and its biases.
    fn layer<'b>(&self, head: &'b [f64]) -> Result<(Tensor, &'b [f64])> {
        let (weight, bias) = head.split_at(self.width() * self.classes);
        let shape = (self.width(), self.classes);
        Ok((Tensor::from_slice(weight, shape, &Device::Cpu)?, bias))
    }

    /// Gives `each` of `pictures` its logits.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn logits(
        &self,
        head: &[f64],
        pictures: &[usize],
        mut each: impl FnMut(usize, &[f64]),
    ) -> Result<()> {
        let layer = self.layer(head)?;
        for block in pictures.chunks(BLOCK) {
            let logits = logits(&self.centred(block)?, &layer)?;
            let rows = logits.chunks(self.classes).zip(block);
            rows.for_each(|(row, &picture)| each(picture, row));
        }
        Ok(())
    }

    /// The head that makes the sum of the cross entropies plus `|weight|² / (2 c)` least, as
    /// scikit-learn's `LogisticRegression(C=c)`, from `start` on, to within `share` of the sum. Each
    /// picture counts `weights` times. It is no minimum once `goes_on` says no.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn fit(
        &self,
        start: Flat,
        weights: &[f64],
        (c, share): (f64, f64),
        goes_on: impl Fn() -> bool,
    ) -> Result<Minimum> {
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
            bound <= share * value || stands || !goes_on()
        };
        let counted = (0..weights.len()).filter(|&picture| weights[picture] > 0.0);
        let counted: Vec<usize> = counted.collect();
        let objective = |head: &[f64]| self.objective(head, (&counted, weights), penalty);
        minimise(start, MOST_STEPS, objective, is_enough)
    }

    /// The value that is to become least, and its gradient.
    fn objective(
        &self,
        head: &[f64],
        (counted, weights): (&[usize], &[f64]),
        penalty: f64,
    ) -> Result<(f64, Vec<f64>)> {
        let classes = self.classes;
        let layer = self.layer(head)?;
        let mut value = 0.0;
        let mut gradient = vec![0.0; head.len()];
        let (of_weight, of_bias) = gradient.split_at_mut(self.width() * classes);
        for block in counted.chunks(BLOCK) {
            let centred = self.centred(block)?;
            let mut residuals = logits(&centred, &layer)?;
            let rows = residuals.par_chunks_mut(classes).zip(block);
            let losses = rows.map(|(row, &picture)| {
                let (truth, weight) = (self.truth[picture], weights[picture]);
                let loss = weight * cross_entropy(row, truth);
                row[truth] -= 1.0;
                row.iter_mut().for_each(|r| *r *= weight);
                loss
            });
            // Summed in the pictures' order, whichever thread was first.
            value += losses.collect::<Vec<f64>>().iter().sum::<f64>();
            residuals.chunks(classes).for_each(|row| add(of_bias, row));
            let residuals = Tensor::from_vec(residuals, (block.len(), classes), &Device::Cpu)?;
            let product = centred.t()?.matmul(&residuals)?;
            add(of_weight, &product.flatten_all()?.to_vec1()?);
        }
        for (g, w) in of_weight.iter_mut().zip(head) {
            *g += penalty * w;
            value += penalty * w * w / 2.0;
        }
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

/// The logits of pictures' features, row after row, by a weight and biases.
fn logits(centred: &Tensor, (weight, bias): &(Tensor, &[f64])) -> Result<Vec<f64>> {
    let product = centred.matmul(weight)?;
    let mut logits: Vec<f64> = product.flatten_all()?.to_vec1()?;
    logits.chunks_mut(bias.len()).for_each(|row| add(row, bias));
    Ok(logits)
}

fn add(to: &mut [f64], what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(t, w)| *t += w);
}

/// The probabilities of a picture's classes by its logits, and the cross entropy.
pub fn probabilities(logits: &[f32], truth: usize) -> (Vec<f64>, f64) {
    let mut row: Vec<f64> = logits.iter().map(|&z| f64::from(z)).collect();
    let loss = cross_entropy(&mut row, truth);
    (row, loss)
}

/// The cross entropy of a picture's logits, which become probabilities.
fn cross_entropy(logits: &mut [f64], truth: usize) -> f64 {
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
            let rows = case.features.chunks(width).collect();
            let samples = Samples::new(rows, case.labels, classes, case.balanced);
            let found = samples.fit(samples.zero(), &samples.weights, (c, 1e-10), || true);
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
