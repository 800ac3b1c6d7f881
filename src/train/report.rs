//! What a training comes to: for programs as JSON, for people as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde::Serialize;

use super::search::Trial;
use super::threshold::KEPT;
use crate::checkpoint::labels::Labels;
use crate::eval::classes::Classes;
use crate::eval::evidence::Evidence;
use crate::eval::metrics::Measures;
use crate::eval::report::{self, Report as Measured, Run};
use crate::eval::scoring::Scoring;
use crate::output::Failure;
use crate::paths::Name;
use crate::printable::printable;
use crate::top_k;

/// How many suspects are told in the text.
const TOLD: usize = 20;

/// The keys and their order are a contract.
#[derive(Serialize)]
pub struct Training<'a> {
    /// The network that stays as it is.
    pub model: &'a str,
    pub commit: Option<&'a str>,
    pub weights_sha256: &'a str,
    pub features: usize,
    pub classes: Vec<Class<'a>>,
    /// Pictures to learn from.
    pub pictures: usize,
    pub failed: Vec<Failed<'a>>,
    /// Pictures in no class's folder.
    pub left_out: Vec<Name>,
    pub seed: u64,
    pub balanced: bool,
    pub folds: usize,
    pub c: f64,
    pub temperature: f64,
    /// What nearly all pictures score at least; see [`super::threshold`].
    pub min_score: f64,
    pub trials: &'a [Trial],
    /// Each picture by a head that did not see it.
    pub cross_validation: Measured,
    /// By folder, pictures that no head saw.
    pub held_out: BTreeMap<&'a str, Measured>,
    pub suspects: Vec<Doubt<'a>>,
    /// The same picture, to the byte or nearly, in folders of several classes.
    pub copies: Vec<Vec<Name>>,
}

/// A class and how many pictures it has to learn from.
#[derive(Serialize)]
pub struct Class<'a> {
    pub label: &'a str,
    pub pictures: usize,
}

/// A picture that can't be read.
#[derive(Serialize)]
pub struct Failed<'a> {
    #[serde(flatten)]
    pub name: Name,
    pub error: Failure<'a>,
}

/// A picture that may be in the wrong folder.
#[derive(Serialize)]
pub struct Doubt<'a> {
    #[serde(flatten)]
    pub name: Name,
    pub given: &'a str,
    pub given_score: f64,
    pub looks_like: &'a str,
    pub score: f64,
}

/// How good the answers `logits` are, each with what the picture shows.
///
/// # Errors
/// If one is not a number.
pub fn measured<'a>(
    model: &str,
    classes: &[String],
    logits: impl Iterator<Item = (Vec<f32>, &'a usize)>,
    seconds: f64,
) -> Result<Measured> {
    let mut scoring = Scoring {
        all: Measures::new(Some(classes.len())),
        masked: None,
        is_masked: false,
        real: None,
    };
    let mut pictures = 0;
    for (logits, &truth) in logits {
        let evidence = Evidence::of_logits(logits, top_k::Scoring::Softmax)?;
        scoring
            .all
            .add(&evidence.judge(truth).context("no classes")?);
        pictures += 1;
    }
    let run = Run {
        model: model.to_owned(),
        pictures,
        errors: 0,
        skipped: 0,
        seconds,
        against: None,
    };
    let classes = Classes::of(&Labels::named(classes.iter().cloned()));
    Ok(Measured::new(run, &scoring, &classes))
}

/// Lines that fit no memory are the only ones that can't be written.
macro_rules! line {
    ($to:expr, $($what:tt)*) => {{ let _ = writeln!($to, $($what)*); }};
}

/// The report as text.
pub fn text(training: &Training) -> String {
    let mut text = String::new();
    let Training {
        pictures, classes, ..
    } = training;
    let count = classes.len();
    line!(
        text,
        "{pictures} pictures of {count} classes, {} features of {}",
        training.features,
        printable(training.model),
    );
    line!(
        text,
        "C {} and temperature {:.3}, by {} parts of the pictures\n",
        training.c,
        training.temperature,
        training.folds,
    );
    line!(text, "Each picture by a head that did not see it:");
    text += behind_heading(&report::text(&training.cross_validation));
    line!(
        text,
        "\n{:.0} % of them score {} or more: --min-score {} leaves out what is less like these classes",
        100.0 * KEPT,
        training.min_score,
        training.min_score,
    );
    for (part, measured) in &training.held_out {
        line!(
            text,
            "\nThe pictures in `{}`, which no head saw:",
            printable(part)
        );
        let whole = report::text(measured);
        // The numbers alone.
        let numbers = behind_heading(&whole).split("\n\n").next();
        line!(text, "{}", numbers.unwrap_or_default().trim_end());
    }
    doubts(&mut text, training);
    text
}

/// Without the line that names the model.
fn behind_heading(text: &str) -> &str {
    text.split_once('\n').map_or(text, |(_, rest)| rest)
}

fn doubts(to: &mut String, training: &Training) {
    let shown = |name: &Name| printable(&name.path().display().to_string());
    if !training.suspects.is_empty() {
        line!(
            to,
            "\nPerhaps in the wrong folder ({}):",
            training.suspects.len()
        );
        for doubt in training.suspects.iter().take(TOLD) {
            line!(
                to,
                "  {}  looks like {} ({:.0} %)",
                shown(&doubt.name),
                printable(doubt.looks_like),
                100.0 * doubt.score,
            );
        }
        let more = training.suspects.len().saturating_sub(TOLD);
        if more > 0 {
            line!(to, "  and {more} more; --json and training.json have all");
        }
    }
    if !training.copies.is_empty() {
        line!(to, "\nThe same picture in folders of several classes:");
        for names in training.copies.iter().take(TOLD) {
            let names: Vec<_> = names.iter().map(shown).collect();
            line!(to, "  {}", names.join("  "));
        }
    }
}
