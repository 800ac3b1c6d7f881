//! What each class of a model is, as far up as WordNet goes.

use super::wordnet::WordNet;
use crate::checkpoint::labels::Labels;

/// For each class its synset and all that stand above it, each once: a synset may have several
/// parents, which meet again further up. None for a class that is not in the table.
pub(super) struct Lineages(PerClass);

/// Numbers for each class, one class after the other.
pub(super) struct PerClass {
    numbers: Vec<u32>,
    /// Where each class's end.
    ends: Vec<usize>,
}

impl PerClass {
    /// How many classes there are.
    pub(super) fn classes(&self) -> usize {
        self.ends.len()
    }

    /// Those of a class.
    pub(super) fn of_class(&self, class: usize) -> &[u32] {
        let start = class.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start..self.ends[class]]
    }
}

impl Lineages {
    /// Those of a model's classes.
    pub(super) fn of(labels: &Labels) -> Self {
        let wordnet = WordNet::get();
        let mut synsets: Vec<u32> = Vec::new();
        let mut ends = Vec::with_capacity(labels.len());
        // The class that met each synset last.
        let mut met = vec![None; wordnet.len()];
        for class in 0..labels.len() {
            let mut next = synsets.len();
            let wnid = labels.get(class).wnid.as_deref();
            synsets.extend(wnid.and_then(|wnid| wordnet.find(wnid)).map(|s| s as u32));
            while let Some(&synset) = synsets.get(next) {
                for &parent in wordnet.parents(synset as usize) {
                    if met[parent as usize].replace(class) != Some(class) {
                        synsets.push(parent);
                    }
                }
                next += 1;
            }
            ends.push(synsets.len());
        }
        Self(PerClass {
            numbers: synsets,
            ends,
        })
    }

    /// The class's own synset first, then those above it.
    pub(super) fn of_class(&self, class: usize) -> &[u32] {
        self.0.of_class(class)
    }

    /// What `place` says of each, where it says something.
    pub(super) fn filter_map(&self, place: impl Fn(u32) -> Option<u32>) -> PerClass {
        let (mut numbers, mut ends) = (Vec::new(), Vec::with_capacity(self.0.classes()));
        for class in 0..self.0.classes() {
            let lineage = self.of_class(class).iter();
            numbers.extend(lineage.filter_map(|&synset| place(synset)));
            ends.push(numbers.len());
        }
        PerClass { numbers, ends }
    }

    /// How many of the classes are in the table.
    pub(super) fn known(&self) -> usize {
        let classes = 0..self.0.classes();
        let known = classes.filter(|&class| !self.of_class(class).is_empty());
        known.count()
    }

    /// How many classes are each of the table's synsets or stand below it.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; WordNet::get().len()];
        for &synset in &self.0.numbers {
            counts[synset as usize] += 1;
        }
        counts
    }
}
