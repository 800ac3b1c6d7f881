//! `effnet info`: what a model is, layer by layer.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueHint};
use serde::Serialize;

use super::downloads::Downloads;
use super::outcome::Outcome;
use crate::checkpoint::choice::Choice;
use crate::checkpoint::model::Model;
use crate::cli::SourceArgs;
use crate::model::layers::{Layer, layers};
use crate::model::{Config, fitting};
use crate::picture::transform::{CropMode, Transform};
use crate::printable::printable;
use crate::terminal::Terminal;

/// Show what a model is: its layers, its parameters, how pictures are prepared
#[derive(Debug, Args)]
#[command(
    before_long_help = "\
Examples:
  effnet info b4
  effnet info v2-s --test-size
  effnet info pets/                    # a folder with config.json and model.safetensors
  effnet info b0 --json | jq .parameters",
    mut_arg("variant", |arg| {
        arg.display_order(0)
            .help("What a bare file of weights is of")
            .long_help("What a bare file of weights is of")
    }),
    mut_arg("weights", |arg| {
        arg.display_order(1)
            .help("Which of a variant's published weights [default: the most accurate]")
    }),
    mut_arg("revision", |arg| arg.display_order(2)),
    mut_arg("offline", |arg| arg.display_order(4)),
)]
pub struct Info {
    /// A variant (b0, v2-s, ...), a Hub id, a folder or a file [default: b0]
    #[arg(value_hint = ValueHint::AnyPath)]
    pub model: Option<String>,

    #[command(flatten)]
    pub source: SourceArgs,

    /// Show it for the larger size that the model was tested at, if it has one
    #[arg(long, display_order = 3)]
    pub test_size: bool,

    /// Write one JSON object
    #[arg(long, display_order = 5)]
    pub json: bool,
}

/// `gmacs` and the layers at `resolution`.
#[derive(Serialize)]
struct Report {
    model: String,
    parameters: usize,
    gmacs: f64,
    classes: usize,
    padding: String,
    batch_norm_eps: f64,
    #[serde(flatten)]
    preprocessing: Preprocessing,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Preprocessing {
    /// The height.
    resolution: usize,
    width: usize,
    #[serde(skip)]
    side: usize,
    crop_pct: f64,
    crop_mode: &'static str,
    interpolation: String,
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Preprocessing {
    fn new(transform: &Transform) -> Self {
        let (mean, std) = transform.normalisation();
        Self {
            resolution: transform.height,
            width: transform.width,
            side: transform.side(),
            crop_pct: transform.crop_pct,
            crop_mode: match transform.crop_mode {
                CropMode::Center | CropMode::CenterDown => "center",
                CropMode::Border { .. } => "border",
                CropMode::Squash | CropMode::SquashDown => "squash",
            },
            interpolation: format!("{:?}", transform.interpolation).to_lowercase(),
            mean,
            std,
        }
    }
}

impl Report {
    fn new(model: String, config: &Config, transform: &Transform) -> Self {
        let layers = layers(config, transform.height, transform.width);
        let macs: usize = layers.iter().map(|layer| layer.macs).sum();
        Self {
            model,
            parameters: layers.iter().map(|layer| layer.parameters).sum(),
            gmacs: macs as f64 / 1e9,
            classes: config.classes,
            padding: format!("{:?}", config.convention.padding).to_lowercase(),
            batch_norm_eps: config.convention.batch_norm_eps,
            preprocessing: Preprocessing::new(transform),
            layers,
        }
    }
}

impl Info {
    /// What names the model.
    fn choice(&self) -> Choice {
        Choice {
            model: self.model.clone(),
            test_size: self.test_size,
            ..self.source.choice()
        }
    }
}

pub fn run(args: &Info, terminal: Terminal) -> Result<Outcome> {
    let choice = args.choice();
    let report = match choice.known_offline()? {
        Some((name, card)) => Report::new(name, &card.config, &card.transform),
        None => {
            let Model {
                name,
                card,
                weights,
                ..
            } = choice.resolve(&Downloads::new(terminal))?;
            let config = fitting::with_widths_of_file(&weights.open()?, card.config)?;
            Report::new(name, &config, &card.transform)
        }
    };
    let mut to = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut to, &report)?;
        writeln!(to)?;
    } else {
        print(&mut to, &report)?;
    }
    Ok(Outcome::Success)
}

fn print(to: &mut impl Write, report: &Report) -> io::Result<()> {
    let Preprocessing {
        resolution,
        width,
        side,
        crop_pct,
        crop_mode,
        interpolation,
        mean,
        std,
    } = &report.preprocessing;
    writeln!(to, "{}", printable(&report.model))?;
    writeln!(
        to,
        "{} classes, {} padding, BatchNorm eps {:e}\n\
         input {resolution} x {width}: {interpolation} to {side} ({crop_mode}, crop_pct {crop_pct}), \
         mean {mean:?}, std {std:?}\n",
        report.classes, report.padding, report.batch_norm_eps,
    )?;
    let line = |to: &mut dyn Write, name: &str, output: &str, parameters, macs: usize| {
        let mmacs = macs as f64 / 1e6;
        writeln!(to, "{name:<28} {output:>13} {parameters:>12} {mmacs:>10.2}")
    };
    writeln!(
        to,
        "{:<28} {:>13} {:>12} {:>10}",
        "layer", "output", "parameters", "MMACs",
    )?;
    for layer in &report.layers {
        let [height, width, channels] = layer.output;
        let output = format!("{height}x{width}x{channels}");
        line(to, &layer.name, &output, layer.parameters, layer.macs)?;
    }
    let macs = report.layers.iter().map(|layer| layer.macs).sum();
    line(to, "total", "", report.parameters, macs)
}
