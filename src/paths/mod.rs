//! Paths that need not be text: of bytes, and as names in JSON.

mod bytes;
mod name;

pub use bytes::path_of;
pub use name::{Name, base64};
