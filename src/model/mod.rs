//! The network: its shape ([`architectures`] scaled to a [`config`], and step by step in
//! [`layers`]), its weights ([`names`], [`weights`], [`safetensors`], and whether they fit) and its
//! forward pass ([`efficientnet`]).

pub mod architectures;
pub mod config;
pub mod efficientnet;
mod fitting;
pub mod generated;
pub mod layers;
pub mod names;
pub mod safetensors;
pub mod weights;

pub use config::Config;
pub use efficientnet::EfficientNet;
