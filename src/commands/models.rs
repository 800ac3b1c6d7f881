//! `effnet models`: list the published checkpoints.

use std::io::{self, Write};

use anyhow::{Result, ensure};
use clap::{ArgAction, Args};
use serde::Serialize;

use super::outcome::Outcome;
use crate::checkpoint::demo::{self, DEMO};
use crate::checkpoint::files::WEIGHTS_FILE;
use crate::checkpoint::published::{Checkpoint, LICENCE, of_variant, variants};
use crate::cli::variant;
use crate::hub::Hub;

/// List the published checkpoints
#[derive(Debug, Args)]
#[command(before_long_help = "\
Examples:
  effnet models                        # those of B0 to B7
  effnet models b4 v2-s
  effnet models --search noisy student
  effnet models --all --json | jq -r 'max_by(.top1).repo'")]
pub struct Models {
    /// Only those of these variants
    #[arg(value_name = "VARIANT", value_parser = variant)]
    pub variants: Vec<&'static str>,

    /// All of them, not only those of B0 to B7
    #[arg(long)]
    pub all: bool,

    /// Of all, those with every one of these words in their names or in what these mean: `v2`,
    /// `in21k`, `noisy student`, ...
    #[arg(long, value_name = "WORD", num_args = 1.., action = ArgAction::Append)]
    pub search: Vec<String>,

    /// Write one JSON array
    #[arg(long)]
    pub json: bool,
}

/// A checkpoint as it is listed; `gmacs` at `resolution`.
#[derive(Serialize)]
struct Row {
    variant: &'static str,
    tag: &'static str,
    /// None of what is within the program.
    repo: Option<String>,
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
            repo: Some(repo),
        }
    }

    /// The model within the program, which has no accuracy on ImageNet.
    fn demo() -> Result<Self> {
        let card = demo::model()?.card;
        let size = card.transform.height;
        Ok(Self {
            variant: DEMO,
            tag: "built-in",
            repo: None,
            default: true,
            classes: card.config.classes,
            parameters: card.config.parameters(),
            gmacs: (card.config.macs(size, size) as f64 / 1e6).round() / 1e3,
            resolution: size,
            top1: None,
            top5: None,
            test_resolution: None,
            test_top1: None,
            test_top5: None,
            licence: env!("CARGO_PKG_LICENSE"),
            cached: true,
        })
    }
}

/// The variants that are listed unless others are asked for.
const USUAL: [&str; 8] = ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"];

/// What the words of tags and the families stand for, for those who look for them by that.
const MEANINGS: &[(&str, &str)] = &[
    ("ns", "noisy student noisystudent"),
    ("aa", "autoaugment"),
    ("ap", "advprop adversarial propagation"),
    ("ra", "randaugment"),
    ("ra2", "randaugment"),
    ("ra4", "randaugment"),
    ("jft", "jft-300m"),
    ("in1k", "imagenet-1k imagenet1k"),
    ("in12k", "imagenet-12k imagenet12k"),
    ("in21k", "imagenet-21k imagenet21k imagenet-22k"),
    ("agc", "adaptive gradient clipping"),
    ("ft", "fine-tuned finetuned"),
    ("es", "edgetpu small"),
    ("em", "edgetpu medium"),
    ("el", "edgetpu large"),
    ("demo", "built-in builtin"),
];

impl Models {
    fn wants(&self, row: &Row) -> bool {
        let listed = match self.variants.is_empty() {
            true => self.all || !self.search.is_empty() || USUAL.contains(&row.variant),
            false => self.variants.contains(&row.variant),
        };
        let mut text = format!(
            "{} {} {}",
            row.repo.as_deref().unwrap_or(""),
            row.variant,
            row.tag
        );
        let meanings = MEANINGS.iter().filter(|(word, _)| {
            let mut words = row.tag.split('_').chain(row.variant.split('-'));
            words.any(|part| part == *word)
        });
        text.extend(meanings.map(|(_, meaning)| format!(" {meaning}")));
        let mut words = self
            .search
            .iter()
            .flat_map(|words| words.split_whitespace());
        listed && words.all(|word| text.contains(&word.to_lowercase()))
    }
}

pub fn run(args: &Models) -> Result<Outcome> {
    // The list is worth having even where the environment names no usable cache.
    let hub = Hub::from_env(true).ok();
    let published = variants().filter_map(|variant| of_variant(variant).ok());
    let mut rows: Vec<Row> = published
        .flatten()
        .map(|c| Row::new(c, hub.as_ref()))
        .chain([Row::demo()?])
        .filter(|row| args.wants(row))
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
        let usual = rows.iter().all(|row| USUAL.contains(&row.variant));
        table(
            &rows,
            usual && args.search.is_empty() && args.variants.is_empty(),
        )?;
    }
    Ok(Outcome::Success)
}

fn json(rows: &[Row]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    serde_json::to_writer(&mut to, rows)?;
    writeln!(to)
}

fn table(rows: &[Row], usual: bool) -> io::Result<()> {
    let mut to = io::stdout().lock();
    line(
        &mut to,
        [
            "variant", "weights", "labels", "params", "GMACs", "size", "top-1", "test", "top-1",
            "here",
        ]
        .map(str::to_owned),
    )?;
    let percent = |value: Option<f32>| value.map_or("-".to_owned(), |p| format!("{p:.2}"));
    for row in rows {
        line(
            &mut to,
            [
                row.variant.to_owned(),
                format!("{}{}", row.tag, if row.default { " *" } else { "" }),
                row.classes.to_string(),
                format!("{:.1}M", row.parameters as f64 / 1e6),
                format!("{:.2}", row.gmacs),
                row.resolution.to_string(),
                percent(row.top1),
                row.test_resolution
                    .map_or("-".to_owned(), |size| size.to_string()),
                percent(row.test_top1),
                if row.cached {
                    "yes".to_owned()
                } else {
                    String::new()
                },
            ],
        )?;
    }
    writeln!(
        to,
        "\n* what --variant alone takes; here: needs no download; more with --json\n\
         size: of the picture in pixels; top-1: accuracy on ImageNet in % at that size\n\
         test: the larger size that --test-size prepares for\n\
         licence of all that is published: {LICENCE}"
    )?;
    match usual {
        true => writeln!(
            to,
            "--all lists the other EfficientNets too: V2, Lite, EdgeTPU, ..."
        ),
        false => Ok(()),
    }
}

/// Never wider than a terminal of 80 columns.
fn line(to: &mut impl Write, cells: [String; 10]) -> io::Result<()> {
    let [
        variant,
        tag,
        classes,
        parameters,
        gmacs,
        size,
        top1,
        test,
        test_top1,
        here,
    ] = cells;
    let line = format!(
        "{variant:<9} {tag:<21} {classes:>6} {parameters:>6} {gmacs:>6} {size:>4} {top1:>5} \
         {test:>4} {test_top1:>5} {here}"
    );
    writeln!(to, "{}", line.trim_end())
}
