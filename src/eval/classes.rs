//! Which class a name means.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};

use crate::checkpoint::label::Label;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::nearest::{nearest, one_of};

/// A model's classes, to be found by name: never by where a name comes in some order.
pub struct Classes {
    labels: BTreeMap<usize, Label>,
    /// How many there are, where all are known.
    pub count: Option<usize>,
    names: HashMap<String, Vec<usize>>,
    wnids: HashMap<String, usize>,
}

impl Classes {
    /// All classes of a model.
    pub fn of(labels: &Labels) -> Self {
        let all = (0..labels.len()).map(|index| (index, labels.get(index).clone()));
        Self::new(all.collect(), Some(labels.len()))
    }

    /// Those of its classes that are known, and how many it has where that is known.
    pub fn new(labels: BTreeMap<usize, Label>, count: Option<usize>) -> Self {
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        let mut wnids = HashMap::new();
        for (&index, label) in &labels {
            // `maillot, tank suit` is a list of synonyms.
            let parts = label.name.split(", ");
            let mut keys: Vec<_> = parts.chain([label.name.as_str()]).map(plain).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                names.entry(key).or_default().push(index);
            }
            if let Some(wnid) = &label.wnid {
                wnids.insert(wnid.clone(), index);
            }
        }
        Self {
            labels,
            count,
            names,
            wnids,
        }
    }

    /// What class `index` is called; its number where that is not known.
    pub fn label(&self, index: usize) -> Label {
        let unnamed = || Label {
            wnid: None,
            name: index.to_string(),
        };
        self.labels.get(&index).cloned().unwrap_or_else(unnamed)
    }

    /// The class that each name means, if it means one: a WordNet id, alone or before a word
    /// (`n02085620-Chihuahua`), or a label; case counts for nothing, and `_`, `-` and a space are one.
    /// If all names are numbers of classes, and no class is called like another's number, they are
    /// those classes.
    ///
    /// # Errors
    /// If two classes have a name.
    pub fn find(&self, names: &[String]) -> Result<Vec<Option<usize>>> {
        let by_name = names.iter().map(|name| self.named(name));
        let by_name = by_name.collect::<Result<Vec<_>>>()?;
        let numbers = names.iter().map(|name| self.numbered(name));
        let numbers: Option<Vec<usize>> = numbers.collect();
        let agrees = |numbers: &Vec<usize>| {
            let mut pairs = numbers.iter().zip(&by_name);
            pairs.all(|(number, named)| named.is_none_or(|named| named == *number))
        };
        Ok(match numbers.filter(agrees) {
            Some(numbers) => numbers.into_iter().map(Some).collect(),
            None => by_name,
        })
    }

    fn named(&self, name: &str) -> Result<Option<usize>> {
        let is_mark = |c: char| matches!(c, '_' | '-' | ' ' | '.' | ',');
        let first = name.trim().split(is_mark).next().unwrap_or_default();
        if let Some(&index) = self.wnids.get(&first.to_lowercase()) {
            return Ok(Some(index));
        }
        // `tench, Tinca tinca` where the label is `tench`.
        let whole = self.names.get(&plain(name));
        let first = name.split_once(',').map(|(first, _)| plain(first));
        let found = whole.or_else(|| self.names.get(&first?));
        match found.map(Vec::as_slice) {
            None => Ok(None),
            Some([index]) => Ok(Some(*index)),
            Some(several) => {
                let shown: Vec<_> = several.iter().map(|&index| self.exactly(index)).collect();
                let shown: Vec<_> = shown.iter().map(String::as_str).collect();
                let shown = one_of(&shown).unwrap_or_default();
                bail!("several classes are called `{name}`; name the one that is meant: {shown}")
            }
        }
    }

    /// What no other class is called, with its label where that says more.
    fn exactly(&self, index: usize) -> String {
        let Label { wnid, name } = self.label(index);
        match wnid {
            Some(wnid) => format!("{wnid} ({name})"),
            None => format!("{index} ({name})"),
        }
    }

    fn numbered(&self, name: &str) -> Option<usize> {
        let number: usize = name.trim().parse().ok()?;
        let end = self.count.unwrap_or(usize::MAX);
        (number < end).then_some(number)
    }

    /// The labels that a name which means no class was perhaps to be.
    pub fn nearest(&self, name: &str) -> Option<String> {
        let names = self.labels.values().map(|label| label.name.as_str());
        one_of(&nearest(&plain(name), names))
    }
}

/// `Golden_Retriever` as `golden retriever`.
fn plain(name: &str) -> String {
    let spaced = name.to_lowercase().replace(['_', '-'], " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(labels: &Labels, names: &[&str]) -> Result<Vec<Option<usize>>> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Classes::of(labels).find(&names)
    }

    fn named(names: &[&str]) -> Labels {
        Labels::named(names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn numbers_are_classes_only_if_all_are_and_no_label_says_otherwise() {
        let animals = named(&["cat", "dog", "eel"]);
        assert_eq!(found(&animals, &["2", "0"]).unwrap(), [Some(2), Some(0)]);
        assert_eq!(found(&animals, &["2", "cat"]).unwrap(), [None, Some(0)]);
        assert_eq!(found(&animals, &["2", "3"]).unwrap(), [None, None]);
        // Digits that begin with 1: `1` is the class called so, and `0` is none.
        let digits = named(&["1", "2", "3"]);
        assert_eq!(found(&digits, &["1", "3"]).unwrap(), [Some(0), Some(2)]);
        assert_eq!(found(&digits, &["0", "1"]).unwrap(), [None, Some(0)]);
        // A model without names: `010` is the tenth, in whichever order folders are listed.
        let unnamed = Labels::for_classes(12);
        assert_eq!(found(&unnamed, &["010", "2"]).unwrap(), [Some(10), Some(2)]);
    }
}
