//! Groups of copies, each around the one to keep.

use std::ops::Range;

use anyhow::Result;
use rayon::prelude::*;
use serde::Serialize;

use super::fingerprint::Fingerprint;
use super::vectors::{BLOCK, Block, Vectors};

/// How much two pictures are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Grade {
    /// The files are the same.
    #[serde(rename = "same bytes")]
    Bytes,
    /// The files differ, and what they show does not.
    #[serde(rename = "same pixels")]
    Pixels,
    /// The same picture, re-encoded, of another size or mirrored.
    #[serde(rename = "near")]
    Near,
}

/// The cosine from which on two pictures can be near.
///
/// Measured in November 2026 with trained weights of Lite0 and B4, together with
/// [`max_distance`]. Of 499,500 pairs of photos of different ImageNet classes none is near; nor, for
/// Lite0, of 488,600 pairs of two cats or of two dogs. Of 40 photos of some 400 by 300 pixels and
/// copies of them, found with Lite0 and B4: as PNG, WebP, JPEG of quality 50, 20 % brighter, or
/// mirrored 40 and 40 of 40; a tenth cropped off 39 and 40; of half the size 40 and 37; in grey 37
/// and 36; as JPEG of quality 20 37 and 37; of 0.3 of the size, where the network sees blur, 13
/// and 23.
pub const MIN_COSINE: f32 = 0.75;

/// In how many of its 64 places the [`Look`](super::fingerprint::Look) of a copy may differ, which
/// tells two photos of one kind of cat from one photo. It is some 30 for unrelated pictures, at most 8
/// for copies that show the same, and up to 20 where the border was cropped; the features of such a
/// copy agree well.
fn max_distance(cosine: f32) -> u32 {
    match cosine {
        0.9.. => 20,
        _ => 12,
    }
}

/// One that is kept and the others, by their places in the index.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The first of them.
    pub keep: usize,
    /// The rest, in the index's order, each with its cosine with the one that is kept.
    pub others: Vec<(usize, f32)>,
}

/// Goes through the pictures in their order: each either is a copy of an earlier one that is no copy
/// itself, or is to be kept. So all of a group are copies of the one that is kept, and there are no
/// chains; and what is found depends on nothing but the order. `goes_on` is told how many were gone
/// through, now and then, and ends it all by saying no.
///
/// # Errors
/// If there is no memory.
pub fn groups(
    vectors: &Vectors,
    prints: &[&Fingerprint],
    min_cosine: f32,
    mut goes_on: impl FnMut(usize) -> bool,
) -> Result<Vec<Group>> {
    let mut search = Search {
        prints,
        min_cosine,
        copy_of: vec![None; vectors.count()],
    };
    for start in (0..vectors.count()).step_by(BLOCK) {
        if !goes_on(start) {
            break;
        }
        let range = start..vectors.count().min(start + BLOCK);
        let block = vectors.block(range.clone())?;
        // The block's own pictures are in the first step: which of them are kept is then known.
        for others in vectors.steps(start) {
            search.compare(&block, &range, others)?;
        }
    }
    Ok(search.groups())
}

struct Search<'a> {
    prints: &'a [&'a Fingerprint],
    min_cosine: f32,
    /// Of each picture the one that it is a copy of, and their cosine.
    copy_of: Vec<Option<(usize, f32)>>,
}

impl Search<'_> {
    fn compare(&mut self, block: &Block, range: &Range<usize>, others: Range<usize>) -> Result<()> {
        let cosines = block.cosines(others.clone())?;
        for (other, first, cosine) in self.candidates(&cosines, range, others) {
            if self.copy_of[other].is_none() && self.copy_of[first].is_none() {
                self.copy_of[other] = Some((first, cosine.min(1.0)));
            }
        }
        Ok(())
    }

    /// Pairs that look alike, in order: the later one, the earlier one, and their cosine.
    fn candidates(
        &self,
        cosines: &[f32],
        range: &Range<usize>,
        others: Range<usize>,
    ) -> Vec<(usize, usize, f32)> {
        // Rounding, of two vectors that are the same.
        const EXACT: f32 = 1e-6;
        let least = self.min_cosine - EXACT;
        let of_row = |(other, row): (usize, &[f32])| {
            let near = row.iter().zip(range.clone());
            let near = near.filter(move |&(&cosine, first)| cosine >= least && first < other);
            let pairs =
                near.filter(move |&(&cosine, first)| self.looks_alike(first, other, cosine));
            pairs
                .map(move |(&cosine, first)| (other, first, cosine))
                .collect::<Vec<_>>()
        };
        let rows = cosines.par_chunks(range.len()).enumerate();
        let rows = rows.map(|(row, cosines)| (others.start + row, cosines));
        // A copy is asked no more.
        let rows = rows.filter(|&(other, _)| self.copy_of[other].is_none());
        rows.flat_map_iter(of_row).collect()
    }

    fn looks_alike(&self, a: usize, b: usize, cosine: f32) -> bool {
        let (a, b) = (self.prints[a], self.prints[b]);
        a.sha256 == b.sha256 || a.dhash.distance(b.dhash) <= max_distance(cosine)
    }

    fn groups(self) -> Vec<Group> {
        let mut others = vec![Vec::new(); self.copy_of.len()];
        for (other, copy) in self.copy_of.into_iter().enumerate() {
            if let Some((keep, cosine)) = copy {
                others[keep].push((other, cosine));
            }
        }
        let groups = others.into_iter().enumerate();
        let groups = groups.map(|(keep, others)| Group { keep, others });
        groups.filter(|group| !group.others.is_empty()).collect()
    }
}
