//! Which implementation of the operations runs.

use candle_core::DType;

use super::cpu::InstructionSet;

/// An implementation of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Plain Candle operations, on any device, in f32.
    Portable,
    /// The vector kernels, for tensors in main memory, in f32.
    Cpu(InstructionSet),
    /// The CUDA kernels, with activations and weights of this type: f32, f16 or bf16.
    #[cfg(feature = "cuda")]
    Cuda(DType),
}

impl Backend {
    /// The type of the activations.
    pub fn dtype(self) -> DType {
        match self {
            Self::Portable | Self::Cpu(_) => DType::F32,
            #[cfg(feature = "cuda")]
            Self::Cuda(dtype) => dtype,
        }
    }
}
