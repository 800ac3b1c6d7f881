//! How good a model is on pictures of which it is known what they show.
//!
//! - [`classes`]: which class a name means;
//! - [`evidence`]: what a model says of a picture, beside the truth; [`saved`]: what it said earlier;
//! - [`scoring`]: all that is counted: [`metrics`], with [`calibration`], [`confusion`] and
//!   [`interval`]; [`real`]: ReaL's labels;
//! - [`compare`]: whether another model is better;
//! - [`report`]: what all of it comes to.

pub mod calibration;
pub mod classes;
pub mod compare;
pub mod confusion;
pub mod evidence;
pub mod interval;
pub mod metrics;
pub mod real;
pub mod report;
pub mod saved;
pub mod scoring;
