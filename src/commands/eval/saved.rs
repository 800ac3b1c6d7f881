//! `effnet eval --from`: what `classify --jsonl` saved, scored without a network.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::marker::{Files, Marker};
use super::truth::Truth;
use super::{Eval, Outcome};
use crate::eval::evidence::Evidence;
use crate::eval::saved::{Survey, records};
use crate::output::Answer;
use crate::terminal::Terminal;

pub fn run(args: &Eval, from: &Path, terminal: Terminal) -> Result<Outcome> {
    let started = Instant::now();
    let files = Files::open(args)?;
    let survey = Survey::of(from)?;
    ensure!(
        survey.is_complete || args.valid_labels.is_none(),
        "--valid-labels needs the scores of all classes, and {} has those of the likeliest; \
         `classify -k all` saves all",
        from.display(),
    );
    let truth = Truth::read(args, survey.paths.iter().map(AsRef::as_ref))?;
    let mut truth = truth.settle(args, &survey.classes, terminal)?;
    let counts = truth.scoring(args, &survey.classes, survey.labels.as_ref())?;
    let other = truth.other.take();
    let mut marker = Marker::new(files, survey.model, counts, &truth, other, &survey.classes)?;
    let mut failed = false;
    for (saved, shown) in records(from)?.zip(&truth.of) {
        let (record, _) = saved?;
        if shown.is_left_out {
            continue;
        }
        failed |= record.outcome.is_err();
        let evidence = |a: Answer| Evidence::of_predictions(&a.predictions, survey.is_complete);
        marker.picture(record.path, record.outcome.map(evidence))?;
    }
    if !survey.is_complete {
        terminal.warn(
            "not all scores were saved, so log loss, Brier score and what is over some of the classes \
             can't be known; `classify -k all` saves all",
        );
    }
    let outcome = match failed && !args.work.keep_going {
        true => Outcome::SomeFailed,
        false => Outcome::Success,
    };
    marker.close(args, outcome, started.elapsed(), terminal)
}
