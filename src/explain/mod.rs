//! Where in a picture a network sees a class.
//!
//! The network ends in a mean over positions and a linear layer, so that a class's logit is exactly the
//! mean of a [`map`] of logits: nothing is estimated, and no layer has to be chosen. [`explainer`] makes
//! the maps that a [`question`] asks for; [`teller`] makes a record of each: [`region`] sums it up in a
//! box, [`overlay`] shows it on the picture in the colours of [`colour`], and [`deletion`] blurs what it
//! says is important.

pub mod colour;
mod deletion;
pub mod explainer;
mod map;
mod overlay;
pub mod question;
mod region;
pub mod teller;
