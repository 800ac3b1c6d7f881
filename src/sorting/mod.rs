//! Pictures to a folder for each label.
//!
//! - [`Folders`]: a label to the name of its folder;
//! - [`Sorter`]: a picture, and what belongs to it, to a free name there;
//! - `place`: how one file gets there; nothing is ever written over;
//! - `log`: what was done, to be taken back by [`undo()`].

mod folders;
mod log;
mod place;
mod sorter;
mod undo;

pub use folders::{Folders, UNSURE};
pub use place::How;
pub use sorter::Sorter;
pub use undo::{Undone, undo};
