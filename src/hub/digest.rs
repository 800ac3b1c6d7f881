//! The hash that an etag stands for.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::printable::hex;

/// Computes what the Hub uses as etag while the bytes pass by.
///
/// An LFS file's etag is the SHA-256 of its content; any other file's is git's blob id, the
/// SHA-1 of `blob <length>\0` and the content. For an etag of another form no hash can be
/// compared; then only the size is.
pub(super) enum Digest {
    Sha256(Sha256),
    GitBlob(Sha1),
    Unknown,
}

/// What an etag can be checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sha256,
    GitBlob,
    Unknown,
}

impl Kind {
    pub fn of(etag: &str) -> Self {
        match etag.len() {
            _ if !etag.bytes().all(|b| b.is_ascii_hexdigit()) => Self::Unknown,
            64 => Self::Sha256,
            40 => Self::GitBlob,
            _ => Self::Unknown,
        }
    }
}

impl Digest {
    /// For a body of `size` bytes. Git's hash begins with the size, so it can't be computed
    /// before the size is known.
    pub fn new(etag: &str, size: Option<u64>) -> Self {
        match (Kind::of(etag), size) {
            (Kind::Sha256, _) => Self::Sha256(Sha256::new()),
            (Kind::GitBlob, Some(size)) => {
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

    /// Whether there is a hash that the etag can be compared with.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// The hash of all bytes so far, written as in the etag.
    pub fn hex(&self) -> Option<String> {
        match self {
            Self::Sha256(hash) => Some(hex(&hash.clone().finalize())),
            Self::GitBlob(hash) => Some(hex(&hash.clone().finalize())),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_sha256sum_and_git_hash_object() {
        for (etag, size) in [
            (
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                None,
            ),
            ("f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f", Some(3)),
        ] {
            let mut digest = Digest::new(etag, size);
            digest.update(b"a");
            digest.update(b"bc");
            assert_eq!(digest.hex().as_deref(), Some(etag));
        }
        assert!(!Digest::new("f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f", None).is_known());
        assert!(!Digest::new("5d41402abc4b2a76b9719d911017c592", Some(5)).is_known());
    }
}
