//! The most precise answer that is sure enough.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::lineages::{Lineages, PerClass};
use super::silent::is_silent;
use super::wordnet::WordNet;
use crate::checkpoint::labels::Labels;
use crate::top_k::{Scored, best};

/// A class, or something above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sure {
    /// The model's name of a class; of what stands above, WordNet's first word.
    pub label: String,
    /// The summed probability of the classes that it means.
    pub score: f32,
    /// Its WordNet id, which tells things of one name apart.
    pub wnid: String,
}

/// Something that may be the answer.
struct Node {
    synset: usize,
    /// The first class of this synset.
    class: Option<usize>,
    /// How many classes it means.
    classes: usize,
}

/// What may be answered about a model's classes: the classes and what stands above them.
pub struct Hierarchy {
    labels: Labels,
    /// Those that mean the fewest classes first; of equals, in the order of the wnids.
    nodes: Vec<Node>,
    /// For each class the nodes that mean it.
    above: PerClass,
}

impl Hierarchy {
    /// The hierarchy above a model's classes.
    ///
    /// What says nothing is left out, and so is what means the same classes as something below it:
    /// where all felines are cats, nobody is told that it is a feline.
    ///
    /// # Errors
    /// If one of the classes is not in WordNet's table.
    pub fn of(labels: &Labels) -> Result<Self> {
        let lineages = Lineages::of(labels);
        let (known, all) = (lineages.known(), labels.len());
        ensure!(
            known == all && all > 0,
            "{known} of the model's {all} classes have an ImageNet WordNet id, and all must have one \
             to know what stands above them; use a model of ImageNet's classes, or give a file of \
             labels with the WordNet id before each name"
        );
        let nodes = nodes(&lineages, all);
        let mut place = vec![None; WordNet::get().len()];
        for (at, node) in nodes.iter().enumerate() {
            place[node.synset] = Some(at as u32);
        }
        Ok(Self {
            labels: labels.clone(),
            nodes,
            above: lineages.filter_map(|synset| place[synset as usize]),
        })
    }

    /// The answer that means the fewest classes among those whose probabilities sum to at least `p`;
    /// of several the more likely, then the one whose wnid comes first. Where none reaches `p`, the
    /// most likely class. The fewest classes are the most information (Deng et al., "Hedging your
    /// bets", CVPR 2012, section 3).
    ///
    /// `probabilities` are by softmax, one for each class: of classes that do not exclude each other
    /// a sum says nothing.
    pub fn sure(&self, probabilities: &[f32], p: f32) -> Sure {
        let mut sums = vec![0.0_f64; self.nodes.len()];
        for (class, &probability) in probabilities.iter().enumerate() {
            for &node in self.above.of_class(class) {
                sums[node as usize] += f64::from(probability);
            }
        }
        match sums.iter().position(|&sum| sum >= f64::from(p)) {
            Some(first) => {
                let classes = self.nodes[first].classes;
                let rest = self.nodes.iter().zip(&sums).enumerate().skip(first);
                let equals = rest.take_while(|(_, (node, _))| node.classes == classes);
                let better = |best: usize, at: usize| match sums[at] > sums[best] {
                    true => at,
                    false => best,
                };
                let best = equals.map(|(at, _)| at).fold(first, better);
                self.answer(&self.nodes[best], sums[best])
            }
            None => self.likeliest(probabilities),
        }
    }

    /// All that may be the answer, without a score: what it is called, and its WordNet id.
    pub fn all(&self) -> impl Iterator<Item = (String, String)> {
        self.nodes.iter().map(|node| {
            let Sure { label, wnid, .. } = self.answer(node, 0.0);
            (label, wnid)
        })
    }

    fn answer(&self, node: &Node, sum: f64) -> Sure {
        let wordnet = WordNet::get();
        let lemma = || wordnet.lemmas(node.synset).next().unwrap_or_default();
        let label = match node.class {
            Some(class) => self.labels.get(class).name.clone(),
            None => lemma().to_owned(),
        };
        Sure {
            label,
            // Rounding may bring a sum of all classes above 1.
            score: sum.min(1.0) as f32,
            wnid: wordnet.wnid(node.synset).to_owned(),
        }
    }

    /// The class with the highest probability, the first of equals.
    fn likeliest(&self, probabilities: &[f32]) -> Sure {
        let Scored { index, score } = best(probabilities, 1, 0.0)[0];
        let label = self.labels.get(index).clone();
        Sure {
            label: label.name,
            score,
            wnid: label.wnid.unwrap_or_default(),
        }
    }
}

/// What may be the answer, in the order of [`Hierarchy::nodes`].
fn nodes(lineages: &Lineages, classes: usize) -> Vec<Node> {
    let wordnet = WordNet::get();
    let counts = lineages.counts();
    let speaks = |synset: usize| counts[synset] > 0 && !is_silent(wordnet.wnid(synset));
    // A parent of no more classes than its child has the same ones.
    let mut repeats = vec![false; wordnet.len()];
    for child in (0..wordnet.len()).filter(|&synset| speaks(synset)) {
        for &parent in wordnet.parents(child) {
            repeats[parent as usize] |= counts[parent as usize] == counts[child];
        }
    }
    let mut own = vec![None; wordnet.len()];
    for class in (0..classes).rev() {
        own[lineages.of_class(class)[0] as usize] = Some(class);
    }
    let kept = (0..wordnet.len()).filter(|&synset| speaks(synset) && !repeats[synset]);
    let mut nodes: Vec<_> = kept
        .map(|synset| Node {
            synset,
            class: own[synset],
            classes: counts[synset],
        })
        .collect();
    // Stable: synsets are in the order of their wnids.
    nodes.sort_by_key(|node| node.classes);
    nodes
}
