//! `file:` addresses, as Spark and desktops name files (RFC 8089).

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode;

use crate::paths::path_of;

/// The path that a `file:` address means, of a file on this machine; nothing of what is a path already.
pub(super) fn of_address(address: &Path) -> Option<PathBuf> {
    let text = address.as_os_str().as_encoded_bytes();
    let rest = text.strip_prefix(b"file:")?;
    // file:/a, file:///a and file://localhost/a are one.
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => rest.strip_prefix(b"localhost").unwrap_or(rest),
        None => rest,
    };
    if !path.starts_with(b"/") || address.exists() {
        return None;
    }
    let decoded = path_of(percent_decode(path).collect());
    // Hadoop leaves its paths as they are.
    let plain = path_of(path.to_vec());
    Some(match decoded.exists() || !plain.exists() {
        true => decoded,
        false => plain,
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::path::Path;

    use super::of_address;

    #[test]
    fn addresses_of_files_are_their_paths() {
        for (address, path) in [
            ("file:/a/b.jpg", Some("/a/b.jpg")),
            ("file:///a%20b/%C3%A9.jpg", Some("/a b/é.jpg")),
            ("file://localhost/a.jpg", Some("/a.jpg")),
            ("file://elsewhere/a.jpg", None),
            ("file:a.jpg", None),
            ("/a.jpg", None),
            ("https://a/b.jpg", None),
        ] {
            let found = of_address(Path::new(address));
            assert_eq!(found.as_deref(), path.map(Path::new), "{address}");
        }
    }
}
