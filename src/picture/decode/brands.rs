//! What the brands of an ISO base media file say that is in it.

/// Kinds of these files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brand {
    Avif,
    Heic,
    CanonRaw,
    Video,
}

/// What is in a file that begins with its brands. The major one may be a general one, so that the
/// compatible ones decide.
pub(super) fn brand(start: &[u8]) -> Option<Brand> {
    if start.get(4..8)? != b"ftyp" {
        return None;
    }
    let length = u32::from_be_bytes(*start.first_chunk()?) as usize;
    let file_type = &start[8..start.len().min(length.max(12))];
    let compatible = file_type.get(8..).unwrap_or_default();
    let brands = file_type
        .chunks_exact(4)
        .take(1)
        .chain(compatible.chunks_exact(4));
    for brand in brands {
        match brand {
            b"avif" | b"avis" => return Some(Brand::Avif),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => return Some(Brand::Heic),
            b"crx " => return Some(Brand::CanonRaw),
            _ => {}
        }
    }
    Some(match file_type.get(..4) {
        Some(b"mif1" | b"msf1") => Brand::Heic,
        _ => Brand::Video,
    })
}
