//! Files of paths and labels, as data sets come with them.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use crate::checkpoint::text_file;

/// ImageNet's 14 million pictures need as much.
const MAX_BYTES: u64 = 1 << 30;

/// What columns of paths are called, without regard to case, `_` and the like; of several in one file
/// the first of these counts.
const PATHS: [&str; 13] = [
    "path",
    "file",
    "filename",
    "filepath",
    "image",
    "imageid",
    "imagename",
    "imagepath",
    "picture",
    "img",
    "name",
    "filenames",
    "id",
];

/// The same of labels.
const LABELS: [&str; 14] = [
    "label",
    "truth",
    "target",
    "wnid",
    "synset",
    "class",
    "classname",
    "labelname",
    "category",
    "classid",
    "classindex",
    "labelindex",
    "index",
    "labels",
];

/// Kaggle's `LOC_val_solution.csv`: the label, and the box of each object.
const BOXES: &str = "predictionstring";

/// What a picture is said to show.
pub(super) struct Row {
    pub path: String,
    pub label: String,
}

/// The rows of the file at `path`, each path once. Rows without a label are left out.
///
/// # Errors
/// If it can't be read, has no columns of paths and labels, or gives a picture two labels.
pub(super) fn read(path: &Path) -> Result<Vec<Row>> {
    let text = text_file::read_up_to(path, MAX_BYTES)?;
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.context("it is empty")?;
    let rows = match first.trim_start().chars().next() {
        Some('{') => json_lines(&text)?,
        Some('[') => bail!("it is a JSON array; write an object per line instead (jq -c '.[]')"),
        _ => match [b'\t', b',', b';']
            .into_iter()
            .find(|&c| first.as_bytes().contains(&c))
        {
            Some(delimiter) => table(&text, delimiter)?,
            None => words(&text)?,
        },
    };
    once(rows)
}

/// ILSVRC's `val.txt`: a name, a space, a label.
fn words(text: &str) -> Result<Vec<(usize, Row)>> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let row = |(at, line): (usize, &str)| {
        let words = line.trim().rsplit_once(char::is_whitespace);
        let (path, label) = words.with_context(|| {
            format!(
                "line {} holds no picture's name and label, but `{line}` alone",
                at + 1
            )
        })?;
        Ok((at + 1, Row::new(path, label)))
    };
    lines.map(row).collect()
}

fn table(text: &str, delimiter: u8) -> Result<Vec<(usize, Row)>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().context("it is empty")??;
    let column = |names: &[&str]| {
        let place = |wanted: &&str| header.iter().position(|name| plain(name) == **wanted);
        names.iter().find_map(place)
    };
    let (paths, labels, boxes) = (column(&PATHS), column(&LABELS), column(&[BOXES]));
    let row = |record: &StringRecord, path: usize, label: usize| {
        let line = record.position().map_or(0, |at| at.line() as usize);
        let cell = |at| record.get(at).unwrap_or_default();
        let label = match boxes {
            Some(_) => cell(label).split_whitespace().next().unwrap_or_default(),
            None => cell(label),
        };
        (line, Row::new(cell(path), label))
    };
    match (paths, labels.or(boxes)) {
        (Some(path), Some(label)) => {
            let rows = records.map(|record| Ok(row(&record?, path, label)));
            rows.collect()
        }
        // What looks like no header is a row.
        (None, None) if header.len() == 2 => {
            let first = std::iter::once(Ok(header.clone()));
            let rows = first.chain(records).map(|record| Ok(row(&record?, 0, 1)));
            rows.collect()
        }
        (paths, _) => {
            let columns: Vec<_> = header.iter().collect();
            let (what, name) = match paths {
                None => ("paths", "path"),
                Some(_) => ("labels", "label"),
            };
            bail!(
                "none of its columns ({}) is one of {what}; call it {name}",
                columns.join(", ")
            )
        }
    }
}

fn json_lines(text: &str) -> Result<Vec<(usize, Row)>> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = at + 1;
        let object: Map<String, Value> =
            serde_json::from_str(line).with_context(|| format!("line {number} is no object"))?;
        let value = |names: &[&str]| {
            let of = |wanted: &&str| object.iter().find(|(key, _)| plain(key) == **wanted);
            names.iter().find_map(of).map(|(_, value)| value)
        };
        let path = value(&PATHS).and_then(Value::as_str);
        let path = path.with_context(|| format!("line {number} has no `path`"))?;
        let label = match value(&LABELS) {
            Some(Value::String(label)) => label.clone(),
            Some(Value::Number(index)) => index.to_string(),
            Some(Value::Null) => String::new(),
            Some(_) => bail!("line {number} has no single label; one a picture is taken"),
            None => bail!("line {number} has no `label`"),
        };
        rows.push((number, Row::new(path, &label)));
    }
    Ok(rows)
}

/// `Image_ID` as `imageid`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Each path once.
fn once(rows: Vec<(usize, Row)>) -> Result<Vec<Row>> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut kept = Vec::new();
    for (line, row) in rows.into_iter().filter(|(_, row)| !row.label.is_empty()) {
        let Row { path, label } = &row;
        if let Some(other) = known.insert(path.clone(), label.clone()) {
            ensure!(
                other == *label,
                "line {line} calls {path} `{label}`, and one before `{other}`; one label a \
                 picture is taken",
            );
            continue;
        }
        kept.push(row);
    }
    ensure!(!kept.is_empty(), "it names no picture with a label");
    Ok(kept)
}

impl Row {
    fn new(path: &str, label: &str) -> Self {
        Self {
            path: path.trim().to_owned(),
            label: label.trim().to_owned(),
        }
    }
}
