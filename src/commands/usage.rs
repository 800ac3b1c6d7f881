//! The command line, and one line on what is wrong with it.

use std::error::Error as _;
use std::path::Path;
use std::process::exit;

use anyhow::anyhow;
use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Cli;
use super::help::command;
use super::outcome::Outcome;
use crate::terminal::fail;

/// The command line of this process; it ends with a message where that is wrong.
pub fn parse() -> Cli {
    let matches = command().try_get_matches();
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.unwrap_or_else(|error| {
        // Help is no error.
        if !error.use_stderr() {
            error.exit();
        }
        let line = line(&error).unwrap_or_else(|| words_of_clap(&error));
        fail(&anyhow!(line));
        exit(Outcome::Failed.code())
    })
}

/// What is wrong, where clap's own words would not do.
fn line(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::InvalidSubcommand => no_command(text(error, ContextKind::InvalidSubcommand)?),
        ErrorKind::UnknownArgument => no_command_before(text(error, ContextKind::InvalidArg)?),
        ErrorKind::ValueValidation => Some(of_value(error, &error.source()?.to_string())),
        ErrorKind::InvalidValue => Some(match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) if !values.is_empty() => {
                of_value(error, &format!("it must be one of {}", values.join(", ")))
            }
            _ => of_value(error, ""),
        }),
        _ => None,
    }
}

/// What clap says before the usage, in one line.
fn words_of_clap(error: &Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    let lines: Vec<_> = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .collect();
    let words = lines.join("; ").replace(":; ", ": ");
    let words = words.strip_prefix("error: ").unwrap_or(&words);
    match lines.len() {
        1 => format!("{words}; see --help"),
        _ => words.to_owned(),
    }
}

fn text(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// `--threads 0: it must be ...`; what is no flag's value speaks for itself.
fn of_value(error: &Error, why: &str) -> String {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    match argument
        .split([' ', '='])
        .next()
        .filter(|flag| flag.starts_with('-'))
    {
        Some(flag) if why.is_empty() => format!("{flag} needs a value"),
        Some(flag) if value.is_empty() => format!("{flag} needs a value: {why}"),
        Some(flag) => format!("{flag} {value}: {why}"),
        None => why.to_owned(),
    }
}

/// For a flag of `classify` where no command was named at all.
fn no_command_before(flag: &str) -> Option<String> {
    let root = command();
    if std::env::args_os().any(|word| root.find_subcommand(word).is_some()) {
        return None;
    }
    let mut flags = root.find_subcommand("classify")?.get_arguments();
    let is_flag = flags.any(|arg| {
        let short = arg
            .get_short()
            .is_some_and(|short| flag == format!("-{short}"));
        short
            || arg
                .get_long()
                .is_some_and(|long| flag == format!("--{long}"))
    });
    is_flag.then(|| format!("{flag} goes behind a command: `effnet classify {flag} ...`"))
}

/// For a picture in the place of a command; clap knows better what other words were to be.
fn no_command(word: &str) -> Option<String> {
    let is_path = word.contains(['/', '.', '*', '\\']) || word == "-" || Path::new(word).exists();
    let quoted = match word.contains(|c: char| !(c.is_alphanumeric() || "/._-+~:,@%".contains(c))) {
        true => format!("'{}'", word.replace('\'', r"'\''")),
        false => word.to_owned(),
    };
    is_path.then(|| format!("there is no command {word}; did you mean `effnet classify {quoted}`?"))
}
