//! Label pictures with EfficientNet, exactly as timm does.
//!
//! ```
//! let classifier = effnet::Classifier::open("demo")?; // or "b0", "v2-s", "owner/name", a folder
//! let photo = std::fs::read("assets/pictures/star.jpg")?;
//! for prediction in classifier.classify(&photo, 5)? {
//!     println!("{:.2} {}", prediction.score, prediction.label);
//! }
//! # assert_eq!(classifier.classify(&photo, 1)?[0].label, "star");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The names below are the library. What follows is for those who read or change the program.
//!
//! # The rooms
//!
//! From the top down. A room imports only what stands below it, and no
//! two files import each other (tests/suite/rooms.rs reads this list):
//!
//! ```text
//! main                          parse, run, exit code
//! commands                      one file a subcommand: its arguments and what it does
//! cli                           groups of arguments that commands share
//! train                         a last layer of one's own classes
//! explain                       where in a picture a class is seen
//! eval                          how good a model is on pictures of which it is known what they show
//! features                      pictures as vectors, kept and compared
//! sorting                       pictures to a folder for each label
//! classifier  run  output  terminal
//!                               a network with all that turns pictures into labels; many pictures
//!                               in order; records to somewhere; standard error
//! checkpoint                    what the user calls a model, to its files and what they say
//! model  picture                the network; bytes to network input
//! device                        where the network runs, and with which instructions
//! ops  hub                      what the network needs, once per backend; the Hub's files
//! top_k  printable  paths       logits to classes; what is safe to show on a terminal; paths that are
//!                               no text
//! error                         what can be wrong with one picture, and what ends a run
//! ```
//!
//! # The way
//!
//! A picture's way through them, and a weight's:
//!
//! ```text
//! paths ─ run::inputs ─ picture::decode ─ picture::transform ─ batch ─┐
//!                                                                     ▼
//! name ─ checkpoint::choice ─ hub ─ model::weights_file ─ model::efficientnet (ops)
//!                                                                     │ logits
//! output ◄─ records in input order ◄─ run::pipeline ◄─ labels ◄─ top_k ┘
//! ```
//!
//! Only `run` starts threads of its own (the network shares out its layers over rayon's pool), only
//! `picture` knows `image`, only `hub` connects, only `ops` has `unsafe`, only `output`, `terminal`
//! and `commands` write to standard output and standard error.
#![warn(missing_docs)]
#![deny(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks)]

#[cfg(feature = "cli")]
#[allow(missing_docs)] // They are the help.
mod cli;
#[cfg(feature = "cli")]
mod commands;
#[cfg(feature = "cli")]
mod eval;
#[cfg(feature = "cli")]
mod explain;
#[cfg(feature = "cli")]
mod features;
#[cfg(feature = "cli")]
mod output;
#[cfg(feature = "cli")]
mod paths;
mod printable;
#[cfg(feature = "cli")]
mod sorting;
#[cfg(feature = "cli")]
mod terminal;
mod top_k;
#[cfg(feature = "cli")]
mod train;

// Public for the suite and the fuzz targets, without a promise; a page each in the program's own
// documentation (CONTRIBUTING.md).
#[cfg_attr(not(book), doc(hidden))]
pub mod checkpoint;
#[cfg_attr(not(book), doc(hidden))]
pub mod classifier;
#[cfg_attr(not(book), doc(hidden))]
pub mod device;
#[cfg_attr(not(book), doc(hidden))]
pub mod error;
#[cfg_attr(not(book), doc(hidden))]
pub mod hub;
#[cfg_attr(not(book), doc(hidden))]
pub mod model;
#[allow(unsafe_code)]
#[cfg_attr(not(book), doc(hidden))]
pub mod ops;
#[cfg_attr(not(book), doc(hidden))]
pub mod picture;
#[cfg(feature = "cli")]
#[cfg_attr(not(book), doc(hidden))]
pub mod run;

pub use checkpoint::choice::Choice;
pub use checkpoint::label::Label;
pub use checkpoint::labels::{Labels, Prediction};
pub use classifier::{ClassMap, ClassMaps, Classifier, Error};
pub use device::{Choice as DeviceChoice, OpenDevice, Precision};
pub use error::{ErrorKind, PictureError};
pub use hub::{HubError, Progress};
pub use model::Positions;
pub use ops::Pixels;
pub use picture::transform::Transform;

/// What main.rs is made of.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod program {
    pub use crate::commands::outcome::Outcome;
    pub use crate::commands::run;
    pub use crate::commands::usage::parse;
    pub use crate::picture::decode::is_guarded;
    pub use crate::run::threads::INTERRUPTED;
    pub use crate::terminal::fail;
}
