//! `effnet bench`: time the forward pass on generated weights.

use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use candle_core::Tensor;
use serde::Serialize;

use super::{INTERRUPTED, start_pool, threads};
use crate::cli::Bench;
use crate::error::Outcome;
use crate::model::config::Scaling;
use crate::model::generated::{self, Generated};
use crate::model::{Config, EfficientNet};
use crate::ops::{Backend, Padding};

/// `gflops_per_s` counts a multiply-add as two.
#[derive(Serialize)]
struct Report<'a> {
    variant: &'a str,
    device: &'static str,
    instruction_set: &'static str,
    dtype: &'static str,
    batch_size: usize,
    threads: usize,
    runs: usize,
    median_ms: f64,
    min_ms: f64,
    images_per_s: f64,
    gflops_per_s: f64,
}

pub fn run(args: &Bench) -> Result<Outcome> {
    let threads = threads(args.threads);
    start_pool(threads)?;
    let device = args.device.open()?;
    let scaling = Scaling::named(&args.variant).context("clap checks the variant")?;
    let config = Config::new(scaling, Padding::Same, 1e-3, 1000);
    let backend = Backend::for_device(&device);
    let network = EfficientNet::load(&config, &Generated, backend, &device)?;
    let size = scaling.resolution;
    let pictures = generated::picture(size, size).repeat(args.batch_size);
    let batch = Tensor::from_vec(pictures, (args.batch_size, size, size, 3), &device)?;
    // The first run pays for memory and caches.
    network.forward(&batch)?;
    let mut times = Vec::with_capacity(args.runs);
    for _ in 0..args.runs {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Ok(Outcome::Interrupted);
        }
        let started = Instant::now();
        network.forward(&batch)?.flatten_all()?.to_vec1::<f32>()?;
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    let macs = config.macs(size, size) * args.batch_size;
    print(
        &Report {
            variant: &args.variant,
            device: "cpu",
            instruction_set: crate::ops::cpu::instruction_set(),
            dtype: "f32",
            batch_size: args.batch_size,
            threads,
            runs: args.runs,
            median_ms: median * 1e3,
            min_ms: times[0] * 1e3,
            images_per_s: args.batch_size as f64 / median,
            gflops_per_s: 2.0 * macs as f64 / median / 1e9,
        },
        args.json,
    )?;
    Ok(Outcome::Success)
}

fn print(report: &Report, json: bool) -> Result<()> {
    let mut to = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut to, report)?;
        writeln!(to)?;
    } else {
        writeln!(
            to,
            "{} on {} ({}, {} threads), batch {}: median {:.2} ms, min {:.2} ms, \
             {:.1} pictures/s, {:.0} GFLOP/s",
            report.variant,
            report.device,
            report.instruction_set,
            report.threads,
            report.batch_size,
            report.median_ms,
            report.min_ms,
            report.images_per_s,
            report.gflops_per_s,
        )?;
    }
    Ok(())
}
