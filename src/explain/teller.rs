//! Evidence to records and coloured pictures.

use std::path::Path;

use anyhow::Result;

use super::colour::Colours;
use super::explainer::{Evidence, Explainer};
use super::map::Map;
use super::overlay::{overlay, shown};
use super::region::strongest;
use crate::model::Positions;
use crate::output::explained::{Explanation, Grid};
use crate::output::pictures::Pictures;
use crate::picture::Picture;
use crate::picture::frame::{Frame, Side};

/// What is kept of a picture for its explanation.
pub struct Kept {
    original_size: (usize, usize),
    /// Where it is to be coloured.
    shown: Option<Picture>,
}

impl Kept {
    /// Of a picture that is to be coloured, or not.
    pub fn of(picture: Picture, is_coloured: bool) -> Self {
        Self {
            original_size: picture.original_size,
            shown: is_coloured.then(|| shown(picture)),
        }
    }
}

/// Says what is to be said of each picture.
pub struct Teller<'a> {
    /// Has the evidence checked.
    pub explainer: &'a Explainer,
    /// Where coloured pictures go, and their colours.
    pub coloured: Option<(Pictures, Colours)>,
    /// Whether the numbers of all places are told.
    pub raw: bool,
}

impl Teller<'_> {
    /// The explanations of the picture at `path`.
    ///
    /// # Errors
    /// If the coloured picture can't be written, or the device fails.
    pub fn tell(
        &mut self,
        path: &Path,
        evidence: Evidence,
        kept: Kept,
    ) -> Result<Vec<Explanation>> {
        let Kept {
            original_size: size,
            mut shown,
        } = kept;
        let frame = self.explainer.classifier.transform.frame(size);
        let checks = self.explainer.check(&evidence, &frame)?;
        let count = evidence.found.len();
        let mut explanations = Vec::with_capacity(count);
        for (at, (class, map)) in evidence.found.into_iter().enumerate() {
            let (region, share) = strongest(&map, &frame, size).unzip();
            let picture = match at + 1 < count {
                true => shown.clone(),
                false => shown.take(),
            };
            let file = match (&mut self.coloured, picture) {
                (Some((pictures, colours)), Some(picture)) => {
                    let coloured = overlay(picture, size, &map, &frame, colours);
                    Some(pictures.write(path, &class.label, &coloured)?)
                }
                _ => None,
            };
            explanations.push(Explanation {
                logit: map.mean(),
                against: evidence.against.clone(),
                region,
                share,
                file: file.map(|file| file.to_string_lossy().into_owned()),
                check: checks.get(at).copied().flatten(),
                map: self.raw.then(|| grid(&map, &frame)),
                class,
            });
        }
        Ok(explanations)
    }
}

/// The numbers, and where in the original they belong.
fn grid(map: &Map, frame: &Frame) -> Grid {
    let places = |positions: &Positions, side: &Side| {
        let centers = positions.centers().into_iter();
        centers.map(|center| side.to_original(center)).collect()
    };
    let rows = map.logits.chunks(map.columns.count);
    Grid {
        x: places(&map.columns, &frame.columns),
        y: places(&map.rows, &frame.rows),
        logits: rows.map(<[f32]>::to_vec).collect(),
    }
}
