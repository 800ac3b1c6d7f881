//! What the pictures of a run show, as classes of the model.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::Eval;
use crate::checkpoint::labels::Labels;
use crate::eval::classes::Classes;
use crate::eval::compare::Other;
use crate::eval::metrics::Measures;
use crate::eval::real::Real;
use crate::eval::scoring::{Mask, Scoring};
use crate::run::labelled::Labelled;
use crate::terminal::Terminal;

/// How many names a message tells.
const TOLD: usize = 8;

/// What the pictures are said to show, before the model's classes are known.
pub struct Truth {
    labelled: Labelled,
    real: Option<Real>,
    /// For each picture, whether ReaL's labels are of a set that it belongs to.
    is_real: Vec<bool>,
    other: Option<Other>,
    /// The first pictures without a name.
    nameless: Vec<String>,
}

/// What the pictures show.
pub struct Settled {
    /// For each picture.
    pub of: Vec<Shown>,
    /// What it is compared with.
    pub other: Option<Other>,
    real: Option<Real>,
    mask: Option<Mask>,
}

/// What one picture shows.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Which name it has, and the class of that.
    pub truth: Option<(usize, usize)>,
    /// Whether it doesn't count.
    pub is_left_out: bool,
}

impl Truth {
    /// Reads what is said of the pictures at `paths`.
    ///
    /// # Errors
    /// If a file can't be read or understood.
    pub fn read<'a>(args: &Eval, paths: impl Iterator<Item = &'a Path> + Clone) -> Result<Self> {
        let labelled = match &args.truth {
            Some(table) => Labelled::by_table(table, paths.clone())?,
            None => Labelled::by_folder(paths.clone()),
        };
        let real = args.real_labels.as_deref().map(Real::read).transpose()?;
        let knows = |path| real.as_ref().is_some_and(|real| real.knows(path));
        let is_real: Vec<bool> = paths.clone().map(knows).collect();
        ensure!(
            real.is_none() || is_real.contains(&true),
            "--real-labels knows none of the pictures; it knows them as ILSVRC2012_val_00000001.JPEG \
             and so on",
        );
        let other = args.against.as_deref();
        let other = other.map(|path| Other::read(path, paths.clone()));
        let other = other.transpose()?;
        let without = paths.zip(&labelled.of).filter(|(_, of)| of.is_none());
        let nameless = without.map(|(path, _)| path.display().to_string());
        Ok(Self {
            nameless: nameless.take(TOLD).collect(),
            labelled,
            real,
            is_real,
            other,
        })
    }

    /// Finds the classes.
    ///
    /// # Errors
    /// If a name means several classes, or if one means none and `--ignore-unknown` is not given.
    pub fn settle(mut self, args: &Eval, classes: &Classes, terminal: Terminal) -> Result<Settled> {
        let names = &self.labelled.names;
        let mut found = classes.find(names)?;
        // ImageNet's validation pictures come in one folder.
        let is_flat = args.truth.is_none() && found.iter().all(Option::is_none);
        if !(args.ignore_unknown || self.real.is_some() && is_flat) {
            self.refuse_unknown(args, classes, &found)?;
        }
        let valid = args.valid_labels.as_deref();
        let valid = valid.map(|path| Mask::read(path, classes)).transpose()?;
        if let Some(mask) = &valid {
            let is_out = |class: usize| !mask.holds(class);
            let out = names
                .iter()
                .zip(&found)
                .find(|(_, of)| of.is_some_and(is_out));
            if let (Some((name, _)), false) = (out, args.ignore_unknown) {
                bail!(
                    "`{name}` is none of --valid-labels; --ignore-unknown leaves its pictures out"
                );
            }
            found
                .iter_mut()
                .for_each(|of| *of = of.filter(|class| mask.holds(*class)));
        }
        let shown = |(of, is_real): (&Option<usize>, &bool)| {
            let truth = of.and_then(|name| Some((name, found[name]?)));
            Shown {
                truth,
                is_left_out: truth.is_none() && !is_real,
            }
        };
        let pictures = self.labelled.of.iter().zip(&self.is_real);
        let of: Vec<_> = pictures.map(shown).collect();
        ensure!(
            of.iter().any(|shown| !shown.is_left_out),
            "none of the pictures shows a class of the model",
        );
        if of.iter().all(|shown| shown.truth.is_none()) && args.against.is_some() {
            bail!("--against compares by the truth, and there is none but --real-labels");
        }
        let left_out = of.iter().filter(|shown| shown.is_left_out).count();
        if left_out > 0 {
            terminal.warn(&format!(
                "pictures that show no known class are left out: {left_out}"
            ));
        }
        if let Some(other) = &mut self.other {
            other.name(names)?;
        }
        Ok(Settled {
            other: self.other,
            mask: valid.or_else(|| Mask::of_shown(&found, classes)),
            of,
            real: self.real,
        })
    }

    fn refuse_unknown(
        &self,
        args: &Eval,
        classes: &Classes,
        found: &[Option<usize>],
    ) -> Result<()> {
        let names = self.labelled.names.iter().enumerate();
        let unknown: Vec<_> = names.filter(|(at, _)| found[*at].is_none()).collect();
        if !unknown.is_empty() {
            let shown = unknown.iter().take(TOLD).map(|(_, name)| {
                let near = classes.nearest(name);
                let near = near.map(|near| format!(" (did you mean {near}?)"));
                format!("`{name}`{}", near.unwrap_or_default())
            });
            let shown: Vec<_> = shown.collect();
            let more = more(unknown.len());
            let pictures: usize = unknown
                .iter()
                .map(|(at, _)| self.labelled.count(Some(*at)))
                .sum();
            let what = match args.truth {
                Some(_) => "labels",
                None => "folder names",
            };
            bail!(
                "{what} that are no class of the model: {}{more}; it takes a label, a WordNet id or, \
                 if all are, an index; --ignore-unknown leaves out their pictures ({pictures})",
                shown.join(", "),
            );
        }
        let nameless = self.labelled.count(None);
        if nameless > 0 {
            let shown = self.nameless.join(", ");
            let more = more(nameless);
            let place = args.truth.as_deref().map(|path| path.display().to_string());
            let place = place.map_or(String::new(), |place| format!(" in {place}"));
            bail!(
                "what these pictures show is not said{place}: {shown}{more}; --ignore-unknown leaves \
                 them out"
            );
        }
        Ok(())
    }
}

fn more(count: usize) -> String {
    match count.saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

impl Settled {
    /// Nothing counted yet. `labels` are the model's, where all are known.
    ///
    /// # Errors
    /// If ReaL's labels are of other classes.
    pub fn scoring(
        &mut self,
        args: &Eval,
        classes: &Classes,
        labels: Option<&Labels>,
    ) -> Result<Scoring> {
        let real = self.real.take();
        if let Some(real) = &real {
            real.check(classes.count, labels)?;
        }
        let mask = self.mask.take();
        Ok(Scoring {
            all: Measures::new(classes.count),
            masked: mask.map(|mask| {
                let measures = Measures::new(Some(mask.len()));
                (mask, measures)
            }),
            is_masked: args.valid_labels.is_some(),
            real,
        })
    }
}
