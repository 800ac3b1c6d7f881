//! Arguments that commands share, in groups; [`values`]: what a value may be.

mod values;

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::{Args, ValueHint};

use crate::checkpoint::choice::Choice;
use crate::device::{self, OpenDevice, Precision};
use crate::output::{Format, Layout, Template};
use crate::picture::decode::Limits;
use crate::run::inputs::{Selection, Which};

pub use values::*;

/// What stands behind the long help, and in the manual page: a heading, and below it a word, two
/// spaces or more, and what it means.
pub const EXIT_CODES_AND_ENVIRONMENT: &str = "\
Exit status:
  0    everything was done; also when the reader of a pipe closes it
  1    some pictures failed, and the others were printed
  2    wrong usage, or nothing could be done
  A signal ends the process as that signal, after the output is closed: 130 to a shell for Ctrl-C.

Environment:
  HF_HOME, HF_HUB_CACHE     where downloads are kept, as for huggingface_hub
  HF_TOKEN, HF_TOKEN_PATH   the Hub's access token
  HF_ENDPOINT               another Hub
  HF_HUB_OFFLINE=1          never connect, as --offline
  HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT
                            patience in seconds
  EFFNET_THREADS            as --threads
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                            proxies
  HF_HUB_DISABLE_PROGRESS_BARS, NO_COLOR, CLICOLOR_FORCE
                            what the terminal shows

Files:
  ~/.cache/huggingface/hub    downloads, unless HF_HOME names another place
  ~/.cache/huggingface/token  the Hub's token, as `hf auth login` writes it";

/// Which pictures.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Pictures, folders of pictures, or - for a picture on standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, display_order = 0)]
    pub paths: Vec<PathBuf>,

    /// Also look into the subfolders of folders
    #[arg(short, long, display_order = 1)]
    pub recursive: bool,

    /// Read paths from a file, one per line, or - for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files_from: Option<PathBuf>,

    /// NUL and not a line end separates the paths in --files-from, and what is printed for pictures
    #[arg(short = '0', long)]
    pub null: bool,

    /// Follow links to folders that are found in folders
    #[arg(long)]
    pub follow: bool,

    /// Also take files and folders whose names begin with a dot
    #[arg(long)]
    pub hidden: bool,

    /// Finding no pictures is no error
    #[arg(long, hide_short_help = true)]
    pub allow_empty: bool,

    /// What a picture on standard input is called in the output [default: -]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub name: Option<PathBuf>,

    /// Read the pictures of a tar archive, whatever it is called, or of - for standard input
    ///
    /// Files called .tar, .tar.gz, .tgz or .tar.zst are archives too where a picture could be named,
    /// and in folders with -r. A picture in one is called archive/member, on standard input member.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, hide_short_help = true)]
    pub tar: Vec<PathBuf>,

    /// Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is
    ///
    /// Which part a picture is in depends on its path alone, as it is given. `auto` reads
    /// SLURM_ARRAY_TASK_ID, or with `auto/N` also JOB_COMPLETION_INDEX.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Which>,
}

impl InputArgs {
    /// What they name; of archives no member with more than `max_bytes`.
    ///
    /// # Errors
    /// If it is not known which part of them is meant.
    pub fn selection(&self, max_bytes: u64) -> Result<Selection> {
        let shard = self
            .shard
            .map(|which| which.resolve(|name| std::env::var(name)));
        Ok(Selection {
            paths: self.paths.clone(),
            files_from: self.files_from.clone(),
            null: self.null,
            recursive: self.recursive,
            follow: self.follow,
            hidden: self.hidden,
            allow_empty: self.allow_empty,
            stdin_name: self.name.clone(),
            tar: self.tar.clone(),
            max_bytes,
            shard: shard
                .transpose()
                .map_err(|why| anyhow!("--shard auto: {why}"))?,
            except: None,
        })
    }
}

/// Where a model's files come from. The display orders let a command show its own arguments
/// between these.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub struct SourceArgs {
    /// Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]
    #[arg(long, value_parser = variant_or_weights, display_order = 3,
        long_help = format!("Which EfficientNet [default: b0]: {}", all_variants()))]
    pub variant: Option<String>,

    /// Which of the variant's published weights: ns, aa, in1k, ... [default: the most accurate]
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
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    #[command(flatten)]
    pub source: SourceArgs,

    /// A model of your own: a folder, a file, or a Hub id (owner/name) or address
    ///
    /// A folder holds config.json and model.safetensors or pytorch_model.bin; a bare .safetensors or
    /// .pth file needs --variant too. A Hub id may end in @REVISION.
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

    /// The model that is asked for, if one is.
    pub fn named(&self) -> Option<Choice> {
        let choice = self.choice();
        let names = [&choice.model, &choice.variant, &choice.weights];
        let is_named = names.iter().any(|name| name.is_some());
        is_named.then_some(choice)
    }
}

/// What to write where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
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

    /// Print a line of your own for each picture: '{path}\\t{label}\\t{score:.2}'
    ///
    /// Fields are path, dir, name, stem, ext, model, label, score, index, wnid, error and error.kind,
    /// with --sure also sure.label, sure.score and sure.wnid, with --sort-into also to. {1.label} is the
    /// second label. A score is written as {score}, {score:.2} or {score:.1%}. \\t, \\n, \\r, \\0 and \\\\
    /// are understood; {{ and }} are braces. With -0 a NUL ends each record.
    #[arg(long, value_name = "TEXT",
        conflicts_with_all = ["format", "json", "jsonl", "csv", "tsv", "no_header"])]
    template: Option<Template>,

    /// Print the best label alone, or with --sure the sure one; a line for each picture
    #[arg(long,
        conflicts_with_all = ["format", "json", "jsonl", "csv", "tsv", "no_header", "template"])]
    label_only: bool,

    /// Leave out the line of CSV and TSV that names the columns
    #[arg(long, hide_short_help = true)]
    pub no_header: bool,

    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Also make a page of all pictures, to look at in a browser
    ///
    /// It is one file that holds all it needs, but the pictures themselves, which it links to. Where no
    /// format and no --output is named, nothing else is printed. `effnet report` makes the page later.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "resume")]
    pub report: Option<PathBuf>,

    /// Skip the pictures that the output file already holds, and append to it
    #[arg(long, requires = "output")]
    pub resume: bool,

    /// With --resume, try those again that failed
    #[arg(long, requires = "resume", hide_short_help = true)]
    pub retry_failed: bool,
}

impl OutputArgs {
    /// What records look like; those of a template end with NUL if `null`, and `sure` says whether
    /// there are sure answers.
    pub fn layout(&self, null: bool, sure: bool) -> Layout {
        let template = match self.label_only {
            true => Some(Template::label(sure)),
            false => self.template.clone(),
        };
        match template {
            Some(template) => Layout::of_template(template, null),
            None => Layout::Format(self.format()),
        }
    }

    /// Whether a page is all that is asked for.
    pub fn is_page_alone(&self) -> bool {
        let is_asked = self.asked().is_some() || self.label_only || self.template.is_some();
        self.report.is_some() && !is_asked && self.output.is_none()
    }

    /// The format that a flag asks for.
    fn asked(&self) -> Option<Format> {
        let short = match (self.json, self.jsonl, self.csv, self.tsv) {
            (true, ..) => Some(Format::Json),
            (_, true, ..) => Some(Format::Jsonl),
            (.., true, _) => Some(Format::Csv),
            (.., true) => Some(Format::Tsv),
            _ => None,
        };
        short.or(self.format)
    }

    /// The format asked for, in whichever way.
    fn format(&self) -> Format {
        let by_name = || Format::of_file(self.output.as_deref()?);
        self.asked().or_else(by_name).unwrap_or(Format::Text)
    }
}

/// Where the network runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Work")]
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

/// How many pictures at once, where, and what happens if some fail.
#[derive(Debug, Args)]
pub struct WorkArgs {
    #[command(flatten)]
    pub device: DeviceArgs,

    /// How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]
    #[arg(long, value_name = "N", value_parser = batch_size, help_heading = "Work")]
    pub batch_size: Option<usize>,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count, env = "EFFNET_THREADS",
        hide_env = true, help_heading = "Work")]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub decode: DecodeArgs,

    /// Exit with 0 even if some pictures failed
    #[arg(long, help_heading = "Work")]
    pub keep_going: bool,
}

/// How pictures are decoded, and what one may cost.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub struct DecodeArgs {
    /// Do not turn pictures as their EXIF orientation says
    #[arg(long)]
    pub no_exif: bool,

    /// Decode JPEG pictures at full size, even those of many times the size that the model sees
    #[arg(long)]
    pub exact_decode: bool,

    /// Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]
    #[arg(long, default_value_t = Limits::default().max_pixels, hide_default_value = true,
        value_name = "N", value_parser = pixels)]
    pub max_pixels: u64,

    /// Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]
    #[arg(long, default_value_t = Limits::default().max_bytes, hide_default_value = true,
        value_name = "SIZE", value_parser = bytes)]
    pub max_bytes: u64,
}

impl DecodeArgs {
    /// What one picture may cost.
    pub fn limits(&self) -> Limits {
        Limits {
            max_pixels: self.max_pixels,
            max_bytes: self.max_bytes,
        }
    }
}
