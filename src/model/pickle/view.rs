//! Where a tensor's values are, if they are where it says.

use std::ops::Range;

use safetensors::Dtype;

use super::super::slot::Slot;
use super::fault::{Result, damaged, refused};
use super::value::{Tensor, Value, Values};

/// Convolutions have four.
const MAX_DIMENSIONS: usize = 8;

/// Between the values of a tensor that is a part of a larger one others may lie, and are read with
/// them: so many times its own, or so many in all.
const MAX_SPREAD: u64 = 4;
const SMALL: u64 = 1 << 20;

/// The place of the tensor `name`; `place` tells where the bytes of a storage are.
pub(super) fn slot(
    values: &Values,
    name: &str,
    tensor: &Tensor,
    place: impl Fn(&str) -> Result<Range<u64>>,
) -> Result<Slot> {
    let Value::Storage(storage) = values.get(tensor.storage) else {
        return damaged(format!("tensor `{name}` has no storage"));
    };
    let sizes = |id| values.counts(id, MAX_DIMENSIONS);
    let (shape, strides) = match (sizes(tensor.size), sizes(tensor.stride)) {
        (Some(shape), Some(strides)) if shape.len() == strides.len() => (shape, strides),
        _ => return damaged(format!("tensor `{name}` has no shape")),
    };
    let Some((count, spread)) = extent(&shape, &strides) else {
        return damaged(format!(
            "tensor `{name}` has more values than can be counted"
        ));
    };
    let range = place(values.text(storage.key).unwrap_or_default())?;
    let dtype = tensor.dtype.unwrap_or(storage.dtype);
    let bytes = |count: u64, dtype: Dtype| count.checked_mul(dtype.bitsize() as u64 / 8);
    let length = bytes(spread, dtype);
    let first = bytes(storage.first, storage.dtype);
    let offset = bytes(tensor.offset, dtype).and_then(|offset| offset.checked_add(first?));
    let end = offset.and_then(|offset| offset.checked_add(length?));
    let stored = bytes(storage.count, storage.dtype);
    let stored = stored.map_or(0, |stored| stored.min(range.end - range.start));
    let (Some(offset), Some(end)) = (offset, end.filter(|&end| end <= stored)) else {
        return damaged(format!("tensor `{name}` goes on behind its storage"));
    };
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
    let is_apart = count > 0 && !is_in_rows(&shape, &strides);
    let sizes = |sizes: Vec<u64>| sizes.into_iter().map(|size| size as usize).collect();
    Ok(Slot {
        dtype,
        shape: sizes(shape),
        strides: is_apart.then(|| sizes(strides)),
        part: 0,
        start: range.start + offset,
        length: (end - offset) as usize,
    })
}

/// How many values a tensor has, and how many lie from its first to its last.
fn extent(shape: &[u64], strides: &[u64]) -> Option<(u64, u64)> {
    let mut sizes = shape.iter();
    let count = sizes.try_fold(1_u64, |count, &size| count.checked_mul(size))?;
    if count == 0 {
        return Some((0, 0));
    }
    let mut steps = shape.iter().zip(strides);
    let spread = steps.try_fold(1_u64, |spread, (&size, &stride)| {
        spread.checked_add((size - 1).checked_mul(stride)?)
    })?;
    Some((count, spread))
}

/// Whether values lie row by row, one behind the other.
fn is_in_rows(shape: &[u64], strides: &[u64]) -> bool {
    let mut in_rows = 1;
    shape.iter().zip(strides).rev().all(|(&size, &stride)| {
        let fits = size == 1 || stride == in_rows;
        in_rows *= size;
        fits
    })
}
