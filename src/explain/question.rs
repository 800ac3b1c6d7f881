//! Whose maps are asked for.

use crate::top_k::best;

/// Which classes of each picture.
#[derive(Clone, Debug)]
pub struct Question {
    /// These, whatever the picture shows; if there are none, the best.
    pub classes: Vec<usize>,
    /// How many of the best.
    pub k: usize,
    /// The class that the others are compared with.
    pub against: Option<usize>,
}

impl Question {
    /// The classes of a picture with these logits, best first, without the one that they are compared
    /// with.
    pub fn classes(&self, logits: &[f32]) -> Vec<usize> {
        if !self.classes.is_empty() {
            return self.classes.clone();
        }
        // One more, in case the other is among them.
        let best = best(logits, self.k.saturating_add(1), f32::NEG_INFINITY);
        let classes = best.iter().map(|scored| scored.index);
        let others = classes.filter(|&class| Some(class) != self.against);
        others.take(self.k).collect()
    }
}
