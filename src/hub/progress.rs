//! How a download tells its caller what it does, and is told to stop.

/// What a caller may show of a download, and whether it is to go on.
pub trait Progress {
    /// A body of `total` bytes begins to arrive; `already` of them are there from an earlier
    /// attempt. Called once more for each retry.
    fn start(&self, file: &str, total: Option<u64>, already: u64);
    /// `bytes` more have arrived.
    fn advance(&self, bytes: u64);
    /// Says why the download takes longer: a retry, or another process that is at work.
    fn note(&self, message: &str);
    /// The body has ended, complete or not.
    fn finish(&self);
    /// Whether the download is to stop.
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
