//! `effnet classify`: label pictures.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;

use super::downloads::Downloads;
use super::outcome::Outcome;
use super::writer::{Tally, Writer};
use crate::checkpoint::choice::Choice;
use crate::checkpoint::model::Model;
use crate::classifier::Classifier;
use crate::cli::{
    DecodeArgs, DeviceArgs, EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, OutputArgs,
    batch_size, label_count, probability, thread_count,
};
use crate::device::OpenDevice;
use crate::output::resume::{self, Done};
use crate::output::{self, Format, destination};
use crate::picture::decode::Limits;
use crate::printable::Style;
use crate::run::inputs::{Input, Inputs};
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

    /// Exit with 0 even if some pictures failed
    #[arg(long, help_heading = "Output")]
    pub keep_going: bool,
}

/// Pictures at once on a GPU: enough to fill one, few enough for b7 in 8 GB.
const GPU_BATCH: usize = 64;

pub fn run(args: &Classify, terminal: Terminal) -> Result<Outcome> {
    ensure!(
        !args.output.resume || args.output.format() == Format::Jsonl,
        "--resume needs --jsonl: other formats can't be continued",
    );
    let threads = threads(args.threads);
    start_pool(threads)?;
    // What is cheap to check comes before a download.
    let inputs = args.inputs.selection().inputs()?;
    let choice = args.model.choice();
    args.check_output(&choice, &inputs)?;
    choice.check_labels()?;
    let place = args.device.open()?;
    if inputs.are_all_missing() {
        // No reason to download a model.
        let mut writer = args.writer(&choice.name()?, &inputs, &terminal)?;
        let (inputs, _) = writer.left_of(inputs);
        let failed = writer.failures(inputs, args.limits());
        return writer.close(failed, &terminal, args.keep_going);
    }
    let model = choice.resolve(&Downloads::new(terminal))?;
    if args.model.test_size && model.card.test.is_none() {
        terminal.warn(&format!(
            "{} has no test size of its own; it is {} as always",
            model.name, model.card.transform.height,
        ));
    }
    let mut writer = args.writer(&model.name, &inputs, &terminal)?;
    let (inputs, left) = writer.left_of(inputs);
    let options = args.options(&place, threads);
    // A picture waits for its batch, and is copied into it.
    let batch_size = options.batch_size as u64;
    let batch = left.map_or(batch_size, |left| left.min(batch_size));
    memory::ensure_fits(batch, 2 * model.card.transform.bytes())?;
    let pipeline = Pipeline::start(inputs, model.card.transform, options, &INTERRUPTED);
    let classifier = load(&model, place, threads, &terminal)?;
    let wanted = args.wanted(&model);
    let each = |pictures: &[Vec<f32>]| Ok(classifier.classify_batch(pictures, wanted)?);
    let progress = terminal.picture_progress(left);
    let written = writer.answers(pipeline, each, &progress);
    writer.close(written, &terminal, args.keep_going)
}

impl Classify {
    /// Refuses to write over what this run reads, and to go on with another model's records.
    fn check_output(&self, choice: &Choice, inputs: &Inputs) -> Result<()> {
        let Some(output) = &self.output.output else {
            return Ok(());
        };
        let model = choice.local_files();
        let mut read: Vec<&Path> = model.iter().map(PathBuf::as_path).collect();
        read.extend(self.inputs.files_from.as_deref());
        read.extend(choice.labels.as_deref());
        read.extend(inputs.named.iter().map(Input::path));
        destination::check(output, &read)?;
        match self.output.resume {
            true => resume::check(output, &choice.name()?),
            false => Ok(()),
        }
    }

    /// Opens what the records go to.
    fn writer(&self, model: &str, inputs: &Inputs, terminal: &Terminal) -> Result<Writer> {
        let started = Instant::now();
        let mut anew = None;
        let (to, done, style): (Box<dyn Write>, _, _) = match &self.output.output {
            Some(path) if self.output.resume => {
                let (file, done) = resume::open(path, model, self.output.retry_failed)?;
                (Box::new(file), done, Style::default())
            }
            Some(path) => {
                let file = destination::anew(path)?;
                anew = Some(file.try_clone()?);
                (Box::new(file), Done::default(), Style::default())
            }
            None => (
                destination::stdout(),
                Done::default(),
                terminal.stdout_style(),
            ),
        };
        let options = output::Options {
            format: self.output.format(),
            header: !self.output.no_header,
            model: model.to_owned(),
            style,
        };
        Ok(Writer {
            sink: output::sink(to, options),
            anew,
            shares_terminal: style.terminal,
            done,
            left_out: inputs.left_out.clone(),
            tally: Tally::default(),
            started,
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            max_pixels: self.decode.max_pixels,
            max_bytes: self.decode.max_bytes,
        }
    }

    fn options(&self, place: &OpenDevice, threads: usize) -> Options {
        Options {
            // On a processor each picture alone on a thread: nothing to hand over between them.
            batch_size: self.batch_size.unwrap_or(match place.is_gpu() {
                true => GPU_BATCH,
                false => threads,
            }),
            decoders: threads,
            limits: self.limits(),
            upright: !self.decode.no_exif,
            exact: self.decode.exact_decode,
        }
    }

    fn wanted(&self, model: &Model) -> Wanted {
        Wanted {
            k: self.top_k,
            min_score: self.min_score,
            scoring: match self.sigmoid {
                true => Scoring::Sigmoid,
                false => model.card.scoring,
            },
        }
    }
}

/// Reads the weights, and says what there is to know of the model and where it runs.
fn load(
    model: &Model,
    place: OpenDevice,
    threads: usize,
    terminal: &Terminal,
) -> Result<Classifier> {
    let started = Instant::now();
    let name = &model.name;
    if let Some(reason) = &place.fallback_reason {
        terminal.detail(reason);
    }
    let description = place.describe(threads);
    let classifier = Classifier::load(model, place)?;
    terminal.detail(&format!(
        "{name} on {description}, loaded in {}",
        human_duration(started.elapsed()),
    ));
    if let Some(warning) = &classifier.warning {
        terminal.warn(&format!("{name}: {warning}"));
    }
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
