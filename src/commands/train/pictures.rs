//! The features to learn from: of a folder's pictures, or of a file.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, ensure};

use super::Train;
use crate::checkpoint::model::Model;
use crate::commands::embedding::{Embedded, embed, manner};
use crate::commands::outcome::Outcome;
use crate::commands::plan::Plan;
use crate::commands::tally::Tally;
use crate::error::PictureError;
use crate::features::about::About;
use crate::features::file::Format;
use crate::features::fingerprint::{Fingerprint, sha256};
use crate::features::index::Index;
use crate::run::inputs::{Input, Inputs, Selection};
use crate::run::labelled::Labelled;
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;
use crate::train::saved::{FEATURES_FILE, expressible};
use crate::train::sets::{Sets, root};

/// What is learnt from.
pub struct Gathered {
    pub model: Model,
    pub about: About,
    pub index: Index,
    pub sets: Sets,
    pub failed: Vec<(PathBuf, PictureError)>,
    /// Whether the features are in a file of the user's.
    pub is_kept: bool,
    pub outcome: Outcome,
}

/// Embeds the pictures, or reads what was embedded; nothing if it was interrupted.
///
/// # Errors
/// If there are no classes, or the model can't be used.
pub fn gather(args: &Train, terminal: Terminal) -> Result<Option<Gathered>> {
    match (&args.from, &args.dir) {
        (Some(from), _) => of_file(args, from, terminal).map(Some),
        (None, Some(dir)) => of_folder(args, dir, terminal),
        (None, None) => unreachable!("the command line asks for one of them"),
    }
}

fn of_file(args: &Train, from: &Path, terminal: Terminal) -> Result<Gathered> {
    let shown = from.display();
    let format = Format::of(from);
    let format = format.with_context(|| {
        format!("--from {shown}: it must be a .npy or .safetensors of `effnet embed`")
    })?;
    let (about, index) = Index::read(from, format)?;
    ensure!(
        !about.normalized,
        "the features in {shown} were divided by their lengths, which no last layer can undo; embed \
         the pictures without --normalize",
    );
    let sets = sets(args, &root(&index.paths), &index.paths)
        .with_context(|| format!("can't learn from {shown}"))?;
    sets.check()?;
    let named = args.model.named();
    let choice = named.unwrap_or_else(|| about.choice(args.model.choice()));
    let same = about.ensure_named(&choice);
    same.with_context(|| format!("can't learn from {shown}"))?;
    let plan = Plan::with(None, choice, &args.work, terminal)?;
    let mut model = plan.resolve()?;
    about.prepare(&mut model.card)?;
    model.card = expressible(model.card)?;
    let mine = About::of(&model, manner(&args.work, false, plan.dtype()))?;
    let same = about.ensure_comparable(&mine);
    same.with_context(|| format!("can't learn from {shown}"))?;
    Ok(Gathered {
        model,
        about,
        index,
        sets,
        failed: Vec::new(),
        is_kept: true,
        outcome: Outcome::Success,
    })
}

fn of_folder(args: &Train, dir: &Path, terminal: Terminal) -> Result<Option<Gathered>> {
    let shown = dir.display();
    ensure!(dir.exists(), "there is no folder {shown}");
    ensure!(
        dir.is_dir(),
        "{shown} is no folder; a folder with a folder for each class is wanted"
    );
    let selection = Selection {
        paths: vec![dir.to_path_buf()],
        recursive: true,
        follow: true,
        ..Selection::default()
    };
    let (plan, inputs) = Plan::over(selection, &args.model, &args.work, terminal)?;
    ensure!(
        !inputs.has_archives(),
        "{shown} holds archives, and what their pictures show is not known; unpack them first",
    );
    let paths: Vec<_> = inputs
        .named
        .iter()
        .map(|i| i.path().to_path_buf())
        .collect();
    // Before a download.
    sets(args, dir, &paths)?.check()?;
    let mut model = plan.resolve()?;
    model.card = expressible(model.card)?;
    let about = About::of(&model, manner(&args.work, false, plan.dtype()))?;
    let known = Known::read(&args.output.join(FEATURES_FILE), &about);
    let mut tally = Tally::new(inputs.left_out.clone(), terminal);
    let (index, failed) = embedded(plan, &model, inputs, known, &mut tally, terminal)?;
    let outcome = tally.close(args.work.keep_going);
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let sets = sets(args, dir, &index.paths)?;
    sets.check()?;
    Ok(Some(Gathered {
        model,
        about,
        index,
        sets,
        failed,
        is_kept: false,
        outcome,
    }))
}

/// What the pictures at `paths` below `root` show.
fn sets(args: &Train, root: &Path, paths: &[PathBuf]) -> Result<Sets> {
    let Some(table) = &args.truth else {
        return Sets::of(root, paths);
    };
    let labelled = Labelled::by_table(table, paths.iter().map(PathBuf::as_path))?;
    Sets::named(&labelled.names, &labelled.of)
        .with_context(|| format!("can't use the truth {}", table.display()))
}

/// The features of all pictures, in their order, and those that have none.
fn embedded(
    plan: Plan,
    model: &Model,
    inputs: Inputs,
    known: Known,
    tally: &mut Tally,
    terminal: Terminal,
) -> Result<(Index, Vec<(PathBuf, PictureError)>)> {
    let all: Vec<Input> = inputs.counted().0.collect();
    let order: Vec<PathBuf> = all.iter().map(|i| i.path().to_path_buf()).collect();
    let mut found: HashMap<PathBuf, (Vec<f32>, Fingerprint)> = HashMap::new();
    let mut failed = Vec::new();
    let mut left = Vec::new();
    for input in all {
        match known.find(input.path()) {
            Some(features) => {
                tally.done.0 += 1;
                found.insert(input.path().to_path_buf(), features);
            }
            None => left.push(input),
        }
    }
    if !left.is_empty() {
        let count = left.len() as u64;
        let emit = |path: PathBuf, embedded: Embedded| {
            match embedded {
                Ok(embedded) => drop(found.insert(path, embedded)),
                Err(error) => {
                    terminal.warn_of(&path, &error);
                    failed.push((path, error));
                }
            }
            Ok(())
        };
        let inputs = (left.into_iter(), Some(count));
        embed(plan, model, inputs, (tally, false), emit)?;
    }
    let mut index = Index::default();
    let width = found
        .values()
        .next()
        .map_or(0, |(features, _)| features.len());
    index.values.reserve_exact(found.len() * width);
    for path in order {
        if let Some((features, print)) = found.remove(&path) {
            index.push(path, print, &features);
        }
    }
    Ok((index, failed))
}

/// Features that an earlier run made, by what is in the files.
#[derive(Default)]
struct Known {
    index: Index,
    width: usize,
    rows: HashMap<String, usize>,
    lengths: HashSet<u64>,
}

impl Known {
    /// Those in the file at `path`, if they are of the same model and made in the same manner.
    fn read(path: &Path, about: &About) -> Self {
        let read = Index::read(path, Format::Safetensors);
        let Some((_, index)) = read
            .ok()
            .filter(|(other, _)| other.ensure_same(about).is_ok())
        else {
            return Self::default();
        };
        let prints = index.fingerprints.iter();
        Self {
            width: about.features,
            rows: prints.clone().map(|p| p.sha256.clone()).zip(0..).collect(),
            lengths: prints.map(|print| print.bytes).collect(),
            index,
        }
    }

    /// Those of the file at `path`, whatever it was called.
    fn find(&self, path: &Path) -> Option<(Vec<f32>, Fingerprint)> {
        let length = path.metadata().ok()?.len();
        if !self.lengths.contains(&length) {
            return None;
        }
        let row = *self.rows.get(&sha256(&std::fs::read(path).ok()?))?;
        let features = &self.index.values[row * self.width..][..self.width];
        Some((features.to_vec(), self.index.fingerprints[row].clone()))
    }
}
