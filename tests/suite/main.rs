//! Everything that `effnet` promises, on the real binary where it can be seen from outside.
//!
//! Reference numbers come from tests/fixtures; tests/reference holds the scripts that made them.

mod classify;
mod demo;
mod documents;
mod environment;
mod family;
mod foreign;
mod hub;
mod hub_client;
mod hub_faults;
mod hub_server;
mod models;
mod operations;
mod parity;
mod preprocessing;
mod reduced_decoding;
mod weights;
