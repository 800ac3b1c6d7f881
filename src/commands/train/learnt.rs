//! Features to a model, and what is to be said of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Train;
use super::copies::Copies;
use super::pictures::Gathered;
use crate::checkpoint::files::{CONFIG_FILE, WEIGHTS_FILE};
use crate::commands::outcome::Outcome;
use crate::commands::writer::WRITING;
use crate::features::file::Format;
use crate::features::store::Store;
use crate::output;
use crate::paths::Name;
use crate::run::threads::INTERRUPTED;
use crate::terminal::{Terminal, human_duration};
use crate::train::folds::folds;
use crate::train::head::Head;
use crate::train::report::{self, Class, Doubt, Failed, Training, measured};
use crate::train::samples::Samples;
use crate::train::saved::{self, FEATURES_FILE, Folder, REPORT_FILE};
use crate::train::search::{Found, search};
use crate::train::suspects::suspects;
use crate::train::threshold::threshold;

/// Classes with fewer pictures are told of.
const FEW: usize = 10;

/// Trains, writes the model and says how good it is.
///
/// # Errors
/// If the model can't be written.
pub fn learn(
    args: &Train,
    gathered: Gathered,
    started: Instant,
    terminal: Terminal,
) -> Result<Outcome> {
    warn(&gathered, terminal);
    let comparing = Instant::now();
    let copies = Copies::find(&gathered)?;
    let samples = samples(args, &gathered);
    let (fold, parts) = folds(&samples.truth, &copies.hashes(&gathered), args.seed);
    terminal.detail(&format!(
        "compared {} pictures with one another in {}",
        samples.truth.len(),
        human_duration(comparing.elapsed()),
    ));
    let learning = Instant::now();
    let goes_on = || !INTERRUPTED.load(Ordering::Relaxed);
    let Some(found) = search(&samples, (&fold, parts), goes_on)? else {
        return Ok(Outcome::Interrupted);
    };
    terminal.detail(&format!(
        "trained in {}, {} strengths tried, {} steps for the last head",
        human_duration(learning.elapsed()),
        found.trials.len(),
        found.head.steps,
    ));
    let head = samples.head(&found.head.point, found.best.sharpness);
    let seconds = started.elapsed().as_secs_f64();
    let (trained, copies) = ((&found, parts), copies.across_classes(&gathered));
    let training = training(args, &gathered, &samples, trained, &head, copies, seconds)?;
    write(args, &gathered, &head, &training)?;
    output::print(args.json, &training, || report::text(&training)).context(WRITING)?;
    let shown = args.output.display();
    terminal.say(&format!(
        "{shown} is ready: effnet classify --model {shown} ..."
    ));
    Ok(gathered.outcome)
}

fn warn(gathered: &Gathered, terminal: Terminal) {
    if let Some(small) = gathered.sets.small(FEW) {
        terminal.warn(&format!("few pictures to learn from: {small}"));
    }
    let left_out = gathered.sets.left_out.len();
    if left_out > 0 {
        let first = gathered.index.paths[gathered.sets.left_out[0]].display();
        terminal.warn(&format!(
            "{left_out} left out, of no class that is learnt; the first is {first}"
        ));
    }
}

fn samples<'a>(args: &Train, gathered: &'a Gathered) -> Samples<'a> {
    let Gathered { index, sets, .. } = gathered;
    let width = gathered.about.features;
    let of = |picture: usize| &index.values[picture * width..][..width];
    let taught = sets.taught.iter();
    let rows = taught.clone().map(|&(picture, _)| of(picture)).collect();
    let truth = taught.map(|&(_, class)| class).collect();
    Samples::new(rows, truth, sets.classes.len(), args.balance)
}

fn training<'a>(
    args: &Train,
    gathered: &'a Gathered,
    samples: &Samples,
    (found, folds): (&'a Found, usize),
    head: &Head,
    copies: Vec<Vec<Name>>,
    seconds: f64,
) -> Result<Training<'a>> {
    let Gathered {
        about, index, sets, ..
    } = gathered;
    let classes = &sets.classes[..];
    let name = |picture: usize| Name::of(&index.paths[picture]);
    let rows = found.logits.chunks(classes.len());
    let seen = rows.map(<[f32]>::to_vec).zip(&samples.truth);
    let features = |picture: usize| &index.values[picture * about.features..][..about.features];
    let held_out = sets.held_out.iter().map(|(part, pictures)| {
        let logits = pictures
            .iter()
            .map(|(picture, class)| (head.logits(features(*picture)), class));
        Ok((
            part.as_str(),
            measured(&about.model, classes, logits, seconds)?,
        ))
    });
    let doubts = suspects(&found.logits, &samples.truth, classes.len());
    let doubts = doubts.into_iter().map(|suspect| Doubt {
        name: name(sets.taught[suspect.picture].0),
        given: &classes[suspect.given],
        given_score: suspect.given_score,
        looks_like: &classes[suspect.looks_like],
        score: suspect.score,
    });
    let counts = sets.counts();
    let failed = gathered.failed.iter().map(|(path, error)| Failed {
        name: Name::of(path),
        error: error.into(),
    });
    Ok(Training {
        model: &about.model,
        commit: about.commit.as_deref(),
        weights_sha256: &about.weights_sha256,
        features: about.features,
        classes: classes
            .iter()
            .zip(counts)
            .map(|(label, pictures)| Class { label, pictures })
            .collect(),
        pictures: sets.taught.len(),
        failed: failed.collect(),
        left_out: sets.left_out.iter().map(|&picture| name(picture)).collect(),
        seed: args.seed,
        balanced: args.balance,
        folds,
        c: found.best.c,
        temperature: 1.0 / found.best.sharpness,
        min_score: threshold(&found.logits, classes.len()),
        trials: &found.trials,
        cross_validation: measured(&about.model, classes, seen, seconds)?,
        held_out: held_out.collect::<Result<BTreeMap<_, _>>>()?,
        suspects: doubts.collect(),
        copies,
    })
}

fn write(args: &Train, gathered: &Gathered, head: &Head, training: &Training) -> Result<()> {
    let folder = Folder::begin(&args.output)?;
    let write = |name: &str, text: String| {
        let path = folder.file(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))
    };
    write(
        CONFIG_FILE,
        saved::config(&gathered.model.card, &gathered.sets.classes)?,
    )?;
    saved::weights(&gathered.model, head, &folder.file(WEIGHTS_FILE))?;
    if !gathered.is_kept {
        features(gathered, &folder.file(FEATURES_FILE))?;
    }
    write(REPORT_FILE, serde_json::to_string_pretty(training)? + "\n")?;
    folder.finish()
}

fn features(gathered: &Gathered, path: &Path) -> Result<()> {
    let Gathered { about, index, .. } = gathered;
    let (mut store, _) = Store::open(path, Format::Safetensors, about.clone(), false)?;
    let rows = index.values.chunks(about.features);
    let rows = rows.zip(&index.paths).zip(&index.fingerprints);
    for ((features, path), print) in rows {
        store.row(path, features, print.clone())?;
    }
    store.finish()
}
