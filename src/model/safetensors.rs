//! The header of a safetensors file.

use std::path::Path;

use ::safetensors::tensor::{Metadata, TensorInfo};
use anyhow::{Result, anyhow};

use super::bytes::Bytes;
use super::slot::{Slot, Slots};
use super::unreadable;

/// The length of a safetensors header is in its first eight bytes. The format allows ten times as
/// much, which takes a gigabyte to understand; B7's is a tenth of a megabyte.
const MAX_HEADER: u64 = 10_000_000;

/// The tensors that the header of a file says are in it.
pub(super) fn slots(bytes: &Bytes, path: &Path, start: &[u8]) -> Slots {
    let (metadata, data) = header(bytes, path, start)?;
    let slot = |info: &TensorInfo| Slot {
        dtype: info.dtype,
        shape: info.shape.clone(),
        strides: None,
        part: 0,
        start: data + info.data_offsets.0 as u64,
        length: info.data_offsets.1 - info.data_offsets.0,
    };
    let infos = metadata.tensors();
    let slots = infos.iter().map(|(name, info)| (name.clone(), slot(info)));
    let slots: Vec<_> = slots.collect();
    let ends = slots
        .iter()
        .map(|(_, slot)| slot.start + slot.length as u64);
    let (length, needed) = (bytes.length()?, ends.max().unwrap_or(data));
    if length != needed {
        let what = format!("{length} bytes, its header says {needed}");
        return Err(unreadable::damaged(path, "safetensors", &what));
    }
    Ok(slots)
}

/// Reads the header of a file that begins with `start`, and tells where the tensors' values begin.
fn header(bytes: &Bytes, path: &Path, start: &[u8]) -> Result<(Metadata, u64)> {
    let file_length = bytes.length()?;
    let other = |claim: &str| match unreadable::what_it_is(path, start) {
        Some(what) => anyhow!("{} {what}", path.display()),
        None => unreadable::damaged(path, "safetensors", claim),
    };
    let Some((length, _)) = start.split_first_chunk() else {
        return Err(other("it has less than 8 bytes"));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER.min(file_length - 8) {
        return Err(other(&format!(
            "its first bytes claim a header of {length} bytes"
        )));
    }
    let mut text = vec![0; length as usize];
    bytes.read(8, &mut text)?;
    let metadata = serde_json::from_slice(&text);
    let metadata = metadata.map_err(|e| match text.starts_with(b"{") {
        true => unreadable::damaged(path, "safetensors", &e.to_string()),
        false => other(&e.to_string()),
    })?;
    Ok((metadata, 8 + length))
}
