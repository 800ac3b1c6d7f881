//! What the network needs, once per backend.
//!
//! Activations are NHWC throughout, `(batch, height, width, channels)` in f32, so that a 1x1
//! convolution is one matrix product. Weights arrive with BatchNorm already folded in.
//!
//! A network owns a [`Runtime`], which makes its layers for one [`Backend`]:
//!
//! - `portable`: plain Candle tensor operations. It runs wherever Candle runs and is the oracle
//!   that every other backend is tested against.
//! - `cpu`: vector kernels behind Candle custom operations, with an [`InstructionSet`] that is
//!   chosen at run time.
//! - `cuda`, where the feature of that name is on: kernels for NVIDIA's GPUs.
//!
//! On a processor, the 1x1 convolutions can multiply in 8 bits ([`Products`]); activations are f32
//! between operations all the same.
//!
//! Another backend joins here: one more variant per operation, nothing in the network. Nothing in
//! here asks the environment: whoever opens the device does.

mod backend;
mod cpu;
#[cfg(feature = "cuda")]
pub(crate) mod cuda;
mod failure;
mod folded;
mod operations;
mod pixels;
mod portable;
mod quantised;
mod runtime;
mod window;

pub use backend::Backend;
pub use cpu::InstructionSet;
pub use failure::Failure;
pub use folded::{Activation, Folded};
pub use operations::{Convolution, Depthwise, Pointwise};
pub use pixels::Pixels;
pub use quantised::Products;
pub use runtime::Runtime;
pub use window::{Padding, Window};
