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
//! archive, found, view < this.

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
mod view;

use std::ops::Range;
use std::path::Path;

use anyhow::anyhow;

use super::bytes::Bytes;
use super::slot::{Slot, Slots};
use super::unreadable;
use archive::Archive;
use fault::{Fault, Result, damaged, refused};
use input::Input;
use legacy::Legacy;
use value::{Id, Value, Values};

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
            let slot = view::slot(values, &name, &tensor, &place)?;
            Ok((name, slot))
        }
        _ => damaged(format!("tensor `{name}` is none")),
    });
    slots.collect()
}
