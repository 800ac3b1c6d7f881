//! A classifier that says where it sees what it names.

use super::deletion::without_strongest;
use super::map::Map;
use super::question::Question;
use crate::checkpoint::labels::Prediction;
use crate::classifier::{ClassMaps, Classifier, Error};
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::output::explained::Check;
use crate::picture::frame::Frame;
use crate::top_k::{Scored, Scoring, probabilities};

/// Blurred inputs in memory: there may be as many as there are classes.
const CHECKED_AT_ONCE: usize = 8;

/// A classifier, and what is asked of it.
pub struct Explainer {
    /// The network.
    pub classifier: Classifier,
    /// Whose maps.
    pub question: Question,
    /// How logits become scores.
    pub scoring: Scoring,
    /// Whether inputs are kept for [`Explainer::check`].
    pub checks: bool,
}

/// What speaks for the classes of a picture.
pub struct Evidence {
    /// The classes, and where each is seen.
    pub found: Vec<(Prediction, Map)>,
    /// The class that they are compared with.
    pub against: Option<Prediction>,
    /// The network's input, where it is kept.
    input: Option<Pixels>,
}

impl Explainer {
    /// The evidence of each picture, prepared by [`Classifier::prepare`], or why it has none. One
    /// forward pass.
    ///
    /// # Errors
    /// If the device fails.
    pub fn evidence(
        &self,
        pictures: &[Pixels],
    ) -> Result<Vec<Result<Evidence, PictureError>>, Error> {
        let Question { against, .. } = self.question;
        let wanted = |logits: &[f32]| {
            let classes = self.question.classes(logits).into_iter();
            classes.chain(against).collect()
        };
        let maps = self.classifier.class_maps(pictures, wanted)?;
        let answers = maps.into_iter().zip(pictures);
        Ok(answers.map(|(maps, input)| self.of(maps, input)).collect())
    }

    fn of(&self, maps: ClassMaps, input: &Pixels) -> Result<Evidence, PictureError> {
        let ClassMaps { logits, mut maps } = maps;
        let scores = probabilities(&logits, self.scoring)?;
        let labels = &self.classifier.labels;
        let prediction = |index: usize| {
            let score = scores[index];
            labels.predictions(&[Scored { index, score }]).remove(0)
        };
        let against = self.question.against;
        let other = against.and_then(|_| maps.pop());
        let [rows, columns] = self.classifier.positions();
        let map = |logits: Vec<f32>| {
            let map = Map {
                rows,
                columns,
                logits,
            };
            match &other {
                Some(other) => map.minus(other),
                None => map,
            }
        };
        let classes = self.question.classes(&logits).into_iter().map(prediction);
        Ok(Evidence {
            found: classes.zip(maps.into_iter().map(map)).collect(),
            against: against.map(prediction),
            input: self.checks.then(|| input.clone()),
        })
    }

    /// How the score of each class falls when its strongest places are blurred, if the answer is a
    /// number; nothing where inputs are not kept.
    ///
    /// # Errors
    /// If the device fails.
    pub fn check(&self, evidence: &Evidence, frame: &Frame) -> Result<Vec<Option<Check>>, Error> {
        let Some(input) = &evidence.input else {
            return Ok(Vec::new());
        };
        let input = input.values();
        let transform = self.classifier.transform;
        let layout = (transform.width, transform.channels());
        let mut checks = Vec::new();
        for found in evidence.found.chunks(CHECKED_AT_ONCE) {
            let without = found
                .iter()
                .map(|(_, map)| without_strongest(&input, layout, map, frame).into());
            let logits = self.classifier.logits(&without.collect::<Vec<_>>())?;
            checks.extend(found.iter().zip(logits).map(|((class, _), logits)| {
                let after = probabilities(&logits, self.scoring).ok()?[class.index];
                Some(Check {
                    before: class.score,
                    after,
                })
            }));
        }
        Ok(checks)
    }
}
