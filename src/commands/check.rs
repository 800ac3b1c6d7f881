//! `effnet check`: whether the files of many runs are whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use super::writer::WRITING;
use crate::output::destination;
use crate::output::state::State;
use crate::run::inputs::Shard;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet check labels                              # all .jsonl files of a folder
  effnet check labels --shards 16                  # of classify --shard 1/16 to 16/16";

const EXIT_STATUS: &str = "\
Exit status:
  0    all files are whole, of one model, and no part is missing
  1    they are not
  2    a file can't be read, or there is none";

/// Tell which files of records are missing, cut off, unfinished or of another model
///
/// Pictures that failed are counted and are no fault of a file.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_STATUS)]
pub struct Check {
    /// What `classify --jsonl -o` wrote, or folders of it
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// They are of runs with --shard 1/N to N/N: tell which of these are missing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub shards: Option<u64>,
}

pub fn run(args: &Check, terminal: Terminal) -> Result<Outcome> {
    let files = files(&args.paths)?;
    let mut stdout = destination::stdout();
    let style = terminal.stdout_style();
    let mut missing: BTreeSet<u64> = (1..=args.shards.unwrap_or(0)).collect();
    let mut models = BTreeSet::new();
    let mut seen = Vec::new();
    let mut is_good = true;
    for file in &files {
        let state = State::of(file)?;
        let parts: BTreeSet<u64> = match args.shards {
            Some(count) => state
                .paths
                .iter()
                .map(|path| Shard::of(path, count))
                .collect(),
            None => BTreeSet::new(),
        };
        let faults = faults(&state, parts.len());
        if faults.is_empty() {
            missing.retain(|part| !parts.contains(part));
        }
        is_good &= faults.is_empty();
        let part = match (parts.first(), parts.len(), args.shards) {
            (Some(part), 1, Some(count)) => format!(", part {part}/{count}"),
            _ => String::new(),
        };
        let (count, failed) = (state.paths.len(), state.failed);
        let faults: String = faults.iter().map(|fault| format!("; {fault}")).collect();
        let shown = style.shown(&file.to_string_lossy());
        writeln!(
            stdout,
            "{shown}: {count} records, {failed} failed{part}{faults}"
        )
        .context(WRITING)?;
        seen.extend(state.models.first().map(|model| (shown, model.clone())));
        models.extend(state.models);
    }
    if models.len() > 1 {
        is_good = false;
        for model in &models {
            let of = seen.iter().filter(|(_, of)| of == model);
            let of: Vec<_> = of.map(|(file, _)| file.as_str()).collect();
            writeln!(stdout, "of {model}: {}", of.join(", ")).context(WRITING)?;
        }
    }
    if let (Some(count), false) = (args.shards, missing.is_empty()) {
        is_good = false;
        let parts: Vec<_> = missing
            .iter()
            .map(|part| format!("{part}/{count}"))
            .collect();
        writeln!(stdout, "missing: {}", parts.join(", ")).context(WRITING)?;
    }
    Ok(match is_good {
        true => Outcome::Success,
        false => Outcome::SomeFailed,
    })
}

/// What is wrong with a file, whose records are of so many parts.
fn faults(state: &State, parts: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if state.is_unfinished {
        faults.push("not finished; the same run with --resume goes on".to_owned());
    }
    if let Some(line) = state.damaged {
        faults.push(format!("line {line} is cut off or no record"));
    }
    if state.repeated > 0 {
        faults.push(format!("{} pictures stand there twice", state.repeated));
    }
    if state.models.len() > 1 {
        faults.push("of several models".to_owned());
    }
    if parts > 1 {
        faults.push("of several parts".to_owned());
    }
    faults
}

/// The files that are named, and those of records in folders, sorted by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let shown = path.display();
        let entries = fs::read_dir(path).with_context(|| format!("can't read {shown}"))?;
        let mut found: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_of_records(path))
            .collect();
        ensure!(
            !found.is_empty(),
            "there is no .jsonl file in {shown}; classify -o FILE.jsonl writes them",
        );
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn is_of_records(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The log of what was sorted is none.
    let is_log = name.starts_with('_');
    let endings = [".jsonl", ".jsonl.part", ".ndjson", ".ndjson.part"];
    !is_log && endings.iter().any(|ending| name.ends_with(ending))
}
