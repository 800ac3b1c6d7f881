//! Files of labels: one per line, or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::label::{Label, is_wnid};
use super::text_file;

/// How JSON holds labels: a list, a table from index to name, or Keras' table from index to WordNet
/// id and name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    List(Vec<String>),
    Names(BTreeMap<String, String>),
    Pairs(BTreeMap<String, (String, String)>),
}

/// The labels in the file at `path`, in the order of the classes.
///
/// Of lines, each is a name, alone or behind a WordNet id; or all have their index first. The header
/// of effnet's own table is skipped.
///
/// # Errors
/// If it can't be read, or its indices are not 0, 1, 2 and so on.
pub(super) fn read(path: &Path) -> Result<Vec<Label>> {
    let shown = path.display();
    let text = text_file::read(path).with_context(|| format!("can't read the labels {shown}"))?;
    if text.trim_start().starts_with(['[', '{']) {
        let json: Json = serde_json::from_str(&text).with_context(|| {
            format!("{shown} is no list of labels, nor a table from index to label")
        })?;
        return of_json(json).with_context(|| format!("can't use the labels {shown}"));
    }
    let lines = text.lines().map(str::trim_end);
    let lines = lines.filter(|line| !line.is_empty() && *line != "wnid\tlabel");
    let lines: Vec<_> = lines.collect();
    let names = without_indices(&lines).unwrap_or(lines);
    Ok(names.into_iter().map(label).collect())
}

fn of_json(json: Json) -> Result<Vec<Label>> {
    let pairs: Vec<(String, Label)> = match json {
        Json::List(names) => return Ok(names.iter().map(|name| label(name)).collect()),
        Json::Names(table) => table
            .into_iter()
            .map(|(i, name)| (i, label(&name)))
            .collect(),
        Json::Pairs(table) => {
            let labelled = |(index, (wnid, name)): (String, (String, String))| {
                let wnid = Some(wnid).filter(|wnid| is_wnid(wnid));
                (index, Label { wnid, name })
            };
            table.into_iter().map(labelled).collect()
        }
    };
    let mut labels = vec![None; pairs.len()];
    for (index, label) in pairs {
        let slot = index
            .trim()
            .parse()
            .ok()
            .and_then(|i: usize| labels.get_mut(i));
        let slot = slot.with_context(|| format!("the index `{index}` is no class"))?;
        ensure!(slot.is_none(), "the index `{index}` comes twice");
        *slot = Some(label);
    }
    Ok(labels.into_iter().flatten().collect())
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
