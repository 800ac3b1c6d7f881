//! The previews in the boxes of Canon's CR3: a whole one as a track's only sample, and smaller ones in
//! boxes of Canon's own (<https://github.com/lclevy/canon_cr3>).

use image::metadata::Orientation;

use super::Found;
use crate::error::PictureError;
use crate::picture::decode::exif;
use crate::picture::decode::isobmff::boxes::{
    Fields, Part, children, find as find_part, first_sample, parts,
};
use crate::picture::decode::limits::truncated;

/// Boxes that are named by a number: in the film, and beside it.
const METADATA: &[u8] = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
const PREVIEW: &[u8] = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";

/// What comes before a box's JPEG.
const HEADER: u64 = 16;

/// # Errors
/// If the film's boxes are not whole.
pub(super) fn find(bytes: &[u8]) -> Result<Found<'_>, PictureError> {
    let mut found = Found::default();
    for part in parts(bytes) {
        match part.kind {
            b"moov" if !part.is_whole => return Err(truncated()),
            b"moov" => film(bytes, part.body, &mut found)?,
            b"uuid" => {
                // Behind a version and a count.
                let body = part.body.strip_prefix(PREVIEW);
                let inside = body.and_then(|body| body.get(8..)).unwrap_or_default();
                in_box(parts(inside), b"PRVW", &mut found);
            }
            _ => {}
        }
    }
    Ok(found)
}

fn film<'a>(bytes: &'a [u8], body: &'a [u8], found: &mut Found<'a>) -> Result<(), PictureError> {
    let inside = |parts: &[Part<'a>], kind| children(find_part(parts, kind).unwrap_or_default());
    for part in children(body)? {
        match part.kind {
            b"trak" => {
                let track = children(part.body)?;
                let table = inside(&inside(&inside(&track, b"mdia")?, b"minf")?, b"stbl")?;
                if let Some((at, length)) = first_sample(&table) {
                    found.take(bytes, at, length);
                }
            }
            b"uuid" => {
                let Some(body) = part.body.strip_prefix(METADATA) else {
                    continue;
                };
                let metadata = children(body)?;
                let code = find_part(&metadata, b"CMT1").and_then(exif::code);
                let code = code.and_then(|code| u8::try_from(code).ok());
                found.orientation = code.and_then(Orientation::from_exif);
                in_box(metadata.into_iter(), b"THMB", found);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The JPEG of one of Canon's boxes.
fn in_box<'a>(mut parts: impl Iterator<Item = Part<'a>>, kind: &[u8; 4], found: &mut Found<'a>) {
    let Some(part) = parts.find(|part| part.kind == kind) else {
        return;
    };
    // The length is the third of four numbers, or the last.
    let at = if kind == b"THMB" { 8 } else { 12 };
    let mut fields = Fields(part.body.get(at..).unwrap_or_default());
    match fields.long() {
        Some(length) => found.take(part.body, HEADER, length.into()),
        None => found.is_cut = true,
    }
}
