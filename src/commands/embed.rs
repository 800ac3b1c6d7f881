//! `effnet embed`: pictures to vectors.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use clap::{Args, ValueHint};
use serde::Serialize;

use super::embedding::{Embedded, embed, manner};
use super::outcome::Outcome;
use super::plan::Plan;
use super::tally::Tally;
use super::writer::WRITING;
use crate::checkpoint::model::Model;
use crate::cli::{EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, WorkArgs};
use crate::features::about::About;
use crate::features::file::Format;
use crate::features::store::{self, Done, Store};
use crate::features::vectors::normalize;
use crate::output::{self, Failure, destination};
use crate::paths::Name;
use crate::run::inputs::{Input, Inputs};
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet embed -r photos -o photos.safetensors     # then: effnet similar x.jpg --in ...
  effnet embed -r photos -o photos.npy             # for numpy; photos.jsonl has the paths
  effnet embed -r photos -o photos.npy --resume    # go on, or add what is new
  effnet embed photo.jpg | jq -c .embedding        # JSON Lines";

/// Turn pictures into vectors: what the network sees before it names classes
///
/// The vector is the mean of the last layer but one, in f32: 1,280 values for B0. FILE.npy has a
/// row per picture, FILE.jsonl their paths, FILE.json the model; FILE.safetensors has all three.
/// Pictures that fail have no row; they are in FILE.failed.jsonl.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Embed {
    #[command(flatten)]
    pub inputs: InputArgs,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Write to FILE.npy or FILE.safetensors instead of JSON Lines to standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath,
        help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Skip the pictures that the output file already holds, and add the others
    #[arg(long, requires = "output", help_heading = "Output")]
    pub resume: bool,

    /// Divide each vector by its length, so that a dot product is a cosine
    #[arg(long, help_heading = "Output")]
    pub normalize: bool,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Embed, terminal: Terminal) -> Result<Outcome> {
    let format = args.output.as_deref().map(format).transpose()?;
    let (plan, inputs) = Plan::new(&args.inputs, &args.model, &args.work, terminal)?;
    let output = args.output.as_deref().zip(format);
    if let Some((path, format)) = output {
        plan.check_output(path, &inputs)?;
        store::check(path, format)?;
        if args.resume
            && let Some(about) = store::begun(path, format)
        {
            let same = about.ensure_named(&args.model.choice());
            same.with_context(|| format!("can't go on with {}", path.display()))?;
        }
    }
    // No reason to download a model.
    inputs.ensure_some_there()?;
    let model = plan.resolve()?;
    match output {
        Some((path, format)) => args.to_file(path, format, plan, &model, inputs, terminal),
        None => args.to_stdout(plan, &model, inputs, terminal),
    }
}

fn format(path: &Path) -> Result<Format> {
    Format::of(path).with_context(|| {
        let shown = path.display();
        format!("-o {shown}: it must end in .npy or .safetensors; for JSON Lines leave -o out")
    })
}

/// A line of standard output.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    embedding: Option<Vec<f32>>,
    error: Option<Failure<'a>>,
}

impl Embed {
    fn to_file(
        &self,
        path: &Path,
        format: Format,
        plan: Plan,
        model: &Model,
        inputs: Inputs,
        terminal: Terminal,
    ) -> Result<Outcome> {
        let about = About::of(model, manner(&self.work, self.normalize, plan.dtype()))?;
        let (mut store, done) = Store::open(path, format, about, self.resume)?;
        let mut tally = Tally::new(inputs.left_out.clone(), terminal);
        tally.done.0 = done.values().sum::<usize>() as u64;
        let emit = |path: PathBuf, embedded: Embedded| match embedded {
            Ok((features, fingerprint)) => store.row(&path, &self.scaled(features), fingerprint),
            Err(error) => store.failure(&path, &error),
        };
        embed(
            plan,
            model,
            left_of(inputs, done),
            (&mut tally, false),
            emit,
        )?;
        if store.has_failures() {
            terminal.warn(&format!(
                "what failed is in {}",
                store::failed_path(path).display()
            ));
        }
        match INTERRUPTED.load(Ordering::Relaxed) {
            true => terminal.say(&format!(
                "what is done is in {}; --resume goes on",
                store::part_path(path).display(),
            )),
            false => store.finish()?,
        }
        Ok(tally.close(self.work.keep_going))
    }

    fn to_stdout(
        &self,
        plan: Plan,
        model: &Model,
        inputs: Inputs,
        terminal: Terminal,
    ) -> Result<Outcome> {
        let mut tally = Tally::new(inputs.left_out.clone(), terminal);
        let style = terminal.stdout_style();
        let mut to = std::io::BufWriter::new(destination::stdout());
        let emit = |path: PathBuf, embedded: Embedded| {
            let (embedding, error) = match &embedded {
                Ok((features, _)) => (Some(self.scaled(features.clone())), None),
                Err(error) => (None, Some(error.into())),
            };
            let record = Record {
                name: Name::of(&path),
                model: &model.name,
                embedding,
                error,
            };
            output::line(&mut to, &record, style).context(WRITING)
        };
        let inputs = left_of(inputs, Done::new());
        embed(plan, model, inputs, (&mut tally, style.terminal), emit)?;
        Ok(tally.close(self.work.keep_going))
    }

    fn scaled(&self, mut features: Vec<f32>) -> Vec<f32> {
        if self.normalize {
            normalize(&mut features);
        }
        features
    }
}

/// The inputs that have no row yet, and their number where it is known before the last has come.
fn left_of(
    inputs: Inputs,
    mut done: Done,
) -> (impl Iterator<Item = Input> + Send + use<>, Option<u64>) {
    // A picture that is named twice has two rows.
    let is_left = move |input: &Input| match done.get_mut(&Name::of(input.path())) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    inputs.only(is_left).counted()
}
