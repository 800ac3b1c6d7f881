//! A template's text to its parts.

use std::iter::Peekable;
use std::str::Chars;

use super::field::{FIELDS, Field, Precision};

/// Text, or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Field {
        field: Field,
        /// Which of the predictions, from 0.
        rank: usize,
        precision: Precision,
    },
}

/// The parts of `text`.
///
/// # Errors
/// A line on what is wrong with it.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => plain.push(escape(rest.next())?),
            '{' | '}' if rest.next_if_eq(&c).is_some() => plain.push(c),
            '{' => {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(field(&mut rest)?);
            }
            '}' => return Err("a `}` without its `{`; for the letter say `}}`".to_owned()),
            _ => plain.push(c),
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

fn escape(letter: Option<char>) -> Result<char, String> {
    match letter {
        Some('t') => Ok('\t'),
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('0') => Ok('\0'),
        Some('\\') => Ok('\\'),
        _ => Err(r"behind a `\` comes t, n, r, 0 or another `\`".to_owned()),
    }
}

/// The field whose opening brace was read: `label}`, `2.label}`, `score:.2}`, `score:.1%}`.
fn field(rest: &mut Peekable<Chars>) -> Result<Part, String> {
    let mut inside = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(c) => inside.push(c),
            None => return Err("a `{` without its `}`; for the letter say `{{`".to_owned()),
        }
    }
    let (name, spec) = match inside.split_once(':') {
        Some((name, spec)) => (name, Some(spec)),
        None => (inside.as_str(), None),
    };
    let ranked = name
        .split_once('.')
        .and_then(|(rank, name)| Some((rank.parse().ok()?, name)));
    let (rank, name) = ranked.unwrap_or((0, name));
    let known = FIELDS.iter().find(|(known, _)| *known == name);
    let Some(&(_, field)) = known else {
        let names = FIELDS.map(|(name, _)| name).join(", ");
        return Err(format!(
            "there is no field {{{name}}}; the fields are {names}"
        ));
    };
    if ranked.is_some() && !field.is_of_a_prediction() {
        return Err(format!(
            "{{{rank}.{name}}}: only label, score, index and wnid are numbered, from 0"
        ));
    }
    let precision = match spec {
        None => Precision::Shortest,
        Some(spec) if field.is_score() => precision(spec)?,
        Some(_) => {
            return Err(format!(
                "{{{name}}} takes no `:...`; a score does, as {{score:.2}}"
            ));
        }
    };
    Ok(Part::Field {
        field,
        rank,
        precision,
    })
}

fn precision(spec: &str) -> Result<Precision, String> {
    let (digits, percent) = match spec.strip_suffix('%') {
        Some(digits) => (digits, true),
        None => (spec, false),
    };
    // More digits than an f64 has say nothing.
    let digits = digits.strip_prefix('.').and_then(|n| n.parse().ok());
    match digits.filter(|digits| *digits <= 17) {
        Some(digits) if percent => Ok(Precision::Percent(digits)),
        Some(digits) => Ok(Precision::Digits(digits)),
        None => Err("a score is written as {score:.2} or {score:.1%}".to_owned()),
    }
}
