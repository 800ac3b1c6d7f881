//! Vector kernels for tensors in main memory, one generic source for AVX-512, AVX2 and NEON.
//!
//! - `simd`: which instruction set runs, loads and stores, the fast sigmoid.
//! - `gemm`: the register tile behind every matrix product, `packed` its weights, `product` the
//!   usual one.
//! - `winograd` with its `points`: dense 3x3 convolutions of stride 1.
//! - `pointwise`, `convolution`, `depthwise` with its `band` and `filter`, `pool`: the Candle custom
//!   operations.
//! - `tasks`: sharing work out to threads; `memory`: using activations' memory again.
//!
//! Work is cut into tasks by shape alone, never by the number of threads, and each output value
//! is summed in one fixed order: a picture's result is the same to the bit whatever the batch it
//! came in and however many threads ran.

mod band;
mod convolution;
mod depthwise;
mod filter;
mod gemm;
mod geometry;
mod memory;
mod packed;
mod points;
mod pointwise;
mod pool;
mod product;
mod simd;
mod tasks;
mod winograd;

pub use convolution::Convolution;
pub use depthwise::Depthwise;
pub use memory::recycle;
pub use pointwise::Pointwise;
pub use pool::global_average_pool;
pub use simd::instruction_set;
pub use tasks::each_picture;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The values of a contiguous f32 tensor.
fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("the CPU kernels need contiguous tensors, got {layout:?}"),
    }
}

/// Calls `then` with the values of an optional tensor.
fn with_values<R>(
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
