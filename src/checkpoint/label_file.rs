//! Files of labels: one per line, or JSON.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::label::{Label, is_wnid};
use super::label_names::{LabelNames, MOST_CLASSES};
use super::text_file;

/// The labels in the file at `path`, in the order of the classes.
///
/// Of lines, each is a name, alone or behind a WordNet id; or all have their index first. The header
/// of effnet's own table is skipped.
///
/// # Errors
/// If it can't be read, or is JSON of another form.
pub(super) fn read(path: &Path) -> Result<Vec<Label>> {
    let shown = path.display();
    let text = text_file::read(path).with_context(|| format!("can't read the labels {shown}"))?;
    if text.trim_start().starts_with(['[', '{']) {
        let json = serde_json::from_str(&text).with_context(|| format!("{shown} is no JSON"))?;
        return of_json(json).with_context(|| format!("can't use the labels {shown}"));
    }
    let lines = text.lines().map(str::trim_end);
    let lines = lines.filter(|line| !line.is_empty() && *line != "wnid\tlabel");
    let lines: Vec<_> = lines.collect();
    let names = without_indices(&lines).unwrap_or(lines);
    Ok(names.into_iter().map(label).collect())
}

/// A list or a table, as in a configuration, or Keras' table from index to WordNet id and name.
fn of_json(mut json: Value) -> Result<Vec<Label>> {
    for value in json.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some([Value::String(wnid), Value::String(name)]) =
            value.as_array().map(Vec::as_slice)
        {
            *value = match is_wnid(wnid) {
                true => format!("{wnid} {name}"),
                false => name.clone(),
            }
            .into();
        }
    }
    let names = LabelNames::read(&json)?;
    let classes = names.classes();
    ensure!(classes <= MOST_CLASSES, "it names class {}", classes - 1);
    let names = names.into_names(classes)?;
    Ok(names.iter().map(|name| label(name)).collect())
}

/// What follows each line's index, if the lines are numbered from 0 on: `0 star`, `0: star`,
/// `0,star` or `0<tab>star`.
fn without_indices<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let name = |(index, line): (usize, &&'a str)| {
        let rest = line.trim_start().strip_prefix(&index.to_string())?;
        let name = rest.trim_start_matches([' ', '\t', ':', ',', ';']);
        (name.len() < rest.len() && !name.is_empty()).then_some(name)
    };
    // A single class called `0 star` is no numbering, and neither are labels that are numbers.
    let names: Vec<_> = lines.iter().enumerate().map(name).collect::<Option<_>>()?;
    (lines.len() > 1).then_some(names)
}

/// A name, or a WordNet id and a name with a space, a tab or a comma between them.
fn label(line: &str) -> Label {
    match line.split_once(['\t', ' ', ',']) {
        Some((wnid, name)) if is_wnid(wnid) && !name.trim().is_empty() => Label {
            wnid: Some(wnid.to_owned()),
            name: name.trim().to_owned(),
        },
        _ => Label::named(line.to_owned()),
    }
}
