//! `effnet info`: what a model is, layer by layer.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use super::Downloads;
use crate::classifier::Model;
use crate::cli::Info;
use crate::error::Outcome;
use crate::model::architectures::Architecture;
use crate::model::layers::{Layer, layers};
use crate::model::{Config, fitting};
use crate::preprocess::{CropMode, Transform};
use crate::resolve::Choice;
use crate::terminal::{Terminal, printable};

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
    resolution: usize,
    #[serde(skip)]
    side: usize,
    crop_pct: f64,
    crop_mode: &'static str,
    interpolation: String,
    mean: [f32; 3],
    std: [f32; 3],
}

impl Preprocessing {
    fn new(transform: &Transform) -> Self {
        Self {
            resolution: transform.size,
            side: transform.side(),
            crop_pct: transform.crop_pct,
            crop_mode: match transform.crop_mode {
                CropMode::Center => "center",
                CropMode::Squash | CropMode::SquashDown => "squash",
            },
            interpolation: format!("{:?}", transform.interpolation).to_lowercase(),
            mean: transform.mean,
            std: transform.std,
        }
    }
}

impl Report {
    fn new(model: String, config: &Config, transform: &Transform) -> Self {
        let layers = layers(config, transform.size, transform.size);
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

pub fn run(args: Info, terminal: Terminal) -> Result<Outcome> {
    let json = args.json;
    let named = Architecture::named(&args.model).is_some();
    let choice = Choice {
        variant: if named {
            Some(args.model.clone())
        } else {
            args.variant
        },
        weights: args.weights,
        model: (!named).then_some(args.model),
        revision: args.revision,
        test_size: args.test_size,
        labels: None,
        offline: args.offline,
    };
    let report = match choice.described()? {
        Some((name, config, transform)) => Report::new(name, &config, &transform),
        None => {
            let model = choice.resolve(&Downloads::new(terminal))?;
            let Model {
                name,
                config,
                transform,
                ..
            } = model;
            let config = fitting::with_widths_of_file(&model.weights.open()?, config)?;
            Report::new(name, &config, &transform)
        }
    };
    let mut to = io::stdout().lock();
    if json {
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
         input {resolution} x {resolution}: {interpolation} to {side} ({crop_mode}, crop_pct {crop_pct}), \
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
