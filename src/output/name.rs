//! A path in JSON.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// JSON holds text, and a path need not be: what is not UTF-8 is shown with `�`, and its bytes are
/// given beside it in base64 (RFC 4648, section 4), so that no two paths have one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Name {
    /// The name of `path`.
    pub fn of(path: &Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        Self {
            path: path.to_string_lossy().into_owned(),
            path_base64: path.to_str().is_none().then(|| base64(bytes)),
        }
    }

    /// The path that has this name.
    pub fn to_path(&self) -> PathBuf {
        let bytes = self.path_base64.as_deref().and_then(bytes);
        bytes.map_or_else(|| PathBuf::from(&self.path), path_of)
    }
}

/// The bytes that [`base64`] wrote; none if they are no such text.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').bytes();
    let digits = digits.map(|digit| DIGITS.iter().position(|&other| other == digit));
    let digits: Vec<usize> = digits.collect::<Option<_>>()?;
    let bytes = digits.chunks(4).flat_map(|part| {
        let bits = (0..4).fold(0, |bits, at| bits << 6 | part.get(at).copied().unwrap_or(0));
        (0..part.len() * 6 / 8).map(move |at| (bits >> (16 - 8 * at)) as u8)
    });
    Some(bytes.collect())
}

fn base64(bytes: &[u8]) -> String {
    let digits = bytes.chunks(3).flat_map(|part| {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        [0, 1, 2, 3].map(|at| if at <= part.len() { digit(at) } else { '=' })
    });
    digits.collect()
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::{base64, bytes};

    #[test]
    fn base64_is_that_of_rfc_4648() {
        // Section 10.
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
            assert_eq!(bytes(text).as_deref(), Some(plain.as_bytes()));
        }
    }
}
