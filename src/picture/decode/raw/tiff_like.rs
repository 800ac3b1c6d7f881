//! The previews in files that are made up as TIFF is: DNG, and those of Canon (CR2), Nikon, Sony,
//! Olympus, Panasonic, Pentax and Samsung.

use std::collections::{BTreeSet, VecDeque};

use image::metadata::Orientation;

use super::{Found, maker_note};
use crate::picture::decode::directory::Directory;

/// No file of a camera has more directories.
const MOST: usize = 32;

/// Tags of TIFF (TIFF 6.0; TIFF/EP), and one of Panasonic's.
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const STRIPS: (u16, u16) = (273, 279);
const ORIENTATION: u16 = 274;
const SUBDIRECTORIES: u16 = 330;
const JPEG: (u16, u16) = (513, 514);
const EXIF: u16 = 34665;
const PANASONIC_JPEG: u16 = 46;

/// What a sensor saw: a colour for each pixel, or all three; of Canon, how it is cut in slices.
const SENSOR: [u64; 2] = [32803, 34892];
const SLICES: u16 = 50752;

/// How Canon marks its files, behind the place of the first directory.
const CANON: &[u8] = b"CR";

/// Whether one of the directories holds what a sensor saw.
pub(super) fn is_raw(bytes: &[u8]) -> bool {
    if bytes.get(8..10) == Some(CANON) {
        return true;
    }
    let mut is_raw = false;
    each(bytes, |directory| is_raw |= is_of_sensor(directory));
    is_raw
}

fn is_of_sensor(directory: &Directory) -> bool {
    let photometric = directory.number(PHOTOMETRIC);
    photometric.is_some_and(|code| SENSOR.contains(&code)) || directory.count(SLICES).is_some()
}

pub(super) fn find(bytes: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    let mut is_first = true;
    each(bytes, |directory| {
        if is_first {
            found.orientation = directory
                .number(ORIENTATION)
                .and_then(|code| Orientation::from_exif(u8::try_from(code).ok()?));
            is_first = false;
        }
        for (at, length) in [Some(JPEG), strip(directory)].into_iter().flatten() {
            if let (Some(at), Some(length)) = (directory.number(at), directory.number(length)) {
                found.take(bytes, at, length);
            }
        }
        if let Some(whole) = directory.data(PANASONIC_JPEG) {
            found.take(whole, 0, whole.len() as u64);
        }
        let exif = directory.number(EXIF);
        if let Some(exif) = exif.and_then(|at| directory.at(at)) {
            maker_note::find(bytes, &exif, &mut found);
        }
    });
    found
}

/// Calls `visit` with the first directory, those that follow it, and those within them.
fn each<'a>(bytes: &'a [u8], mut visit: impl FnMut(&Directory<'a>)) {
    let Some(first) = Directory::first_of_camera(bytes) else {
        return;
    };
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::new();
    let mut directory = Some(first);
    loop {
        if let Some(directory) = &directory {
            visit(directory);
            waiting.extend(directory.next());
            let few = directory.count(SUBDIRECTORIES);
            if few.is_some_and(|count| count <= MOST as u64) {
                waiting.extend(directory.numbers(SUBDIRECTORIES).unwrap_or_default());
            }
        }
        let Some(at) = waiting.pop_front() else {
            return;
        };
        if seen.len() == MOST {
            return;
        }
        directory = match seen.insert(at) {
            true => Directory::first_of_camera(bytes).and_then(|first| first.at(at)),
            false => None,
        };
    }
}

/// The tags of a picture that is one JPEG, and not what the sensor saw.
fn strip(directory: &Directory) -> Option<(u16, u16)> {
    let is_jpeg = matches!(directory.number(COMPRESSION), Some(6 | 7));
    let is_one = directory.count(STRIPS.0) == Some(1);
    (is_jpeg && is_one && !is_of_sensor(directory)).then_some(STRIPS)
}
