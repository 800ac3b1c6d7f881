//! How pictures get to the device: as bytes, through pinned memory, from where it fetches them by
//! itself. It looks up what they stand for.

use std::sync::PoisonError;

use candle_core::cuda_backend::cudarc::driver::result;
use candle_core::{DType, Device, Error, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::context::{Context, count32};
use super::memory::{address, room};

/// kernels/upload.cuh, `NormaliseArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct NormaliseArguments {
    table: u64,
    x: u64,
    y: u64,
    values: u32,
    channels: u32,
}

/// Pictures of `(height, width, channels)` to a batch in f32. Where `shape` has room for more, the last is
/// repeated. The kernels of `dtype` do it.
///
/// # Errors
/// If there is no room for them.
pub fn upload(
    pictures: &[&[u8]],
    table: &[[f32; 256]],
    shape: Shape,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let batch = room(shape, DType::F32, device)?;
    let count = batch.elem_count();
    let each = count / batch.dim(0)?;
    if pictures.is_empty() || pictures.iter().any(|picture| picture.len() != each) {
        bail!("the pictures do not fill a batch of {:?}", batch.shape());
    }
    // In front, where it is aligned.
    let channels = count32(table.len())?;
    let table = table.as_flattened().iter();
    let table: Vec<u8> = table.flat_map(|value| value.to_ne_bytes()).collect();
    let sent = table.len() + count;
    let bytes = room(sent, DType::U8, device)?;
    let from = address(&bytes, DType::U8)?;
    let context = Context::of(device)?;
    let mut staging = context
        .staging
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // The last batch may still be on its way from there.
    context.stream.synchronize().map_err(Error::wrap)?;
    if staging.as_ref().is_none_or(|memory| memory.len() < sent) {
        *staging = None;
        // SAFETY: what is copied below is written first.
        let memory = unsafe { context.stream.context().alloc_pinned(sent) };
        *staging = Some(memory.map_err(Error::wrap)?);
    }
    let Some(memory) = staging.as_mut() else {
        unreachable!("it was just allocated");
    };
    let memory = &mut memory.as_mut_slice().map_err(Error::wrap)?[..sent];
    let (front, places) = memory.split_at_mut(table.len());
    front.copy_from_slice(&table);
    let last = pictures.len() - 1;
    let places = places.par_chunks_mut(each).enumerate();
    places.for_each(|(number, place)| place.copy_from_slice(pictures[number.min(last)]));
    let stream = context.stream.cu_stream();
    // SAFETY: both hold `sent` bytes, and the staging memory stays until it was read.
    unsafe { result::memcpy_htod_async(from, memory, stream) }.map_err(Error::wrap)?;
    let arguments = NormaliseArguments {
        table: from,
        x: from + table.len() as u64,
        y: address(&batch, DType::F32)?,
        values: count32(count)?,
        channels,
    };
    let kernel = context.kernel("normalise", dtype)?;
    // SAFETY: the layout is the kernel's, and all places are as large as it takes them to be.
    unsafe { kernel.launch_for(arguments, count, 0)? };
    Ok(batch)
}
