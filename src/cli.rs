//! The command line as typed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::checkpoint::choice::Choice;
use crate::device;
use crate::model::architectures::ARCHITECTURES;
use crate::output::Format;
use crate::terminal::Color;

/// Label pictures with EfficientNet
///
/// Downloads pretrained weights from the Hugging Face Hub once, prepares each picture exactly as
/// the checkpoint was evaluated, and prints the most likely labels.
#[derive(Debug, Parser)]
#[command(name = "effnet", version, propagate_version = true, after_long_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say what is done and how long it took
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    everything was classified (also when the reader of a pipe closes it)
  1    some pictures failed; the others were printed
  2    wrong usage, or nothing could be done
  130  Ctrl-C

Environment:
  HF_HOME, HF_HUB_CACHE   where downloads are kept, shared with Python's huggingface_hub
  HF_TOKEN, HF_TOKEN_PATH the Hub's access token
  HF_ENDPOINT             another Hub
  HF_HUB_OFFLINE=1        never connect, as --offline
  HTTPS_PROXY, NO_PROXY   proxies
  NO_COLOR                no colour";

#[derive(Debug, Subcommand)]
pub enum Command {
    Classify(Box<Classify>),
    Models(Models),
    Info(Info),
    Download(Download),
    Bench(Bench),
    Completions(Completions),
    Man(Man),
}

/// Label pictures
#[derive(Debug, Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Classify {
    /// Pictures, folders of pictures, or - for a picture on standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Also look into the subfolders of folders
    #[arg(short, long)]
    pub recursive: bool,

    /// Read paths from a file, one per line, or - for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files_from: Option<PathBuf>,

    /// Paths in --files-from are separated by NUL, as `find -print0` writes them
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,

    #[command(flatten)]
    pub model: ModelArgs,

    /// How many labels per picture
    #[arg(short = 'k', long, default_value_t = 5, value_name = "N",
        value_parser = count)]
    pub top_k: usize,

    /// Leave out labels with a lower probability, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability)]
    pub min_score: f32,

    /// Score each label by itself, for models that were trained to give several to a picture
    #[arg(long)]
    pub sigmoid: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    /// Skip the pictures that the output file already holds, and append to it
    #[arg(long, requires = "output")]
    pub resume: bool,

    /// Where to run: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: device::Choice,

    /// What to compute with
    #[arg(long, value_enum, default_value_t, value_name = "DTYPE")]
    pub dtype: device::Precision,

    /// How many pictures go through the network at once [default: one per thread, on a GPU 64]
    #[arg(long, value_name = "N", value_parser = batch_size)]
    pub batch_size: Option<usize>,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub threads: Option<usize>,

    /// Do not turn pictures as their EXIF orientation says
    #[arg(long)]
    pub no_exif: bool,

    /// Decode JPEG pictures at full size, even those of many times the size that the model sees
    #[arg(long)]
    pub exact_decode: bool,

    /// Refuse pictures with more pixels
    #[arg(long, default_value_t = crate::picture::decode::Limits::default().max_pixels, value_name = "N")]
    pub max_pixels: u64,

    /// Refuse files with more bytes
    #[arg(long, default_value_t = crate::picture::decode::Limits::default().max_bytes, value_name = "N")]
    pub max_bytes: u64,
}

/// Which model.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., or the small built-in model `demo`
    /// [default: b0]
    #[arg(long, value_parser = variants())]
    pub variant: Option<String>,

    /// Which of the variant's published weights: ns, aa, ap, ra, in1k, ... [default: the most
    /// accurate]
    #[arg(long, value_name = "TAG")]
    pub weights: Option<String>,

    /// A Hub id (owner/name), a folder with config.json and model.safetensors, or a bare
    /// .safetensors file together with --variant
    #[arg(long, value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub model: Option<String>,

    /// Branch, tag or commit on the Hub [default: main]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,

    /// Prepare pictures for the larger size that the model was tested at, if it has one
    #[arg(long)]
    pub test_size: bool,

    /// A file with one label per line instead of the model's own labels
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub labels: Option<PathBuf>,

    /// Never connect; use what was downloaded before
    #[arg(long)]
    pub offline: bool,
}

impl ModelArgs {
    /// What names the model.
    pub fn choice(&self) -> Choice {
        Choice {
            variant: self.variant.clone(),
            weights: self.weights.clone(),
            model: self.model.clone(),
            revision: self.revision.clone(),
            test_size: self.test_size,
            labels: self.labels.clone(),
            offline: self.offline,
        }
    }
}

/// What to write where.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How to write the answers
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,

    /// Short for --format json
    #[arg(long, conflicts_with_all = ["format", "jsonl", "csv"])]
    json: bool,

    /// Short for --format jsonl
    #[arg(long, conflicts_with_all = ["format", "csv"])]
    jsonl: bool,

    /// Short for --format csv
    #[arg(long, conflicts_with = "format")]
    csv: bool,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

impl OutputArgs {
    /// The format asked for, in whichever way.
    pub fn format(&self) -> Format {
        match (self.json, self.jsonl, self.csv) {
            (true, ..) => Format::Json,
            (_, true, _) => Format::Jsonl,
            (.., true) => Format::Csv,
            _ => self.format,
        }
    }
}

/// List the published checkpoints
#[derive(Debug, Args)]
pub struct Models {
    /// All of them, not only those of B0 to B7
    #[arg(long)]
    pub all: bool,

    /// Of all, those whose name holds a word: `v2`, `in21k`, `lite`, ...
    #[arg(long, value_name = "WORD")]
    pub search: Option<String>,

    /// Write one JSON array
    #[arg(long)]
    pub json: bool,
}

/// Show what a model is: its layers, its parameters, how pictures are prepared
#[derive(Debug, Args)]
pub struct Info {
    /// A variant (b0, v2-s, ...), a Hub id (owner/name), a folder or a .safetensors file
    #[arg(default_value = "b0", value_hint = ValueHint::AnyPath)]
    pub model: String,

    /// What a bare .safetensors file is of
    #[arg(long, value_parser = variants())]
    pub variant: Option<String>,

    /// Which of a variant's published weights [default: the most accurate]
    #[arg(long, value_name = "TAG")]
    pub weights: Option<String>,

    /// Branch, tag or commit on the Hub [default: main]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,

    /// Show it for the larger size that the model was tested at, if it has one
    #[arg(long)]
    pub test_size: bool,

    /// Never connect; use what was downloaded before
    #[arg(long)]
    pub offline: bool,

    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Download checkpoints for later use
#[derive(Debug, Args)]
pub struct Download {
    /// Variants (b0, v2-s, ...) or Hub ids (owner/name)
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<String>,

    /// Which of the files of a repository that has one for each variant
    #[arg(long, value_parser = variants())]
    pub variant: Option<String>,

    /// Which of the variants' published weights [default: the most accurate]
    #[arg(long, value_name = "TAG")]
    pub weights: Option<String>,

    /// Branch, tag or commit on the Hub [default: main]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,

    /// Never connect; only say whether they were downloaded before
    #[arg(long)]
    pub offline: bool,
}

/// Time the forward pass on generated weights, without any download
#[derive(Debug, Args)]
pub struct Bench {
    /// Which EfficientNet
    #[arg(long, default_value = "b0",
        value_parser = variants())]
    pub variant: String,

    /// How many pictures go through the network at once
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = batch_size)]
    pub batch_size: usize,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub threads: Option<usize>,

    /// How many timed runs
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = run_count)]
    pub runs: usize,

    /// Also list what each layer takes
    #[arg(long)]
    pub layers: bool,

    /// Where to run: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: device::Choice,

    /// What to compute with
    #[arg(long, value_enum, default_value_t, value_name = "DTYPE")]
    pub dtype: device::Precision,

    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Write a shell's completion script
#[derive(Debug, Args)]
pub struct Completions {
    pub shell: Shell,
}

/// Write the manual page
#[derive(Debug, Args)]
pub struct Man {}

/// What `--variant` takes.
fn variants() -> PossibleValuesParser {
    PossibleValuesParser::new(ARCHITECTURES.iter().map(|a| a.variant))
}

/// At least one.
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(e) => Err(format!("{e}")),
    }
}

fn at_most(most: usize, text: &str) -> Result<usize, String> {
    match count(text)? {
        count if count <= most => Ok(count),
        _ => Err(format!("it must be at most {most}")),
    }
}

/// More threads than any machine has cores would only take memory.
fn thread_count(text: &str) -> Result<usize, String> {
    at_most(1024, text)
}

fn batch_size(text: &str) -> Result<usize, String> {
    at_most(4096, text)
}

fn run_count(text: &str) -> Result<usize, String> {
    at_most(1_000_000, text)
}

fn probability(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        Ok(_) => Err("it must be between 0 and 1".to_owned()),
        Err(e) => Err(format!("{e}")),
    }
}
