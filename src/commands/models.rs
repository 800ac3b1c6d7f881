//! `effnet models`: list the published checkpoints.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::checkpoints::{CHECKPOINTS, Checkpoint, DEFAULT_WEIGHTS, LICENCE};
use crate::cli::Models;
use crate::error::Outcome;
use crate::hub::Hub;
use crate::resolve::WEIGHTS_FILE;

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
    licence: &'static str,
    cached: bool,
}

impl Row {
    fn new(checkpoint: &Checkpoint, hub: Option<&Hub>) -> Self {
        let config = checkpoint.config();
        let size = checkpoint.transform.size;
        let variant = checkpoint.variant();
        let default = Checkpoint::named(variant, DEFAULT_WEIGHTS);
        let repo = checkpoint.repo();
        Self {
            variant,
            tag: checkpoint.tag,
            default: default.is_ok_and(|default| default.repo() == repo),
            classes: checkpoint.classes,
            parameters: config.parameters(),
            gmacs: (config.macs(size, size) as f64 / 1e6).round() / 1e3,
            resolution: size,
            top1: checkpoint.accuracy.map(|(top1, _)| top1),
            top5: checkpoint.accuracy.map(|(_, top5)| top5),
            licence: LICENCE,
            cached: hub.is_some_and(|hub| hub.cached(&repo, "main", WEIGHTS_FILE).is_some()),
            repo,
        }
    }
}

pub fn run(args: &Models) -> Result<Outcome> {
    // The list is worth having even where the environment names no usable cache.
    let hub = Hub::from_env(true).ok();
    let mut rows: Vec<Row> = CHECKPOINTS
        .iter()
        .map(|c| Row::new(c, hub.as_ref()))
        .collect();
    rows.sort_by_key(|row| (row.variant, !row.default));
    if args.json { json(&rows) } else { table(&rows) }?;
    Ok(Outcome::Success)
}

fn json(rows: &[Row]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    serde_json::to_writer_pretty(&mut to, rows)?;
    writeln!(to)
}

fn table(rows: &[Row]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    writeln!(
        to,
        "{:<8} {:<22} {:>9} {:>7} {:>6} {:>7} {:>7}  {:<10}  cached",
        "variant", "weights", "params M", "GMACs", "size", "top-1", "top-5", "licence",
    )?;
    let percent = |value: Option<f32>| value.map_or("-".to_owned(), |p| format!("{p:.3}"));
    for row in rows {
        let tag = format!("{}{}", row.tag, if row.default { " *" } else { "" });
        let line = format!(
            "{:<8} {:<22} {:>9.2} {:>7.3} {:>6} {:>7} {:>7}  {:<10}  {}",
            row.variant,
            tag,
            row.parameters as f64 / 1e6,
            row.gmacs,
            row.resolution,
            percent(row.top1),
            percent(row.top5),
            row.licence,
            if row.cached { "yes" } else { "" },
        );
        writeln!(to, "{}", line.trim_end())?;
    }
    writeln!(
        to,
        "\n* what --variant alone takes; demo is built in and needs no download"
    )
}
