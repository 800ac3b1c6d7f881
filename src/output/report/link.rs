//! A path as a link, and as a shell's word.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

/// A link from the page in `folder`, an absolute path, to the file at `path`; none to what is no file.
pub fn link(folder: &Path, path: &Path) -> Option<String> {
    if path == Path::new("-") || path.as_os_str().is_empty() {
        return None;
    }
    let path = std::path::absolute(path).ok()?;
    let (mut from, mut to) = (folder.components(), path.components());
    let (mut up, mut down) = (from.clone(), to.clone());
    while let (Some(a), Some(b)) = (from.next(), to.next()) {
        if a != b {
            break;
        }
        (up, down) = (from.clone(), to.clone());
    }
    // Of another disk of Windows.
    if down
        .clone()
        .any(|part| matches!(part, Component::Prefix(_)))
    {
        return None;
    }
    let up = up.map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(down).collect();
    let parts = relative.components();
    let parts: Vec<_> = parts
        .map(|part| encoded(part.as_os_str().as_encoded_bytes()))
        .collect();
    // A name with a colon is no scheme.
    Some(format!("./{}", parts.join("/")))
}

/// Percent-encoded but for RFC 3986's unreserved characters.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(byte.into());
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// A path as bash, zsh and ksh read `$'...'`.
pub fn quoted(path: &Path) -> String {
    let mut text = "$'".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', byte.into()]),
            b' '..=b'~' => text.push(byte.into()),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::link;

    #[test]
    #[cfg(unix)]
    fn links_lead_from_the_pages_folder_to_the_picture() {
        for (folder, path, expected) in [
            ("/a/b", "/a/b/c.jpg", "./c.jpg"),
            ("/a/b", "/a/c d/é.jpg", "./../c%20d/%C3%A9.jpg"),
            ("/a/b", "/x:y?#.jpg", "./../../x%3Ay%3F%23.jpg"),
            ("/", "/a.jpg", "./a.jpg"),
        ] {
            let link = link(Path::new(folder), Path::new(path));
            assert_eq!(link.as_deref(), Some(expected));
        }
        assert_eq!(link(Path::new("/"), Path::new("-")), None);
    }
}
