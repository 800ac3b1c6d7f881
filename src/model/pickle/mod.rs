//! PyTorch's files of weights (`.pth`, `.pt`, `.bin`, `.ckpt`), read as data.
//!
//! A pickle is a program: it names functions and has Python call them, so that reading one with
//! Python runs whatever its author wrote. Nothing of it is run here. The [`machine`] follows its
//! opcodes to build lists, dictionaries and texts; of the names in it those that torch itself
//! writes for tensors are known ([`class`]), and all others stand for an object of which nothing
//! is known and to which nothing happens.
//!
//! The values of tensors are beside the pickle, in an [`archive`] or, in the [`legacy`] form, behind
//! it; they are read when they are asked for. What a pickle may take is limited: its bytes, the
//! values that it builds and how deep it is nested. Values name each other by number, so a pickle
//! that names one of them a billion times, or nests them a million deep, costs what its opcodes do.
//!
//! A file uses only those before it: fault < input, class < value < rebuild < machine < legacy, and
//! archive, found < this.

mod archive;
mod class;
mod fault;
mod found;
mod input;
mod legacy;
mod machine;
mod opcodes;
mod rebuild;
mod value;

use std::ops::Range;
use std::path::Path;

use anyhow::anyhow;
use safetensors::Dtype;

use super::bytes::Bytes;
use super::slot::{Slot, Slots};
use super::unreadable;
use archive::Archive;
use fault::{Fault, Result, damaged, refused};
use input::Input;
use legacy::Legacy;
use value::{Id, Tensor, Value, Values};

/// Whether a file that begins with the bytes `start` is one of PyTorch's, or another pickle.
pub(super) fn is_pickle(start: &[u8]) -> bool {
    match start {
        // The length of a header of safetensors can look so too.
        [0x80, 2..=5, ..] => start.get(8) != Some(&b'{'),
        _ => start.starts_with(b"PK\x03\x04"),
    }
}

/// The tensors of the network in the file.
pub(super) fn slots(bytes: &Bytes, path: &Path, start: &[u8]) -> Slots {
    let found = match start.starts_with(b"PK") {
        true => in_archive(bytes),
        false => in_legacy(bytes),
    };
    found.map_err(|fault| match fault {
        Fault::Damaged(what) => unreadable::damaged(path, "PyTorch", &what),
        Fault::Refused(what) => anyhow!("{} can't be used: {what}", path.display()),
        Fault::Read(error) => anyhow!(error).context(format!("can't read {}", path.display())),
    })
}

fn in_archive(bytes: &Bytes) -> Result<Vec<(String, Slot)>> {
    let archive = Archive::open(bytes)?;
    if !archive.has("data.pkl") {
        return refused(
            "it is a zip archive, and no torch.save made it; unpack it, and name the file in it",
        );
    }
    if archive.has("constants.pkl") {
        return refused(
            "it is a TorchScript program; save its weights with torch.save(model.state_dict(), ...)",
        );
    }
    if archive.start_of("byteorder")? == Some(*b"big") {
        return refused("it was written by a big-endian machine; save it on another");
    }
    let (values, saved) = machine::run(&mut Input::new(bytes, archive.range("data.pkl")?))?;
    all(&values, saved, |key| archive.range(&format!("data/{key}")))
}

fn in_legacy(bytes: &Bytes) -> Result<Vec<(String, Slot)>> {
    let legacy = Legacy::read(bytes)?;
    all(&legacy.values, legacy.saved, |key| {
        match legacy.storages.get(key) {
            Some(range) => Ok(range.clone()),
            None => damaged(format!("its storage {key} is missing")),
        }
    })
}

/// The tensors of the network in what was saved; `place` tells where a storage is.
fn all(
    values: &Values,
    saved: Id,
    place: impl Fn(&str) -> Result<Range<u64>>,
) -> Result<Vec<(String, Slot)>> {
    let tensors = found::tensors(values, saved)?.into_iter();
    let slots = tensors.map(|(name, id)| match *values.get(id) {
        Value::Tensor(tensor) => {
            let slot = slot(values, &name, &tensor, &place)?;
            Ok((name, slot))
        }
        _ => damaged(format!("tensor `{name}` is none")),
    });
    slots.collect()
}

/// Between the values of a tensor that is a part of a larger one others may lie, and are read with
/// them: so many times its own, or so many in all.
const MAX_SPREAD: u64 = 4;
const SMALL: u64 = 1 << 20;

fn slot(
    values: &Values,
    name: &str,
    tensor: &Tensor,
    place: &impl Fn(&str) -> Result<Range<u64>>,
) -> Result<Slot> {
    let Value::Storage(storage) = values.get(tensor.storage) else {
        return damaged(format!("tensor `{name}` has no storage"));
    };
    let range = place(values.text(storage.key).unwrap_or_default())?;
    let (size, stride) = (values.counts(tensor.size), values.counts(tensor.stride));
    let (shape, strides) = match (size, stride) {
        (Some(size), Some(stride)) if size.len() == stride.len() => (size, stride),
        _ => return damaged(format!("tensor `{name}` has no shape")),
    };
    let of = |dtype: Dtype| dtype.bitsize() as u64 / 8;
    let dtype = tensor.dtype.unwrap_or(storage.dtype);
    let count = shape
        .iter()
        .try_fold(1_u64, |count, &n| count.checked_mul(n));
    let steps = shape.iter().zip(&strides);
    // From its first value to its last.
    let spread = match count {
        Some(0) => Some(0),
        _ => steps.clone().try_fold(1_u64, |spread, (&n, &stride)| {
            spread.checked_add((n - 1).checked_mul(stride)?)
        }),
    };
    let first = storage.first.checked_mul(of(storage.dtype));
    let offset = tensor.offset.checked_mul(of(dtype));
    let offset = first.zip(offset).and_then(|(a, b)| a.checked_add(b));
    let length = spread.and_then(|spread| spread.checked_mul(of(dtype)));
    let stored = storage.count.checked_mul(of(storage.dtype));
    let stored = stored.map(|stored| stored.min(range.end - range.start));
    let end = offset
        .zip(length)
        .and_then(|(offset, length)| offset.checked_add(length));
    let (Some(count), Some(spread), Some(offset), Some(end), Some(stored)) =
        (count, spread, offset, end, stored)
    else {
        return damaged(format!(
            "tensor `{name}` has more values than can be counted"
        ));
    };
    if end > stored {
        return damaged(format!("tensor `{name}` goes on behind its storage"));
    }
    if count > spread {
        return refused(format!(
            "tensor `{name}` repeats its values; save a copy: .clone()"
        ));
    }
    if spread > SMALL && spread / MAX_SPREAD > count {
        return refused(format!(
            "tensor `{name}` is a small part of a larger one; save a copy: .clone()"
        ));
    }
    let mut in_rows = 1;
    let is_in_rows = steps.rev().all(|(&n, &stride)| {
        let fits = n == 1 || stride == in_rows;
        in_rows *= n;
        fits
    });
    let sizes = |counts: Vec<u64>| counts.into_iter().map(|count| count as usize).collect();
    Ok(Slot {
        dtype,
        shape: sizes(shape),
        strides: (count > 0 && !is_in_rows).then(|| sizes(strides)),
        part: 0,
        start: range.start + offset,
        length: (end - offset) as usize,
    })
}
