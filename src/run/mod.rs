//! Many pictures, in the order of the inputs: which ones ([`inputs`]), what they are said
//! to show ([`labelled`]), how they flow ([`pipeline`]), how much memory a batch may take
//! ([`memory`]), on which [`threads`].

pub mod inputs;
pub mod labelled;
pub mod memory;
pub mod pipeline;
pub mod threads;
