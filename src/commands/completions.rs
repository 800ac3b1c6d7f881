//! `effnet completions`: write a shell's completion script.

use std::io::{self, Write};

use anyhow::Result;
use clap::CommandFactory;

use super::outcome::Outcome;
use crate::cli::{Cli, Completions};

pub fn run(args: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "effnet", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Success)
}
