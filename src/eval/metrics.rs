//! Answers added up to the usual numbers.

use serde::Serialize;

use super::calibration::Calibration;
use super::confusion::Confusion;
use super::evidence::Judged;
use super::interval::Share;

/// What answers add up to, over one choice of classes. It grows with the number of pairs of classes
/// that occur, and not with that of pictures.
#[derive(Clone, Debug)]
pub struct Measures {
    /// How many classes a picture might show, where that is known.
    classes: Option<usize>,
    pictures: u64,
    top1: u64,
    /// What follows is nothing once a single picture's part is not known.
    top5: Option<u64>,
    loss: Option<f64>,
    brier: Option<f64>,
    /// How sure answers were.
    pub calibration: Calibration,
    /// What was taken for what.
    pub confusion: Confusion,
}

/// The usual numbers; nothing where they can't be known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many classes a picture might show.
    pub classes: Option<usize>,
    pub pictures: u64,
    pub top1: Option<Share>,
    pub top5: Option<Share>,
    /// The mean recall of the classes that are shown.
    pub balanced_accuracy: Option<f64>,
    /// The means over the classes that are shown or answered.
    pub macro_precision: Option<f64>,
    pub macro_recall: Option<f64>,
    pub macro_f1: Option<f64>,
    /// The mean negative logarithm (base e) of the truth's probability.
    pub log_loss: Option<f64>,
    /// The mean sum of the squared differences between probabilities and truth, 0 to 2.
    pub brier: Option<f64>,
    /// The expected calibration error, of 15 bins.
    pub ece: Option<f64>,
}

impl Measures {
    /// Nothing yet.
    pub fn new(classes: Option<usize>) -> Self {
        Self {
            classes,
            pictures: 0,
            top1: 0,
            top5: Some(0),
            loss: Some(0.0),
            brier: Some(0.0),
            calibration: Calibration::default(),
            confusion: Confusion::default(),
        }
    }

    /// Adds one picture.
    pub fn add(&mut self, judged: &Judged) {
        self.pictures += 1;
        self.top1 += u64::from(judged.is_right());
        let within = judged.within(5).map(u64::from);
        self.top5 = self.top5.zip(within).map(|(sum, more)| sum + more);
        self.loss = self.loss.zip(judged.loss).map(|(sum, more)| sum + more);
        self.brier = self.brier.zip(judged.brier).map(|(sum, more)| sum + more);
        self.calibration.add(judged);
        self.confusion.add(judged);
    }

    /// What it comes to.
    pub fn summary(&self) -> Summary {
        let mean = |sum: f64| (self.pictures > 0).then(|| sum / self.pictures as f64);
        let means = self.confusion.means();
        Summary {
            classes: self.classes,
            pictures: self.pictures,
            top1: Share::new(self.top1, self.pictures),
            top5: self.top5.and_then(|top5| Share::new(top5, self.pictures)),
            balanced_accuracy: means.balanced,
            macro_precision: means.precision,
            macro_recall: means.recall,
            macro_f1: means.f1,
            log_loss: self.loss.and_then(mean),
            brier: self.brier.and_then(mean),
            ece: self.calibration.error(),
        }
    }
}
