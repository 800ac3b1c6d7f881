//! What files are by their endings.

use std::path::Path;

/// Endings of the formats that are read. A file that is named is tried whatever it is called.
const READ: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "gif", "webp", "tif", "tiff", "btf",
    "tf8", "bmp", "dib", "rle", "pnm", "ppm", "pgm", "pbm", "pam", "qoi", "ico", "cur", "icns",
    "avif", "avifs", "jxl", "jp2", "j2k", "j2c", "jpc", "jpx", "jpf", "psd", "dds", "blp", "ftc",
    "ftu", "sgi", "tga", "dng", "cr2", "cr3", "nef", "nrw", "arw", "sr2", "orf", "rw2", "rwl",
    "raf", "pef", "srw",
];

/// Endings of pictures that are not read. Their content decides, since some programs change a
/// file's format and not its name; what is left is counted and reported.
const NOT_READ: &[&str] = &[
    "heic", "heics", "heif", "heifs", "hif", "psb", "xcf", "svg", "svgz", "exr", "hdr", "pcx",
    "eps", "crw", "srf", "x3f", "3fr", "fff", "iiq", "erf", "mrw", "raw", "kdc", "dcr", "mef",
    "mos",
];

/// What stands behind the last dot of a name, in small letters.
pub(super) fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Whether a file is a picture by its ending, of whatever format.
pub(super) fn is_called_picture(path: &Path) -> bool {
    is_read(path) || ending(path).is_some_and(|ending| NOT_READ.contains(&ending.as_str()))
}

/// Whether a file is of a format that is read, by its ending.
pub(super) fn is_read(path: &Path) -> bool {
    ending(path).is_some_and(|ending| READ.contains(&ending.as_str()))
}

/// Whether a file is an archive by its name.
pub(super) fn is_called_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let endings = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.zstd", ".tzst"];
    endings.iter().any(|ending| name.ends_with(ending))
}
