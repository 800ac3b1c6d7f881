//! `effnet man`: write the manual page, with the commands in it.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::Result;
use clap::builder::StyledStr;
use clap::{Arg, Args, Command};

use super::help::GENERAL;
use super::outcome::Outcome;
use crate::cli::EXIT_CODES_AND_ENVIRONMENT;

/// Write the manual page
#[derive(Debug, Args)]
#[command(before_long_help = "\
Examples:
  effnet man | man -l -
  effnet man > ~/.local/share/man/man1/effnet.1")]
pub struct Man {}

pub fn run(mut root: Command) -> Result<Outcome> {
    root.build();
    let mut page = String::new();
    let version = root.get_version().unwrap_or_default();
    writeln!(
        page,
        ".TH EFFNET 1 \"\" \"effnet {version}\" \"User Commands\""
    )?;
    writeln!(page, ".SH NAME\neffnet \\- {}", text(root.get_about()))?;
    writeln!(page, ".SH SYNOPSIS")?;
    for command in commands(&root) {
        writeln!(page, "{}\n.br", synopsis(command))?;
    }
    writeln!(
        page,
        ".SH DESCRIPTION\n{}",
        paragraphs(root.get_long_about())
    )?;
    writeln!(page, ".SH COMMANDS")?;
    let mut shown: Vec<&Command> = Vec::new();
    for command in commands(&root) {
        write_command(&mut page, command, &shown)?;
        shown.push(command);
    }
    writeln!(page, ".SH OPTIONS\nThese go with every command.")?;
    write_options(&mut page, &root, |arg| {
        arg.get_help_heading() == Some(GENERAL)
    })?;
    writeln!(page, ".SH EXAMPLES\n.nf")?;
    for command in commands(&root) {
        write_examples(&mut page, command)?;
    }
    writeln!(page, ".fi")?;
    write_sections(&mut page)?;
    io::stdout().write_all(page.as_bytes())?;
    Ok(Outcome::Success)
}

fn commands(root: &Command) -> impl Iterator<Item = &Command> {
    let all = root.get_subcommands();
    all.filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

/// `effnet info [OPTION]... [MODEL]`.
fn synopsis(command: &Command) -> String {
    let mut line = format!("\\fBeffnet {}\\fR [\\fIOPTION\\fR]...", command.get_name());
    for arg in command.get_positionals() {
        line += &format!(" {}", escaped(&arg.to_string()));
    }
    line
}

/// A command with its flags; of those that are the same in one of the commands `shown` before, the
/// names alone.
fn write_command(page: &mut String, command: &Command, shown: &[&Command]) -> Result<()> {
    writeln!(page, ".SS {}", command.get_name())?;
    writeln!(page, "{}.", text(command.get_about()))?;
    let first = |arg: &Arg| {
        let has = |shown: &&&Command| shown.get_arguments().any(|other| is_same(arg, other));
        shown.iter().find(has).map(|shown| shown.get_name())
    };
    let own = || command.get_arguments().filter(|arg| first(arg).is_none());
    let mut headings: Vec<Option<&str>> = Vec::new();
    for heading in own().map(Arg::get_help_heading) {
        if heading != Some(GENERAL) && !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        write_options(page, command, |arg| {
            arg.get_help_heading() == heading && first(arg).is_none()
        })?;
    }
    for other in shown {
        let args = command.get_arguments();
        let args = args.filter(|arg| first(arg) == Some(other.get_name()));
        let names: Vec<_> = args
            .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
            .collect();
        if !names.is_empty() {
            let names = escaped(&names.join(", "));
            writeln!(page, ".PP\nAs for \\fB{}\\fR: {names}.", other.get_name())?;
        }
    }
    Ok(())
}

/// Whether two commands share a flag.
fn is_same(a: &Arg, b: &Arg) -> bool {
    let help = |arg: &Arg| text(arg.get_long_help().or(arg.get_help()));
    a.get_help_heading() != Some(GENERAL) && a.get_long() == b.get_long() && help(a) == help(b)
}

/// A list without blank lines between its entries.
fn write_options(
    page: &mut String,
    command: &Command,
    wanted: impl Fn(&Arg) -> bool,
) -> Result<()> {
    let args = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && wanted(arg));
    writeln!(page, ".PP\n.PD 0")?;
    for arg in args {
        let short = arg.get_short().map(|short| format!("\\fB\\-{short}\\fR"));
        let long = arg
            .get_long()
            .map(|long| format!("\\fB{}\\fR", escaped(&format!("--{long}"))));
        let names: Vec<_> = short.into_iter().chain(long).collect();
        let value = match arg
            .get_value_names()
            .filter(|_| arg.get_action().takes_values())
        {
            Some(names) => format!("\\fI{}\\fR", names.join(" ")),
            None => String::new(),
        };
        let separator = if names.is_empty() || value.is_empty() {
            ""
        } else {
            " "
        };
        writeln!(page, ".TP 24\n{}{separator}{value}", names.join(", "))?;
        writeln!(
            page,
            "{}{}",
            text(arg.get_long_help().or(arg.get_help())),
            values(arg)
        )?;
    }
    writeln!(page, ".PD")?;
    Ok(())
}

/// What it may be, and what it is where it is not given.
fn values(arg: &Arg) -> String {
    let mut text = String::new();
    if !arg.get_action().takes_values() {
        return text;
    }
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let names: Vec<_> = possible.iter().map(|value| value.get_name()).collect();
        text += &format!(": {}", names.join(", "));
    }
    let default = arg
        .get_default_values()
        .first()
        .filter(|_| !arg.is_hide_default_value_set());
    if let Some(default) = default {
        text += &format!(" [default: {}]", default.display());
    }
    escaped(&text)
}

fn write_examples(page: &mut String, command: &Command) -> Result<()> {
    let examples = command
        .get_before_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    for line in examples.lines().skip(1) {
        writeln!(page, "{}", escaped(line.trim_start()))?;
    }
    Ok(())
}

/// Exit status, environment and files.
fn write_sections(page: &mut String) -> Result<()> {
    for line in EXIT_CODES_AND_ENVIRONMENT
        .lines()
        .filter(|line| !line.is_empty())
    {
        let entry = line.trim_start();
        if let Some(heading) = line.strip_suffix(':').filter(|_| entry == line) {
            writeln!(page, ".SH {}", heading.to_uppercase())?;
        } else if line.len() - entry.len() > 2 {
            // What a long word above means.
            writeln!(page, "{}", escaped(entry))?;
        } else if let Some((word, meaning)) = entry.split_once("  ") {
            writeln!(
                page,
                ".TP\n\\fB{}\\fR\n{}",
                escaped(word),
                escaped(meaning.trim_start())
            )?;
        } else if entry.contains('.') {
            writeln!(page, ".PP\n{}", escaped(entry))?;
        } else {
            writeln!(page, ".TP\n\\fB{}\\fR", escaped(entry))?;
        }
    }
    Ok(())
}

/// Several paragraphs of help as one, with the stop that a first one lacks.
fn text(help: Option<&StyledStr>) -> String {
    let text = help.map(ToString::to_string).unwrap_or_default();
    let text = text.replace("\n\n", ". ");
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn paragraphs(help: Option<&StyledStr>) -> String {
    let text = help.map(ToString::to_string).unwrap_or_default();
    let paragraphs = text
        .split("\n\n")
        .map(|part| escaped(&part.replace('\n', " ")));
    paragraphs.collect::<Vec<_>>().join("\n.PP\n")
}

/// Hyphens that can be copied, and nothing that roff takes for a request.
fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
