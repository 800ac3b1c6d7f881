//! Where tensors lie on the device.

use candle_core::cuda_backend::CudaStorageSlice;
use candle_core::cuda_backend::cudarc::driver::DevicePtr;
use candle_core::{DType, Device, Result, Shape, Storage, Tensor, bail};
use half::{bf16, f16};

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
        (CudaStorageSlice::U8(slice), DType::U8) => slice.device_ptr(&stream).0,
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
