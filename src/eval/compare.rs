//! Two models on the same pictures: whether one is better, or only luckier.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::interval::Z;
use super::saved::Survey;
use crate::run::labelled::Places;

/// What another run answered, and how it compares so far.
pub struct Other {
    survey: Survey,
    /// For each picture of this run, which of the other's records is of it.
    rows: Vec<Option<usize>>,
    /// The class that each name of the truth is there.
    truth: Vec<Option<usize>>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    both: u64,
    only_this: u64,
    only_other: u64,
    neither: u64,
    missing: u64,
}

/// This run compared with another one, over the pictures that both have answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The other model.
    pub model: String,
    pub pictures: u64,
    /// Pictures of this run that the other has not answered.
    pub missing: u64,
    pub accuracy: Option<f64>,
    pub other_accuracy: Option<f64>,
    /// This accuracy less the other.
    pub difference: Option<f64>,
    /// Where the difference would be, with 95 % confidence, on ever more pictures like these.
    pub interval: Option<[f64; 2]>,
    /// Pictures that this run alone has right.
    pub only_this: u64,
    /// Pictures that the other alone has right.
    pub only_other: u64,
    /// How likely so unequal numbers are if neither is better: McNemar's test, exact.
    pub p_exact: f64,
    /// The same as mid-p, which is less careful and mostly nearer.
    pub p_mid: f64,
}

impl Other {
    /// Reads what `classify --jsonl` saved at `path`, and finds the `pictures` of this run there.
    ///
    /// # Errors
    /// If it can't be read, or if it is not clear which pictures its records are of.
    pub fn read<'a>(path: &Path, pictures: impl Iterator<Item = &'a Path> + Clone) -> Result<Self> {
        let survey = Survey::of(path)?;
        let paths = survey.paths.iter().map(|path| path.to_string_lossy());
        let paths: Vec<_> = paths.collect();
        let places = Places::new(paths.iter().map(AsRef::as_ref));
        let rows = places.assign(pictures);
        let rows = rows.with_context(|| format!("can't compare with {}", path.display()))?;
        Ok(Self {
            rows,
            survey,
            truth: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// Takes the names of the truth.
    ///
    /// # Errors
    /// If the other's classes make a name ambiguous.
    pub fn name(&mut self, names: &[String]) -> Result<()> {
        self.truth = self.survey.classes.find(names)?;
        Ok(())
    }

    /// Adds the picture of that number, which shows the name of that number.
    pub fn add(&mut self, picture: usize, name: usize, is_right: bool) {
        let answer = self.rows[picture].and_then(|row| self.survey.answers[row]);
        let Some(answer) = answer else {
            self.counts.missing += 1;
            return;
        };
        let counts = &mut self.counts;
        *match (is_right, self.truth[name] == Some(answer)) {
            (true, true) => &mut counts.both,
            (true, false) => &mut counts.only_this,
            (false, true) => &mut counts.only_other,
            (false, false) => &mut counts.neither,
        } += 1;
    }

    /// How they compare.
    pub fn comparison(&self) -> Comparison {
        let Counts {
            both,
            only_this,
            only_other,
            neither,
            missing,
        } = self.counts;
        let pictures = both + only_this + only_other + neither;
        let share = |count: f64| (pictures > 0).then(|| count / pictures as f64);
        let (p_exact, p_mid) = mcnemar(only_this, only_other);
        Comparison {
            model: self.survey.model.clone(),
            pictures,
            missing,
            accuracy: share((both + only_this) as f64),
            other_accuracy: share((both + only_other) as f64),
            difference: share(only_this as f64 - only_other as f64),
            interval: (pictures > 0).then(|| difference_interval(only_this, only_other, pictures)),
            only_this,
            only_other,
            p_exact,
            p_mid,
        }
    }
}

/// The adjusted Wald interval of a difference of paired shares (Agresti and Min 2005, "Simple improved
/// confidence intervals for comparing matched proportions"): half a picture more in each of the four
/// cells.
fn difference_interval(only_this: u64, only_other: u64, pictures: u64) -> [f64; 2] {
    let (b, c) = (only_this as f64 + 0.5, only_other as f64 + 0.5);
    let n = pictures as f64 + 2.0;
    let middle = (b - c) / n;
    let half = Z * (b + c - (b - c).powi(2) / n).sqrt() / n;
    [(middle - half).max(-1.0), (middle + half).min(1.0)]
}

/// McNemar's test, exact and as mid-p (Fagerland et al. 2013, BMC Medical Research Methodology 13:91):
/// the pictures that one alone has right would be either's with a chance of one half.
fn mcnemar(only_this: u64, only_other: u64) -> (f64, f64) {
    let n = only_this + only_other;
    let least = only_this.min(only_other);
    let mut log_ways = 0.0;
    let mut tail = 0.0;
    let mut point = 0.0;
    for k in 0..=least {
        if k > 0 {
            log_ways += (((n - k + 1) as f64) / k as f64).ln();
        }
        point = (log_ways - n as f64 * std::f64::consts::LN_2).exp();
        tail += point;
    }
    ((2.0 * tail).min(1.0), (2.0 * tail - point).min(1.0))
}
