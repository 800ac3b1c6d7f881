//! Everything that `effnet` promises, on the real binary where it can be seen from outside.
//!
//! Reference numbers come from tests/fixtures; tests/reference holds the scripts that made them.

mod alpha;
mod anew;
mod archives;
mod avif;
mod bad_pictures;
mod check;
mod class_maps;
mod classify;
mod completions;
mod configurations;
mod corpus;
mod crops;
mod demo;
mod dishonest_weights;
mod documents;
mod embed;
mod eval;
mod eval_numbers;
mod eval_refusals;
mod eval_saved;
mod eval_truth;
mod explain;
mod family;
mod flags;
mod foreign;
mod foreign_preprocessing;
mod formats;
mod fuzz;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(feature = "cuda")]
mod gpu_faults;
mod heads;
#[cfg(feature = "heic")]
mod heic;
mod hierarchy;
mod hub;
mod hub_faults;
mod hub_kills;
mod inputs;
mod int8;
mod jpeg_xl;
mod library;
mod models;
mod names;
mod odd_files;
mod operations;
mod output;
mod parity;
mod pickles;
mod preprocessing;
mod raw;
mod records;
mod reduced_decoding;
mod report;
mod repositories;
mod rooms;
mod runs;
mod similar;
mod sorting;
mod strange_weights;
mod support;
mod sure;
mod template;
mod train;
mod usage;
mod weights;

// By their names alone: `crate::environment`.
use support::{
    album, decoding, drawing, environment, features, hub_client, hub_server, pickle, random,
    reference, values,
};
