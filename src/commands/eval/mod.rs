//! `effnet eval`: how good a model is on pictures of which it is known what they show.

mod marker;
mod saved;
mod truth;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use super::plan::{Plan, Running};
use super::tally::Tally;
use crate::cli::{InputArgs, ModelArgs, WorkArgs, probability};
use crate::error::PictureError;
use crate::eval::classes::Classes;
use crate::eval::evidence::Evidence;
use crate::ops::Pixels;
use crate::run::inputs::Input;
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;
use crate::top_k::Scoring;
use marker::Marker;
use truth::Truth;

const EXAMPLES: &str = "\
Examples:
  effnet eval validation --variant b4              # a folder for each label, WordNet id or index
  effnet eval val --truth val.txt                  # a flat folder, and a file of names and labels
  effnet eval val --truth LOC_val_solution.csv --real-labels real.json
  effnet eval imagenet-a                           # over all classes, and over those that are there
  effnet eval photos --json --confusion confusion.csv --wrong wrong.jsonl
  effnet eval photos --fail-under 90% || echo worse than it was
  effnet classify -r photos -k all --jsonl > b0.jsonl && effnet eval --from b0.jsonl
  effnet eval --from b4.jsonl --against b0.jsonl   # is the difference more than luck?";

const NOTES: &str = "\
JSON keys:
  model, pictures, errors, skipped, seconds
                   pictures that were answered, that failed, that were left out
  over             what bins, thresholds, per_class and worst_pairs are about: all, or masked
  all, masked      over all classes, and over those shown (or --valid-labels): classes, pictures, top1,
                   top5 (each correct, accuracy, interval), balanced_accuracy, macro_precision,
                   macro_recall, macro_f1, log_loss, brier, ece
  real             by --real-labels: pictures, skipped, top1, top5
  bins             from, to, count, score, accuracy
  thresholds       min_score, answered, share, accuracy
  per_class        label, index, wnid, pictures, correct, answered, precision, recall, f1,
                   confused_with
  worst_pairs      truth, answer, count
  against          model, pictures, missing, accuracy, other_accuracy, difference, interval,
                   only_this, only_other, p_exact, p_mid
  Shares are from 0 to 1, intervals of 95 %; what can't be known is null.

Exit status:
  0    all pictures were scored
  1    some failed, or the accuracy is below --fail-under
  2    wrong usage, or nothing could be done";

/// Measure how often a model is right
///
/// What pictures show is said by the folders that they are in, or by --truth. Pictures are looked for
/// in subfolders too.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = NOTES,
    mut_arg("recursive", |arg| arg.hide(true)), mut_arg("allow_empty", |arg| arg.hide(true)))]
pub struct Eval {
    #[command(flatten)]
    pub inputs: InputArgs,

    /// What the pictures show: CSV, TSV or JSON Lines of paths and labels, or lines of both
    ///
    /// Columns are found by name (path, file, image, ImageId, ...; label, class, wnid, ...). Without a
    /// header there are two: ILSVRC's val.txt is such a file. A path may be relative to the folder that
    /// is given, or a base name if no other picture has it. Kaggle's LOC_val_solution.csv is understood.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Truth")]
    pub truth: Option<PathBuf>,

    /// Leave out the pictures that show no class of the model, or of which nothing is known
    #[arg(long, help_heading = "Truth")]
    pub ignore_unknown: bool,

    /// Count by the ReaL labels of ImageNet's validation pictures too (real.json)
    ///
    /// Any part of them will do. Pictures without such a label don't count.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Truth")]
    pub real_labels: Option<PathBuf>,

    /// The only classes that can be right: a file with an index, WordNet id or label a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Truth")]
    pub valid_labels: Option<PathBuf>,

    /// Score what `classify --jsonl` saved, without a network; -k all saves what all numbers need
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input",
        conflicts_with_all = ["InputArgs", "ModelArgs", "SourceArgs", "sigmoid", "DecodeArgs", "device",
            "dtype", "batch_size", "threads"])]
    pub from: Option<PathBuf>,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Score each label by itself, for models that were trained to give several to a picture
    ///
    /// The labels are then ranked by their scores, of which one is to be right; log loss and Brier score
    /// are left out.
    #[arg(long, help_heading = "Model")]
    pub sigmoid: bool,

    /// Compare with what `classify --jsonl` saved of another model on the same pictures
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output",
        conflicts_with = "valid_labels")]
    pub against: Option<PathBuf>,

    /// Write one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,

    /// Write how often each class was taken for each, as CSV
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub confusion: Option<PathBuf>,

    /// Write the wrong answers as classify --jsonl does, and the truth with them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub wrong: Option<PathBuf>,

    /// Exit with 1 if the top-1 accuracy is lower: 0.9, 90%
    ///
    /// By the ReaL labels or over the valid ones, if those are given.
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Output")]
    pub fail_under: Option<f32>,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(mut args: Eval, terminal: Terminal) -> Result<Outcome> {
    args.inputs.recursive = true;
    match &args.from {
        Some(from) => saved::run(&args, from, terminal),
        None => of_pictures(&args, terminal),
    }
}

fn of_pictures(args: &Eval, terminal: Terminal) -> Result<Outcome> {
    let started = Instant::now();
    let (plan, inputs) = Plan::new(&args.inputs, &args.model, &args.work, terminal)?;
    for output in args.outputs() {
        plan.check_output(output, &inputs)?;
    }
    let files = marker::Files::open(args)?;
    inputs.ensure_some_there()?;
    ensure!(
        !inputs.has_archives(),
        "what pictures in archives show is not known before they are read; unpack them first",
    );
    let mut tally = Tally::new(inputs.left_out.clone(), terminal);
    // What is wrong with the truth is to be known before the first picture is answered.
    let inputs: Vec<Input> = inputs.counted().0.collect();
    ensure!(!inputs.is_empty(), "there are no pictures to score");
    let truth = Truth::read(args, inputs.iter().map(Input::path))?;
    let model = plan.resolve()?;
    ensure!(
        model.card.labels.len() > 1,
        "{} has one class, so every answer would be the same; score it with `classify` instead",
        model.name,
    );
    let classes = Classes::of(&model.card.labels);
    let mut truth = truth.settle(args, &classes, terminal)?;
    let scoring = match args.sigmoid {
        true => Scoring::Sigmoid,
        false => model.card.scoring,
    };
    if scoring == Scoring::Sigmoid {
        terminal.warn(
            "the model scores each label by itself: labels are ranked by score, one is taken to be \
             right, and there is no log loss and no Brier score",
        );
    }
    let counts = truth.scoring(args, &classes, Some(&model.card.labels))?;
    let other = truth.other.take();
    let mut marker = Marker::new(files, model.name.clone(), counts, &truth, other, &classes)?;
    let known = truth.of.iter().map(|shown| !shown.is_left_out);
    let inputs: Vec<_> = inputs.into_iter().zip(known).collect();
    let known = inputs.into_iter().filter(|(_, known)| *known);
    let inputs: Vec<Input> = known.map(|(input, _)| input).collect();
    let count = Some(inputs.len() as u64);
    let Running {
        pipeline,
        classifier,
    } = plan.start(&model, inputs.into_iter(), count, |_, _| ())?;
    let each = |pictures: &[Pixels]| {
        let logits = classifier.logits(pictures)?.into_iter();
        Ok(logits
            .map(|logits| Evidence::of_logits(logits, scoring))
            .collect())
    };
    let emit = |path: PathBuf, answer: Result<(Evidence, ()), PictureError>| {
        if let Err(error) = &answer {
            terminal.warn_of(&path, error);
        }
        marker.picture(path, answer.map(|(evidence, ())| evidence))
    };
    tally.run(pipeline, count, true, each, emit)?;
    let outcome = tally.close(args.work.keep_going);
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Ok(outcome);
    }
    marker.close(args, outcome, started.elapsed(), terminal)
}

impl Eval {
    /// The files that are written.
    fn outputs(&self) -> impl Iterator<Item = &PathBuf> {
        self.confusion.iter().chain(&self.wrong)
    }

    /// The files that are read, beside pictures and model.
    fn read(&self) -> impl Iterator<Item = &PathBuf> {
        let labels = self.real_labels.iter().chain(&self.valid_labels);
        let saved = self.from.iter().chain(&self.against);
        self.truth.iter().chain(labels).chain(saved)
    }
}
