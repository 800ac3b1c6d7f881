//! Class index to WordNet id and readable name.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::text_file;
use crate::top_k::Scored;

/// The 1000 classes of ImageNet-1k in the order of their WordNet ids, which is the order of every
/// checkpoint's classes: timm/data/_info/imagenet_synsets.txt with the first synonym of
/// imagenet_synset_to_lemma.txt, or all synonyms where two classes share the first.
const IMAGENET_1K: &str = include_str!("../../assets/imagenet_labels.tsv");

/// The 21843 classes of ImageNet-21k in the order of timm/data/_info/imagenet21k_goog_synsets.txt,
/// and which of them are ImageNet-12k's 11821, which are in the same order.
const IMAGENET_21K: &str = include_str!("../../assets/imagenet21k_labels.tsv");

/// What a class is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its WordNet id, such as `n02123045`, where it is one of ImageNet's.
    pub wnid: Option<String>,
    /// Readable; the class index in digits where nothing else is known.
    pub name: String,
}

impl Label {
    /// A name that is itself a WordNet id also becomes the id.
    fn named(name: String) -> Self {
        Self {
            wnid: is_wnid(&name).then(|| name.clone()),
            name,
        }
    }
}

/// A class that a picture may show.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Prediction {
    /// What it is called.
    pub label: String,
    /// Its probability.
    pub score: f32,
    /// Its index among the classes.
    pub index: usize,
    /// Its WordNet id, where it is one of ImageNet's.
    pub wnid: Option<String>,
}

/// The labels of a classifier's classes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    labels: Vec<Label>,
    /// Whether there are only indices.
    pub unnamed: bool,
}

impl Labels {
    /// ImageNet-1k's.
    pub fn imagenet() -> Self {
        Self::of_table(IMAGENET_1K.lines().skip(1))
    }

    /// ImageNet-21k's.
    fn imagenet_21k() -> Self {
        let lines = IMAGENET_21K.lines().skip(1);
        Self::of_table(lines.filter_map(|line| Some(line.rsplit_once('\t')?.0)))
    }

    /// ImageNet-12k's.
    fn imagenet_12k() -> Self {
        let lines = IMAGENET_21K.lines().skip(1);
        Self::of_table(lines.filter_map(|line| line.strip_suffix("\t1")))
    }

    /// Lines of a WordNet id and a name.
    fn of_table(lines: impl Iterator<Item = &'static str>) -> Self {
        let labels = lines.filter_map(|line| line.split_once('\t'));
        Self::from_labels(
            labels
                .map(|(wnid, name)| Label {
                    wnid: Some(wnid.to_owned()),
                    name: name.to_owned(),
                })
                .collect(),
        )
    }

    /// Names without WordNet ids.
    pub fn named(names: impl IntoIterator<Item = String>) -> Self {
        Self::from_labels(names.into_iter().map(Label::named).collect())
    }

    /// Names with a readable text for some, as where the names are WordNet ids.
    pub fn described(names: Vec<String>, descriptions: &BTreeMap<String, String>) -> Self {
        let label = |name: String| {
            let description = descriptions.get(&name).cloned();
            let label = Label::named(name);
            Label {
                name: description.unwrap_or(label.name),
                ..label
            }
        };
        Self::from_labels(names.into_iter().map(label).collect())
    }

    /// The usual labels of a head with `classes` classes: one of ImageNet's or bare indices.
    pub fn for_classes(classes: usize) -> Self {
        match classes {
            1_000 => Self::imagenet(),
            11_821 => Self::imagenet_12k(),
            21_843 => Self::imagenet_21k(),
            _ => Self {
                unnamed: true,
                ..Self::named((0..classes).map(|index| index.to_string()))
            },
        }
    }

    /// One label per line: a name, or a WordNet id and a name with a tab between them. The
    /// header of effnet's own table is skipped.
    ///
    /// # Errors
    /// If the file can't be read as UTF-8 or does not hold `classes` labels.
    pub fn open(path: &Path, classes: usize) -> Result<Self> {
        let shown = path.display();
        let text =
            text_file::read(path).with_context(|| format!("can't read the labels {shown}"))?;
        let labels: Vec<_> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty() && *line != "wnid\tlabel")
            .map(|line| match line.split_once('\t') {
                Some((wnid, name)) if is_wnid(wnid) => Label {
                    wnid: Some(wnid.to_owned()),
                    name: name.to_owned(),
                },
                _ => Label::named(line.to_owned()),
            })
            .collect();
        ensure!(
            labels.len() == classes,
            "{shown} holds {} labels, the model has {classes} classes",
            labels.len(),
        );
        Ok(Self::from_labels(labels))
    }

    fn from_labels(labels: Vec<Label>) -> Self {
        Self {
            labels,
            unnamed: false,
        }
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The label of class `index`, which must be below [`Labels::len`].
    pub fn get(&self, index: usize) -> &Label {
        &self.labels[index]
    }

    /// The scored classes with what they are called; each index must be below [`Labels::len`].
    pub fn predictions(&self, scored: &[Scored]) -> Vec<Prediction> {
        let prediction = |&Scored { index, score }: &Scored| {
            let Label { wnid, name } = self.get(index).clone();
            Prediction {
                label: name,
                score,
                index,
                wnid,
            }
        };
        scored.iter().map(prediction).collect()
    }
}

/// `n` and eight digits.
fn is_wnid(text: &str) -> bool {
    let digits = text.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())
}
