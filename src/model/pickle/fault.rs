//! What can be wrong with a pickle.

use std::io;

/// Why weights can't be had from a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It is not as `torch.save` writes it.
    #[error("{0}")]
    Damaged(String),
    /// It is whole, but nothing that is read here.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Read(#[from] io::Error),
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

pub(super) fn damaged<T>(what: impl Into<String>) -> Result<T> {
    Err(Fault::Damaged(what.into()))
}

pub(super) fn refused<T>(what: impl Into<String>) -> Result<T> {
    Err(Fault::Refused(what.into()))
}

/// What is said of a pickle that no file of weights is like.
pub(super) fn too_much<T>(what: impl std::fmt::Display) -> Result<T> {
    refused(format!(
        "its pickle {what}, more than weights need; save the weights alone: \
         torch.save(model.state_dict(), ...)"
    ))
}
