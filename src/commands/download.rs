//! `effnet download`: fetch checkpoints for later use.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use super::downloads::Downloads;
use super::outcome::Outcome;
use crate::checkpoint::choice::Choice;
use crate::checkpoint::demo::DEMO;
use crate::checkpoint::files;
use crate::checkpoint::published::Checkpoint;
use crate::cli::SourceArgs;
use crate::hub::Hub;
use crate::terminal::Terminal;

/// Download checkpoints for later use
#[derive(Debug, Args)]
#[command(
    before_long_help = "\
Examples:
  effnet download b4 b7                # to be offline later
  effnet download b0 --weights aa
  effnet download google/efficientnet-b3
  effnet download https://huggingface.co/timm/tf_efficientnetv2_m.in21k",
    mut_arg("variant", |arg| {
        arg.display_order(0)
            .help("Which file of a repository that has one for each variant [default: b0]")
            .long_help("Which file of a repository that has one for each variant [default: b0]")
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
    let wanted = args.models.iter().map(|name| args.wanted(name));
    let wanted = wanted.collect::<Result<Vec<_>>>()?;
    let hub = Hub::from_env(args.source.offline)?;
    let progress = Downloads::new(terminal);
    for wanted in wanted {
        let Some(Wanted {
            repo,
            revision,
            variant,
        }) = wanted
        else {
            terminal.say("demo is built in: there is nothing to download");
            continue;
        };
        let get = |file: &str| hub.refresh(&repo, &revision, file, &progress);
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

/// A repository of which the weights are wanted.
struct Wanted {
    repo: String,
    revision: String,
    /// Which file of a repository with one for each.
    variant: Option<String>,
}

impl Download {
    /// What `name` stands for; nothing has to be done for the model within the program.
    fn wanted(&self, name: &str) -> Result<Option<Wanted>> {
        let choice = Choice {
            model: Some(name.to_owned()),
            ..self.source.choice()
        };
        let Choice {
            variant,
            weights,
            model,
            revision,
            ..
        } = choice.settled()?;
        let repo = match (model, variant.as_deref()) {
            (Some(model), _) if Path::new(&model).exists() => {
                bail!("{model} is here already; names on the Hub (owner/name) are downloaded")
            }
            (Some(_), _) if weights.is_some() => {
                bail!("--weights goes with variants only; {name} is not one")
            }
            (Some(model), _) => model,
            (None, Some(DEMO)) => return Ok(None),
            (None, variant) => {
                Checkpoint::chosen(variant.unwrap_or("b0"), weights.as_deref())?.repo()
            }
        };
        Ok(Some(Wanted {
            repo,
            revision: revision.unwrap_or("main".to_owned()),
            variant,
        }))
    }
}
