//! Pictures as vectors: what the network sees in each before it names classes, kept in a file and
//! compared.
//!
//! - [`about`]: which model made them, and how; [`fingerprint`]: what tells copies of a picture;
//!   [`row`]: one picture's line beside its vector.
//! - [`npy`], [`safetensors`]: the two formats' headers; [`mod@file`]: a whole file; [`store`]: one that is
//!   written, and gone on with; [`index`]: all of it in memory.
//! - [`vectors`]: cosines, in blocks; [`nearest`]: the most similar ones; [`duplicates`]: groups of
//!   copies; [`pixels`]: whether two files show the very same.

pub mod about;
pub mod duplicates;
pub mod file;
pub mod fingerprint;
pub mod index;
pub mod nearest;
pub mod npy;
pub mod pixels;
pub mod row;
pub mod safetensors;
pub mod store;
pub mod vectors;
