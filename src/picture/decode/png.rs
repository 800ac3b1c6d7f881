//! What a PNG says of itself beside its pixels, wherever it says so: `image` looks before them.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;
use image::metadata::Orientation;

use super::exif;

/// Of a text, when it is unpacked.
const MAX_TEXT: u64 = 1 << 20;

/// The first bytes of every PNG.
pub(super) const START: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Where the picture ends that `bytes` begin with, behind its chunk `IEND`.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(START) {
        return None;
    }
    let mut end = START.len();
    for (kind, data) in chunks(bytes) {
        // A length, a name and a checksum.
        end += 12 + data.len();
        if kind == b"IEND" {
            return Some(end);
        }
    }
    None
}

/// The orientation in a chunk `eXIf`, in the text that ImageMagick and GIMP write, or in XMP.
pub(super) fn orientation(bytes: &[u8]) -> Orientation {
    let (mut block, mut profile, mut xmp) = (None, None, None);
    for (kind, data) in chunks(bytes) {
        match kind {
            b"eXIf" => block = Some(data),
            b"tEXt" | b"zTXt" | b"iTXt" => {
                if let Some(text) = text(kind, data, b"Raw profile type exif") {
                    profile = profile_bytes(&text);
                } else if let Some(text) = text(kind, data, b"XML:com.adobe.xmp") {
                    xmp = Some(text);
                }
            }
            _ => {}
        }
    }
    exif::orientation(block.or(profile.as_deref()), xmp.as_deref())
}

fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let chunk = (rest.get(4..8)?, rest.get(8..8 + length)?);
        rest = rest.get(12 + length..).unwrap_or_default();
        Some(chunk)
    })
}

/// The text of a chunk that is called `name`.
fn text<'a>(kind: &[u8], data: &'a [u8], name: &[u8]) -> Option<Cow<'a, [u8]>> {
    let data = data.strip_prefix(name)?.strip_prefix(b"\0")?;
    match kind {
        b"tEXt" => Some(Cow::Borrowed(data)),
        b"zTXt" => Some(Cow::Owned(unpacked(data.get(1..)?))),
        _ => {
            let (flags, rest) = data.split_at_checked(2)?;
            // A language and a translated name.
            let text = rest.splitn(3, |byte| *byte == 0).nth(2)?;
            Some(match flags[0] {
                0 => Cow::Borrowed(text),
                _ => Cow::Owned(unpacked(text)),
            })
        }
    }
}

/// As much as can be unpacked.
fn unpacked(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // What is damaged is told by what it lacks.
    let _ = ZlibDecoder::new(data).take(MAX_TEXT).read_to_end(&mut text);
    text
}

/// A line feed, a name, a length, and hexadecimal digits, each on its line.
fn profile_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let lines = text.split(|byte| *byte == b'\n').skip(3).flatten();
    let digits: Vec<u8> = lines
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let bytes = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]);
    Some(bytes.collect())
}
