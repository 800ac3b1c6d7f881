//! `effnet models`: list the published checkpoints.

use std::io::{self, Write};

use anyhow::{Result, ensure};
use clap::Args;
use serde::Serialize;

use super::outcome::Outcome;
use crate::checkpoint::files::WEIGHTS_FILE;
use crate::checkpoint::published::{Checkpoint, LICENCE, of_variant, variants};
use crate::hub::Hub;

/// List the published checkpoints
#[derive(Debug, Args)]
pub struct Models {
    /// All of them, not only those of B0 to B7
    #[arg(long)]
    pub all: bool,

    /// Of all, those whose name holds a word: `v2`, `in21k`, `lite`, ...
    #[arg(long, value_name = "WORD")]
    pub search: Option<String>,

    /// Write one JSON array
    #[arg(long)]
    pub json: bool,
}

/// A checkpoint as it is listed; `gmacs` at `resolution`.
#[derive(Serialize)]
struct Row {
    variant: &'static str,
    tag: &'static str,
    repo: String,
    default: bool,
    classes: usize,
    parameters: usize,
    gmacs: f64,
    resolution: usize,
    top1: Option<f32>,
    top5: Option<f32>,
    test_resolution: Option<usize>,
    test_top1: Option<f32>,
    test_top5: Option<f32>,
    licence: &'static str,
    cached: bool,
}

impl Row {
    fn new(checkpoint: &Checkpoint, hub: Option<&Hub>) -> Self {
        let variant = checkpoint.variant();
        let default = Checkpoint::default_of(variant);
        let repo = checkpoint.repo();
        let test = checkpoint.test();
        let test_accuracy = test.and_then(|(_, accuracy)| accuracy);
        Self {
            variant,
            tag: checkpoint.tag,
            default: default.is_ok_and(|default| default.repo() == repo),
            classes: checkpoint.classes,
            parameters: checkpoint.parameters(),
            gmacs: (checkpoint.gmacs() * 1e3).round() / 1e3,
            resolution: checkpoint.transform.height,
            top1: checkpoint.accuracy.map(|(top1, _)| top1),
            top5: checkpoint.accuracy.map(|(_, top5)| top5),
            test_resolution: test.map(|(transform, _)| transform.height),
            test_top1: test_accuracy.map(|(top1, _)| top1),
            test_top5: test_accuracy.map(|(_, top5)| top5),
            licence: LICENCE,
            cached: hub.is_some_and(|hub| hub.cached(&repo, "main", WEIGHTS_FILE).is_some()),
            repo,
        }
    }
}

/// The variants that are listed unless others are asked for.
const USUAL: [&str; 8] = ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"];

impl Models {
    fn wants(&self, checkpoint: &Checkpoint) -> bool {
        match &self.search {
            Some(word) => {
                let word = word.to_lowercase();
                checkpoint.repo().contains(&word) || checkpoint.variant().contains(&word)
            }
            None => self.all || USUAL.contains(&checkpoint.variant()),
        }
    }
}

pub fn run(args: &Models) -> Result<Outcome> {
    // The list is worth having even where the environment names no usable cache.
    let hub = Hub::from_env(true).ok();
    let mut rows: Vec<Row> = variants()
        .filter_map(|variant| of_variant(variant).ok())
        .flatten()
        .filter(|c| args.wants(c))
        .map(|c| Row::new(c, hub.as_ref()))
        .collect();
    ensure!(
        !rows.is_empty(),
        "no checkpoint is called like that; `effnet models --all` lists them",
    );
    // Stable: the default first within each run of one variant.
    rows.chunk_by_mut(|a, b| a.variant == b.variant)
        .for_each(|rows| rows.sort_by_key(|row| !row.default));
    if args.json {
        json(&rows)?;
    } else {
        table(&rows, args.all || args.search.is_some())?;
    }
    Ok(Outcome::Success)
}

fn json(rows: &[Row]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    serde_json::to_writer(&mut to, rows)?;
    writeln!(to)
}

fn table(rows: &[Row], all: bool) -> io::Result<()> {
    let mut to = io::stdout().lock();
    writeln!(
        to,
        "{:<9} {:<24} {:>7} {:>9} {:>7} {:>6} {:>7} {:>7} {:>6} {:>7}  cached",
        "variant",
        "weights",
        "classes",
        "params M",
        "GMACs",
        "size",
        "top-1",
        "top-5",
        "test",
        "top-1",
    )?;
    let percent = |value: Option<f32>| value.map_or("-".to_owned(), |p| format!("{p:.3}"));
    let size = |value: Option<usize>| value.map_or("-".to_owned(), |size| size.to_string());
    for row in rows {
        let tag = format!("{}{}", row.tag, if row.default { " *" } else { "" });
        let line = format!(
            "{:<9} {:<24} {:>7} {:>9.2} {:>7.3} {:>6} {:>7} {:>7} {:>6} {:>7}  {}",
            row.variant,
            tag,
            row.classes,
            row.parameters as f64 / 1e6,
            row.gmacs,
            row.resolution,
            percent(row.top1),
            percent(row.top5),
            size(row.test_resolution),
            percent(row.test_top1),
            if row.cached { "yes" } else { "" },
        );
        writeln!(to, "{}", line.trim_end())?;
    }
    let more = match all {
        true => "test: the size that --test-size prepares for",
        false => "--all lists the other EfficientNets too: V2, Lite, EdgeTPU, ...",
    };
    writeln!(
        to,
        "\n* what --variant alone takes; demo is built in and needs no download\n{more}\n\
         licence of all: {LICENCE}"
    )
}
