//! `effnet download`: fetch checkpoints for later use.

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::Downloads;
use super::outcome::Outcome;
use crate::checkpoints::{Checkpoint, variants};
use crate::cli::Download;
use crate::hub::{Hub, HubError};
use crate::resolve::{CONFIG_FILE, WEIGHTS_FILE, is_repo_id};
use crate::terminal::Terminal;
use crate::text_file;
use crate::transformers_config::{self, PREPROCESSOR_FILE};

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
        match hub.refresh(&repo, revision, CONFIG_FILE, &progress) {
            // Published checkpoints are described by our own table too; anyone's own are not.
            Err(HubError::FileNotFound { .. }) if Checkpoint::of_repo(&repo).is_some() => {}
            Err(HubError::Cancelled) => return Ok(Outcome::Interrupted),
            config => {
                if transformers_config::describes(&text_file::read(&config?)?) {
                    hub.refresh(&repo, revision, PREPROCESSOR_FILE, &progress)?;
                }
            }
        }
        match hub.refresh(&repo, revision, WEIGHTS_FILE, &progress) {
            Ok(path) => writeln!(io::stdout(), "{}", path.display())?,
            Err(HubError::Cancelled) => return Ok(Outcome::Interrupted),
            Err(e) => return Err(e.into()),
        }
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
