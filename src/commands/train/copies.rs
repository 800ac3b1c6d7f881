//! Pictures to learn from that show the same, to the byte or nearly, as `effnet similar --duplicates`
//! finds them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use anyhow::Result;

use super::pictures::Gathered;
use crate::features::duplicates::{MIN_COSINE, groups};
use crate::features::fingerprint::Fingerprint;
use crate::features::vectors::Vectors;
use crate::paths::Name;
use crate::run::threads::INTERRUPTED;

/// Of each picture that is learnt from, by its place among these, the first one that shows the same.
pub struct Copies(Vec<usize>);

impl Copies {
    /// Compares all with all.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn find(gathered: &Gathered) -> Result<Self> {
        let Gathered {
            about, index, sets, ..
        } = gathered;
        let count = sets.taught.len();
        let pictures = sets.taught.iter().map(|&(picture, _)| picture);
        let row = |picture: usize| &index.values[picture * about.features..][..about.features];
        let vectors = Vectors::of(pictures.clone().map(row).collect());
        let prints: Vec<&Fingerprint> = pictures.map(|at| &index.fingerprints[at]).collect();
        let goes_on = |_| !INTERRUPTED.load(Ordering::Relaxed);
        let mut first: Vec<usize> = (0..count).collect();
        for group in groups(&vectors, &prints, MIN_COSINE, goes_on)? {
            for (other, _) in group.others {
                first[other] = group.keep;
            }
        }
        Ok(Self(first))
    }

    /// What is the same for pictures that are to be in one part. A class that would be one picture in
    /// all is spread nevertheless: else it would be judged by heads that never saw it.
    pub fn hashes<'a>(&self, gathered: &'a Gathered) -> Vec<&'a str> {
        let taught = &gathered.sets.taught;
        let mut of_class: HashMap<usize, Option<usize>> = HashMap::new();
        for (&(_, class), &first) in taught.iter().zip(&self.0) {
            let only = of_class.entry(class).or_insert(Some(first));
            *only = only.filter(|&only| only == first);
        }
        let hash = |at: usize| &gathered.index.fingerprints[taught[at].0].sha256[..];
        let firsts = self.0.iter().enumerate();
        let hashes = firsts.map(|(at, &first)| match of_class[&taught[at].1] {
            Some(_) => hash(at),
            None => hash(first),
        });
        hashes.collect()
    }

    /// The copies that are in folders of several classes, each with what it is a copy of.
    pub fn across_classes(&self, gathered: &Gathered) -> Vec<Vec<Name>> {
        let taught = &gathered.sets.taught;
        let mut alike: Vec<Vec<usize>> = vec![Vec::new(); taught.len()];
        for (at, &first) in self.0.iter().enumerate() {
            alike[first].push(at);
        }
        let class = |at: &usize| taught[*at].1;
        alike.retain(|group| group.iter().any(|at| class(at) != class(&group[0])));
        let name = |at: usize| Name::of(&gathered.index.paths[taught[at].0]);
        let named = alike.into_iter();
        named
            .map(|group| group.into_iter().map(name).collect())
            .collect()
    }
}
