//! `effnet classify`: label pictures.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::ProgressBar;

use super::downloads::Downloads;
use super::outcome::Outcome;
use crate::checkpoint::labels::Prediction;
use crate::checkpoint::model::Model;
use crate::classifier::Classifier;
use crate::cli::{
    DecodeArgs, DeviceArgs, EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, OutputArgs,
    batch_size, label_count, probability, thread_count,
};
use crate::device::Place;
use crate::error::PictureError;
use crate::output::{Format, Name, Record, Sink, destination, resume};
use crate::picture::decode::Limits;
use crate::printable::Style;
use crate::run::inputs::Input;
use crate::run::memory;
use crate::run::pipeline::{Options, Pipeline};
use crate::run::threads::{INTERRUPTED, start_pool, threads};
use crate::terminal::{Terminal, human_duration};
use crate::top_k::{Scoring, Wanted};

const EXAMPLES: &str = "\
Examples:
  effnet classify photo.jpg                        # the five best labels of B0
  effnet classify photo.jpg --variant b4           # slower and more accurate
  effnet classify -r photos --csv > labels.csv     # every picture below a folder
  effnet classify -r photos --jsonl -o l.jsonl --resume
  find . -name '*.jpg' -print0 | effnet classify --files-from - -0 --jsonl
  curl -s https://example.org/cat.jpg | effnet classify -
  effnet classify photo.jpg --model timm/tf_efficientnetv2_m.in21k";

/// Label pictures
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Classify {
    #[command(flatten)]
    pub inputs: InputArgs,

    #[command(flatten)]
    pub model: ModelArgs,

    /// How many labels per picture, or `all`
    #[arg(short = 'k', long, default_value_t = 5, value_name = "N", help_heading = "Output",
        value_parser = label_count)]
    pub top_k: usize,

    /// Leave out labels with a lower probability: 0.8, 80%
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability,
        help_heading = "Output")]
    pub min_score: f32,

    /// Score each label by itself, for models that were trained to give several to a picture
    #[arg(long, help_heading = "Output")]
    pub sigmoid: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub device: DeviceArgs,

    /// How many pictures go through the network at once [default: one per thread, on a GPU 64]
    #[arg(long, value_name = "N", value_parser = batch_size, help_heading = "Work")]
    pub batch_size: Option<usize>,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count, help_heading = "Work")]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub decode: DecodeArgs,
}

/// Pictures at once on a GPU: enough to fill one, few enough for b7 in 8 GB.
const GPU_BATCH: usize = 64;

/// What became of the pictures.
#[derive(Default)]
struct Tally {
    classified: u64,
    failed: u64,
}

pub fn run(args: &Classify, terminal: Terminal) -> Result<Outcome> {
    let format = args.output.format();
    ensure!(
        !args.output.resume || format == Format::Jsonl,
        "--resume needs --jsonl: other formats can't be continued",
    );
    let threads = threads(args.threads);
    start_pool(threads)?;
    // What is cheap to check comes before a download.
    let (inputs, total) = args.inputs.selection().inputs()?;
    let place = args.device.device.open(args.device.dtype)?;
    let model = args.model.choice().resolve(&Downloads::new(terminal))?;
    if args.model.test_size && model.card.test.is_none() {
        terminal.warn(&format!(
            "{} has no test size of its own; it is {} as always",
            model.name, model.card.transform.size,
        ));
    }
    let done = args.done()?;
    let left = total.map(|total| total.saturating_sub(done.len() as u64));
    let inputs = inputs.filter(move |input: &Input| !done.contains(&Name::of(input.path())));
    let options = args.options(&place, threads);
    // A picture waits for its batch, and is copied into it.
    let batch = left.map_or(options.batch_size as u64, |left| {
        left.min(options.batch_size as u64)
    });
    memory::ensure_fits(batch, 2 * model.card.transform.bytes())?;
    let started = Instant::now();
    let pipeline = Pipeline::start(inputs, model.card.transform, options, &INTERRUPTED);
    let classifier = load(&model, place, threads, &terminal)?;
    let (to, style) = match &args.output.output {
        Some(path) => (
            destination::file(path, args.output.resume)?,
            Style::default(),
        ),
        None => (destination::stdout(), terminal.stdout_style()),
    };
    let sink = format.sink(to, style);
    let wanted = args.wanted();
    let each = |pictures: &[Vec<f32>]| Ok(classifier.classify_batch(pictures, wanted)?);
    let tally = write(
        pipeline,
        each,
        sink,
        style,
        &terminal.picture_progress(left),
    )?;
    summarise(&tally, started, &terminal);
    Ok(match tally {
        _ if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
        Tally { failed: 0, .. } => Outcome::Success,
        // With a single picture asked for and failed, nothing could be done either, but the
        // record was printed: it is the pictures that failed, not the run.
        _ => Outcome::SomeFailed,
    })
}

impl Classify {
    /// The pictures that the output file holds already.
    fn done(&self) -> Result<HashSet<Name>> {
        match &self.output.output {
            Some(path) if self.output.resume => resume::prepare(path),
            _ => Ok(HashSet::new()),
        }
    }

    fn options(&self, place: &Place, threads: usize) -> Options {
        Options {
            // On a processor each picture alone on a thread: nothing to hand over between them.
            batch_size: self.batch_size.unwrap_or(match place.is_gpu() {
                true => GPU_BATCH,
                false => threads,
            }),
            decoders: threads,
            limits: Limits {
                max_pixels: self.decode.max_pixels,
                max_bytes: self.decode.max_bytes,
            },
            upright: !self.decode.no_exif,
            exact: self.decode.exact_decode,
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            k: self.top_k,
            min_score: self.min_score,
            scoring: match self.sigmoid {
                true => Scoring::Sigmoid,
                false => Scoring::Softmax,
            },
        }
    }
}

/// Reads the weights, and says what there is to know of the model and where it runs.
fn load(model: &Model, place: Place, threads: usize, terminal: &Terminal) -> Result<Classifier> {
    let started = Instant::now();
    let name = &model.name;
    if let Some(reason) = &place.passed_over {
        terminal.detail(reason);
    }
    let description = place.describe(threads);
    let classifier = Classifier::load(model, place)?;
    terminal.detail(&format!(
        "{name} on {description}, loaded in {}",
        human_duration(started.elapsed()),
    ));
    if let Some(repo) = &model.assumed {
        terminal.warn(&format!(
            "{name} is prepared for and padded like {repo}; --weights TAG names another"
        ));
    }
    if classifier.labels.unnamed {
        terminal.warn(&format!(
            "{name} does not name its {} classes, so labels are indices; --labels FILE names them",
            classifier.labels.len(),
        ));
    }
    Ok(classifier)
}

/// What one picture shows.
type Answer = Result<Vec<Prediction>, PictureError>;

/// Runs the pipeline into the sink and closes it, however the run ends.
fn write(
    pipeline: Pipeline,
    each: impl FnMut(&[Vec<f32>]) -> Result<Vec<Answer>>,
    mut sink: Box<dyn Sink>,
    style: Style,
    progress: &ProgressBar,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let emit = |path, answer: Result<Answer, PictureError>| {
        let outcome = answer.flatten();
        match outcome {
            Ok(_) => tally.classified += 1,
            Err(_) => tally.failed += 1,
        }
        let record = Record { path, outcome };
        // Only where both go to one terminal do they get into each other's way.
        let written = match style.terminal {
            true => progress.suspend(|| sink.record(&record)),
            false => sink.record(&record),
        };
        written.context(WRITING)?;
        progress.inc(1);
        Ok(())
    };
    let ran = pipeline.run(each, emit);
    progress.finish_and_clear();
    ran?;
    sink.finish().context(WRITING)?;
    Ok(tally)
}

const WRITING: &str = "can't write the output";

fn summarise(tally: &Tally, started: Instant, terminal: &Terminal) {
    let Tally { classified, failed } = *tally;
    let count = classified + failed;
    let elapsed = started.elapsed();
    let plural = if count == 1 { "" } else { "s" };
    let failures = if failed == 0 {
        String::new()
    } else {
        format!(", {failed} failed")
    };
    terminal.say(&format!(
        "{count} picture{plural}{failures}, {} ({:.1} pictures/s)",
        human_duration(elapsed),
        count as f64 / elapsed.as_secs_f64(),
    ));
}
