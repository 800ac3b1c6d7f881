//! A network with all that turns pictures into labels.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::device::Place;
use crate::labels::Labels;
use crate::model::safetensors::WeightsFile;
use crate::model::{Config, EfficientNet, fitting};
use crate::preprocess::Transform;

/// Where the weights are.
#[derive(Clone, Debug)]
pub enum Weights {
    /// A `.safetensors` file.
    File(std::path::PathBuf),
    /// Within the program.
    Embedded(&'static [u8]),
}

/// What a model name stands for, before its weights are read.
#[derive(Clone, Debug)]
pub struct Model {
    /// As it is called in messages.
    pub name: String,
    /// The network's shape.
    pub config: Config,
    /// How its pictures are prepared.
    pub transform: Transform,
    /// The same for the size that it was tested at, if there is another.
    pub test: Option<Transform>,
    /// Its classes.
    pub labels: Labels,
    /// Its weights.
    pub weights: Weights,
    /// The published weights that a file was taken to be like, where nothing said so.
    pub assumed: Option<String>,
}

/// A model ready to run.
pub struct Classifier {
    /// How its pictures are prepared.
    pub transform: Transform,
    /// Its classes.
    pub labels: Labels,
    network: EfficientNet,
}

impl Weights {
    /// Reads them.
    ///
    /// # Errors
    /// If the file can't be read or is not a whole safetensors file.
    pub fn open(&self) -> Result<WeightsFile> {
        match self {
            Self::File(path) => WeightsFile::open(path),
            Self::Embedded(bytes) => {
                WeightsFile::embedded(bytes, Path::new("the embedded weights"))
            }
        }
    }
}

impl Classifier {
    /// Reads the weights and puts the network in its place.
    ///
    /// # Errors
    /// If the weights are not whole or do not fit the model.
    pub fn load(model: Model, place: Place) -> Result<Self> {
        ensure!(
            model.labels.len() == model.config.classes,
            "{} labels for {} classes",
            model.labels.len(),
            model.config.classes,
        );
        let file = model.weights.open()?;
        let config = fitting::with_widths_of_file(&file, model.config)?;
        fitting::check(&file, &config)?;
        let Place {
            device, backend, ..
        } = place;
        let network = EfficientNet::load(&config, &file, backend, &device)?;
        file.ensure_unchanged()?;
        Ok(Self {
            transform: model.transform,
            labels: model.labels,
            network,
        })
    }

    /// The logits of each picture, prepared by [`Transform::apply`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn logits(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        let size = self.transform.size;
        let shape = (pictures.len(), size, size, 3);
        let batch = self.network.runtime().upload(pictures, shape)?;
        Ok(self.network.forward(&batch)?.to_vec2()?)
    }
}
