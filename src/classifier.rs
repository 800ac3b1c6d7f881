//! A network with all that turns pictures into labels.

use anyhow::{Result, ensure};
use candle_core::Device;

use crate::checkpoint::card::Card;
use crate::checkpoint::labels::{Labels, Prediction};
use crate::checkpoint::model::Model;
use crate::device::Place;
use crate::error::PictureError;
use crate::model::EfficientNet;
use crate::ops;
use crate::picture::transform::Transform;
use crate::top_k::{Wanted, top_k};

/// A model ready to run.
pub struct Classifier {
    /// How its pictures are prepared.
    pub transform: Transform,
    /// Its classes.
    pub labels: Labels,
    network: EfficientNet,
    device: Device,
}

impl Classifier {
    /// Reads the weights and puts the network on its device.
    ///
    /// # Errors
    /// If the weights are not whole or do not fit the model.
    pub fn load(model: &Model, place: Place) -> Result<Self> {
        let Card {
            config,
            transform,
            labels,
            ..
        } = &model.card;
        ensure!(
            labels.len() == config.classes,
            "{} labels for {} classes",
            labels.len(),
            config.classes,
        );
        let weights = model.weights.open()?;
        let config = weights.complete(config.clone())?;
        weights.check(&config)?;
        let Place {
            device, backend, ..
        } = place;
        let network = EfficientNet::load(&config, &weights, backend, &device)?;
        weights.ensure_unchanged()?;
        Ok(Self {
            transform: *transform,
            labels: labels.clone(),
            network,
            device,
        })
    }

    /// The logits of each picture, prepared by [`Transform::apply`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn logits(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        let size = self.transform.size;
        let shape = (pictures.len(), size, size, 3);
        let batch = ops::upload(pictures, shape, &self.device)?;
        Ok(self.network.forward(&batch)?.to_vec2()?)
    }

    /// The classes of each picture, prepared by [`Transform::apply`], or why it has none.
    ///
    /// # Errors
    /// If the device fails.
    pub fn classify_batch(
        &self,
        pictures: &[Vec<f32>],
        wanted: Wanted,
    ) -> Result<Vec<Result<Vec<Prediction>, PictureError>>> {
        let answer = |logits: Vec<f32>| Ok(self.labels.predictions(&top_k(&logits, wanted)?));
        Ok(self.logits(pictures)?.into_iter().map(answer).collect())
    }
}
