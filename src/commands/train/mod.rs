//! `effnet train`: a model of one's own classes.

mod copies;
mod learnt;
mod pictures;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use crate::cli::{ModelArgs, WorkArgs};
use crate::terminal::Terminal;
use crate::train::saved::Folder;

const EXAMPLES: &str = "\
Examples:
  effnet train pets -o mypets                      # pets/cat/*.jpg, pets/dog/*.jpg, ...
  effnet classify photo.jpg --model mypets
  effnet train pets -o mypets --variant b4         # a larger network, more accurate
  effnet train photos --truth labels.csv -o mine   # lines of a path and a class
  effnet train --from pets.safetensors -o mypets   # of what effnet embed wrote";

const NOTES: &str = "\
JSON keys, also of MODEL/training.json:
  model, commit, weights_sha256, features
                   the network, and how many features it has
  classes          label, pictures
  pictures, failed, left_out
                   how many teach, which can't be read, which are in no folder of a class
  seed, balanced, folds, c, temperature, trials
                   how it was trained; of each trial c, log_loss, sharpness
  min_score        what 95 % score at least of the pictures, each by a head that did not see it
  cross_validation, held_out
                   as `effnet eval --json`; held_out by folder
  suspects         path, given, given_score, looks_like, score
  copies           paths of the same picture, to the byte or nearly, in folders of several classes

Exit status:
  0    the model is there
  1    the model is there, and some pictures could not be read
  2    wrong usage, or nothing could be done";

/// Train a model of your own classes
///
/// DIR holds a folder for each class, or --truth says what its pictures show. Or it holds `train`, which is learnt from, and perhaps `val` or
/// `test`, which are only measured on. The network stays as it is; its last layer is trained anew, in
/// seconds. MODEL is a folder that classify, eval and timm take as any other. How good it is, is told by
/// pictures that were left out while it learnt; so are pictures that may be in the wrong folder. Where
/// MODEL was made before, its features of the pictures that are still there are not made again.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = NOTES,
    mut_arg("labels", |arg| arg.hide(true)))]
pub struct Train {
    /// A folder of folders of pictures, one for each class
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "from",
        help_heading = "Input", display_order = 0)]
    pub dir: Option<PathBuf>,

    /// What the pictures show, instead of their folders: CSV, TSV or JSON Lines of paths and labels, or
    /// lines of both, as for `effnet eval`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input",
        display_order = 2)]
    pub truth: Option<PathBuf>,

    /// Learn from the features that `effnet embed -o` wrote; the classes are the folders in the paths
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "dir",
        help_heading = "Input", display_order = 1)]
    pub from: Option<PathBuf>,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Let all classes count as much, however many pictures they have
    #[arg(long, help_heading = "Training")]
    pub balance: bool,

    /// Which pictures are left out together while the others are learnt from
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Training")]
    pub seed: u64,

    /// Where the model is written: a new folder, or one that `effnet train` made before
    #[arg(short, long, value_name = "MODEL", value_hint = ValueHint::DirPath, required = true,
        help_heading = "Output")]
    pub output: PathBuf,

    /// Write one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Train, terminal: Terminal) -> Result<Outcome> {
    let started = Instant::now();
    ensure!(
        args.model.labels.is_none(),
        "--labels names the classes of a model that is there; these are named by their folders",
    );
    Folder::check(&args.output)?;
    let Some(gathered) = pictures::gather(args, terminal)? else {
        return Ok(Outcome::Interrupted);
    };
    learnt::learn(args, gathered, started, terminal)
}
