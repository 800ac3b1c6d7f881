//! Where tensors lie on the device, and how pictures get there.

use std::sync::PoisonError;

use candle_core::cuda_backend::CudaStorageSlice;
use candle_core::cuda_backend::cudarc::driver::{DevicePtr, result};
use candle_core::{DType, Device, Error, Result, Shape, Storage, Tensor, bail};
use half::{bf16, f16};
use rayon::prelude::*;

use super::context::Context;

/// The place of a contiguous tensor's first value. The tensor must outlive the launch that uses
/// it, not the kernel: its memory is given back in stream order.
pub(super) fn address(x: &Tensor, dtype: DType) -> Result<u64> {
    let (storage, layout) = x.storage_and_layout();
    let Storage::Cuda(storage) = &*storage else {
        bail!("the CUDA kernels need tensors on the GPU");
    };
    let Some((start, _)) = layout.contiguous_offsets() else {
        bail!("the CUDA kernels need contiguous tensors, got {layout:?}");
    };
    let stream = storage.device.cuda_stream();
    let base = match (&storage.slice, dtype) {
        (CudaStorageSlice::F32(slice), DType::F32) => slice.device_ptr(&stream).0,
        (CudaStorageSlice::F16(slice), DType::F16) => slice.device_ptr(&stream).0,
        (CudaStorageSlice::BF16(slice), DType::BF16) => slice.device_ptr(&stream).0,
        _ => bail!("expected a tensor of {dtype:?}, got {:?}", x.dtype()),
    };
    Ok(base + (start * dtype.size_in_bytes()) as u64)
}

/// The places of an optional tensor, 0 without.
pub(super) fn address_or_null(x: Option<&Tensor>, dtype: DType) -> Result<u64> {
    x.map_or(Ok(0), |x| address(x, dtype))
}

/// Whether `count` values of `dtype` can be read at once at these places.
pub(super) fn aligned(places: &[u64], count: usize, dtype: DType) -> bool {
    let bytes = (count * dtype.size_in_bytes()) as u64;
    places.iter().all(|place| place.is_multiple_of(bytes))
}

/// Elements in 16 bytes, the widest access.
pub(super) fn wide(dtype: DType) -> usize {
    16 / dtype.size_in_bytes()
}

/// A tensor whose values the caller's kernel writes, every one.
pub(super) fn room(shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
    // SAFETY: callers launch what fills it in the same stream, before anything reads it.
    unsafe { Tensor::empty(shape, dtype, device) }
}

/// Puts parameters on the device as `dtype`.
pub(super) fn parameters(
    values: &[f32],
    shape: impl Into<Shape>,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let shape = shape.into();
    match dtype {
        DType::F16 => {
            let values = values.iter().map(|&value| f16::from_f32(value)).collect();
            Tensor::from_vec::<_, f16>(values, shape, device)
        }
        DType::BF16 => {
            let values = values.iter().map(|&value| bf16::from_f32(value)).collect();
            Tensor::from_vec::<_, bf16>(values, shape, device)
        }
        _ => Tensor::from_slice(values, shape, device),
    }
}

/// Copies `bytes` on the device.
///
/// # Safety
/// Both places must be that large.
pub(super) unsafe fn copy(context: &Context, from: u64, to: u64, bytes: usize) -> Result<()> {
    context
        .stream
        .context()
        .bind_to_thread()
        .map_err(Error::wrap)?;
    let stream = context.stream.cu_stream();
    // SAFETY: the caller vouches for the places.
    unsafe { result::memcpy_dtod_async(to, from, bytes, stream) }.map_err(Error::wrap)
}

/// Pictures of `(height, width, 3)` to a batch on the device, through pinned memory, from where
/// the device fetches them by itself. Where `shape` has room for more, the last is repeated.
///
/// # Errors
/// If there is no room for them.
pub fn upload(pictures: &[Vec<f32>], shape: impl Into<Shape>, device: &Device) -> Result<Tensor> {
    let batch = room(shape, DType::F32, device)?;
    let count = batch.elem_count();
    let each = count / batch.dim(0)?;
    if pictures.is_empty() || pictures.iter().any(|picture| picture.len() != each) {
        bail!("the pictures do not fill a batch of {:?}", batch.shape());
    }
    let context = Context::of(device)?;
    let mut staging = context
        .staging
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // The last batch may still be on its way from there.
    context.stream.synchronize().map_err(Error::wrap)?;
    if staging.as_ref().is_none_or(|memory| memory.len() < count) {
        *staging = None;
        // SAFETY: what is copied below is written first.
        let memory = unsafe { context.stream.context().alloc_pinned(count) };
        *staging = Some(memory.map_err(Error::wrap)?);
    }
    let Some(memory) = staging.as_mut() else {
        unreachable!("it was just allocated");
    };
    let memory = &mut memory.as_mut_slice().map_err(Error::wrap)?[..count];
    let last = pictures.len() - 1;
    let places = memory.par_chunks_mut(each).enumerate();
    places.for_each(|(number, place)| place.copy_from_slice(&pictures[number.min(last)]));
    let to = address(&batch, DType::F32)?;
    let stream = context.stream.cu_stream();
    // SAFETY: both hold `count` values, and the staging memory stays until it was read.
    unsafe { result::memcpy_htod_async(to, memory, stream) }.map_err(Error::wrap)?;
    Ok(batch)
}
