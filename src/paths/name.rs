//! A path in JSON.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::bytes::path_of;

/// JSON holds text, and a path need not be: what is not UTF-8 is shown with `�`, and its bytes are
/// given beside it in base64 (RFC 4648, section 4), so that no two paths have one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
}

impl Name {
    /// The name of `path`.
    pub fn of(path: &Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        Self {
            path: path.to_string_lossy().into_owned(),
            path_base64: path.to_str().is_none().then(|| base64(bytes)),
        }
    }

    /// The path of this name.
    pub fn path(&self) -> PathBuf {
        let bytes = self.path_base64.as_deref().and_then(bytes_of);
        bytes.map_or_else(|| PathBuf::from(&self.path), path_of)
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What [`base64`] wrote.
fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    let digits = base64.trim_end_matches('=').bytes();
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// Bytes as RFC 4648 writes them in section 4.
pub fn base64(bytes: &[u8]) -> String {
    let digits = bytes.chunks(3).flat_map(|part| {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        [0, 1, 2, 3].map(|at| if at <= part.len() { digit(at) } else { '=' })
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::{base64, bytes_of};

    #[test]
    fn base64_is_that_of_rfc_4648() {
        // Section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(bytes_of(text).as_deref(), Some(bytes.as_bytes()));
        }
    }
}
