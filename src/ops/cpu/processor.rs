//! The processor as one network uses it.

use std::sync::Arc;

use super::memory::Memory;
use super::simd::{InstructionSet, Vectors};

/// What all layers of a network share. Each keeps a clone of what it needs.
#[derive(Clone)]
pub struct Processor {
    pub(super) vectors: Vectors,
    pub(super) memory: Arc<Memory>,
}

impl Processor {
    /// With memory of its own, for the threads of the current rayon pool.
    pub fn new(instruction_set: InstructionSet) -> Self {
        Self {
            vectors: Vectors::new(instruction_set),
            memory: Arc::new(Memory::new()),
        }
    }

    /// The memory that the layers share.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }
}
