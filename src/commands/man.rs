//! `effnet man`: write the manual page, the subcommands behind the main one.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, Command};

use super::outcome::Outcome;

/// Write the manual page
#[derive(Debug, Args)]
pub struct Man {}

pub fn run(mut command: Command) -> Result<Outcome> {
    let mut page = Vec::new();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|s| s.get_name() != "help") {
        // The first lines of each are comments and a title, which one page has once.
        let mut section = Vec::new();
        clap_mangen::Man::new(subcommand.clone()).render(&mut section)?;
        let section = String::from_utf8_lossy(&section);
        let body = section.split_once(".SH NAME").map_or("", |(_, body)| body);
        let name = subcommand.get_name().to_uppercase();
        write!(
            page,
            ".SH \"EFFNET {name}\"{}",
            body.replace("\n.SH ", "\n.SS ")
        )?;
    }
    // The subcommands are described here and not in pages of their own.
    let page = String::from_utf8(page)?;
    let page = command.get_subcommands().fold(page, |page, subcommand| {
        let name = subcommand.get_name();
        page.replace(&format!("effnet\\-{name}(1)"), &format!("\\fB{name}\\fR"))
    });
    io::stdout().write_all(page.as_bytes())?;
    Ok(Outcome::Success)
}
