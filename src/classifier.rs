//! A network with all that turns pictures into labels.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use candle_core::Tensor;

use crate::checkpoint::card::Card;
use crate::checkpoint::choice::{Choice, NotDownloaded};
use crate::checkpoint::labels::{Labels, Prediction};
use crate::checkpoint::model::Model;
use crate::device::{self, OpenDevice, Precision};
use crate::error::{DeviceLost, PictureError};
use crate::hub::{HubError, Progress};
use crate::model::{EfficientNet, Positions, fitting};
use crate::ops::{Failure, Pixels};
use crate::picture::decode::{Limits, Reading, decode};
use crate::picture::transform::Transform;
use crate::top_k::{Scoring, Wanted, top_k};

/// Why there is no classifier, or no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model can't be downloaded.
    #[error(transparent)]
    Download(#[from] HubError),
    /// There is no such model, or its files can't be used.
    #[error("{0:#}")]
    Model(anyhow::Error),
    /// The device can't be used.
    #[error("{0:#}")]
    Device(anyhow::Error),
    /// A picture can't be read or has no answer. Others may.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The forward pass failed.
    #[error("{0:#}")]
    Network(anyhow::Error),
    /// The device failed for good.
    #[error("the device works no more, and a new run is needed")]
    Lost(#[source] DeviceLost),
}

impl Error {
    /// What kept a model from being found or loaded.
    fn of_model(error: anyhow::Error) -> Self {
        match error.downcast() {
            Ok(NotDownloaded(error)) => Self::Download(error),
            Err(other) => Self::Model(other),
        }
    }
}

/// A picture's logits, and where in the picture some of them come from.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMaps {
    /// One per class.
    pub logits: Vec<f32>,
    /// Those of the classes that were asked for, in that order.
    pub maps: Vec<ClassMap>,
}

/// A class's logit at each position of a picture's trunk ([`Classifier::positions`]), row by row;
/// the mean is the picture's logit of the class.
pub type ClassMap = Vec<f32>;

/// A model ready to run.
pub struct Classifier {
    /// How its pictures are prepared.
    pub transform: Transform,
    /// Its classes.
    pub labels: Labels,
    /// How its logits become probabilities.
    pub scoring: Scoring,
    /// What is worth knowing of its weights although they can be used, a line.
    pub warning: Option<String>,
    network: EfficientNet,
    /// How many pictures the device was found to have room for at once.
    most: AtomicUsize,
}

impl Classifier {
    /// The model called `name`, on the best device: a variant (`b0`, `v2-s`, `demo`), a Hub id, a
    /// folder, or a file with a `config.json` beside it. What is missing is downloaded.
    ///
    /// # Errors
    /// If there is no such model, or it can't be had or used.
    pub fn open(name: &str) -> Result<Self, Error> {
        let device = device::Choice::Auto.open(Precision::Auto);
        Self::of(&Choice::named(name), device.map_err(Error::Device)?, &())
    }

    /// The model that `choice` names, on `device`; `progress` is told of downloads.
    ///
    /// # Errors
    /// If there is no such model, or it can't be had or used.
    pub fn of(choice: &Choice, device: OpenDevice, progress: &dyn Progress) -> Result<Self, Error> {
        let model = choice.resolve(progress).map_err(Error::of_model)?;
        Self::load(&model, device)
    }

    /// Reads the weights and puts the network on its device.
    ///
    /// # Errors
    /// If the weights are not whole or do not fit the model.
    pub fn load(model: &Model, device: OpenDevice) -> Result<Self, Error> {
        Self::load_weights(model, device).map_err(Error::Model)
    }

    fn load_weights(model: &Model, place: OpenDevice) -> anyhow::Result<Self> {
        let Card {
            config,
            transform,
            labels,
            scoring,
            ..
        } = &model.card;
        ensure!(
            labels.len() == config.classes,
            "{} labels for {} classes",
            labels.len(),
            config.classes,
        );
        let weights = model.weights.open()?;
        let config = fitting::with_widths_of_file(&weights, config.clone())?;
        let warning = fitting::check(&weights, &config)?;
        let OpenDevice {
            device, backend, ..
        } = place;
        let network = EfficientNet::load(&config, &weights, backend, &device)?;
        weights.ensure_unchanged()?;
        Ok(Self {
            transform: *transform,
            labels: labels.clone(),
            scoring: *scoring,
            warning,
            network,
            most: AtomicUsize::new(usize::MAX),
        })
    }

    /// The `k` most likely classes of the picture whose file holds `bytes`, best first.
    ///
    /// # Errors
    /// [`Error::Picture`] if the bytes are no picture, or a damaged one.
    pub fn classify(&self, bytes: &[u8], k: usize) -> Result<Vec<Prediction>, Error> {
        let wanted = Wanted {
            k,
            min_score: 0.0,
            scoring: self.scoring,
        };
        let answers = self.classify_batch(&[self.prepare(bytes)?], wanted)?;
        Ok(answers.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The network's input for the picture whose file holds `bytes`: `(height, width, 3)`, or 4
    /// with alpha, normalised, upright as its EXIF orientation says.
    ///
    /// # Errors
    /// If the bytes are no picture, or a damaged one.
    pub fn prepare(&self, bytes: &[u8]) -> Result<Pixels, PictureError> {
        let scale = |original_size| self.transform.scale(original_size);
        let reading = Reading {
            upright: true,
            alpha: self.transform.alpha.is_some(),
            scale: &scale,
        };
        let picture = decode(bytes, Limits::default(), reading)?;
        Ok(self.transform.apply(&picture))
    }

    /// The logits of each picture, prepared by [`Classifier::prepare`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn logits(&self, pictures: &[Pixels]) -> Result<Vec<Vec<f32>>, Error> {
        self.run(pictures, |batch| self.network.forward(batch))
    }

    /// What the network sees in each picture before it names classes: the mean of its trunk over
    /// height and width, as many values as the head has channels.
    ///
    /// # Errors
    /// If the device fails.
    pub fn features(&self, pictures: &[Pixels]) -> Result<Vec<Vec<f32>>, Error> {
        self.run(pictures, |batch| self.network.features(batch))
    }

    /// Where in each picture the network sees the classes that `choose` names when it is given the
    /// picture's logits. One forward pass, whatever their number.
    ///
    /// # Errors
    /// If there is no such class, or the device fails.
    pub fn class_maps(
        &self,
        pictures: &[Pixels],
        choose: impl Fn(&[f32]) -> Vec<usize>,
    ) -> Result<Vec<ClassMaps>, Error> {
        let both = self.run(pictures, |batch| self.network.trunk_and_logits(batch))?;
        let maps = |both: &Vec<f32>| {
            let (trunk, logits) = both.split_at(both.len() - self.labels.len());
            let wanted = choose(logits).into_iter();
            Ok(ClassMaps {
                logits: logits.to_vec(),
                maps: wanted
                    .map(|class| self.class_map(trunk, class))
                    .collect::<Result<_, _>>()?,
            })
        };
        both.iter().map(maps).collect()
    }

    /// The classifier at each position of a trunk, `(h, w, head)`.
    fn class_map(&self, trunk: &[f32], class: usize) -> Result<ClassMap, Error> {
        let (weights, bias) = self.network.class(class).map_err(Error::Network)?;
        let positions = trunk.chunks_exact(weights.len());
        Ok(positions
            .map(|features| dot(features, &weights) + bias)
            .collect())
    }

    /// Where the positions of its maps lie in the network's input, from top to bottom and from left
    /// to right.
    pub fn positions(&self) -> [Positions; 2] {
        let Transform { height, width, .. } = self.transform;
        self.network.positions(height, width)
    }

    /// What `way` makes of each picture, a row each, on the device: of all of them at once, or of as
    /// many as it has room for.
    fn run(
        &self,
        pictures: &[Pixels],
        way: impl Fn(&Tensor) -> anyhow::Result<Tensor>,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let runtime = self.network.runtime();
        let mut rows = Vec::with_capacity(pictures.len());
        while rows.len() < pictures.len() {
            let most = self.most.load(Ordering::Relaxed);
            let rest = &pictures[rows.len()..];
            let some = &rest[..rest.len().min(most)];
            let size = runtime.batch_size(some.len());
            match self.run_batch(some, size, &way) {
                Ok(more) => rows.extend(more),
                Err(e) => {
                    let message = format!("{e:#}");
                    match runtime.failure(&message) {
                        Failure::OutOfMemory if size > 1 => {
                            self.most.fetch_min(size / 2, Ordering::Relaxed);
                        }
                        Failure::OutOfMemory => {
                            let advice = "the device has no room for a picture; --device cpu has";
                            return Err(Error::Network(e.context(advice)));
                        }
                        Failure::Lasting => {
                            // Candle's errors may bring a backtrace of many lines.
                            let reason = message.lines().next().unwrap_or_default();
                            return Err(Error::Lost(DeviceLost(reason.to_owned())));
                        }
                        _ => return Err(Error::Network(e)),
                    }
                }
            }
        }
        Ok(rows)
    }

    /// The same in a batch of `size`.
    fn run_batch(
        &self,
        pictures: &[Pixels],
        size: usize,
        way: impl Fn(&Tensor) -> anyhow::Result<Tensor>,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let Transform { height, width, .. } = self.transform;
        let shape = (size, height, width, self.transform.channels());
        let batch = self.network.runtime().upload(pictures, shape)?;
        let mut rows = way(&batch)?.to_vec2()?;
        rows.truncate(pictures.len());
        Ok(rows)
    }

    /// The classes of each picture, prepared by [`Classifier::prepare`], or why it has none.
    ///
    /// # Errors
    /// If the device fails.
    pub fn classify_batch(
        &self,
        pictures: &[Pixels],
        wanted: Wanted,
    ) -> Result<Vec<Result<Vec<Prediction>, PictureError>>, Error> {
        let answer = |logits: Vec<f32>| Ok(self.labels.predictions(&top_k(&logits, wanted)?));
        Ok(self.logits(pictures)?.into_iter().map(answer).collect())
    }
}

/// The sum of the products, of which several are added side by side: in order each would wait for the
/// one before.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const SIDE_BY_SIDE: usize = 16;
    let mut sums = [0.0; SIDE_BY_SIDE];
    for (a, b) in a.chunks(SIDE_BY_SIDE).zip(b.chunks(SIDE_BY_SIDE)) {
        let products = a.iter().zip(b).map(|(a, b)| a * b);
        sums.iter_mut()
            .zip(products)
            .for_each(|(sum, product)| *sum += product);
    }
    sums.iter().sum()
}
