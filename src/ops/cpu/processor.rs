//! The processor as one network uses it.

use std::sync::Arc;

use super::memory::Memory;
use super::simd::{InstructionSet, Vectors};
use crate::ops::quantised::Products;

/// What all layers of a network share. Each keeps a clone of what it needs.
#[derive(Clone)]
pub struct Processor {
    pub(super) vectors: Vectors,
    pub(super) memory: Arc<Memory>,
    /// Of the 1x1 convolutions.
    pub(super) products: Products,
}

impl Processor {
    /// With memory of its own, for the threads of the current rayon pool.
    pub fn new(instruction_set: InstructionSet, products: Products) -> Self {
        Self {
            vectors: Vectors::new(instruction_set),
            memory: Arc::new(Memory::new()),
            products,
        }
    }

    /// What its 1x1 convolutions multiply.
    pub fn products(&self) -> Products {
        self.products
    }

    /// The memory that the layers share.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }
}
