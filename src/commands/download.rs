//! `effnet download`: fetch checkpoints for later use.

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::Downloads;
use super::outcome::Outcome;
use crate::checkpoint::files::{self, is_repo_id};
use crate::checkpoint::published::{Checkpoint, variants};
use crate::cli::Download;
use crate::hub::Hub;
use crate::terminal::Terminal;

/// Prints the path of each file of weights, as `hf download` does.
pub fn run(args: &Download, terminal: Terminal) -> Result<Outcome> {
    let hub = Hub::from_env(args.offline)?;
    let repos: Vec<String> = args
        .models
        .iter()
        .map(|name| repo(name, args.weights.as_deref()))
        .collect::<Result<_>>()?;
    let revision = args.revision.as_deref().unwrap_or("main");
    let progress = Downloads::new(terminal);
    for repo in repos {
        let get = |file: &str| hub.refresh(&repo, revision, file, &progress);
        // A repository may hold bare weights, for `--variant` to say what they are.
        files::card(&repo, get)?;
        let weights = get(&files::weights(&repo, args.variant.as_deref()))?;
        writeln!(io::stdout(), "{}", weights.display())?;
    }
    Ok(Outcome::Success)
}

fn repo(name: &str, weights: Option<&str>) -> Result<String> {
    if variants().any(|variant| variant == name) {
        return Ok(Checkpoint::chosen(name, weights)?.repo());
    }
    if weights.is_some() {
        bail!("--weights goes with variants only; {name} is not one");
    }
    if !is_repo_id(name) {
        bail!("{name} is neither a variant (b0, v2-s, ...) nor a Hub id (owner/name)");
    }
    Ok(name.to_owned())
}
