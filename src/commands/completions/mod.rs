//! `effnet completions`: write a shell's completion script.
//!
//! clap_complete's scripts offer no files in bash, and can't offer variants and files in one
//! place. Those of bash, zsh and fish are written here: plain lists, so that a press of the key
//! starts no program, and the shell's own completion of files.

mod bash;
mod fish;
mod zsh;

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::Result;
use clap::{Arg, ArgAction, Args, Command, ValueHint};
use clap_complete::Shell;

use super::outcome::Outcome;
use crate::checkpoint::demo::DEMO;
use crate::checkpoint::published::{Checkpoint, of_variant, variants};

/// Write a shell's completion script
#[derive(Debug, Args)]
#[command(before_long_help = "\
Examples:
  effnet completions bash > ~/.local/share/bash-completion/completions/effnet
  effnet completions zsh > ~/.zfunc/_effnet        # a folder of your fpath
  effnet completions fish > ~/.config/fish/completions/effnet.fish")]
pub struct Completions {
    /// Which shell's
    pub shell: Shell,
}

pub fn run(args: &Completions, mut command: Command) -> Result<Outcome> {
    command.build();
    let script = match args.shell {
        Shell::Bash => bash::script(&command)?,
        Shell::Zsh => zsh::script(&command)?,
        Shell::Fish => fish::script(&command)?,
        shell => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "effnet", &mut script);
            String::from_utf8(script)?
        }
    };
    io::stdout().write_all(script.as_bytes())?;
    Ok(Outcome::Success)
}

/// What may stand in an argument's place.
enum Values {
    Files,
    Variants,
    /// Variants, and files and folders that hold a model.
    Models,
    /// The tags of published weights.
    Tags,
    /// One of these, each with its meaning where that is known.
    Words(Vec<(String, String)>),
    /// A number, or whatever nobody can foresee.
    Free,
}

/// What `arg` takes; nothing if it is a switch.
fn values(arg: &Arg) -> Option<Values> {
    if !arg.get_action().takes_values() {
        return None;
    }
    let name = arg.get_value_names().and_then(|names| names.first());
    let is_path = !matches!(arg.get_value_hint(), ValueHint::Unknown | ValueHint::Other);
    Some(match name.map_or("", |name| name.as_str()) {
        "MODEL" if is_path => Values::Models,
        "VARIANT" | "MODEL" => Values::Variants,
        "TAG" => Values::Tags,
        "DEVICE" => words(["auto", "cpu", "cuda", "metal"]),
        _ if is_path => Values::Files,
        _ => match arg.get_possible_values() {
            values if values.is_empty() => Values::Free,
            values => Values::Words(
                values
                    .iter()
                    .map(|value| (value.get_name().to_owned(), one_line(value.get_help())))
                    .collect(),
            ),
        },
    })
}

fn words<const N: usize>(words: [&str; N]) -> Values {
    Values::Words(words.map(|word| (word.to_owned(), String::new())).to_vec())
}

/// What comes without a flag; `help` takes a command.
fn positional(command: &Command, root: &Command) -> Option<(String, Values, bool)> {
    if command.get_name() == "help" {
        let words = commands(root).map(|c| (c.get_name().to_owned(), one_line(c.get_about())));
        return Some(("COMMAND".to_owned(), Values::Words(words.collect()), false));
    }
    let arg = command.get_positionals().next()?;
    let name = arg.get_value_names().and_then(|names| names.first());
    let name = name.map_or(String::new(), |name| name.to_string());
    let many = matches!(arg.get_action(), ArgAction::Append);
    Some((name, values(arg)?, many))
}

fn commands(root: &Command) -> impl Iterator<Item = &Command> {
    root.get_subcommands()
        .filter(|command| !command.is_hide_set())
}

fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    let flags = command.get_arguments().filter(|arg| !arg.is_positional());
    flags.filter(|arg| !arg.is_hide_set())
}

/// `-r` and `--recursive`, as far as there are both.
fn names(arg: &Arg) -> Vec<String> {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect()
}

/// A help text's first line.
fn one_line(help: Option<&clap::builder::StyledStr>) -> String {
    let text = help.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The variants, each with what it takes in and how right it is.
fn described_variants() -> impl Iterator<Item = (&'static str, String)> {
    let published = variants().map(|variant| {
        let mut text = String::new();
        if let Ok(default) = Checkpoint::default_of(variant) {
            let size = default.transform.height;
            let _ = write!(
                text,
                "{:.1}M parameters, {size} px",
                default.parameters() as f64 / 1e6
            );
            if let Some((top1, _)) = default.accuracy {
                let _ = write!(text, ", {top1:.1} %");
            }
        }
        (variant, text)
    });
    published.chain([(DEMO, "sixteen drawn things, built in".to_owned())])
}

/// The tags of each variant, by their first words where those are enough.
fn tags() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    variants().map(|variant| {
        let tags = of_variant(variant)
            .unwrap_or_default()
            .into_iter()
            .map(|checkpoint| {
                let first = checkpoint.tag.split('_').next().unwrap_or(checkpoint.tag);
                let named = Checkpoint::named(variant, first);
                match named.is_ok_and(|named| named.tag == checkpoint.tag) {
                    true => first,
                    false => checkpoint.tag,
                }
            });
        (variant, tags.collect())
    })
}

/// The first words of all tags.
fn all_tags() -> Vec<&'static str> {
    let first = |tag: &'static str| tag.split('_').next().unwrap_or(tag);
    let mut all: Vec<_> = tags().flat_map(|(_, tags)| tags).map(first).collect();
    all.sort_unstable();
    all.dedup();
    all
}
