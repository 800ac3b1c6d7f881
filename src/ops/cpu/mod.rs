//! Vector kernels for tensors in main memory, one generic source for AVX-512, AVX2 and NEON.
//!
//! - `simd`: the instruction set, loads and stores; `activation`: the fast sigmoid and the others.
//! - `storage`: the values of Candle's tensors; `geometry`: where windows lie.
//! - `tasks`: sharing work out to threads; `crowd`: how many the machine has room for; `memory`: what
//!   is kept for the next operation; `processor`: what all layers of a network share.
//! - `dot`: dot products of bytes, which `pulp` lacks.
//! - `product`: matrix products of packed weights, and the register tiles behind all of them, in f32
//!   and in 8 bits.
//! - `winograd`: dense 3x3 convolutions of stride 1.
//! - `pointwise`, `convolution`, `depthwise`, `pool`: the Candle custom operations.
//!
//! Work is cut into tasks by shape alone, never by the number of threads, and each output value
//! is summed in one fixed order: a picture's result is the same to the bit whatever the batch it
//! came in and however many threads ran.

mod activation;
mod convolution;
mod crowd;
mod depthwise;
mod dot;
mod geometry;
mod memory;
mod pointwise;
mod pool;
mod processor;
mod product;
mod simd;
mod storage;
mod tasks;
mod winograd;

pub use convolution::Convolution;
pub use depthwise::Depthwise;
pub use pointwise::Pointwise;
pub use pool::global_average_pool;
pub use processor::Processor;
pub use simd::InstructionSet;
pub use tasks::each_picture;
