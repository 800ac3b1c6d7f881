//! JSON as Python writes it.

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

/// Reads a configuration's text. Python's json also writes `NaN`, `Infinity` and `-Infinity`, which
/// are no JSON; here they become texts, so that they do no harm where nothing reads them, and are
/// no numbers where something does. Of a key that comes twice the last one counts, as in Python.
///
/// # Errors
/// If it is no JSON, or lacks what `T` must have.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    let value: serde_json::Value = serde_json::from_str(&quoted(text))?;
    serde_json::from_value(value).context("a key has a value of another kind")
}

/// The same, where null stands for a key that is not there.
///
/// # Errors
/// If it is no JSON, or lacks what `T` must have.
pub(super) fn parse_without_nulls<T: DeserializeOwned>(text: &str) -> Result<T> {
    let mut table: serde_json::Map<String, serde_json::Value> = parse(text)?;
    table.retain(|_, value| !value.is_null());
    let value = serde_json::Value::Object(table);
    serde_json::from_value(value).context("a key has a value of another kind")
}

/// `text` with quotes around Python's words for what is no number.
fn quoted(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    for (number, part) in parts(text).enumerate() {
        match number % 2 {
            0 => {
                let part = part.replace("NaN", "\"NaN\"");
                let part = part.replace("Infinity", "\"Infinity\"");
                done.push_str(&part.replace("-\"Infinity\"", "\"-Infinity\""));
            }
            _ => done.push_str(part),
        }
    }
    done
}

/// What is outside of strings and the strings, in turn.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut is_string = false;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = match is_string {
            true => end_of_string(rest),
            false => rest.find('"').unwrap_or(rest.len()),
        };
        let (part, behind) = rest.split_at(end);
        rest = behind;
        is_string = !is_string;
        Some(part)
    })
}

/// Where the string that `text` begins with ends, its quotes included.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_what_stands_outside_of_strings_is_quoted() {
        for (text, expected) in [
            (r#"{"x": NaN}"#, r#"{"x": "NaN"}"#),
            (r#"[-Infinity, Infinity]"#, r#"["-Infinity", "Infinity"]"#),
            (r#"{"NaN": "a \" NaN \\"}"#, r#"{"NaN": "a \" NaN \\"}"#),
            (r#""\\", NaN"#, r#""\\", "NaN""#),
            (r#"{"open"#, r#"{"open"#),
            (r#""""#, r#""""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
