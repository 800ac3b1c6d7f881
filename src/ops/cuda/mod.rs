//! Kernels for NVIDIA's GPUs, and cuBLASLt for the matrix products.
//!
//! - `context`: what a device keeps: its stream, cuBLASLt, the kernels.
//! - `kernels/`: the CUDA source, compiled by the build script, once per element type.
//! - `memory`: where tensors lie; `upload`: how pictures get there.
//! - `product`: matrix products, by `plan` or plainly; `pointwise`, `depthwise`, `convolution`, `pool`: the operations.
//! - `replay`: the whole forward pass as one CUDA graph; `failure`: what is left after an error.
//!
//! Activations between layers are f32, f16 or bf16; sums are always f32. Vectors, one per picture,
//! as squeeze-excite and the classifier have them, stay f32, and so do the logits. Everything of a
//! device runs in one stream, and nothing waits for it before the logits are read.

mod context;
mod convolution;
mod depthwise;
mod failure;
mod memory;
mod plan;
mod pointwise;
mod pool;
mod product;
mod replay;
mod upload;

pub use context::{check, describe, open};
pub use convolution::Convolution;
pub use depthwise::Depthwise;
pub use failure::failure;
pub use pointwise::Pointwise;
pub use pool::global_average_pool;
pub use replay::Replay;
pub use upload::upload;
