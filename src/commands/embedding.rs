//! Pictures to their features.

use std::path::PathBuf;

use anyhow::Result;

use super::plan::{Plan, Running};
use super::tally::Tally;
use crate::checkpoint::model::Model;
use crate::cli::WorkArgs;
use crate::error::{ErrorKind, PictureError};
use crate::features::about::Manner;
use crate::features::fingerprint::Fingerprint;
use crate::ops::Pixels;
use crate::run::inputs::Input;

/// A picture's features, and what tells copies of it.
pub type Embedded = Result<(Vec<f32>, Fingerprint), PictureError>;

/// Runs `inputs`, of which there are `count` where that is known, through the network, and calls
/// `emit` with what comes of each; it `prints` if what it writes goes to a terminal.
///
/// # Errors
/// If the weights can't be used, or `emit` fails.
pub fn embed(
    plan: Plan,
    model: &Model,
    (inputs, count): (impl Iterator<Item = Input> + Send + 'static, Option<u64>),
    (tally, prints): (&mut Tally, bool),
    emit: impl FnMut(PathBuf, Embedded) -> Result<()>,
) -> Result<()> {
    let keep = |bytes: &[u8], picture| Fingerprint::of(bytes, &picture);
    let Running {
        pipeline,
        classifier,
    } = plan.start(model, inputs, count, keep)?;
    let each = |pictures: &[Pixels]| {
        let features = classifier.features(pictures)?;
        Ok(features.into_iter().map(finite).collect())
    };
    tally.run(pipeline, count, prints, each, emit)
}

/// What the command line says of the vectors.
pub fn manner(work: &WorkArgs, normalized: bool, dtype: &'static str) -> Manner {
    Manner {
        normalized,
        dtype,
        upright: !work.decode.no_exif,
        exact_decode: work.decode.exact_decode,
    }
}

fn finite(features: Vec<f32>) -> Result<Vec<f32>, PictureError> {
    match features.iter().all(|value| value.is_finite()) {
        true => Ok(features),
        false => {
            let message =
                "the network's features are not finite numbers; its weights may be damaged";
            Err(PictureError::new(ErrorKind::Model, message))
        }
    }
}
