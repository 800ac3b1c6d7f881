//! The values of tensors in main memory.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The values of a contiguous f32 tensor.
pub(super) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("the CPU kernels need contiguous tensors, got {layout:?}"),
    }
}

/// Calls `then` with the values of an optional tensor.
pub(super) fn with_values<R>(
    tensor: Option<&Tensor>,
    then: impl FnOnce(Option<&[f32]>) -> Result<R>,
) -> Result<R> {
    let Some(tensor) = tensor else {
        return then(None);
    };
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => then(Some(contiguous(storage, layout)?)),
        _ => bail!("the CPU kernels need tensors in main memory"),
    }
}
