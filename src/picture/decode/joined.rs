//! Another picture behind the first, where two files were joined, as `cat a.jpg b.jpg` does.

use memchr::memmem;

use super::{jpeg, png};

/// What announces pictures or films behind a JPEG: CIPA's Multi-Picture Format (DC-007, section 5),
/// and the XMP of phones (Google's Container, Camera and MicroVideo, Adobe's gain maps).
const ANNOUNCED: [&[u8]; 5] = [b"MPF\0", b"Container", b"GCamera", b"MicroVideo", b"hdrgm"];

/// What a JPEG begins with that is a file of its own.
const FILES: [(&[u8], &[u8]); 2] = [(b"\xff\xd8\xff\xe0", b"JFIF\0"), (EXIF_FILE, b"Exif\0\0")];

const EXIF_FILE: &[u8] = b"\xff\xd8\xff\xe1";

/// Whether `bytes` are a JPEG or PNG and right behind its end another one begins, which the first says
/// nothing of. In doubt there is none: cameras put previews behind their pictures, which begin without a
/// name or are named in the maker's own notes, and those stand in EXIF.
pub fn is_joined(bytes: &[u8]) -> bool {
    let Some((first, rest)) = end(bytes).and_then(|end| bytes.split_at_checked(end)) else {
        return false;
    };
    if rest.starts_with(png::START) {
        return true;
    }
    let begins = |(start, name): &(&[u8], &[u8])| {
        // Two bytes of a length stand between them.
        let named = rest.strip_prefix(*start).and_then(|rest| rest.get(2..));
        named.is_some_and(|rest| rest.starts_with(name))
    };
    let is_announced = || {
        let is_cameras = jpeg::is_jpeg(first) && memmem::find(first, b"Exif\0\0").is_some();
        let is_named = ANNOUNCED
            .iter()
            .any(|word| memmem::find(first, word).is_some());
        is_named || is_cameras && !rest.starts_with(EXIF_FILE)
    };
    FILES.iter().any(begins) && !is_announced()
}

/// Where the picture ends that `bytes` begin with.
fn end(bytes: &[u8]) -> Option<usize> {
    match jpeg::is_jpeg(bytes) {
        true => jpeg::end(bytes),
        false => png::end(bytes),
    }
}
