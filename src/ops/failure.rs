//! What is left of a device after an operation failed there.

/// Whether other work may still succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no room; smaller tensors may have it.
    OutOfMemory,
    /// It was about that work alone.
    Passing,
    /// Nothing works there any more.
    Lasting,
}
