//! `effnet download`: fetch checkpoints for later use.

use std::io::{self, Write};

use anyhow::{Result, bail};
use clap::Args;

use super::downloads::Downloads;
use super::outcome::Outcome;
use crate::checkpoint::files::{self, is_repo_id};
use crate::checkpoint::published::{Checkpoint, variants};
use crate::cli::SourceArgs;
use crate::hub::Hub;
use crate::terminal::Terminal;

/// Download checkpoints for later use
#[derive(Debug, Args)]
#[command(
    mut_arg("variant", |arg| {
        arg.display_order(0)
            .help("Which file of a repository that has one for each variant [default: b0]")
    }),
    mut_arg("weights", |arg| {
        arg.display_order(1)
            .help("Which of the variants' published weights [default: the most accurate]")
    }),
    mut_arg("revision", |arg| arg.display_order(2)),
    mut_arg("offline", |arg| {
        arg.display_order(3)
            .help("Never connect; only say whether they were downloaded before")
    }),
)]
pub struct Download {
    /// Variants (b0, v2-s, ...) or Hub ids (owner/name)
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<String>,

    #[command(flatten)]
    pub source: SourceArgs,
}

/// Prints the path of each file of weights, as `hf download` does.
pub fn run(args: &Download, terminal: Terminal) -> Result<Outcome> {
    let SourceArgs {
        variant,
        weights,
        revision,
        offline,
    } = &args.source;
    let hub = Hub::from_env(*offline)?;
    let repo = |name: &String| repo(name, weights.as_deref());
    let repos = args.models.iter().map(repo).collect::<Result<Vec<_>>>()?;
    let revision = revision.as_deref().unwrap_or("main");
    let progress = Downloads::new(terminal);
    for repo in repos {
        let get = |file: &str| hub.refresh(&repo, revision, file, &progress);
        // A repository may hold bare weights, for `--variant` to say what they are.
        if let Some(description) = files::description(&repo, get)?
            && Checkpoint::of_repo(&repo).is_none()
        {
            // What can't be used is not worth the download of its weights.
            description.card()?;
        }
        let weights = files::downloaded(&files::weights(&repo, variant.as_deref()), get)?;
        for path in weights.paths() {
            writeln!(io::stdout(), "{}", path.display())?;
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
