//! Answers to numbers: over all classes, over some, and by ReaL's labels.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::classes::Classes;
use super::evidence::{Evidence, Judged};
use super::metrics::Measures;
use super::real::Real;
use crate::checkpoint::text_file;
use crate::error::PictureError;
use crate::top_k::Scored;

/// The only classes that can be right: as for ImageNet-A, which has pictures of 200 of the 1,000.
pub struct Mask {
    /// In order.
    classes: Vec<usize>,
}

impl Mask {
    /// The classes in `shown`, unless that is all of them.
    pub fn of_shown(shown: &[Option<usize>], classes: &Classes) -> Option<Self> {
        let shown: BTreeSet<usize> = shown.iter().flatten().copied().collect();
        let is_part = classes.count.is_some_and(|count| shown.len() < count);
        // Among one class every answer is right.
        (is_part && shown.len() > 1).then(|| Self {
            classes: shown.into_iter().collect(),
        })
    }

    /// The classes in the file at `path`, a line each: numbers as timm's `--valid-labels` has them, or
    /// WordNet ids, or labels.
    ///
    /// # Errors
    /// If it can't be read, or names what is no class.
    pub fn read(path: &Path, classes: &Classes) -> Result<Self> {
        let shown = path.display();
        let text = text_file::read(path).with_context(|| format!("can't read {shown}"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let names: Vec<String> = lines.map(str::to_owned).collect();
        ensure!(!names.is_empty(), "{shown} names no class");
        let found = classes.find(&names)?;
        let missing = names.iter().zip(&found).find(|(_, found)| found.is_none());
        if let Some((name, _)) = missing {
            bail!("`{name}` in {shown} is no class of the model");
        }
        let classes: BTreeSet<usize> = found.into_iter().flatten().collect();
        Ok(Self {
            classes: classes.into_iter().collect(),
        })
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether it holds a class.
    pub fn holds(&self, class: usize) -> bool {
        self.classes.binary_search(&class).is_ok()
    }

    /// The `k` most likely classes, of evidence that is over these.
    fn best(&self, over: &Evidence, k: usize) -> Vec<Scored> {
        let of_all = |scored: Scored| Scored {
            index: self.classes[scored.index],
            ..scored
        };
        over.best(k).into_iter().map(of_all).collect()
    }
}

/// All that is counted.
pub struct Scoring {
    /// Over all classes.
    pub all: Measures,
    /// Over some.
    pub masked: Option<(Mask, Measures)>,
    /// Whether only those can be meant, so that details are about them.
    pub is_masked: bool,
    /// By ReaL's labels.
    pub real: Option<Real>,
}

impl Scoring {
    /// Adds the picture at `path`, of which `evidence` is known, and says how its answer is. Nothing
    /// is said where no truth is known.
    ///
    /// # Errors
    /// If the evidence is none.
    pub fn add(
        &mut self,
        path: &Path,
        truth: Option<usize>,
        evidence: &Evidence,
    ) -> Result<Option<Judged>, PictureError> {
        let over = match &self.masked {
            Some((mask, _)) => evidence.over(&mask.classes)?,
            None => None,
        };
        if let Some(real) = &mut self.real {
            let best = match (&over, &self.masked) {
                (Some(over), Some((mask, _))) if self.is_masked => mask.best(over, 5),
                _ => evidence.best(5),
            };
            let best: Vec<usize> = best.iter().map(|scored| scored.index).collect();
            let is_short = matches!(evidence, Evidence::Best(known) if known.len() < 5);
            real.add(path, &best, is_short);
        }
        let Some(truth) = truth else { return Ok(None) };
        let judged = evidence.judge(truth);
        if let Some(judged) = &judged {
            self.all.add(judged);
        }
        let masked = over.and_then(|over| self.add_masked(truth, &over));
        Ok(match self.is_masked {
            true => masked,
            false => judged,
        })
    }

    fn add_masked(&mut self, truth: usize, over: &Evidence) -> Option<Judged> {
        let (Mask { classes }, measures) = self.masked.as_mut()?;
        let judged = over.judge(classes.binary_search(&truth).ok()?)?;
        let judged = Judged {
            truth,
            answer: classes[judged.answer],
            ..judged
        };
        measures.add(&judged);
        Some(judged)
    }

    /// The `k` most likely of the classes that the details are about.
    ///
    /// # Errors
    /// As [`Scoring::add`].
    pub fn best(&self, evidence: &Evidence, k: usize) -> Result<Vec<Scored>, PictureError> {
        Ok(match &self.masked {
            Some((mask, _)) if self.is_masked => match evidence.over(&mask.classes)? {
                Some(over) => mask.best(&over, k),
                None => evidence.best(k),
            },
            _ => evidence.best(k),
        })
    }

    /// What the details are about.
    pub fn main(&self) -> &Measures {
        match &self.masked {
            Some((_, masked)) if self.is_masked => masked,
            _ => &self.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::top_k;

    /// Through saved scores tests/suite/eval_numbers.rs compares all of it; logits are exact ones.
    #[test]
    fn logits_come_to_the_numbers_of_scikit_learn() {
        let file = include_str!("../../tests/fixtures/eval.json");
        let fixture: Value = serde_json::from_str(file).unwrap();
        let rows = fixture["rows"].as_array().unwrap();
        let truth = |row: &Value| row["truth"].as_u64().unwrap() as usize;
        let shown: BTreeSet<usize> = rows.iter().map(truth).collect();
        let mask = Mask {
            classes: shown.into_iter().collect(),
        };
        let measures = Measures::new(Some(mask.len()));
        let mut scoring = Scoring {
            all: Measures::new(Some(20)),
            masked: Some((mask, measures)),
            is_masked: false,
            real: None,
        };
        for row in rows {
            let logits: Vec<f32> = serde_json::from_value(row["logits"].clone()).unwrap();
            let evidence = Evidence::of_logits(logits, top_k::Scoring::Softmax).unwrap();
            let path = Path::new("picture");
            scoring.add(path, Some(truth(row)), &evidence).unwrap();
        }
        let (_, masked) = scoring.masked.unwrap();
        for (measures, part) in [(scoring.all, "all"), (masked, "masked")] {
            let ours = serde_json::to_value(measures.summary()).unwrap();
            for (key, theirs) in fixture["expected"][part].as_object().unwrap() {
                let ours = ours[key].get("correct").unwrap_or(&ours[key]);
                let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
                assert!(
                    (ours - theirs).abs() < 1e-6,
                    "{part} {key}: {ours}, not {theirs}"
                );
            }
        }
    }
}
