//! Label pictures with EfficientNet.
//!
//! The rooms of the program, from the top down. A room imports only what stands below it, and no
//! two files import each other (tests/suite/rooms.rs reads this list):
//!
//! ```text
//! main                          parse, run, exit code
//! commands                      one file a subcommand: its arguments and what it does
//! cli                           groups of arguments that commands share
//! classifier  run  output  terminal
//!                               a network with all that turns pictures into labels; many pictures
//!                               in order; records to somewhere; standard error
//! checkpoint                    what the user calls a model, to its files and what they say
//! model  picture  device        the network; bytes to network input; where it runs
//! ops  hub                      what the network needs, once per backend; the Hub's files
//! top_k  printable              logits to classes; what is safe to show on a terminal
//! error                         what can be wrong with one picture
//! ```
//!
//! A picture's way through them, and a weight's:
//!
//! ```text
//! paths ─ run::inputs ─ picture::decode ─ picture::transform ─ batch ─┐
//!                                                                     ▼
//! name ─ checkpoint::choice ─ hub ─ model::safetensors ─ model::efficientnet (ops)
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

pub mod checkpoint;
pub mod classifier;
#[allow(missing_docs)]
pub mod cli;
pub mod commands;
pub mod device;
pub mod error;
pub mod hub;
pub mod model;
#[allow(unsafe_code)]
pub mod ops;
pub mod output;
pub mod picture;
pub mod printable;
pub mod run;
pub mod terminal;
pub mod top_k;
