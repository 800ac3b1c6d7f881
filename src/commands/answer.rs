//! What is said of a picture, of the probabilities of its classes.

use anyhow::{Result, ensure};

use crate::checkpoint::hierarchy::{Hierarchy, Query};
use crate::checkpoint::labels::Labels;
use crate::classifier::Classifier;
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::output::Answer;
use crate::top_k::{Scoring, best, probabilities};

/// What a query must reach where nothing else is said: more likely than not.
pub const LIKELY: f32 = 0.5;

/// Which pictures are shown, and what is said of them.
pub struct Answers {
    /// How many classes at most.
    pub k: usize,
    /// The lowest probability of a class that is reported.
    pub min_score: f32,
    /// How logits become probabilities.
    pub scoring: Scoring,
    /// What finds the most precise answer that is sure enough, and how sure that is.
    pub sure: Option<(Hierarchy, f32)>,
    /// What a picture must show, and how likely at least.
    pub only: Option<(Query, f32)>,
}

/// The words of queries: `dog|cat` and `dog or cat` are two.
pub fn words(queries: &[String]) -> Vec<String> {
    let either = queries.iter().flat_map(|query| query.split('|'));
    let words = either.flat_map(|query| query.split(" or "));
    words.map(|word| word.trim().to_owned()).collect()
}

/// What finds the most precise answer whose probability is at least `p`.
///
/// # Errors
/// If the classes are not WordNet's, or do not exclude each other.
pub fn sure(labels: &Labels, scoring: Scoring, p: f32) -> Result<(Hierarchy, f32)> {
    ensure!(
        scoring == Scoring::Softmax,
        "--sure adds up probabilities, and this model gives several labels to a picture; \
         --min-score P leaves out what is not sure"
    );
    Ok((Hierarchy::of(labels)?, p))
}

impl Answers {
    /// What each picture of a batch shows; nothing if it is not shown.
    ///
    /// # Errors
    /// If the device fails.
    pub fn each(
        &self,
        classifier: &Classifier,
        pictures: &[Pixels],
    ) -> Result<Vec<Result<Option<Answer>, PictureError>>> {
        let logits = classifier.logits(pictures)?.into_iter();
        let answers = logits.map(|logits| {
            let scores = probabilities(&logits, self.scoring)?;
            Ok(self
                .shows(&scores)
                .then(|| self.answer(&classifier.labels, &scores)))
        });
        Ok(answers.collect())
    }

    fn shows(&self, scores: &[f32]) -> bool {
        let is_likely = |(query, least): &(Query, f32)| query.score(scores, self.scoring) >= *least;
        self.only.as_ref().is_none_or(is_likely)
    }

    fn answer(&self, labels: &Labels, scores: &[f32]) -> Answer {
        let sure = self.sure.as_ref();
        Answer {
            predictions: labels.predictions(&best(scores, self.k, self.min_score)),
            sure: sure.map(|(hierarchy, p)| hierarchy.sure(scores, *p)),
            ..Answer::default()
        }
    }
}
