//! The classes that a word means.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};

use super::lineages::Lineages;
use super::silent::is_silent;
use super::wordnet::WordNet;
use crate::checkpoint::label::is_wnid;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::nearest::{nearest, one_of};
use crate::top_k::Scoring;

/// Some of a model's classes, as a user named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    classes: Vec<usize>,
}

impl Query {
    /// The classes that any of `words` means.
    ///
    /// A word is a class's label or one of its synonyms, a WordNet id, or anything that stands above
    /// classes in WordNet: `dog`, `n02084071`, `musical instrument`. A word of several meanings means
    /// all of them: a crane is a bird and a machine. Case counts for nothing, and `_`, `-` and a space
    /// are one.
    ///
    /// `*` stands for any letters and `?` for one. Above the classes a `*` at an end stands for whole
    /// words, so that `*cat*` is a wild cat and no domesticated animal; and such a pattern means
    /// nothing that is so general that it says nothing: `*thing` is no living thing.
    ///
    /// Where classes have no WordNet id only their labels count.
    ///
    /// # Errors
    /// If a word means none of the classes; the error names words that are nearly so.
    pub fn parse(words: &[String], labels: &Labels) -> Result<Self> {
        let (wordnet, lineages) = (WordNet::get(), Lineages::of(labels));
        let mut wanted = vec![false; labels.len()];
        for word in words {
            let pattern = Pattern::new(word);
            ensure!(!pattern.letters.is_empty(), "an empty query finds nothing");
            let synsets: Vec<_> = (0..wordnet.len()).map(|s| pattern.means(s)).collect();
            let means = |class: usize| {
                let lineage = lineages.of_class(class);
                pattern.matches_label(&labels.get(class).name)
                    || lineage.iter().any(|&synset| synsets[synset as usize])
                    || lineage
                        .first()
                        .is_some_and(|&own| pattern.matches_synonym(own as usize))
            };
            let classes: Vec<_> = (0..labels.len()).filter(|&class| means(class)).collect();
            if classes.is_empty() {
                return unknown(word, synsets.contains(&true), labels, &lineages);
            }
            classes.into_iter().for_each(|class| wanted[class] = true);
        }
        let classes = (0..labels.len()).filter(|&class| wanted[class]).collect();
        Ok(Self { classes })
    }

    /// Their indices, in order, each once.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// How likely it is that a picture shows one of them, given the probability of each class of the
    /// model: by softmax their sum, by sigmoid the highest, for there each class may be right beside
    /// others and the sum of several may pass 1.
    pub fn score(&self, probabilities: &[f32], scoring: Scoring) -> f32 {
        let scores = self.classes.iter().map(|&class| probabilities[class]);
        match scoring {
            // Rounding may bring the sum of all classes above 1.
            Scoring::Softmax => scores.map(f64::from).sum::<f64>().min(1.0) as f32,
            Scoring::Sigmoid => scores.fold(0.0, f32::max),
        }
    }
}

/// A word, with `*` and `?` or without.
struct Pattern {
    letters: Vec<char>,
    /// The patterns for what stands above the classes: one of them must match.
    above: Vec<Vec<char>>,
    wild: bool,
}

impl Pattern {
    fn new(word: &str) -> Self {
        let word: String = plain(word.trim()).collect();
        let inner = word.trim_matches('*');
        // A `*` at an end is whole words or nothing.
        let heads = match word.starts_with('*') {
            true => &["", "* "][..],
            false => &[""],
        };
        let tails = match word.ends_with('*') {
            true => &["", " *"][..],
            false => &[""],
        };
        let with = |head: &str| {
            let patterns = tails.iter().map(|tail| format!("{head}{inner}{tail}"));
            patterns.map(|p| p.chars().collect()).collect::<Vec<_>>()
        };
        Self {
            letters: word.chars().collect(),
            above: heads.iter().flat_map(|head| with(head)).collect(),
            wild: word.contains(['*', '?']),
        }
    }

    fn matches(&self, text: &str) -> bool {
        matches(&self.letters, plain(text))
    }

    /// Whether it is the label, or one of the synonyms in it: `maillot, tank suit`.
    fn matches_label(&self, label: &str) -> bool {
        self.matches(label) || label.contains(", ") && label.split(", ").any(|s| self.matches(s))
    }

    /// Whether it is one of the words for a class's own synset.
    fn matches_synonym(&self, synset: usize) -> bool {
        let mut lemmas = WordNet::get().lemmas(synset);
        lemmas.any(|lemma| self.matches(lemma))
    }

    /// Whether it means a synset and all below it.
    fn means(&self, synset: usize) -> bool {
        let wordnet = WordNet::get();
        let wnid = wordnet.wnid(synset);
        let is = |text: &str| self.above.iter().any(|above| matches(above, plain(text)));
        match self.wild {
            true => wordnet.lemmas(synset).any(is) && !is_silent(wnid),
            false => wordnet.lemmas(synset).any(is) || is(wnid),
        }
    }
}

/// The letters that count: `Golden_Retriever` as `golden retriever`.
fn plain(text: &str) -> impl Iterator<Item = char> + Clone {
    let letters = text.chars().flat_map(char::to_lowercase);
    letters.map(|letter| match letter {
        '_' | '-' => ' ',
        letter => letter,
    })
}

/// Whether the pattern's `*` and `?` can stand for letters so that it is the text.
fn matches(pattern: &[char], mut text: impl Iterator<Item = char> + Clone) -> bool {
    let mut at = 0;
    // Behind the last `*`, and where in the text its letters end so far.
    let mut star = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            star = Some((at, text.clone()));
            continue;
        }
        let letter = text.next();
        match (pattern.get(at), letter) {
            (None, None) => return true,
            (Some(wanted), Some(letter)) if *wanted == '?' || *wanted == letter => at += 1,
            // One letter more for the `*`.
            (_, Some(_)) => match &mut star {
                Some((behind, rest)) => {
                    rest.next();
                    (at, text) = (*behind, rest.clone());
                }
                None => return false,
            },
            (Some(_), None) => return false,
        }
    }
}

/// Says of a word that it means none of the classes, and what was perhaps meant.
fn unknown(word: &str, is_word: bool, labels: &Labels, lineages: &Lineages) -> Result<Query> {
    let known = lineages.known() > 0;
    if is_word && known {
        bail!(
            "`{word}` is in WordNet, but none of the model's {} classes is one; a model of more \
             classes may know it",
            labels.len()
        );
    }
    if is_wnid(word) && known {
        bail!("`{word}` is no class of ImageNet and stands above none in WordNet 3.0");
    }
    let wordnet = WordNet::get();
    let counts = lineages.counts();
    let above = (0..wordnet.len()).filter(|&synset| counts[synset] > 0);
    let mut names: BTreeSet<&str> = above.flat_map(|synset| wordnet.lemmas(synset)).collect();
    names.extend((0..labels.len()).map(|class| labels.get(class).name.as_str()));
    let near = nearest(&word.replace(['*', '?'], ""), names.into_iter());
    let what = match known {
        true => "no class of the model and nothing above its classes in WordNet",
        false => "no class of the model",
    };
    match one_of(&near) {
        Some(near) => bail!("{what} is called `{word}`; did you mean {near}?"),
        None => bail!(
            "{what} is called `{word}`; `*` stands for any letters, as in `*{}*`",
            word.trim_matches('*')
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_letters() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).matches(text);
        for (pattern, text) in [
            ("*terrier", "Boston terrier"),
            ("*terrier", "terrier"),
            ("*er*er", "her other terrier"),
            ("b?t", "BAT"),
            ("golden_retriever", "Golden-Retriever"),
            ("*", ""),
            ("a*b*c", "a b b c c"),
        ] {
            assert!(matches(pattern, text), "{pattern} is {text}");
        }
        for (pattern, text) in [
            ("terrier", "Boston terrier"),
            ("*terrier", "terriers"),
            ("b?t", "bt"),
            ("a*b", "a b c"),
            ("", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} is not {text}");
        }
    }

    #[test]
    fn a_label_of_several_words_is_each_of_them() {
        let is_label = |word: &str| Pattern::new(word).matches_label("maillot, tank suit");
        assert!(is_label("tank suit") && is_label("maillot") && is_label("Maillot, Tank Suit"));
        assert!(!is_label("tank"));
    }

    #[test]
    fn classes_that_exclude_each_other_add_up_and_others_do_not() {
        let query = Query {
            classes: vec![0, 2],
        };
        let scores = [0.5, 0.125, 0.25];
        assert_eq!(query.score(&scores, Scoring::Softmax), 0.75);
        assert_eq!(query.score(&scores, Scoring::Sigmoid), 0.5);
    }
}
