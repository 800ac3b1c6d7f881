//! Whether scores mean what they say: of the answers scored .8, four in five should be right.

use serde::Serialize;

use super::evidence::Judged;

/// How many bins the expected calibration error has, as in Guo et al. 2017 (arXiv:1706.04599,
/// section 4).
const BINS: usize = 15;

/// The least scores that the table of thresholds is made for.
const THRESHOLDS: [f32; 7] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Answers by how sure they were.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    pictures: u64,
    bins: [Tallied; BINS],
    thresholds: [Tallied; THRESHOLDS.len()],
}

#[derive(Clone, Copy, Debug, Default)]
struct Tallied {
    count: u64,
    correct: u64,
    scores: f64,
}

/// The answers whose scores lie above `from` and not above `to`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub count: u64,
    /// Their mean score.
    pub score: Option<f64>,
    pub accuracy: Option<f64>,
}

/// What becomes of the answers whose scores are at least `min_score`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    pub min_score: f32,
    pub answered: u64,
    /// The share of all pictures.
    pub share: Option<f64>,
    /// The share of these that is right.
    pub accuracy: Option<f64>,
}

impl Tallied {
    fn add(&mut self, judged: &Judged) {
        self.count += 1;
        self.correct += u64::from(judged.is_right());
        self.scores += f64::from(judged.score);
    }

    fn accuracy(&self) -> Option<f64> {
        share(self.correct as f64, self.count)
    }
}

fn share(part: f64, of: u64) -> Option<f64> {
    (of > 0).then(|| part / of as f64)
}

impl Calibration {
    /// Counts one answer.
    pub fn add(&mut self, judged: &Judged) {
        self.pictures += 1;
        // A bin holds its upper end, as in Guo et al.
        let above = (f64::from(judged.score) * BINS as f64).ceil() as usize;
        self.bins[above.clamp(1, BINS) - 1].add(judged);
        for (min_score, tallied) in THRESHOLDS.iter().zip(&mut self.thresholds) {
            if judged.score >= *min_score {
                tallied.add(judged);
            }
        }
    }

    /// The expected calibration error: how far accuracy and mean score of a bin are apart, weighted by
    /// the bins' counts.
    pub fn error(&self) -> Option<f64> {
        let gap = |bin: &Tallied| (bin.correct as f64 - bin.scores).abs();
        share(self.bins.iter().map(gap).sum(), self.pictures)
    }

    /// All bins, the lowest first.
    pub fn bins(&self) -> Vec<Bin> {
        let bin = |(at, bin): (usize, &Tallied)| Bin {
            from: at as f64 / BINS as f64,
            to: (at + 1) as f64 / BINS as f64,
            count: bin.count,
            score: share(bin.scores, bin.count),
            accuracy: bin.accuracy(),
        };
        self.bins.iter().enumerate().map(bin).collect()
    }

    /// What a least score leaves and what that is worth.
    pub fn thresholds(&self) -> Vec<Threshold> {
        let pairs = THRESHOLDS.iter().zip(&self.thresholds);
        let threshold = |(&min_score, tallied): (&f32, &Tallied)| Threshold {
            min_score,
            answered: tallied.count,
            share: share(tallied.count as f64, self.pictures),
            accuracy: tallied.accuracy(),
        };
        pairs.map(threshold).collect()
    }
}
