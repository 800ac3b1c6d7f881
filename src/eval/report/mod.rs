//! What an evaluation comes to: for programs as JSON, for people as text, and the confusion counts as
//! CSV.

mod text;

use serde::Serialize;

use super::calibration::{Bin, Threshold};
use super::classes::Classes;
use super::compare::Comparison;
use super::confusion::{ClassCounts, Confusion};
use super::metrics::Summary;
use super::real::RealSummary;
use super::scoring::Scoring;
use crate::checkpoint::label::Label;

pub use text::text;

/// How many of the worst pairs are told.
const WORST: usize = 10;

/// The keys and their order are a contract.
#[derive(Serialize)]
pub struct Report {
    pub model: String,
    /// Pictures with an answer.
    pub pictures: u64,
    /// Pictures that failed.
    pub errors: u64,
    /// Pictures that were left out, since what they show is no class.
    pub skipped: u64,
    pub seconds: f64,
    /// What bins, thresholds, classes and pairs are about.
    pub over: Over,
    pub all: Summary,
    pub masked: Option<Summary>,
    pub real: Option<RealSummary>,
    pub bins: Vec<Bin>,
    pub thresholds: Vec<Threshold>,
    pub per_class: Vec<ClassRow>,
    pub worst_pairs: Vec<Pair>,
    pub against: Option<Comparison>,
}

/// Over which classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    All,
    Masked,
}

/// A class in a report.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    pub label: String,
    pub index: usize,
    pub wnid: Option<String>,
}

/// How well one class is told.
#[derive(Clone, Debug, Serialize)]
pub struct ClassRow {
    #[serde(flatten)]
    pub class: Class,
    pub pictures: u64,
    pub correct: u64,
    pub answered: u64,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    /// What it is most often taken for, and how often.
    pub confused_with: Option<Confused>,
}

/// A wrong answer.
#[derive(Clone, Debug, Serialize)]
pub struct Confused {
    #[serde(flatten)]
    pub class: Class,
    pub count: u64,
}

/// A class and what it was taken for.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    pub truth: Class,
    pub answer: Class,
    pub count: u64,
}

/// What was counted beside the answers.
pub struct Run {
    pub model: String,
    pub pictures: u64,
    pub errors: u64,
    pub skipped: u64,
    pub seconds: f64,
    pub against: Option<Comparison>,
}

impl Report {
    /// What `scoring` comes to.
    pub fn new(run: Run, scoring: &Scoring, classes: &Classes) -> Self {
        let main = scoring.main();
        let rows = main.confusion.classes();
        let pair = |(truth, answer, count)| Pair {
            truth: Class::of(truth, classes),
            answer: Class::of(answer, classes),
            count,
        };
        let masked = scoring.masked.as_ref().map(|(_, masked)| masked.summary());
        Self {
            model: run.model,
            pictures: run.pictures,
            errors: run.errors,
            skipped: run.skipped,
            seconds: run.seconds,
            over: match scoring.is_masked {
                true => Over::Masked,
                false => Over::All,
            },
            all: scoring.all.summary(),
            // Without all scores there are none over some.
            masked: masked.filter(|masked| masked.pictures > 0),
            real: scoring.real.as_ref().map(|real| real.summary()),
            bins: main.calibration.bins(),
            thresholds: main.calibration.thresholds(),
            per_class: rows.iter().map(|row| ClassRow::of(row, classes)).collect(),
            worst_pairs: main.confusion.worst(WORST).into_iter().map(pair).collect(),
            against: run.against,
        }
    }

    /// The accuracy that timm's validate.py would print: ReaL's if its labels are given, over the valid
    /// classes if those are, and otherwise over all.
    pub fn accuracy(&self) -> Option<f64> {
        let main = match (self.over, &self.masked) {
            (Over::Masked, Some(masked)) => masked,
            _ => &self.all,
        };
        let top1 = match &self.real {
            Some(real) => real.top1,
            None => main.top1,
        };
        top1.map(|top1| top1.accuracy)
    }
}

impl Class {
    fn of(index: usize, classes: &Classes) -> Self {
        let Label { wnid, name } = classes.label(index);
        Self {
            label: name,
            index,
            wnid,
        }
    }
}

impl ClassRow {
    fn of(counts: &ClassCounts, classes: &Classes) -> Self {
        let confused = |(class, count)| Confused {
            class: Class::of(class, classes),
            count,
        };
        Self {
            class: Class::of(counts.class, classes),
            pictures: counts.pictures,
            correct: counts.correct,
            answered: counts.answered,
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            confused_with: counts.confused.map(confused),
        }
    }
}

/// The confusion counts as CSV (RFC 4180): a row for each pair that occurs, right ones too. A matrix of
/// 21,843 classes would have 477 million cells.
///
/// # Errors
/// None that memory would not give.
pub fn confusion(confusion: &Confusion, classes: &Classes) -> csv::Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    table.write_record([
        "truth",
        "answer",
        "count",
        "truth_index",
        "answer_index",
        "truth_wnid",
        "answer_wnid",
    ])?;
    for (truth, answer, count) in confusion.counts() {
        let (truth, answer) = (Class::of(truth, classes), Class::of(answer, classes));
        table.write_record([
            &truth.label,
            &answer.label,
            &count.to_string(),
            &truth.index.to_string(),
            &answer.index.to_string(),
            truth.wnid.as_deref().unwrap_or_default(),
            answer.wnid.as_deref().unwrap_or_default(),
        ])?;
    }
    Ok(table.into_inner().map_err(|e| e.into_error())?)
}
