//! WordNet's nouns: ImageNet's classes and all that stands above them.

use std::ops::Range;
use std::sync::OnceLock;

/// A line for each synset in the order of the wnids: wnid, its parents' wnids, its lemmas. WordNet 3.0
/// (tests/reference/make_hierarchy.py), under the licence in assets/WORDNET-LICENSE.
const TABLE: &str = include_str!("../../../assets/wordnet.tsv");

/// A set of words that mean the same.
struct Synset {
    wnid: &'static str,
    lemmas: &'static str,
    /// Where its parents stand in [`WordNet::parents`].
    parents: Range<usize>,
}

/// The table. A synset is known by its index in it, so that synsets are in the order of their wnids.
pub(super) struct WordNet {
    synsets: Vec<Synset>,
    parents: Vec<u32>,
}

impl WordNet {
    /// The table, which is read when it is first asked for.
    pub(super) fn get() -> &'static Self {
        static WORDNET: OnceLock<WordNet> = OnceLock::new();
        WORDNET.get_or_init(|| Self::of_table(TABLE))
    }

    fn of_table(table: &'static str) -> Self {
        let row = |line: &'static str| {
            let (wnid, rest) = line.split_once('\t')?;
            let (parents, lemmas) = rest.split_once('\t')?;
            Some((wnid, parents, lemmas))
        };
        let rows: Vec<_> = table.lines().skip(1).filter_map(row).collect();
        let mut wordnet = Self {
            synsets: Vec::with_capacity(rows.len()),
            parents: Vec::with_capacity(rows.len()),
        };
        for (wnid, parents, lemmas) in &rows {
            let start = wordnet.parents.len();
            let indices = parents.split(',').filter_map(|parent| {
                let index = rows.binary_search_by_key(&parent, |(wnid, ..)| wnid);
                index.ok().map(|index| index as u32)
            });
            wordnet.parents.extend(indices);
            wordnet.synsets.push(Synset {
                wnid,
                lemmas,
                parents: start..wordnet.parents.len(),
            });
        }
        wordnet
    }

    /// How many synsets there are.
    pub(super) fn len(&self) -> usize {
        self.synsets.len()
    }

    /// The synset of a wnid.
    pub(super) fn find(&self, wnid: &str) -> Option<usize> {
        let found = self.synsets.binary_search_by_key(&wnid, |s| s.wnid);
        found.ok()
    }

    /// Its wnid.
    pub(super) fn wnid(&self, synset: usize) -> &'static str {
        self.synsets[synset].wnid
    }

    /// The words for it, the usual one first.
    pub(super) fn lemmas(&self, synset: usize) -> impl Iterator<Item = &'static str> {
        self.synsets[synset].lemmas.split(", ")
    }

    /// The synsets that it is a kind of, or an instance of.
    pub(super) fn parents(&self, synset: usize) -> &[u32] {
        &self.parents[self.synsets[synset].parents.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_synset_has_words_and_all_but_entity_have_parents_that_are_there() {
        let wordnet = WordNet::get();
        let named = TABLE.lines().skip(1).map(|line| {
            let parents = line.split('\t').nth(1).expect("a column");
            parents.split(',').filter(|parent| !parent.is_empty())
        });
        assert_eq!(wordnet.parents.len(), named.flatten().count());
        for synset in 0..wordnet.len() {
            let wnid = wordnet.wnid(synset);
            assert_eq!(wordnet.find(wnid), Some(synset));
            assert!(wordnet.lemmas(synset).all(|lemma| !lemma.is_empty()));
            let is_entity = wnid == "n00001740";
            assert_eq!(wordnet.parents(synset).is_empty(), is_entity, "{wnid}");
        }
    }
}
