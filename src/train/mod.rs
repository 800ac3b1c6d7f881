//! A classifier of one's own over what a network sees: its last layer is trained, all before stays.
//!
//! - [`sets`]: which class each picture teaches, by the folder that it is in;
//! - [`samples`]: features, classes and weights, and what is to be minimised; [`lbfgs`]: how; [`head`]:
//!   what comes of it;
//! - [`folds`]: pictures in parts, so that each is judged by a head that never saw it; [`search`]: how
//!   much to regularise, by those parts; [`temperature`]: how sure the head should be;
//! - [`threshold`]: from which score on a picture shows one of the classes at all;
//! - [`suspects`]: pictures that may be in the wrong folder;
//! - [`report`]: what all of it comes to; [`saved`]: the model's folder.

pub mod folds;
pub mod head;
pub mod lbfgs;
pub mod report;
pub mod samples;
pub mod saved;
pub mod search;
pub mod sets;
pub mod suspects;
pub mod temperature;
pub mod threshold;
