//! What classes are called in JSON, in a configuration or in a file of labels.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Each class has a label in memory before the weights are looked at. ImageNet-21k has 21,843.
pub(super) const MOST_CLASSES: usize = 100_000;

/// What the classes are called: for each index a name, where there is one.
///
/// Exporters write a list; a table from index to name (transformers' `id2label`); or one from name
/// to index (`label2id`). A name that is a number is that number's digits, and null is none.
#[derive(Clone, Debug)]
pub(super) struct LabelNames {
    names: Vec<(usize, Option<String>)>,
    /// A table may leave classes out, a list can't.
    is_list: bool,
}

impl LabelNames {
    /// Reads a list or a table, whose numbers are the names if the keys are all indices.
    ///
    /// # Errors
    /// If it is neither.
    pub(super) fn read(value: &Value) -> Result<Self> {
        let names: Result<_> = match value {
            Value::Array(list) => {
                let names = list.iter().enumerate();
                names.map(|(i, value)| Ok((i, name(value)?))).collect()
            }
            Value::Object(table) if table.keys().all(|key| index(key).is_some()) => {
                let names = table.iter();
                names
                    .map(|(key, value)| Ok((index(key).unwrap_or_default(), name(value)?)))
                    .collect()
            }
            Value::Object(_) => return Self::read_ids(value),
            _ => bail!("its labels are {value}, which is no list or table"),
        };
        Ok(Self {
            names: names.context("can't read its labels")?,
            is_list: value.is_array(),
        })
    }

    /// Reads a table from name to index.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn read_ids(value: &Value) -> Result<Self> {
        let table = value.as_object().context("its label2id is no table")?;
        let names = table.iter().map(|(name, id)| {
            let index = match id {
                Value::String(digits) => index(digits),
                _ => id.as_u64().and_then(|id| usize::try_from(id).ok()),
            };
            let index = index.with_context(|| format!("its label `{name}` has the index {id}"))?;
            Ok((index, Some(name.clone())))
        });
        Ok(Self {
            names: names.collect::<Result<_>>()?,
            is_list: false,
        })
    }

    /// The first of several that is there and names at least one class.
    ///
    /// # Errors
    /// If one that is there can't be read.
    pub(super) fn first_of<'a>(
        values: impl IntoIterator<Item = &'a Option<Value>>,
        ids: &Option<Value>,
    ) -> Result<Option<Self>> {
        let tables = values.into_iter().flatten().map(Self::read);
        let ids = ids.iter().map(Self::read_ids);
        let mut filled = tables
            .chain(ids)
            .filter(|names| names.as_ref().map_or(true, |names| !names.names.is_empty()));
        filled.next().transpose()
    }

    /// How many classes there must be to have these indices.
    pub(super) fn classes(&self) -> usize {
        let indices = self.names.iter();
        let indices = indices.map(|(index, _)| index.saturating_add(1));
        indices.max().unwrap_or(0)
    }

    /// The names of `classes` classes; those without one are called by their index.
    pub(super) fn into_names(self, classes: usize) -> Result<Vec<String>> {
        let mut names: Vec<_> = (0..classes).map(|i| i.to_string()).collect();
        let count = self.names.len();
        ensure!(
            count == classes || !self.is_list && count < classes,
            "it names {count} labels for {classes} classes",
        );
        for (index, name) in self.names {
            let slot = names.get_mut(index);
            let slot = slot.with_context(|| {
                format!("label index `{index}` is no class; the {classes} are counted from 0")
            })?;
            *slot = name.unwrap_or_else(|| index.to_string());
        }
        Ok(names)
    }
}

/// `7`, also as `07` or with spaces.
fn index(text: &str) -> Option<usize> {
    text.trim().parse().ok()
}

fn name(value: &Value) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(name) => Ok(Some(name.clone())),
        Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => bail!("{value} is no name"),
    }
}
