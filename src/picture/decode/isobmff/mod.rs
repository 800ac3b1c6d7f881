//! Files of the ISO base media format, in which AVIF and HEIC come: boxes, the items in them, and what
//! is said of each.

pub(super) mod boxes;
pub(super) mod colour;
pub(super) mod grid;
pub(super) mod meta;
pub(super) mod properties;
