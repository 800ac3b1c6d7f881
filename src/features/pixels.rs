//! Whether two files show the very same, each decoded at its full size.

use std::collections::HashMap;
use std::path::PathBuf;

use super::duplicates::Grade;
use super::fingerprint::{Fingerprint, sha256};
use crate::output::destination;
use crate::picture::decode::{Limits, Reading, decode};
use crate::run::inputs::Input;

/// Grades pairs of pictures that are near. Only here are they read again, and only where both have
/// the same size.
pub struct Grader<'a> {
    /// Where the pictures are.
    pub paths: &'a [PathBuf],
    /// What they were when they were embedded.
    pub fingerprints: &'a [Fingerprint],
    /// What a picture may cost.
    pub limits: Limits,
    /// Whether EXIF orientation is applied.
    pub upright: bool,
    /// The hashes of the pixels so far; none where the file is not what it was.
    pub hashes: HashMap<usize, Option<String>>,
}

impl Grader<'_> {
    /// How much two of them are one; not at all if they are one and the same file, by two names,
    /// which must not be taken for a copy: without it there would be none left.
    pub fn grade(&mut self, keep: usize, other: usize) -> Option<Grade> {
        let (a, b) = (&self.fingerprints[keep], &self.fingerprints[other]);
        let paths = (&self.paths[keep], &self.paths[other]);
        if a.sha256 == b.sha256 {
            let is_one = paths.0 == paths.1 || destination::is_same(paths.0, paths.1);
            return (!is_one).then_some(Grade::Bytes);
        }
        if (a.width, a.height) != (b.width, b.height) {
            return Some(Grade::Near);
        }
        Some(match (self.hash(keep), self.hash(other)) {
            (Some(a), Some(b)) if a == b => Grade::Pixels,
            _ => Grade::Near,
        })
    }

    /// How many files could not be looked at again.
    pub fn lost(&self) -> usize {
        self.hashes.values().filter(|hash| hash.is_none()).count()
    }

    fn hash(&mut self, at: usize) -> Option<String> {
        if let Some(hash) = self.hashes.get(&at) {
            return hash.clone();
        }
        let bytes = Input::File(self.paths[at].clone())
            .read(self.limits.max_bytes)
            .ok();
        let bytes = bytes.filter(|bytes| sha256(bytes) == self.fingerprints[at].sha256);
        let reading = Reading {
            upright: self.upright,
            alpha: true,
            ..Reading::WHOLE
        };
        let picture = bytes.and_then(|bytes| decode(&bytes, self.limits, reading).ok());
        let hash = picture.map(|picture| {
            let alpha = picture.alpha.unwrap_or_default();
            sha256(&[picture.pixels, alpha].concat())
        });
        self.hashes.insert(at, hash.clone());
        hash
    }
}
