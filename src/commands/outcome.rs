//! How a run ends, for the shell.

/// How a run ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything asked for was done.
    Success,
    /// Some inputs failed; the others were printed.
    SomeFailed,
    /// No picture shows what was looked for.
    NothingFound,
    /// Usage was wrong, or nothing could be done.
    Failed,
    /// Ctrl-C.
    Interrupted,
}

impl Outcome {
    /// The process's exit code.
    pub fn code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::SomeFailed | Self::NothingFound => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}
