//! What can be wrong with one picture, and what ends a run.

/// The class of a picture's error, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It could not be read: missing, not allowed, a directory.
    Read,
    /// It is larger than the limits allow.
    Limit,
    /// It is in a format that is not decoded.
    Unsupported,
    /// It is damaged.
    Decode,
    /// The network could not take it.
    Model,
    /// It could not be put where it belongs.
    Write,
}

impl ErrorKind {
    /// The kind that [`ErrorKind::name`] names.
    pub fn named(name: &str) -> Option<Self> {
        let kinds = [
            Self::Read,
            Self::Limit,
            Self::Unsupported,
            Self::Decode,
            Self::Model,
            Self::Write,
        ];
        kinds.into_iter().find(|kind| kind.name() == name)
    }

    /// The word in JSON's `error.kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Limit => "limit",
            Self::Unsupported => "unsupported",
            Self::Decode => "decode",
            Self::Model => "model",
            Self::Write => "write",
        }
    }
}

/// One picture's error: a record of the output, never the end of the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PictureError {
    /// The class.
    pub kind: ErrorKind,
    /// One line: what happened, and what to do.
    pub message: String,
}

/// Why the device does not work any more: no picture that comes behind would have an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DeviceLost(pub String);

impl PictureError {
    /// Line breaks from a library's message become spaces.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self {
            kind,
            message: message.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}
