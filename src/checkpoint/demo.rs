//! The model within the program (tests/reference/train_demo.py made it).

use anyhow::Result;

use super::config::timm;
use super::model::{Model, Weights};

/// What `--variant` calls it.
pub const DEMO: &str = "demo";
const WEIGHTS: &[u8] = include_bytes!("../../assets/demo/model.safetensors");
const CONFIG: &str = include_str!("../../assets/demo/config.json");

/// The model, which needs no download.
///
/// # Errors
/// If its configuration can't be read, which a test rules out.
pub fn model() -> Result<Model> {
    Ok(Model {
        name: DEMO.to_owned(),
        card: timm::card(CONFIG)?,
        weights: Weights::Embedded(WEIGHTS),
        assumed: None,
    })
}
