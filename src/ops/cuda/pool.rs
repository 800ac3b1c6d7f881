//! Means over height and width.

use candle_core::{DType, Result, Tensor};

use super::context::Context;
use super::memory::{address, aligned, room};

/// kernels/pool.cuh, `MeanArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Arguments {
    x: u64,
    y: u64,
    rows: i32,
    channels: i32,
    lanes: i32,
    scale: f32,
}

/// Threads along the channels, and in a block (kernels/pool.cuh, `MEAN_THREADS`).
const LANES: usize = 32;
const THREADS: usize = 256;

/// Adds up `(batch, rows, channels)` over the rows, times `scale`: `(batch, channels)` in f32.
fn mean(x: &Tensor, name: &str, vector: usize, dtype: DType, scale: f32) -> Result<Tensor> {
    let (batch, rows, channels) = x.dims3()?;
    let context = Context::of(x.device())?;
    let y = room((batch, channels), DType::F32, x.device())?;
    let arguments = Arguments {
        x: address(x, x.dtype())?,
        y: address(&y, DType::F32)?,
        rows: rows as i32,
        channels: channels as i32,
        lanes: LANES as i32,
        scale,
    };
    let grid = [channels.div_ceil(LANES * vector), batch, 1];
    let kernel = context.kernel(name, dtype)?;
    // SAFETY: the layout is the kernel's, and the shapes are those of the tensors.
    unsafe { kernel.launch(arguments, grid, THREADS, 0)? };
    Ok(y)
}

/// Adds up sums in f32, `(batch, blocks, channels)`.
pub(super) fn of_sums(sums: &Tensor, dtype: DType, scale: f32) -> Result<Tensor> {
    mean(sums, "mean_of_sums", 1, dtype, scale)
}

/// `(B, H, W, C)` to `(B, C)` in f32.
pub fn global_average_pool(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let scale = 1.0 / (height * width) as f32;
    let (x, dtype) = (x.reshape((batch, height * width, channels))?, x.dtype());
    let pairs = channels.is_multiple_of(2) && aligned(&[address(&x, dtype)?], 2, dtype);
    match pairs {
        true => mean(&x, "mean_2", 2, dtype, scale),
        false => mean(&x, "mean_1", 1, dtype, scale),
    }
}
