//! Where in a picture a network sees a class.
//!
//! The network ends in a mean over positions and a linear layer, so that a class's logit is exactly the
//! mean of a [`map`] of logits: nothing is estimated, and no layer has to be chosen. [`explainer`] makes
//! the maps that a [`question`] asks for; [`region`] sums one up in a box, [`overlay`] shows it on the
//! picture in the colours of [`colour`], and [`deletion`] blurs what it says is important.

pub mod colour;
mod deletion;
pub mod explainer;
pub mod map;
pub mod overlay;
pub mod question;
pub mod region;
