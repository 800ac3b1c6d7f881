//! What the user calls a model, to its files and to what they say.
//!
//! - [`choice`]: the command line's words, to a [`model::Model`]; `settled`: whether they agree;
//!   [`name`]: all the spellings that people use; [`nearest`]: what was meant by a wrong one;
//! - [`files`]: which files a model has, in a folder and on the Hub; [`shards`]: weights in several;
//! - [`config`]: `config.json` of timm and transformers; [`bare`]: weights without one; [`demo`]:
//!   the model within the program; [`published`]: the checkpoints that timm and torchvision publish;
//! - [`card`]: what all of these come to; [`labels`]: the classes' names, [`lookup`]: and back;
//!   above them in WordNet.

pub mod bare;
pub mod card;
pub mod choice;
pub mod config;
pub mod demo;
pub mod files;
pub mod hierarchy;
pub mod label;
mod label_file;
mod label_names;
pub mod labels;
pub mod lookup;
pub mod model;
pub mod name;
pub mod nearest;
pub mod published;
mod settled;
pub mod shards;
pub mod text_file;
