//! What a model says of a picture, and how that compares with what it shows.

use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::top_k::{Scored, Scoring, best, probabilities};

/// What a model says of one picture.
pub enum Evidence {
    /// All logits, and the scores that they come to.
    Logits {
        logits: Vec<f32>,
        scores: Vec<f32>,
        scoring: Scoring,
    },
    /// The scores of all classes.
    Scores(Vec<f32>),
    /// The scores of the most likely classes, the best first, and nothing of the others.
    Best(Vec<Scored>),
}

/// An answer beside the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The class that the picture shows.
    pub truth: usize,
    /// The most likely class.
    pub answer: usize,
    /// Its score.
    pub score: f32,
    /// The score of the truth, where it is known.
    pub truth_score: Option<f32>,
    /// How many classes are more likely than the truth; unknown where the truth is not among those
    /// whose scores are known.
    pub rank: Option<usize>,
    /// How many classes' scores are known.
    pub depth: usize,
    /// The negative logarithm of the truth's probability.
    pub loss: Option<f64>,
    /// The sum of the squared differences between the probabilities and what is right, 1 for the truth
    /// and 0 for the rest (Brier 1950): from 0 to 2.
    pub brier: Option<f64>,
}

/// How far the scores of all classes may be from adding up to 1: the rounding of 21,843 numbers.
const ROUNDING: f64 = 1e-3;

impl Evidence {
    /// What `logits` say.
    ///
    /// # Errors
    /// If one is NaN or infinite.
    pub fn of_logits(logits: Vec<f32>, scoring: Scoring) -> Result<Self, PictureError> {
        let scores = probabilities(&logits, scoring)?;
        Ok(Self::Logits {
            logits,
            scores,
            scoring,
        })
    }

    /// What was saved, best first; `complete` says that these are all classes.
    pub fn of_predictions(predictions: &[Prediction], complete: bool) -> Self {
        let scored = predictions.iter().map(|p| Scored {
            index: p.index,
            score: p.score,
        });
        match complete {
            true => {
                let mut scores = vec![0.0; predictions.len()];
                scored.for_each(|s| scores[s.index] = s.score);
                Self::Scores(scores)
            }
            false => Self::Best(scored.collect()),
        }
    }

    /// What it says when only `classes` can be right; their indices become those within `classes`.
    /// Nothing where not all scores are known.
    ///
    /// # Errors
    /// As [`Evidence::of_logits`].
    pub fn over(&self, classes: &[usize]) -> Result<Option<Self>, PictureError> {
        let pick = |values: &[f32]| classes.iter().map(|&c| values[c]).collect::<Vec<_>>();
        Ok(match self {
            Self::Logits {
                logits, scoring, ..
            } => Some(Self::of_logits(pick(logits), *scoring)?),
            Self::Scores(scores) => {
                let picked = pick(scores);
                let sum: f64 = picked.iter().copied().map(f64::from).sum();
                let is_share = adds_up(scores) && sum > 0.0;
                let share = |score: f32| match is_share {
                    true => (f64::from(score) / sum) as f32,
                    false => score,
                };
                Some(Self::Scores(picked.into_iter().map(share).collect()))
            }
            Self::Best(_) => None,
        })
    }

    /// The `k` most likely classes, or as many as are known.
    pub fn best(&self, k: usize) -> Vec<Scored> {
        match self {
            Self::Logits { scores, .. } | Self::Scores(scores) => best(scores, k, 0.0),
            Self::Best(scored) => scored.iter().copied().take(k).collect(),
        }
    }

    /// How this compares with `truth`, which must be below the number of classes where all of them are
    /// known. Nothing where no class is known.
    pub fn judge(&self, truth: usize) -> Option<Judged> {
        let (order, scores) = match self {
            // Scores may be equal where logits are not.
            Self::Logits { logits, scores, .. } => (logits, scores),
            Self::Scores(scores) => (scores, scores),
            Self::Best(scored) => return judge_best(scored, truth),
        };
        let is_before = |(class, value): (usize, &f32)| {
            *value > order[truth] || *value == order[truth] && class < truth
        };
        let rank = order.iter().enumerate().filter(|&of| is_before(of)).count();
        let mut answer = 0;
        for (class, value) in order.iter().enumerate() {
            if *value > order[answer] {
                answer = class;
            }
        }
        let excludes = adds_up(scores) && self.scoring() == Scoring::Softmax;
        Some(Judged {
            truth,
            answer,
            score: *scores.get(answer)?,
            truth_score: Some(scores[truth]),
            rank: Some(rank),
            depth: scores.len(),
            loss: excludes.then(|| self.loss(truth)),
            brier: excludes.then(|| brier(scores, truth)),
        })
    }

    /// Saved scores don't say; whether they add up does.
    fn scoring(&self) -> Scoring {
        match self {
            Self::Logits { scoring, .. } => *scoring,
            _ => Scoring::Softmax,
        }
    }

    fn loss(&self, truth: usize) -> f64 {
        match self {
            Self::Logits { logits, .. } => {
                let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f64 = logits.iter().map(|x| f64::from(x - max).exp()).sum();
                sum.ln() - f64::from(logits[truth] - max)
            }
            // What was too small for f32 was at most the smallest that there is.
            Self::Scores(scores) => -f64::from(scores[truth].max(f32::from_bits(1))).ln(),
            Self::Best(_) => f64::NAN,
        }
    }
}

fn judge_best(scored: &[Scored], truth: usize) -> Option<Judged> {
    let first = scored.first()?;
    let rank = scored.iter().position(|scored| scored.index == truth);
    Some(Judged {
        truth,
        answer: first.index,
        score: first.score,
        truth_score: rank.map(|rank| scored[rank].score),
        rank,
        depth: scored.len(),
        loss: None,
        brier: None,
    })
}

/// Whether these are probabilities of which one class has each share.
fn adds_up(scores: &[f32]) -> bool {
    let sum: f64 = scores.iter().copied().map(f64::from).sum();
    (sum - 1.0).abs() < ROUNDING
}

fn brier(scores: &[f32], truth: usize) -> f64 {
    let square = |(class, &score): (usize, &f32)| {
        let right = if class == truth { 1.0 } else { 0.0 };
        (f64::from(score) - right).powi(2)
    };
    scores.iter().enumerate().map(square).sum()
}

impl Judged {
    /// Whether the most likely class is right.
    pub fn is_right(&self) -> bool {
        self.answer == self.truth
    }

    /// Whether the truth is among the `k` most likely classes, where that is known.
    pub fn within(&self, k: usize) -> Option<bool> {
        match self.rank {
            Some(rank) => Some(rank < k),
            None => (self.depth >= k).then_some(false),
        }
    }
}
