//! What a caller may show of a download.

/// What a caller may show of a download, and whether it is to go on.
pub trait Progress {
    /// A body begins; `already` bytes are there from an earlier try. After a failure that passes
    /// there is another beginning.
    fn start(&self, file: &str, total: Option<u64>, already: u64);
    /// So many more bytes are there.
    fn advance(&self, bytes: u64);
    /// Why it takes longer.
    fn note(&self, message: &str);
    /// The body that began has ended, whole or not.
    fn finish(&self);
    /// Whether to stop.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Shows nothing and never stops.
impl Progress for () {
    fn start(&self, _: &str, _: Option<u64>, _: u64) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self) {}
}
