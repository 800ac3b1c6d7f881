//! What a checkpoint says of itself, whoever wrote it down.

use super::labels::Labels;
use crate::model::Config;
use crate::picture::transform::Transform;
use crate::top_k::Scoring;

/// A model without its weights.
#[derive(Clone, Debug)]
pub struct Card {
    /// What users call its size.
    pub variant: &'static str,
    /// The network's shape.
    pub config: Config,
    /// How its pictures are prepared.
    pub transform: Transform,
    /// The same for the size that it was tested at, if there is another.
    pub test: Option<Transform>,
    /// Its classes' names, or the usual ones for their number.
    pub labels: Labels,
    /// How its logits become probabilities.
    pub scoring: Scoring,
}

impl Card {
    /// The same, with pictures prepared for the size that it was tested at, if there is another.
    pub fn at_test_size(self) -> Self {
        Self {
            transform: self.test.unwrap_or(self.transform),
            ..self
        }
    }
}
