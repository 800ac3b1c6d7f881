//! One picture's line beside its vector.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprint;
use crate::paths::Name;

/// A line of the rows, in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which row of the features it tells of, from 0.
    pub row: u64,
    /// The picture's path, as it was named.
    #[serde(flatten)]
    pub name: Name,
    /// What tells copies of it.
    #[serde(flatten)]
    pub fingerprint: Fingerprint,
}
