//! Which model made a file's vectors, and how.

use std::io;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::checkpoint::card::Card;
use crate::checkpoint::choice::Choice;
use crate::checkpoint::demo::DEMO;
use crate::checkpoint::model::{Model, Weights};
use crate::hub;
use crate::model::fitting;
use crate::picture::transform::Transform;
use crate::printable::hex;

/// What has to be the same for two vectors to be compared, and what is good to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// As it is called in messages: a Hub id, a folder, `demo`.
    pub model: String,
    /// Of the Hub's repository, where the weights came from there.
    pub commit: Option<String>,
    /// SHA-256 of the files with the weights.
    pub weights_sha256: String,
    /// Values per picture.
    pub features: usize,
    /// Whether each picture's vector was divided by its length.
    pub normalized: bool,
    /// What the network computed in; the vectors are f32 always.
    pub dtype: String,
    /// How pictures were prepared: the fields of [`Transform`].
    pub transform: Value,
    /// Whether EXIF orientation was applied.
    pub upright: bool,
    /// Whether large JPEG pictures were decoded at full size.
    pub exact_decode: bool,
}

/// What the command line says beside the model.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// See [`About`].
    pub normalized: bool,
    /// See [`About`].
    pub dtype: &'static str,
    /// See [`About`].
    pub upright: bool,
    /// See [`About`].
    pub exact_decode: bool,
}

impl About {
    /// Of vectors that `model` makes in this manner.
    ///
    /// # Errors
    /// If the weights can't be read.
    pub fn of(model: &Model, manner: Manner) -> Result<Self> {
        let config =
            fitting::with_widths_of_file(&model.weights.open()?, model.card.config.clone())?;
        let transform = described(&model.card.transform)?;
        Ok(Self {
            model: model.name.clone(),
            commit: model
                .weights
                .paths()
                .iter()
                .find_map(|path| hub::commit(path)),
            weights_sha256: digest(&model.weights)?,
            features: config.head,
            normalized: manner.normalized,
            dtype: manner.dtype.to_owned(),
            transform,
            upright: manner.upright,
            exact_decode: manner.exact_decode,
        })
    }

    /// Prepares pictures for the size that the model was tested at, where these were.
    ///
    /// # Errors
    /// Never, in truth.
    pub fn prepare(&self, card: &mut Card) -> Result<()> {
        if let Some(test) = card.test
            && described(&test)? == self.transform
        {
            card.transform = test;
        }
        Ok(())
    }

    /// Refuses a model of another name before it is downloaded, where names tell enough: those of
    /// folders do not.
    ///
    /// # Errors
    /// Says what differs, or that there can't be such a model.
    pub fn ensure_named(&self, choice: &Choice) -> Result<()> {
        let is_known = self.commit.is_some() || self.model == DEMO;
        if is_known && choice.local_files().is_empty() {
            let (mine, theirs) = (&self.model, choice.name()?);
            ensure!(
                *mine == theirs,
                "its features are of {mine}, and this run's would be of {theirs}; \
                 ask for the same model",
            );
        }
        Ok(())
    }

    /// Refuses vectors of another model, or of pictures that were prepared otherwise: their cosines
    /// with these mean nothing.
    ///
    /// # Errors
    /// Says what differs.
    pub fn ensure_comparable(&self, other: &Self) -> Result<()> {
        let (mine, theirs) = (&self.model, &other.model);
        ensure!(
            self.weights_sha256 == other.weights_sha256,
            "its features are of {mine}{}, and this run's are of {}; ask for the same model",
            of_commit(self),
            match mine == theirs {
                true => format!("other weights of that name{}", of_commit(other)),
                false => theirs.clone(),
            },
        );
        ensure!(
            self.transform == other.transform,
            "its pictures were prepared otherwise: {}, and now {}; is it --test-size?",
            self.transform,
            other.transform,
        );
        ensure!(
            self.upright == other.upright,
            "its pictures were turned otherwise; is it --no-exif?",
        );
        Ok(())
    }

    /// Refuses vectors that would not be the same as these to the last digit.
    ///
    /// # Errors
    /// Says what differs.
    pub fn ensure_same(&self, other: &Self) -> Result<()> {
        self.ensure_comparable(other)?;
        for (differs, flag) in [
            (self.normalized != other.normalized, "--normalize"),
            (self.dtype != other.dtype, "--dtype"),
            (self.exact_decode != other.exact_decode, "--exact-decode"),
        ] {
            ensure!(
                !differs,
                "it was begun with another {flag}; say the same, or give -o another name"
            );
        }
        Ok(())
    }
}

/// By way of text, so that 0.485 stays 0.485.
fn described(transform: &Transform) -> Result<Value> {
    let text = serde_json::to_string(transform)?;
    Ok(serde_json::from_str(&text)?)
}

fn of_commit(about: &About) -> String {
    about
        .commit
        .as_ref()
        .map_or(String::new(), |commit| format!(" at {commit}"))
}

/// SHA-256 of the files one after the other. The Hub's cache calls a blob by it.
fn digest(weights: &Weights) -> Result<String> {
    let mut digest = Sha256::new();
    match weights {
        Weights::Embedded(bytes) => digest.update(bytes),
        Weights::File(_) | Weights::Parts { .. } => {
            for path in weights.paths() {
                let read = std::fs::File::open(path)
                    .and_then(|mut file| io::copy(&mut file, &mut HashWriter(&mut digest)));
                read.with_context(|| format!("can't read {}", path.display()))?;
            }
        }
    }
    Ok(hex(&digest.finalize()))
}

/// A hash that bytes can be copied into.
struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
