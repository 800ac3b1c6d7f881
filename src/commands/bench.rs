//! `effnet bench`: time the forward pass on generated weights.

use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use candle_core::Tensor;
use clap::Args;
use serde::Serialize;

use super::outcome::Outcome;
use crate::cli::{DeviceArgs, batch_size, run_count, thread_count, variant};
use crate::model::architectures::{Architecture, Convention};
use crate::model::generated::{self, Generated};
use crate::model::layers::{Layer, layers};
use crate::model::{Config, EfficientNet};
use crate::run::memory;
use crate::run::threads::{INTERRUPTED, start_pool, threads};

/// Time the forward pass on generated weights, without any download
#[derive(Debug, Args)]
#[command(before_long_help = "\
Examples:
  effnet bench b4 --batch-size 8
  effnet bench b0 --threads 1 --layers
  effnet bench v2-s --json | jq .images_per_s")]
pub struct Bench {
    /// Which EfficientNet: b0 to b8, v2-s, lite0, ... [default: b0]
    #[arg(value_name = "VARIANT", value_parser = variant)]
    pub named: Option<&'static str>,

    /// The same by its usual name
    #[arg(long, conflicts_with = "named", value_parser = variant)]
    pub variant: Option<&'static str>,

    /// How many pictures go through the network at once
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = batch_size)]
    pub batch_size: usize,

    /// How many threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count, env = "EFFNET_THREADS",
        hide_env = true)]
    pub threads: Option<usize>,

    /// How many timed runs
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = run_count)]
    pub runs: usize,

    /// Also list what each layer takes
    #[arg(long)]
    pub layers: bool,

    #[command(flatten)]
    pub device: DeviceArgs,

    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `gflops_per_s` counts a multiply-add as two.
#[derive(Serialize)]
struct Report<'a> {
    variant: &'a str,
    resolution: usize,
    device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instruction_set: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gpu: Option<&'a str>,
    dtype: &'static str,
    batch_size: usize,
    threads: usize,
    runs: usize,
    median_ms: f64,
    min_ms: f64,
    images_per_s: f64,
    gflops_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<LayerReport>>,
}

/// `share` is of the sum of the layers' medians.
#[derive(Serialize)]
struct LayerReport {
    #[serde(flatten)]
    layer: Layer,
    median_ms: f64,
    gflops_per_s: f64,
    share: f64,
}

pub fn run(args: &Bench) -> Result<Outcome> {
    let threads = threads(args.threads);
    start_pool(threads)?;
    let variant = args.named.or(args.variant).unwrap_or("b0");
    let architecture = Architecture::named(variant).context("clap checks the variant")?;
    let picture = architecture.resolution.pow(2) * 3 * size_of::<f32>();
    memory::ensure_fits(args.batch_size as u64, picture as u64)?;
    let place = args.device.open()?;
    let is_gpu = place.is_gpu();
    ensure!(
        !args.layers || is_gpu || args.batch_size == 1,
        "--layers takes --batch-size 1 on a processor: pictures go their ways at the same time",
    );
    let config = Config::new(architecture, Convention::TENSORFLOW, 1000);
    let network = EfficientNet::load(&config, &Generated, place.backend, &place.device)?;
    let size = architecture.resolution;
    let pictures = vec![generated::picture(size, size).into(); args.batch_size];
    let shape = (args.batch_size, size, size, 3);
    let batch = network.runtime().upload(&pictures, shape)?;
    drop(pictures);
    // The first run pays for memory and caches; on a GPU the second is recorded.
    for _ in 0..if is_gpu { 3 } else { 1 } {
        network.forward(&batch)?;
    }
    let mut times = Vec::with_capacity(args.runs);
    let mut layer_times = Vec::new();
    for _ in 0..args.runs {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Ok(Outcome::Interrupted);
        }
        let started = Instant::now();
        if args.layers {
            layer_times.push(time_layers(&network, &batch)?);
        } else {
            network.forward(&batch)?.flatten_all()?.to_vec1::<f32>()?;
        }
        times.push(started.elapsed().as_secs_f64());
    }
    let min = times.iter().copied().fold(f64::INFINITY, f64::min);
    let median = median(times);
    let layers = layers(&config, size, size);
    let macs = layers.iter().map(|layer| layer.macs).sum::<usize>() * args.batch_size;
    let report = Report {
        variant,
        resolution: size,
        device: &place.name,
        instruction_set: (!is_gpu).then_some(&place.hardware),
        gpu: is_gpu.then_some(&place.hardware),
        dtype: place.backend.precision(),
        batch_size: args.batch_size,
        threads,
        runs: args.runs,
        median_ms: median * 1e3,
        min_ms: min * 1e3,
        images_per_s: args.batch_size as f64 / median,
        gflops_per_s: gflops_per_s(macs, median),
        layers: args
            .layers
            .then(|| layer_reports(layers, &layer_times, args.batch_size)),
    };
    let mut to = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut to, &report)?;
        writeln!(to)?;
    } else {
        print(&mut to, &report, &place.describe(threads))?;
    }
    Ok(Outcome::Success)
}

/// Seconds that each step of one forward pass takes; a GPU is waited for after each.
fn time_layers(network: &EfficientNet, picture: &Tensor) -> Result<Vec<f64>> {
    let moments = Mutex::new(vec![Instant::now()]);
    let moment = || moments.lock().unwrap_or_else(PoisonError::into_inner);
    network.forward_with(picture, &|| {
        // What goes wrong in it goes wrong in the next step too, which says so.
        let _ = picture.device().synchronize();
        moment().push(Instant::now());
    })?;
    let moments = moment();
    let pairs = moments.windows(2);
    Ok(pairs
        .map(|pair| (pair[1] - pair[0]).as_secs_f64())
        .collect())
}

fn layer_reports(layers: Vec<Layer>, runs: &[Vec<f64>], batch_size: usize) -> Vec<LayerReport> {
    let times = (0..layers.len()).map(|layer| median(runs.iter().map(|run| run[layer]).collect()));
    let times: Vec<f64> = times.collect();
    let total: f64 = times.iter().sum();
    let rows = layers.into_iter().zip(times);
    rows.map(|(layer, time)| LayerReport {
        median_ms: time * 1e3,
        gflops_per_s: gflops_per_s(layer.macs * batch_size, time),
        share: time / total,
        layer,
    })
    .collect()
}

fn gflops_per_s(macs: usize, seconds: f64) -> f64 {
    2.0 * macs as f64 / seconds / 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print(to: &mut impl Write, report: &Report, place: &str) -> io::Result<()> {
    if let Some(layers) = &report.layers {
        print_layers(to, layers)?;
    }
    writeln!(
        to,
        "{} on {place}, batch {}: median {:.2} ms, min {:.2} ms, \
         {:.1} pictures/s, {:.0} GFLOP/s",
        report.variant,
        report.batch_size,
        report.median_ms,
        report.min_ms,
        report.images_per_s,
        report.gflops_per_s,
    )
}

fn print_layers(to: &mut impl Write, layers: &[LayerReport]) -> io::Result<()> {
    writeln!(
        to,
        "{:<28} {:>13} {:>8} {:>8} {:>8} {:>6}",
        "layer", "output", "MMACs", "ms", "GFLOP/s", "share",
    )?;
    for report in layers {
        let Layer {
            name, output, macs, ..
        } = &report.layer;
        let [height, width, channels] = output;
        writeln!(
            to,
            "{:<28} {:>13} {:>8.2} {:>8.3} {:>8.1} {:>5.1}%",
            name,
            format!("{height}x{width}x{channels}"),
            *macs as f64 / 1e6,
            report.median_ms,
            report.gflops_per_s,
            report.share * 100.0,
        )?;
    }
    Ok(())
}
