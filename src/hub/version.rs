//! Which bytes a file of a revision has, and what the names that a server gives may look like.

use super::url::Url;

/// Which bytes a revision's file has, and where they are.
pub(super) struct Version {
    pub commit: String,
    pub etag: String,
    pub size: Option<u64>,
    pub url: Url,
}

/// Whether a text is a git commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Checks a name that a server gave before it becomes part of a path.
pub(super) fn is_safe_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with('.')
        && !text.contains("..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_forty_hexadecimal_digits() {
        assert!(is_commit(&"0123456789abcdefABCD".repeat(2)));
        for other in [
            "",
            "main",
            &"a".repeat(39),
            &"a".repeat(41),
            &"g".repeat(40),
        ] {
            assert!(!is_commit(other), "{other}");
        }
    }

    #[test]
    fn a_safe_name_is_one_part_of_a_path() {
        assert!(is_safe_name("5d41402abc4b2a76b9719d911017c592-2.x_y"));
        for other in [
            "",
            ".",
            "..",
            ".hidden",
            "a..b",
            "a/b",
            "a\\b",
            "a b",
            "ä",
            &"a".repeat(129),
        ] {
            assert!(!is_safe_name(other), "{other}");
        }
    }
}
