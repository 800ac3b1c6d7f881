//! What `torch.save` wrote before PyTorch 1.6, and still writes on request: five pickles one after
//! the other (a magic number, a version, the machine's types, what was saved, the storages' names),
//! then each storage's length and values (torch/serialization.py, `_legacy_load`).

use std::collections::HashMap;
use std::ops::Range;

use super::super::bytes::Bytes;
use super::fault::{Result, damaged, refused};
use super::input::Input;
use super::machine::run;
use super::value::{FALSE, Id, Value, Values};

/// torch/serialization.py, `MAGIC_NUMBER`.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;

/// A file's pickle, and where its storages are by their names.
pub(super) struct Legacy {
    pub values: Values,
    pub saved: Id,
    pub storages: HashMap<String, Range<u64>>,
}

impl Legacy {
    pub fn read(bytes: &Bytes) -> Result<Self> {
        let length = bytes.length()?;
        let mut input = Input::new(bytes, 0..length);
        let (magic, number) = run(&mut input)?;
        if !matches!(magic.get(number), Value::Int(MAGIC)) {
            return refused(
                "it is a pickle that torch.save did not write; load it with what wrote it, and \
                 save the weights with torch.save(model.state_dict(), ...)",
            );
        }
        run(&mut input)?;
        let (machine, types) = run(&mut input)?;
        if machine.under(types, "little_endian") == Some(FALSE) {
            return refused("it was written by a big-endian machine; save it on another");
        }
        let (values, saved) = run(&mut input)?;
        let (names, list) = run(&mut input)?;
        let Value::List(list) = names.get(list) else {
            return damaged("the names of its storages are no list");
        };
        let sizes = sizes(&values);
        let mut at = input.position();
        let mut storages = HashMap::new();
        for &name in list {
            let size = names.text(name).and_then(|name| sizes.get(name));
            let (Some(name), Some(&(count, size))) = (names.text(name), size) else {
                return damaged("it has a storage of an unknown type, or of no tensor");
            };
            let start = at + 8;
            let mut said = [0; 8];
            if start <= length {
                bytes.read(at, &mut said)?;
            }
            if u64::from_le_bytes(said) != count {
                return damaged(format!("its storage {name} does not have {count} values"));
            }
            let end = count
                .checked_mul(size)
                .and_then(|size| start.checked_add(size));
            let Some(end) = end.filter(|&end| end <= length) else {
                return damaged(format!("its storage {name} is cut off"));
            };
            if storages.insert(name.to_owned(), start..end).is_some() {
                return damaged(format!("its storage {name} comes twice"));
            }
            at = end;
        }
        Ok(Self {
            values,
            saved,
            storages,
        })
    }
}

/// How many values the storages of a pickle have, and of how many bytes.
fn sizes(values: &Values) -> HashMap<&str, (u64, u64)> {
    let storages = values.iter().filter_map(|value| match value {
        Value::Storage(storage) => Some(storage),
        _ => None,
    });
    let size = |dtype: safetensors::Dtype| dtype.bitsize() as u64 / 8;
    let named = storages.filter_map(|s| Some((values.text(s.key)?, (s.count, size(s.dtype)))));
    named.collect()
}
