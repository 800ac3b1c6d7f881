//! The previews in the notes of makers within EXIF: Olympus has no other, and some of Nikon's files
//! have none. What is in the notes is known from <https://exiftool.org/TagNames/>.

use super::{Found, piece};
use crate::picture::decode::directory::Directory;
use crate::picture::decode::jpeg::is_jpeg;

const MAKER_NOTE: u16 = 37500;

/// Where a preview is and how long, in a directory of its own, which the first tag leads to.
struct Place {
    directory: u16,
    at: u16,
    length: u16,
}

const OLYMPUS: Place = Place {
    directory: 0x2020,
    at: 0x101,
    length: 0x102,
};
const NIKON: Place = Place {
    directory: 0x11,
    at: 0x201,
    length: 0x202,
};

/// The same in the notes' own directory, of Olympus' older cameras.
const OLDER: (u16, u16) = (0x88, 0x89);

/// Of `exif`, which is in a file that is `bytes`. Programs that write EXIF anew move the notes, and
/// leave what they lead to: nothing is missed where that is no JPEG.
pub(super) fn find<'a>(bytes: &'a [u8], exif: &Directory<'a>, found: &mut Found<'a>) {
    let Some((base, notes, place)) = open(bytes, exif) else {
        return;
    };
    let mut take = |directory: &Directory, at: u16, length: u16| {
        let (at, length) = (directory.number(at), directory.number(length));
        let piece = at
            .zip(length)
            .and_then(|(at, length)| piece(base, at, length));
        found.previews.extend(piece.filter(|piece| is_jpeg(piece)));
    };
    take(&notes, OLDER.0, OLDER.1);
    // Older files have the directory itself for a value, and newer ones its place.
    let starts = [notes.place(place.directory), notes.number(place.directory)];
    for start in starts.into_iter().flatten() {
        if let Some(directory) = notes.at(start) {
            take(&directory, place.at, place.length);
        }
    }
}

/// What places are counted from, the directory of the notes, and where in it the preview is.
fn open<'a>(
    bytes: &'a [u8],
    exif: &Directory<'a>,
) -> Option<(&'a [u8], Directory<'a>, &'static Place)> {
    let data = exif.data(MAKER_NOTE)?;
    // Values may lie behind the notes.
    let rest = &bytes[usize::try_from(exif.place(MAKER_NOTE)?).ok()?..];
    let is_big = |data: &[u8], at: usize| data.get(at..at + 2) == Some(b"MM");
    if data.starts_with(b"OLYMPUS\0") {
        let notes = Directory::within(rest, is_big(data, 8), 12)?;
        return Some((rest, notes, &OLYMPUS));
    }
    if data.starts_with(b"OM SYSTEM\0") {
        let notes = Directory::within(rest, is_big(data, 12), 16)?;
        return Some((rest, notes, &OLYMPUS));
    }
    if data.starts_with(b"OLYMP\0") {
        let notes = exif.at(exif.place(MAKER_NOTE)? + 8)?;
        return Some((bytes, notes, &OLYMPUS));
    }
    if data.starts_with(b"Nikon\0\x02") {
        let rest = rest.get(10..)?;
        return Some((rest, Directory::first(rest)?, &NIKON));
    }
    None
}
