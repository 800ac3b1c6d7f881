//! The network: its shape ([`config`], and step by step in [`layers`]), its weights ([`weights`])
//! and its forward pass ([`efficientnet`]).

pub mod config;
pub mod efficientnet;
pub mod generated;
pub mod layers;
pub mod safetensors;
pub mod weights;

pub use config::Config;
pub use efficientnet::EfficientNet;
