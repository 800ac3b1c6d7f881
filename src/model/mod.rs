//! The network: its shape ([`architectures`] scaled to a [`config`], and step by step in
//! [`layers`]; where its last positions lie, [`positions`]; what is `expected` of its values on
//! average), its weights ([`names`], [`weights`], [`weights_file`], which network of a file is meant in
//! `heads`, and in [`fitting`] whether they are those of the shape) and its forward pass
//! ([`efficientnet`]).
//!
//! A file uses only those before it: families < architectures < names < config < weights < layers,
//! names < foreign < heads < weights_file < fitting, bytes, slot and unreadable < safetensors and
//! pickle < weights_file, weights < positions, and weights < expected < loader < block < efficientnet.

pub mod architectures;
mod block;
mod bytes;
pub mod config;
pub mod efficientnet;
mod expected;
mod families;
pub mod fitting;
mod foreign;
pub mod generated;
mod heads;
pub mod layers;
mod loader;
pub mod names;
mod pickle;
pub mod positions;
mod safetensors;
mod slot;
pub mod unreadable;
pub mod weights;
pub mod weights_file;

pub use block::AfterStep;
pub use config::Config;
pub use efficientnet::EfficientNet;
pub use positions::Positions;
