//! `effnet classify`: label pictures.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::outcome::Outcome;
use super::{Downloads, INTERRUPTED, start_pool, threads};
use crate::classifier::Classifier;
use crate::cli::Classify;
use crate::output::{Format, Name, Record, resume};
use crate::picture::decode::{self, Limits};
use crate::printable::Style;
use crate::run::inputs::{Input, Selection};
use crate::run::memory;
use crate::run::pipeline::{Options, Pipeline};
use crate::terminal::{Terminal, human_duration};
use crate::top_k::Scoring;

/// Pictures at once on a GPU: enough to fill one, few enough for b7 in 8 GB.
const GPU_BATCH: usize = 64;

/// What became of the pictures.
#[derive(Default)]
struct Tally {
    classified: u64,
    failed: u64,
}

pub fn run(args: Classify, terminal: Terminal) -> Result<Outcome> {
    let format = args.output.format();
    ensure!(
        !args.resume || format == Format::Jsonl,
        "--resume needs --jsonl: other formats can't be continued",
    );
    let threads = threads(args.threads);
    start_pool(threads)?;
    let selection = Selection {
        paths: args.paths.clone(),
        files_from: args.files_from.clone(),
        null: args.null,
        recursive: args.recursive,
    };
    // What is cheap to check comes before a download.
    let (inputs, total) = selection.inputs()?;
    let place = args.device.open(args.dtype)?;
    let model = args.model.choice().resolve(&Downloads::new(terminal))?;
    let name = &model.name;
    if args.model.test_size && model.card.test.is_none() {
        terminal.warn(&format!(
            "{} has no test size of its own; it is {} as always",
            model.name, model.card.transform.size,
        ));
    }
    let done = match &args.output.output {
        Some(path) if args.resume => resume::prepare(path)?,
        _ => HashSet::new(),
    };
    let left = total.map(|total| total.saturating_sub(done.len() as u64));
    let inputs = inputs.filter(move |input: &Input| !done.contains(&Name::of(input.path())));
    let options = Options {
        top_k: args.top_k,
        min_score: args.min_score,
        scoring: match args.sigmoid {
            true => Scoring::Sigmoid,
            false => Scoring::Softmax,
        },
        // On a processor each picture alone on a thread: nothing to hand over between them.
        batch_size: args.batch_size.unwrap_or(match place.is_gpu() {
            true => GPU_BATCH,
            false => threads,
        }),
        decoders: threads,
        limits: Limits {
            max_pixels: args.max_pixels,
            max_bytes: args.max_bytes,
        },
        upright: !args.no_exif,
        exact: args.exact_decode,
    };
    // A picture waits for its batch, and is copied into it.
    let batch = left.map_or(options.batch_size as u64, |left| {
        left.min(options.batch_size as u64)
    });
    memory::ensure_fits(batch, 2 * model.card.transform.bytes())?;
    let started = Instant::now();
    let pipeline = Pipeline::start(inputs, model.card.transform, options, &INTERRUPTED);
    if let Some(reason) = &place.passed_over {
        terminal.detail(reason);
    }
    let description = place.describe(threads);
    let classifier = Classifier::load(&model, place)?;
    terminal.detail(&format!(
        "{name} on {description}, loaded in {}",
        human_duration(started.elapsed()),
    ));
    if let Some(repo) = &model.assumed {
        terminal.warn(&format!(
            "{name} is prepared for and padded like {repo}; --weights TAG names another"
        ));
    }
    if classifier.labels.unnamed {
        terminal.warn(&format!(
            "{name} does not name its {} classes, so labels are indices; --labels FILE names them",
            classifier.labels.len(),
        ));
    }
    let to = destination(args.output.output.as_deref(), args.resume, &terminal)?;
    let tally = classify(pipeline, &classifier, format, to, &terminal, left)?;
    summarise(&tally, started, &terminal);
    Ok(match tally {
        _ if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
        Tally { failed: 0, .. } => Outcome::Success,
        // With a single picture asked for and failed, nothing could be done either, but the
        // record was printed: it is the pictures that failed, not the run.
        _ => Outcome::SomeFailed,
    })
}

/// Runs the pipeline into the sink and closes it, however the run ends.
fn classify(
    pipeline: Pipeline,
    classifier: &Classifier,
    format: Format,
    (to, style): (Box<dyn Write>, Style),
    terminal: &Terminal,
    total: Option<u64>,
) -> Result<Tally> {
    let mut sink = format.sink(to, &classifier.labels, style);
    let progress = terminal.picture_progress(total);
    let mut tally = Tally::default();
    let emit = |record: Record| {
        match record.outcome {
            Ok(_) => tally.classified += 1,
            Err(_) => tally.failed += 1,
        }
        // Only where both go to one terminal do they get into each other's way.
        let written = match style.terminal {
            true => progress.suspend(|| sink.record(&record)),
            false => sink.record(&record),
        };
        written.context(WRITING)?;
        progress.inc(1);
        Ok(())
    };
    let ran = pipeline.run(classifier, emit);
    progress.finish_and_clear();
    ran?;
    sink.finish().context(WRITING)?;
    Ok(tally)
}

const WRITING: &str = "can't write the output";

/// Standard output or the file, and how text looks there.
fn destination(
    output: Option<&Path>,
    append: bool,
    terminal: &Terminal,
) -> Result<(Box<dyn Write>, Style)> {
    let Some(path) = output else {
        return Ok((Box::new(io::stdout().lock()), terminal.stdout_style()));
    };
    ensure!(
        !holds_picture(path),
        "{} is a picture; give -o another name",
        path.display(),
    );
    let file = match append {
        true => OpenOptions::new().append(true).create(true).open(path),
        false => File::create(path),
    };
    let file = file.with_context(|| format!("can't write {}", path.display()))?;
    Ok((Box::new(file), Style::default()))
}

/// Whether writing would destroy what looks like an input. A pipe holds nothing.
fn holds_picture(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok() && decode::is_picture(&start)
}

fn summarise(tally: &Tally, started: Instant, terminal: &Terminal) {
    let Tally { classified, failed } = *tally;
    let count = classified + failed;
    let elapsed = started.elapsed();
    let plural = if count == 1 { "" } else { "s" };
    let failures = if failed == 0 {
        String::new()
    } else {
        format!(", {failed} failed")
    };
    terminal.say(&format!(
        "{count} picture{plural}{failures}, {} ({:.1} pictures/s)",
        human_duration(elapsed),
        count as f64 / elapsed.as_secs_f64(),
    ));
}
