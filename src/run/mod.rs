//! Many pictures, in the order of the inputs: which ones ([`inputs`]), how they flow
//! ([`pipeline`]), and how much memory a batch may take ([`memory`]),
//! on which [`threads`].

pub mod inputs;
pub mod memory;
pub mod pipeline;
pub mod threads;
