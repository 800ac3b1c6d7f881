//! What stands above a model's classes in WordNet: a tabby is a domestic cat, a feline, a mammal.
//!
//! - `wordnet`: the table; `silent`: which of its synsets say nothing;
//! - `lineages`: for each class its synset and all above;
//! - [`Hierarchy`]: the most precise answer that is sure enough;
//! - [`Query`]: the classes that a word means.

mod lineages;
mod query;
mod silent;
mod sure;
mod wordnet;

pub use query::Query;
pub use sure::{Hierarchy, Sure};
