//! ReaL: the labels of ImageNet's validation pictures as people saw them anew, none, one or several
//! to a picture (Beyer et al. 2020, "Are we done with ImageNet?", arXiv:2006.07159).

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::interval::Share;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::text_file;

/// How the pictures are called, before a number of eight digits that begins with 1.
const NAME: &str = "ILSVRC2012_val_";

/// The labels, and what answers add up to by them.
pub struct Real {
    labels: Vec<Vec<usize>>,
    pictures: u64,
    skipped: u64,
    top1: u64,
    top5: Option<u64>,
}

/// What answers add up to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RealSummary {
    /// Those that have a label.
    pub pictures: u64,
    /// Those without, which don't count, as in timm.
    pub skipped: u64,
    pub top1: Option<Share>,
    pub top5: Option<Share>,
}

impl Real {
    /// Reads `real.json`: a list with a list of classes for each picture.
    ///
    /// # Errors
    /// If it can't be read, or is none.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = text_file::read(path).with_context(|| format!("can't read {shown}"))?;
        let labels = serde_json::from_str(&text).with_context(|| {
            format!(
                "{shown} is not ReaL's real.json, a list with a list of classes for each picture"
            )
        })?;
        Ok(Self {
            labels,
            pictures: 0,
            skipped: 0,
            top1: 0,
            top5: Some(0),
        })
    }

    /// Checks that the classes are those that the labels mean.
    ///
    /// # Errors
    /// If there are too few, or they are not ImageNet-1k's.
    pub fn check(&self, classes: Option<usize>, labels: Option<&Labels>) -> Result<()> {
        let needed = self
            .labels
            .iter()
            .flatten()
            .max()
            .map_or(0, |most| most + 1);
        let count = classes.unwrap_or(usize::MAX);
        ensure!(
            needed <= count,
            "--real-labels names class {}, and the model has {count} classes",
            needed.saturating_sub(1),
        );
        let imagenet = Labels::imagenet();
        let agrees = |labels: &Labels| {
            let wnid = |labels: &Labels, class: usize| labels.get(class).wnid.clone();
            let mut shared = 0..labels.len().min(imagenet.len());
            shared.all(|class| {
                let own = wnid(labels, class);
                own.is_none() || own == wnid(&imagenet, class)
            })
        };
        ensure!(
            labels.is_none_or(agrees),
            "--real-labels are numbers of ImageNet-1k's classes, and the model's are others",
        );
        Ok(())
    }

    /// Whether the picture at `path` is one of ImageNet's validation set.
    pub fn knows(&self, path: &Path) -> bool {
        self.of(path).is_some()
    }

    fn of(&self, path: &Path) -> Option<&[usize]> {
        let number = path.file_stem()?.to_str()?.strip_prefix(NAME)?;
        let number: usize = number.parse().ok()?;
        Some(self.labels.get(number.checked_sub(1)?)?)
    }

    /// Adds the picture at `path`, of whose classes the most likely are `best`: five, or all that
    /// there are, or else `is_short`.
    pub fn add(&mut self, path: &Path, best: &[usize], is_short: bool) {
        let Some(labels) = self.of(path).filter(|labels| !labels.is_empty()) else {
            self.skipped += 1;
            return;
        };
        let has = |best: &[usize]| best.iter().any(|class| labels.contains(class));
        let (one, five) = (has(&best[..best.len().min(1)]), has(best));
        self.pictures += 1;
        self.top1 += u64::from(one);
        let five = (five || !is_short).then_some(u64::from(five));
        self.top5 = self.top5.zip(five).map(|(sum, more)| sum + more);
    }

    /// What they come to.
    pub fn summary(&self) -> RealSummary {
        RealSummary {
            pictures: self.pictures,
            skipped: self.skipped,
            top1: Share::new(self.top1, self.pictures),
            top5: self.top5.and_then(|top5| Share::new(top5, self.pictures)),
        }
    }
}
