//! `~` and `$NAME` in paths, as Python's `os.path` replaces them (posixpath.py).

use std::env;
use std::ffi::OsString;

/// `~` at the beginning as the home folder, `~name` as that of another user; what can't be found
/// stays.
pub(super) fn expand_user(path: &str, look_up: &dyn Fn(&str) -> Option<OsString>) -> String {
    let Some(rest) = path.strip_prefix('~') else {
        return path.to_owned();
    };
    let end = rest.find(std::path::is_separator);
    let (user, rest) = rest.split_at(end.unwrap_or(rest.len()));
    let home = match user {
        "" => look_up("HOME")
            .filter(|home| !home.is_empty())
            .or_else(|| env::home_dir().map(Into::into))
            .and_then(|home| home.into_string().ok()),
        user => home_of(user),
    };
    match home {
        // Of the root, which has nothing but a slash, the slash stays.
        Some(home) if home.trim_end_matches('/').is_empty() && rest.is_empty() => home,
        Some(home) => format!("{}{rest}", home.trim_end_matches('/')),
        None => path.to_owned(),
    }
}

/// The sixth field of the user's line.
fn home_of(user: &str) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(user))?;
    Some(line.split(':').nth(5)?.to_owned())
}

/// `$NAME` and `${NAME}` as the variable's value; what is not set stays.
pub(super) fn expand_variables(path: &str, look_up: &dyn Fn(&str) -> Option<OsString>) -> String {
    let mut done = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        done.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let (name, length) = variable(behind);
        let value = look_up(name).and_then(|value| value.into_string().ok());
        match value.filter(|_| !name.is_empty()) {
            Some(value) => done.push_str(&value),
            None => done.push_str(&rest[at..=at + length]),
        }
        rest = &behind[length..];
    }
    done + rest
}

/// The name that `text` begins with, and how long it is with its braces.
fn variable(text: &str) -> (&str, usize) {
    if let Some((name, _)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return (name, name.len() + 2);
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    (&text[..length], length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(name: &str) -> Option<OsString> {
        match name {
            "X" => Some("/x".into()),
            "HOME" => Some("/home/me/".into()),
            _ => None,
        }
    }

    #[test]
    fn paths_become_what_python_makes_of_them() {
        for (path, expected) in [
            ("~", "/home/me"),
            ("~/a~b", "/home/me/a~b"),
            ("a/~", "a/~"),
            ("~nobody-of-this-name/a", "~nobody-of-this-name/a"),
            ("$X", "/x"),
            ("$X/h", "/x/h"),
            ("${X}h$Xh", "/xh$Xh"),
            ("$X$X", "/x/x"),
            ("$", "$"),
            ("a$/b", "a$/b"),
            ("${X", "${X"),
            ("${}", "${}"),
        ] {
            let expanded = expand_variables(&expand_user(path, &look_up), &look_up);
            assert_eq!(expanded, expected, "{path}");
        }
    }
}
