//! Paths of the bytes that name them.

use std::path::PathBuf;

/// The path that these bytes name, be they UTF-8 or not.
#[cfg(unix)]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

/// The same where paths are no bytes: what is not UTF-8 can't be named.
#[cfg(not(unix))]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
