//! Which way is up, from wherever Pillow takes it: the EXIF block, or else XMP.

use image::metadata::Orientation;

use super::directory::Directory;

/// What may precede the TIFF structure, and in WebP and PNG should not.
const NAME: &[u8] = b"Exif\0\0";

const TAG: u16 = 274;

/// What `exif` says, or `xmp` where it says nothing. What is unreadable says nothing.
pub(super) fn orientation(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> Orientation {
    let code = exif.and_then(code).or_else(|| of_xmp(xmp?)).unwrap_or(1);
    let code = u8::try_from(code).ok().and_then(Orientation::from_exif);
    code.unwrap_or(Orientation::NoTransforms)
}

/// The orientation's number, where it is there.
pub(super) fn code(exif: &[u8]) -> Option<u64> {
    let exif = exif.strip_prefix(NAME).unwrap_or(exif);
    Directory::first(exif)?.number(TAG)
}

/// `tiff:Orientation="6"` or `<tiff:Orientation>6`.
fn of_xmp(xmp: &[u8]) -> Option<u64> {
    const KEY: &[u8] = b"tiff:Orientation";
    let starts = memchr::memmem::find_iter(xmp, KEY).map(|at| &xmp[at + KEY.len()..]);
    let mut codes = starts.filter_map(|rest| {
        let rest = rest.strip_prefix(b"=\"").or(rest.strip_prefix(b">"))?;
        rest.first()
            .filter(|byte| byte.is_ascii_digit())
            .map(|byte| u64::from(byte - b'0'))
    });
    codes.next()
}
