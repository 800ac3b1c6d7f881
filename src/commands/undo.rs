//! `effnet undo`: take back what `classify --sort-into` did.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use super::writer::WRITING;
use crate::output::destination;
use crate::sorting::{Undone, undo};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet undo sorted                               # of classify -r photos --sort-into sorted
  effnet undo sorted --dry-run                     # say what would be done";

/// Take back what `classify --sort-into` did
///
/// Links and copies are removed, moved pictures go back, and folders that were made for them and
/// are empty are removed. What was changed since stays where it is, and so does what would be written
/// over.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES)]
pub struct Undo {
    /// The folder that was sorted into, or the log in it (_sorted.jsonl)
    #[arg(value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub sorted: PathBuf,

    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

pub fn run(args: &Undo, terminal: Terminal) -> Result<Outcome> {
    let mut stdout = destination::stdout();
    let style = terminal.stdout_style();
    let shown = |path: &Path| style.shown(&path.to_string_lossy());
    let (mut undone, mut kept) = (0_u64, 0_u64);
    let tell = |what: Undone| {
        let line = match what {
            Undone::Back { from, to } => format!("{} -> {}", shown(&from), shown(&to)),
            Undone::Gone(path) => format!("{} removed", shown(&path)),
            Undone::Kept(path, why) => {
                kept += 1;
                terminal.warn(&format!("{} stays: {why}", path.display()));
                return Ok(());
            }
        };
        undone += 1;
        writeln!(stdout, "{line}").context(WRITING)
    };
    undo(&args.sorted, args.dry_run, tell)?;
    let left = match kept {
        0 => String::new(),
        kept => format!(", {kept} kept"),
    };
    terminal.say(&format!("{undone} taken back{left}"));
    Ok(match kept {
        0 => Outcome::Success,
        _ => Outcome::SomeFailed,
    })
}
