//! `effnet report`: a page of what was labelled before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use super::page::Page;
use super::tally::Tally;
use crate::cli::{DecodeArgs, thread_count};
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::output::{Answer, Record, destination, saved};
use crate::picture::thumbnail::{self, thumbnail};
use crate::run::inputs::{Input, LeftOut};
use crate::run::pipeline::{Options, Pipeline};
use crate::run::threads::{INTERRUPTED, start_pool, threads};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet classify -r photos -o labels.jsonl
  effnet report --from labels.jsonl -o page.html";

/// Make a page of pictures that were labelled before, to look at in a browser
///
/// It is the page of `classify --report`, without running the network again: small pictures are made
/// of the files that the records name.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES)]
pub struct Report {
    /// What `effnet classify --jsonl` wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: PathBuf,

    /// The page
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count, env = "EFFNET_THREADS",
        hide_env = true)]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub decode: DecodeArgs,
}

pub fn run(args: &Report, terminal: Terminal) -> Result<Outcome> {
    let saved = saved::records(&args.from)?.collect::<Result<Vec<_>>>()?;
    let from = args.from.display();
    ensure!(!saved.is_empty(), "{from} holds no records");
    let (records, models): (Vec<Record>, BTreeSet<_>) = saved.into_iter().unzip();
    let mut read: Vec<&Path> = records.iter().map(|record| record.path.as_path()).collect();
    read.push(&args.from);
    destination::check(&args.output, &read)?;
    let mut models = models.into_iter().flatten();
    let model = match (models.next(), models.next()) {
        (Some(model), None) => model,
        _ => "several models".to_owned(),
    };
    let threads = threads(args.threads);
    start_pool(threads)?;
    let mut page = Page::open(&args.output, &model)?;
    let inputs: Vec<_> = records.iter().map(input).collect();
    let count = Some(inputs.len() as u64);
    let pipeline = Pipeline::start(
        inputs.into_iter(),
        thumbnail::transform(),
        options(args, threads),
        |_, picture| thumbnail(&picture),
        &INTERRUPTED,
    );
    let each = |pictures: &[Pixels]| Ok(pictures.iter().map(|_| Ok(())).collect());
    let mut records = records.into_iter();
    let mut unseen = 0;
    let emit = |_, seen: Result<((), Vec<u8>), PictureError>| {
        let Some(Record { path, outcome }) = records.next() else {
            return Ok(());
        };
        let outcome = outcome.map(|answer| {
            unseen += u64::from(seen.is_err());
            let thumbnail = seen.ok().map(|((), thumbnail)| thumbnail);
            Answer {
                thumbnail,
                ..answer
            }
        });
        page.write(&Record { path, outcome })
    };
    let mut tally = Tally::new(LeftOut::default(), terminal);
    tally.run(pipeline, count, false, each, emit)?;
    if unseen > 0 {
        terminal.warn(&format!(
            "{unseen} of the pictures can't be read any more, and have no small picture on the page"
        ));
    }
    page.close()?;
    Ok(tally.close(true))
}

/// What is read once more of a picture: nothing where it had failed.
fn input(record: &Record) -> Input {
    match &record.outcome {
        Ok(_) => Input::File(record.path.clone()),
        Err(error) => Input::Failed(record.path.clone(), error.clone()),
    }
}

fn options(args: &Report, threads: usize) -> Options {
    Options {
        batch_size: threads,
        decoders: threads,
        limits: args.decode.limits(),
        upright: !args.decode.no_exif,
        exact: args.decode.exact_decode,
    }
}
