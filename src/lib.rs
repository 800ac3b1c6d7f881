//! Label pictures with EfficientNet.
//!
//! Data flows one way, one room each:
//!
//! ```text
//! arguments ── cli ──► commands ── resolve, hub, config_json, checkpoints ──► classifier
//!                         │                                                       │
//! files, folders, - ── inputs                                                     │
//!                         │ pipeline: threads and bounded channels                │
//!                         ▼                                                       ▼
//!                      decode ──► preprocess (resample) ──► batch ──► model::efficientnet (ops)
//!                         │                                                       │
//!                         │ error                                     top_k, labels
//!                         ▼                                                       ▼
//!                         └──────────────► records in input order ──► output ──► stdout
//! ```
//!
//! Only [`pipeline`] starts threads of its own (the network shares out its layers over rayon's
//! pool), only [`decode`] knows `image`, only [`hub`] connects, only
//! [`ops`] has `unsafe`, only [`output`], [`commands`] and [`terminal`] write.
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
