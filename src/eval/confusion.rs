//! What was taken for what.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::evidence::Judged;

/// How often each class was taken for each: as many entries as pairs occur.
#[derive(Clone, Debug, Default)]
pub struct Confusion {
    /// By truth and answer.
    counts: BTreeMap<(usize, usize), u64>,
}

/// How well one class is told.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCounts {
    pub class: usize,
    /// Pictures that show it.
    pub pictures: u64,
    /// Pictures of which the answer is this class.
    pub answered: u64,
    /// Pictures that show it and are answered so.
    pub correct: u64,
    /// The wrong answer that pictures of it have most often, and how often.
    pub confused: Option<(usize, u64)>,
}

/// Means over the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Means {
    pub balanced: Option<f64>,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
}

impl Confusion {
    /// Counts one answer.
    pub fn add(&mut self, judged: &Judged) {
        *self
            .counts
            .entry((judged.truth, judged.answer))
            .or_default() += 1;
    }

    /// Truth, answer and how often, by truth and then by answer; right ones too.
    pub fn counts(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.counts.iter().map(|(&(t, a), &count)| (t, a, count))
    }

    /// Every class that is shown or answered, in order.
    pub fn classes(&self) -> Vec<ClassCounts> {
        let mut classes: BTreeMap<usize, ClassCounts> = BTreeMap::new();
        for (truth, answer, count) in self.counts() {
            let of = |class| ClassCounts {
                class,
                pictures: 0,
                answered: 0,
                correct: 0,
                confused: None,
            };
            classes.entry(answer).or_insert_with(|| of(answer)).answered += count;
            let shown = classes.entry(truth).or_insert_with(|| of(truth));
            shown.pictures += count;
            match truth == answer {
                true => shown.correct += count,
                false if shown.confused.is_none_or(|(_, most)| count > most) => {
                    shown.confused = Some((answer, count));
                }
                false => {}
            }
        }
        classes.into_values().collect()
    }

    /// The `most` wrong pairs that occur most often.
    pub fn worst(&self, most: usize) -> Vec<(usize, usize, u64)> {
        let mut wrong: Vec<_> = self.counts().filter(|(t, a, _)| t != a).collect();
        wrong.sort_by_key(|&(truth, answer, count)| (Reverse(count), truth, answer));
        wrong.truncate(most);
        wrong
    }

    /// Means over the classes, as scikit-learn's: of recall over those that are shown, and of the three
    /// over all that are shown or answered, with 0 where one has none.
    pub fn means(&self) -> Means {
        let classes = self.classes();
        let shown = classes.iter().filter(|class| class.pictures > 0);
        let mean_of = |value: fn(&ClassCounts) -> Option<f64>| {
            mean(classes.iter().map(|class| value(class).unwrap_or(0.0)))
        };
        Means {
            balanced: mean(shown.filter_map(ClassCounts::recall)),
            precision: mean_of(ClassCounts::precision),
            recall: mean_of(ClassCounts::recall),
            f1: mean_of(ClassCounts::f1),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

impl ClassCounts {
    /// The share of the answers with this class that is right.
    pub fn precision(&self) -> Option<f64> {
        self.share(self.answered)
    }

    /// The share of the pictures of this class that is answered rightly.
    pub fn recall(&self) -> Option<f64> {
        self.share(self.pictures)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> Option<f64> {
        self.share(self.answered + self.pictures)
            .map(|half| 2.0 * half)
    }

    fn share(&self, of: u64) -> Option<f64> {
        (of > 0).then(|| self.correct as f64 / of as f64)
    }
}
