//! What pictures are said to show: by the folder that each is in, or by a table of paths and labels.

mod places;
mod table;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};

pub use places::Places;

/// The names of what pictures show, which nobody has compared with a model's classes yet.
#[derive(Clone, Debug, Default)]
pub struct Labelled {
    /// Each name once, in the order of their first pictures.
    pub names: Vec<String>,
    /// For each picture, which of the names it has.
    pub of: Vec<Option<usize>>,
}

impl Labelled {
    /// Pictures called like the folder that each is in.
    pub fn by_folder<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        Self::of(paths.map(folder))
    }

    /// Pictures called as `table` says, a file of paths and labels: CSV, TSV, JSON Lines, or lines of
    /// a name and a label. A path there may be shorter than the picture's or under another root, or a
    /// base name with or without its ending, as long as only one picture can be meant.
    ///
    /// # Errors
    /// If the file can't be read or understood, or if it is not clear which picture it means.
    pub fn by_table<'a>(
        table: &Path,
        paths: impl Iterator<Item = &'a Path> + Clone,
    ) -> Result<Self> {
        let read = || {
            let rows = table::read(table)?;
            let places = Places::new(rows.iter().map(|row| row.path.as_str()));
            let assigned = places.assign(paths)?.into_iter();
            let given = assigned.map(|row| Some(rows[row?].label.clone()));
            Ok::<_, anyhow::Error>(Self::of(given))
        };
        read().with_context(|| format!("can't use the truth {}", table.display()))
    }

    fn of(given: impl Iterator<Item = Option<String>>) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut labelled = Self::default();
        for name in given {
            let index = name.map(|name| {
                let next = known.len();
                *known.entry(name).or_insert_with_key(|name| {
                    labelled.names.push(name.clone());
                    next
                })
            });
            labelled.of.push(index);
        }
        labelled
    }

    /// How many pictures have the name `index`, or none.
    pub fn count(&self, index: Option<usize>) -> usize {
        self.of.iter().filter(|of| **of == index).count()
    }
}

/// The name of the folder that a picture is in.
fn folder(path: &Path) -> Option<String> {
    let name = |path: &Path| Some(path.parent()?.file_name()?.to_string_lossy().into_owned());
    // `.` and nothing have names too.
    name(path).or_else(|| name(&std::path::absolute(path).ok()?))
}
