//! One file per subcommand: its arguments and what it does.

mod answer;
mod bench;
mod check;
mod classify;
mod completions;
mod download;
mod downloads;
mod embed;
mod embedding;
mod eval;
mod explain;
mod find;
mod help;
mod info;
mod listing;
mod man;
mod models;
pub mod outcome;
mod page;
mod plan;
mod report;
mod searched;
mod similar;
mod sort;
mod tally;
mod train;
mod undo;
pub mod usage;
mod writer;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::cli::EXIT_CODES_AND_ENVIRONMENT;
use crate::terminal::{Color, Terminal};
use help::{GENERAL, command};
use outcome::Outcome;

const EXAMPLES: &str = "\
Examples:
  effnet classify photo.jpg                        # the five best labels of B0
  effnet classify -r photos --variant b4 --csv > labels.csv
  effnet find dog -r photos                        # the paths of those that show a dog
  effnet explain photo.jpg -o heat.png             # where in it the label is seen
  effnet similar --duplicates -r photos            # groups of copies
  effnet eval validation                           # how good it is; a folder for each label
  effnet train pets -o mypets                      # classes of your own, in a minute
  effnet models                                    # the published checkpoints
  effnet info b4                                   # what a network is made of
  effnet download b4 b7                            # now, to be offline later
  effnet bench b0                                  # how fast it is here";

/// Label pictures with EfficientNet
///
/// Downloads pretrained weights from the Hugging Face Hub once, prepares each picture exactly as
/// the checkpoint was evaluated, and prints the most likely labels.
#[derive(Debug, Parser)]
#[allow(missing_docs)] // They are the help.
#[command(name = "effnet", version, propagate_version = true, before_long_help = EXAMPLES,
    after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub quiet: bool,

    /// Say what is done and how long it took
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = GENERAL)]
    pub verbose: bool,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN",
        help_heading = GENERAL)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
#[allow(missing_docs)] // They are the help.
pub enum Command {
    Classify(Box<classify::Classify>),
    Find(Box<find::Find>),
    Explain(Box<explain::Explain>),
    Embed(Box<embed::Embed>),
    Similar(Box<similar::Similar>),
    Eval(Box<eval::Eval>),
    Train(Box<train::Train>),
    Undo(undo::Undo),
    Check(check::Check),
    Report(report::Report),
    Models(models::Models),
    Info(info::Info),
    Download(download::Download),
    Bench(bench::Bench),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Runs the subcommand.
///
/// # Errors
/// If it could not do anything at all.
pub fn run(cli: Cli) -> Result<Outcome> {
    let terminal = Terminal {
        quiet: cli.quiet,
        verbose: cli.verbose,
        color: cli.color,
    };
    match cli.command {
        Command::Classify(args) => classify::run(&args, terminal),
        Command::Find(args) => find::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Embed(args) => embed::run(&args, terminal),
        Command::Similar(args) => similar::run(&args, terminal),
        Command::Eval(args) => eval::run(*args, terminal),
        Command::Train(args) => train::run(&args, terminal),
        Command::Undo(args) => undo::run(&args, terminal),
        Command::Report(args) => report::run(&args, terminal),
        Command::Check(args) => check::run(&args, terminal),
        Command::Models(args) => models::run(&args),
        Command::Info(args) => info::run(&args, terminal),
        Command::Download(args) => download::run(&args, terminal),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => completions::run(&args, command()),
        Command::Man(_) => man::run(command()),
    }
}
