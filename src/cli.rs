//! Arguments that commands share, in groups, and what a value may be.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use crate::checkpoint::choice::Choice;
use crate::device::{self, OpenDevice, Precision};
use crate::model::architectures::ARCHITECTURES;
use crate::output::Format;
use crate::picture::decode::Limits;
use crate::run::inputs::Selection;

/// What stands behind the long help.
pub const EXIT_CODES_AND_ENVIRONMENT: &str = "\
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

/// Which pictures.
#[derive(Debug, Args)]
pub struct InputArgs {
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

    /// Follow links to folders that are found in folders
    #[arg(long)]
    pub follow: bool,

    /// Also take files and folders whose names begin with a dot
    #[arg(long)]
    pub hidden: bool,

    /// Finding no pictures is no error
    #[arg(long)]
    pub allow_empty: bool,
}

impl InputArgs {
    /// What they name.
    pub fn selection(&self) -> Selection {
        Selection {
            paths: self.paths.clone(),
            files_from: self.files_from.clone(),
            null: self.null,
            recursive: self.recursive,
            follow: self.follow,
            hidden: self.hidden,
            allow_empty: self.allow_empty,
        }
    }
}

/// Where a model's files come from. The display orders let a command show its own arguments
/// between these.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., or the small built-in model `demo`
    /// [default: b0]
    #[arg(long, value_parser = variants(), display_order = 3)]
    pub variant: Option<String>,

    /// Which of the variant's published weights: ns, aa, ap, ra, in1k, ... [default: the most
    /// accurate]
    #[arg(long, value_name = "TAG", display_order = 4)]
    pub weights: Option<String>,

    /// Branch, tag or commit on the Hub [default: main]
    #[arg(long, value_name = "REV", display_order = 6)]
    pub revision: Option<String>,

    /// Never connect; use what was downloaded before
    #[arg(long, display_order = 9)]
    pub offline: bool,
}

impl SourceArgs {
    /// What they say of a model.
    pub fn choice(&self) -> Choice {
        Choice {
            variant: self.variant.clone(),
            weights: self.weights.clone(),
            revision: self.revision.clone(),
            offline: self.offline,
            ..Choice::default()
        }
    }
}

/// Which model.
#[derive(Debug, Args)]
pub struct ModelArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    /// A Hub id (owner/name), a folder with config.json and model.safetensors, or a bare
    /// .safetensors file together with --variant
    #[arg(long, value_name = "MODEL", value_hint = ValueHint::AnyPath, display_order = 5)]
    pub model: Option<String>,

    /// Prepare pictures for the larger size that the model was tested at, if it has one
    #[arg(long, display_order = 7)]
    pub test_size: bool,

    /// A file with one label per line instead of the model's own labels
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, display_order = 8)]
    pub labels: Option<PathBuf>,
}

impl ModelArgs {
    /// What names the model.
    pub fn choice(&self) -> Choice {
        Choice {
            model: self.model.clone(),
            test_size: self.test_size,
            labels: self.labels.clone(),
            ..self.source.choice()
        }
    }
}

/// What to write where.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How to write the answers [default: as the ending of --output says, or text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// Short for --format json
    #[arg(long, conflicts_with_all = ["format", "jsonl", "csv", "tsv"])]
    json: bool,

    /// Short for --format jsonl
    #[arg(long, conflicts_with_all = ["format", "csv", "tsv"])]
    jsonl: bool,

    /// Short for --format csv
    #[arg(long, conflicts_with_all = ["format", "tsv"])]
    csv: bool,

    /// Short for --format tsv
    #[arg(long, conflicts_with = "format")]
    tsv: bool,

    /// Leave out the line of CSV and TSV that names the columns
    #[arg(long)]
    pub no_header: bool,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Skip the pictures that the output file already holds, and append to it
    #[arg(long, requires = "output")]
    pub resume: bool,

    /// With --resume, try those again that failed
    #[arg(long, requires = "resume")]
    pub retry_failed: bool,
}

impl OutputArgs {
    /// The format asked for, in whichever way.
    pub fn format(&self) -> Format {
        let short = match (self.json, self.jsonl, self.csv, self.tsv) {
            (true, ..) => Some(Format::Json),
            (_, true, ..) => Some(Format::Jsonl),
            (.., true, _) => Some(Format::Csv),
            (.., true) => Some(Format::Tsv),
            _ => None,
        };
        let by_name = || Format::of_file(self.output.as_deref()?);
        short
            .or(self.format)
            .or_else(by_name)
            .unwrap_or(Format::Text)
    }
}

/// Where the network runs.
#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// Where to run: auto, cpu, cuda, cuda:N or metal
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: device::Choice,

    /// What to compute with
    #[arg(long, value_enum, default_value_t, value_name = "DTYPE")]
    pub dtype: Precision,
}

impl DeviceArgs {
    /// Opens the device.
    ///
    /// # Errors
    /// If it can't be used, or not with that type.
    pub fn open(&self) -> Result<OpenDevice> {
        self.device.open(self.dtype)
    }
}

/// How pictures are decoded, and what one may cost.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// Do not turn pictures as their EXIF orientation says
    #[arg(long)]
    pub no_exif: bool,

    /// Decode JPEG pictures at full size, even those of many times the size that the model sees
    #[arg(long)]
    pub exact_decode: bool,

    /// Refuse pictures with more pixels
    #[arg(long, default_value_t = Limits::default().max_pixels, value_name = "N")]
    pub max_pixels: u64,

    /// Refuse files with more bytes
    #[arg(long, default_value_t = Limits::default().max_bytes, value_name = "N")]
    pub max_bytes: u64,
}

/// What `--variant` takes.
pub fn variants() -> PossibleValuesParser {
    PossibleValuesParser::new(ARCHITECTURES.iter().map(|a| a.variant))
}

/// At least one.
pub fn count(text: &str) -> Result<usize, String> {
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
pub fn thread_count(text: &str) -> Result<usize, String> {
    at_most(1024, text)
}

pub fn batch_size(text: &str) -> Result<usize, String> {
    at_most(4096, text)
}

pub fn run_count(text: &str) -> Result<usize, String> {
    at_most(1_000_000, text)
}

pub fn probability(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        Ok(_) => Err("it must be between 0 and 1".to_owned()),
        Err(e) => Err(format!("{e}")),
    }
}
