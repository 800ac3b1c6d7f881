//! What a pickle builds: values that name each other by number, so that nothing is copied, however
//! often it is named, and nothing is deep, however nested it is.

use safetensors::Dtype;

use super::class::Class;
use super::fault::{Result, too_much};

/// A value's number.
pub(super) type Id = u32;

#[derive(Debug)]
pub(super) enum Value {
    /// What no weights are made of: fractions, bytes, sets, long texts.
    Other,
    None,
    False,
    True,
    Int(i128),
    Text(Box<str>),
    Tuple(Box<[Id]>),
    List(Vec<Id>),
    /// In the order of writing; of equal keys the last counts.
    Dict(Vec<(Id, Id)>),
    Class(Class),
    Storage(Storage),
    Tensor(Tensor),
    /// What an unknown class would have made, and the state that it would have been given.
    Object(Option<Id>),
}

/// Values that tensors look into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage {
    /// A text: its name in the archive.
    pub key: Id,
    pub dtype: Dtype,
    /// How many values it has.
    pub count: u64,
    /// Where it begins in the storage of that name, in values.
    pub first: u64,
}

/// A look into a storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tensor {
    pub storage: Id,
    /// Where the storage does not say it.
    pub dtype: Option<Dtype>,
    /// In values.
    pub offset: u64,
    /// Tuples of numbers.
    pub size: Id,
    pub stride: Id,
}

/// Everything that a pickle has built.
pub(super) struct Values {
    all: Vec<Value>,
    /// How many values, entries of lists and dictionaries, and remembered values there are.
    held: usize,
}

/// A whole training state of the largest network has a tenth of it. It keeps the memory for a
/// pickle below 256 MiB.
const MAX_VALUES: usize = 4_000_000;

/// Those that are the same for all.
pub(super) const OTHER: Id = 0;
pub(super) const NONE: Id = 1;
pub(super) const FALSE: Id = 2;
pub(super) const TRUE: Id = 3;

impl Values {
    pub fn new() -> Self {
        let same = [Value::Other, Value::None, Value::False, Value::True];
        Self {
            all: Vec::from(same),
            held: 0,
        }
    }

    pub fn add(&mut self, value: Value) -> Result<Id> {
        self.charge(1)?;
        self.all.push(value);
        Ok((self.all.len() - 1) as Id)
    }

    /// Counts what takes memory.
    pub fn charge(&mut self, count: usize) -> Result<()> {
        self.held += count;
        match self.held > MAX_VALUES {
            true => too_much(format_args!("makes over {MAX_VALUES} values")),
            false => Ok(()),
        }
    }

    pub fn get(&self, id: Id) -> &Value {
        &self.all[id as usize]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Value {
        &mut self.all[id as usize]
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that counts something.
    pub fn count(&self, id: Id) -> Option<u64> {
        match self.get(id) {
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    pub fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Several of them, at most `most`.
    pub fn counts(&self, id: Id, most: usize) -> Option<Vec<u64>> {
        let ids = self.tuple(id).filter(|ids| ids.len() <= most)?;
        ids.iter().map(|&id| self.count(id)).collect()
    }

    pub fn dict(&self, id: Id) -> Option<&[(Id, Id)]> {
        match self.get(id) {
            Value::Dict(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// What the dictionary `id` holds under `key`.
    pub fn under(&self, id: Id, key: &str) -> Option<Id> {
        let mut pairs = self.dict(id)?.iter().rev();
        let pair = pairs.find(|(k, _)| self.text(*k) == Some(key))?;
        Some(pair.1)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.all.iter()
    }
}
