//! A class by what a user calls it.

use anyhow::{Result, bail};

use super::labels::Labels;
use super::nearest::{nearest, one_of};

/// The one class that `word` names: its label, one of the synonyms in it, its WordNet id, or its index.
/// Case counts for nothing, and `_` is a space.
///
/// # Errors
/// If there is no such class, or several have the label.
pub fn class(labels: &Labels, word: &str) -> Result<usize> {
    let wanted = plain(word);
    let all = || (0..labels.len()).map(|index| (index, labels.get(index)));
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let found =
            all().filter(|(_, label)| is(&label.name) || label.wnid.as_deref().is_some_and(is));
        found.map(|(index, _)| index).collect()
    };
    let whole = named(&|name| plain(name) == wanted);
    let found = match whole.is_empty() {
        true => named(&|name| name.split(", ").any(|synonym| plain(synonym) == wanted)),
        false => whole,
    };
    match found[..] {
        [class] => Ok(class),
        [] => by_index(labels, word),
        [first, second, ..] => bail!(
            "several classes are called `{word}`, as {first} and {second}; give the index of the one \
             that is meant"
        ),
    }
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase().replace('_', " ")
}

fn by_index(labels: &Labels, word: &str) -> Result<usize> {
    let classes = labels.len();
    match word.trim().parse::<usize>() {
        Ok(index) if index < classes => return Ok(index),
        Ok(_) => bail!("there is no class {word}; the model has {classes}, counted from 0"),
        Err(_) => {}
    }
    let names = (0..classes).flat_map(|index| labels.get(index).name.split(", "));
    match one_of(&nearest(word, names)) {
        Some(near) => bail!("no class of the model is called `{word}`; did you mean {near}?"),
        None => bail!(
            "no class of the model is called `{word}`; `effnet classify -k all` prints their names"
        ),
    }
}
