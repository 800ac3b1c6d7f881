//! What a model name stands for, before its weights are read.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::card::Card;
use crate::model::weights_file::WeightsFile;

/// Where the weights are.
#[derive(Clone, Debug)]
pub enum Weights {
    /// A file of safetensors or PyTorch.
    File(PathBuf),
    /// Several, each with a part of the tensors.
    Parts {
        /// The file that lists them, for messages.
        index: PathBuf,
        /// All of them.
        parts: Vec<PathBuf>,
    },
    /// Within the program.
    Embedded(&'static [u8]),
}

/// A model that was found: its card and its weights.
#[derive(Clone, Debug)]
pub struct Model {
    /// As it is called in messages.
    pub name: String,
    /// What it is.
    pub card: Card,
    /// Its weights.
    pub weights: Weights,
    /// The published weights that a file was taken to be like, where nothing said so.
    pub assumed: Option<String>,
}

impl Weights {
    /// The files that they are in.
    pub fn paths(&self) -> &[PathBuf] {
        match self {
            Self::File(path) => std::slice::from_ref(path),
            Self::Parts { parts, .. } => parts,
            Self::Embedded(_) => &[],
        }
    }

    /// The file that they are called by, for messages.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Parts { index: path, .. } => path,
            Self::Embedded(_) => Path::new("the embedded weights"),
        }
    }

    /// Opens them and reads what tensors there are.
    ///
    /// # Errors
    /// If a file can't be read or is no whole file of weights.
    pub fn open(&self) -> Result<WeightsFile> {
        match self {
            Self::File(path) => WeightsFile::open(path),
            Self::Parts { index, parts } => WeightsFile::open_parts(index, parts),
            Self::Embedded(bytes) => WeightsFile::embedded(bytes, self.path()),
        }
    }
}
