//! What the tests are written with.

pub mod album;
pub mod decoding;
pub mod drawing;
pub mod environment;
pub mod features;
pub mod hub_client;
pub mod hub_server;
pub mod pickle;
pub mod random;
pub mod reference;
pub mod values;
