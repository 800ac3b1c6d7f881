//! Which implementation of the operations runs.

use candle_core::DType;

use super::cpu::InstructionSet;
use super::quantised::Products;

/// An implementation of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Plain Candle operations, on any device, with activations in f32.
    Portable(Products),
    /// The vector kernels, for tensors in main memory, with activations in f32.
    Cpu(InstructionSet, Products),
    /// The CUDA kernels, with activations and weights of this type: f32, f16 or bf16.
    #[cfg(feature = "cuda")]
    Cuda(DType),
}

impl Backend {
    /// The type of the activations.
    pub fn dtype(self) -> DType {
        match self {
            Self::Portable(_) | Self::Cpu(..) => DType::F32,
            #[cfg(feature = "cuda")]
            Self::Cuda(dtype) => dtype,
        }
    }

    /// What `--dtype` calls what it computes in.
    pub fn precision(self) -> &'static str {
        match self {
            Self::Portable(Products::Int8) | Self::Cpu(_, Products::Int8) => "int8",
            _ => self.dtype().as_str(),
        }
    }
}
