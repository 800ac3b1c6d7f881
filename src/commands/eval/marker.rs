//! Answers on their way to numbers and files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::truth::{Settled, Shown};
use super::{Eval, Outcome};
use crate::checkpoint::label::Label;
use crate::checkpoint::labels::Prediction;
use crate::commands::writer::WRITING;
use crate::error::PictureError;
use crate::eval::classes::Classes;
use crate::eval::compare::Other;
use crate::eval::evidence::{Evidence, Judged};
use crate::eval::report::{self, Report, Run};
use crate::eval::scoring::Scoring;
use crate::output::anew::{Anew, Whole, anew};
use crate::output::{self, Answer, Record, Truth, Wrong, destination};
use crate::terminal::Terminal;

/// The files that are written, open before there is anything to write.
pub struct Files {
    wrong: Option<(Anew, Whole)>,
    confusion: Option<(Anew, Whole)>,
}

/// What answers go to, in the order of the pictures.
pub struct Marker<'a> {
    scoring: Scoring,
    wrong: Option<(Wrong<Anew>, Whole)>,
    confusion: Option<(Anew, Whole)>,
    other: Option<Other>,
    model: String,
    classes: &'a Classes,
    /// Of the pictures that are not left out, with their numbers among all.
    shown: Box<dyn Iterator<Item = (usize, Shown)> + 'a>,
    skipped: u64,
    pictures: u64,
    errors: u64,
}

/// How many answers are told of a picture that is answered wrongly.
const ANSWERS: usize = 5;

impl Files {
    /// Opens them, and looks for those that are read later.
    ///
    /// # Errors
    /// If writing there would destroy what is read, or can't work, or if what is read is not there.
    pub fn open(args: &Eval) -> Result<Self> {
        let read: Vec<&Path> = args.read().map(PathBuf::as_path).collect();
        for path in &read {
            let shown = path.display();
            let about = path.metadata();
            let about = about.with_context(|| format!("can't read {shown}"))?;
            ensure!(!about.is_dir(), "can't read {shown}: it is a folder");
        }
        for output in args.outputs() {
            destination::check(output, &read)?;
        }
        ensure!(
            args.wrong.is_none() || args.wrong != args.confusion,
            "--wrong and --confusion can't be one file",
        );
        let open = |path: &Option<PathBuf>| path.as_deref().map(anew).transpose();
        Ok(Self {
            wrong: open(&args.wrong)?,
            confusion: open(&args.confusion)?,
        })
    }
}

impl<'a> Marker<'a> {
    /// Nothing marked yet.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn new(
        files: Files,
        model: String,
        scoring: Scoring,
        truth: &'a Settled,
        other: Option<Other>,
        classes: &'a Classes,
    ) -> Result<Self> {
        let wrong = files.wrong;
        let wrong = wrong.map(|(file, whole)| (Wrong::new(file, model.clone()), whole));
        let all = truth.of.iter().copied().enumerate();
        let counted = all.filter(|(_, shown)| !shown.is_left_out);
        Ok(Self {
            scoring,
            wrong,
            confusion: files.confusion,
            other,
            model,
            classes,
            skipped: (truth.of.len() - counted.clone().count()) as u64,
            shown: Box::new(counted),
            pictures: 0,
            errors: 0,
        })
    }

    /// Takes the next picture's answer.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn picture(&mut self, path: PathBuf, answer: Result<Evidence, PictureError>) -> Result<()> {
        let (number, shown) = self
            .shown
            .next()
            .context("a picture more than there were")?;
        let class = shown.truth.map(|(_, class)| class);
        let added = answer.and_then(|evidence| {
            let judged = self.scoring.add(&path, class, &evidence)?;
            Ok((evidence, judged))
        });
        let Ok((evidence, judged)) = added else {
            self.errors += 1;
            return Ok(());
        };
        self.pictures += 1;
        let (Some((name, _)), Some(judged)) = (shown.truth, judged) else {
            return Ok(());
        };
        if let Some(other) = &mut self.other {
            other.add(number, name, judged.is_right());
        }
        match judged.is_right() {
            true => Ok(()),
            false => self.write_wrong(path, &evidence, &judged),
        }
    }

    fn write_wrong(&mut self, path: PathBuf, evidence: &Evidence, judged: &Judged) -> Result<()> {
        let Some(wrong) = &mut self.wrong else {
            return Ok(());
        };
        let best = self.scoring.best(evidence, ANSWERS)?;
        let predictions = best.into_iter().map(|scored| {
            let Label { wnid, name } = self.classes.label(scored.index);
            Prediction {
                label: name,
                score: scored.score,
                index: scored.index,
                wnid,
            }
        });
        let outcome = Ok(Answer {
            predictions: predictions.collect(),
            ..Answer::default()
        });
        let Label { wnid, name } = self.classes.label(judged.truth);
        let truth = Truth {
            label: name,
            score: judged.truth_score,
            index: judged.truth,
            wnid,
        };
        wrong
            .0
            .record(&Record { path, outcome }, &truth)
            .context(WRITING)
    }

    /// Writes the report, and says how the run was.
    ///
    /// # Errors
    /// If it can't be written, or if there is nothing to report.
    pub fn close(
        self,
        args: &Eval,
        outcome: Outcome,
        elapsed: Duration,
        terminal: Terminal,
    ) -> Result<Outcome> {
        ensure!(self.pictures > 0, "no picture could be scored");
        let run = Run {
            model: self.model,
            pictures: self.pictures,
            errors: self.errors,
            skipped: self.skipped,
            seconds: elapsed.as_secs_f64(),
            against: self.other.as_ref().map(Other::comparison),
        };
        let report = Report::new(run, &self.scoring, self.classes);
        output::print(args.json, &report, || report::text(&report)).context(WRITING)?;
        if let Some((mut file, whole)) = self.confusion {
            let table = report::confusion(&self.scoring.main().confusion, self.classes)?;
            file.write_all(&table).context(WRITING)?;
            whole.finish()?;
        }
        if let Some((_, whole)) = self.wrong {
            whole.finish()?;
        }
        match (args.fail_under, report.accuracy()) {
            // As exact as the limit was given.
            (Some(least), Some(accuracy)) if (accuracy as f32) < least => {
                terminal.report_failure(&format!(
                    "the top-1 accuracy is {:.2} %, below --fail-under {}",
                    accuracy * 100.0,
                    least,
                ));
                Ok(Outcome::SomeFailed)
            }
            (Some(_), None) => {
                terminal.report_failure("there is no top-1 accuracy to judge by --fail-under");
                Ok(Outcome::SomeFailed)
            }
            _ => Ok(outcome),
        }
    }
}
