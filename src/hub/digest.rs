//! The hash that an etag stands for.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Computes what the Hub uses as etag while the bytes pass by.
///
/// An LFS file's etag is the SHA-256 of its content; any other file's is git's blob id, the
/// SHA-1 of `blob <length>\0` and the content. An etag of another form can't be checked, and
/// the size alone must do.
pub(super) enum Digest {
    Sha256(Sha256),
    GitBlob(Sha1),
    Unknown,
}

impl Digest {
    /// For a body of `size` bytes, where that is known.
    pub fn of_etag(etag: &str, size: Option<u64>) -> Self {
        let is_hex = etag.bytes().all(|b| b.is_ascii_hexdigit());
        match (etag.len(), size) {
            (64, _) if is_hex => Self::Sha256(Sha256::new()),
            (40, Some(size)) if is_hex => {
                Self::GitBlob(Sha1::new_with_prefix(format!("blob {size}\0")))
            }
            _ => Self::Unknown,
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::GitBlob(hash) => hash.update(bytes),
            Self::Unknown => {}
        }
    }

    /// Whether the etag says more than a name.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// Whether all the bytes together are what the etag says.
    pub fn matches(self, etag: &str) -> bool {
        let found = match self {
            Self::Sha256(hash) => hex(&hash.finalize()),
            Self::GitBlob(hash) => hex(&hash.finalize()),
            Self::Unknown => return true,
        };
        found.eq_ignore_ascii_case(etag)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
