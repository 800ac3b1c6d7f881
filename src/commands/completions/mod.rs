//! `effnet completions`: write a shell's completion script.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use super::outcome::Outcome;

/// Write a shell's completion script
#[derive(Debug, Args)]
pub struct Completions {
    pub shell: Shell,
}

pub fn run(args: &Completions, mut command: Command) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "effnet", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Success)
}
