//! Camera RAW: which of a file's pictures is shown, made up as every maker does it.

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, Reading, decode};
use effnet::picture::{Picture, Scale};

use crate::corpus::{damaged, failed_of};
use crate::decoding::whole;
use crate::environment::{Environment, exif};
use crate::formats::file;
use crate::random::Random;

/// The picture that is to be shown, a smaller one, and what a sensor saw: larger, and packed by JPEG
/// too. Of the last two there are headers that say so.
fn preview() -> Vec<u8> {
    file("baseline-420.jpg")
}

fn thumbnail() -> Vec<u8> {
    framed(0xc0, -3)
}

fn sensor(is_lossless: bool) -> Vec<u8> {
    framed(if is_lossless { 0xc3 } else { 0xc0 }, 3)
}

/// With another kind of frame, larger or smaller.
fn framed(kind: u8, more: i8) -> Vec<u8> {
    let mut jpeg = preview();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]);
    let frame = frame.expect("a frame");
    jpeg[frame + 1] = kind;
    // The low bytes of height and width.
    for side in [frame + 6, frame + 8] {
        jpeg[side] = jpeg[side].wrapping_add_signed(more);
    }
    jpeg
}

/// The preview with an orientation of its own.
fn turned(orientation: u8) -> Vec<u8> {
    let exif = exif(orientation);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let jpeg = preview();
    [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
}

/// A file of numbered values, as TIFF is: what they lead to comes before them.
struct Tiff {
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl Tiff {
    fn new(start: &[u8]) -> Self {
        Self {
            bytes: start.to_vec(),
            is_big_endian: start[0] == b'M',
        }
    }

    /// Where some bytes came to lie.
    fn put(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(2), 0);
        let at = self.bytes.len() as u32;
        self.bytes.extend(bytes);
        at
    }

    fn short(&self, value: u16) -> [u8; 2] {
        match self.is_big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        match self.is_big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        }
    }

    /// A directory: tags, kinds and values, one or several; and where the next one is.
    fn directory(&mut self, entries: &[(u16, u16, &[u32])], next: u32) -> u32 {
        let directory = self.entries(entries, next);
        self.put(&directory)
    }

    fn entries(&mut self, entries: &[(u16, u16, &[u32])], next: u32) -> Vec<u8> {
        let mut directory = self.short(entries.len() as u16).to_vec();
        for &(tag, kind, values) in entries {
            directory.extend(self.short(tag));
            directory.extend(self.short(kind));
            directory.extend(self.long(values.len() as u32));
            let longs: Vec<u8> = values.iter().flat_map(|value| self.long(*value)).collect();
            match (kind, values) {
                (3, &[value]) => {
                    directory.extend(self.short(value as u16));
                    directory.extend([0; 2]);
                }
                // Bytes: how many, and where.
                (7, &[count, at]) => {
                    let end = directory.len();
                    directory[end - 4..].copy_from_slice(&self.long(count));
                    directory.extend(self.long(at));
                }
                (_, [_]) => directory.extend(longs),
                _ => {
                    let at = self.put(&longs);
                    directory.extend(self.long(at));
                }
            }
        }
        directory.extend(self.long(next));
        directory
    }

    /// With the place of the first directory in the header.
    fn file(mut self, first: u32) -> Vec<u8> {
        let first = self.long(first);
        self.bytes[4..8].copy_from_slice(&first);
        self.bytes
    }
}

/// An IFD entry's kinds.
const SHORT: u16 = 3;
const LONG: u16 = 4;
const BYTES: u16 = 7;

const LITTLE: &[u8] = b"II*\0\0\0\0\0";
const BIG: &[u8] = b"MM\0*\0\0\0\0";

/// A JPEG by a pair of tags, as most makers have them.
fn pair(tiff: &mut Tiff, jpeg: &[u8], next: u32) -> u32 {
    let at = tiff.put(jpeg);
    let length = jpeg.len() as u32;
    tiff.directory(&[(513, LONG, &[at]), (514, LONG, &[length])], next)
}

/// A JPEG as the only strip of a picture, whose colours are of a kind.
fn strip(tiff: &mut Tiff, jpeg: &[u8], (photometric, packed): (u32, u32), next: u32) -> u32 {
    let at = tiff.put(jpeg);
    let entries: [(u16, u16, &[u32]); 4] = [
        (259, SHORT, &[packed]),
        (262, SHORT, &[photometric]),
        (273, LONG, &[at]),
        (279, LONG, &[jpeg.len() as u32]),
    ];
    tiff.directory(&entries, next)
}

/// A thumbnail of 4 x 4 pixels that is not packed, turned and with others within it.
fn first(tiff: &mut Tiff, within: &[u32]) -> u32 {
    let at = tiff.put(&[200; 48]);
    let entries: [(u16, u16, &[u32]); 12] = [
        (254, LONG, &[1]),
        (256, SHORT, &[4]),
        (257, SHORT, &[4]),
        (258, SHORT, &[8]),
        (259, SHORT, &[1]),
        (262, SHORT, &[2]),
        (273, LONG, &[at]),
        (274, SHORT, &[6]),
        (277, SHORT, &[3]),
        (278, SHORT, &[4]),
        (279, LONG, &[48]),
        (330, LONG, within),
    ];
    tiff.directory(&entries, 0)
}

/// What a sensor saw; no tags are needed but this.
const CFA: (u32, u32) = (32803, 7);

fn nikon() -> Vec<u8> {
    let mut tiff = Tiff::new(BIG);
    let small = pair(&mut tiff, &thumbnail(), 0);
    let large = pair(&mut tiff, &preview(), 0);
    let raw = strip(&mut tiff, &sensor(true), CFA, 0);
    let first = first(&mut tiff, &[small, large, raw]);
    tiff.file(first)
}

fn adobe() -> Vec<u8> {
    let mut tiff = Tiff::new(LITTLE);
    // Raw data may be packed with losses, and look like a picture.
    let raw = strip(&mut tiff, &sensor(false), (34892, 7), 0);
    let large = strip(&mut tiff, &preview(), (6, 7), 0);
    let first = first(&mut tiff, &[raw, large]);
    tiff.file(first)
}

fn canon() -> Vec<u8> {
    let mut tiff = Tiff::new(b"II*\0\0\0\0\0CR\x02\0\0\0\0\0");
    let at = tiff.put(&sensor(true));
    let length = sensor(true).len() as u32;
    let entries: [(u16, u16, &[u32]); 3] = [
        (259, SHORT, &[6]),
        (273, LONG, &[at]),
        (279, LONG, &[length]),
    ];
    let raw = tiff.directory(&entries, 0);
    let small = pair(&mut tiff, &thumbnail(), raw);
    let at = tiff.put(&preview());
    let length = preview().len() as u32;
    let entries: [(u16, u16, &[u32]); 4] = [
        (259, SHORT, &[6]),
        (273, LONG, &[at]),
        (274, SHORT, &[6]),
        (279, LONG, &[length]),
    ];
    let first = tiff.directory(&entries, small);
    tiff.file(first)
}

fn pentax() -> Vec<u8> {
    let mut tiff = Tiff::new(BIG);
    let large = pair(&mut tiff, &preview(), 0);
    let small = pair(&mut tiff, &thumbnail(), large);
    let entries: [(u16, u16, &[u32]); 2] = [(262, SHORT, &[32803]), (274, SHORT, &[6])];
    let first = tiff.directory(&entries, small);
    tiff.file(first)
}

fn panasonic() -> Vec<u8> {
    let mut tiff = Tiff::new(b"IIU\0\0\0\0\0");
    let jpeg = turned(6);
    let at = tiff.put(&jpeg);
    let first = tiff.directory(&[(46, BYTES, &[jpeg.len() as u32, at])], 0);
    tiff.file(first)
}

/// With maker notes that count places from their own beginning, or from the file's.
fn olympus(name: &[u8], is_older: bool) -> Vec<u8> {
    let mut tiff = Tiff::new(b"IIRO\0\0\0\0");
    let start = tiff.put(&[]);
    let jpeg = preview();
    let base = if is_older { start } else { 0 };
    // A directory of one entry, the preview, and a directory of two.
    let at = base + name.len() as u32 + 18;
    let length = jpeg.len() as u32;
    let settings = at + length;
    let leading: (u16, u16, &[u32]) = match is_older {
        true => (0x2020, BYTES, &[30, settings]),
        false => (0x2020, LONG, &[settings]),
    };
    let leading = tiff.entries(&[leading], 0);
    let settings = tiff.entries(&[(0x101, LONG, &[at]), (0x102, LONG, &[length])], 0);
    let notes = [name, &leading, &jpeg, &settings].concat();
    let at = tiff.put(&notes);
    let exif = tiff.directory(&[(37500, BYTES, &[notes.len() as u32, at])], 0);
    let first = tiff.directory(&[(274, SHORT, &[6]), (34665, LONG, &[exif])], 0);
    tiff.file(first)
}

fn fujifilm() -> Vec<u8> {
    let mut file = b"FUJIFILMCCD-RAW 0201".to_vec();
    file.resize(108, 0);
    let jpeg = turned(6);
    file[84..88].copy_from_slice(&108_u32.to_be_bytes());
    file[88..92].copy_from_slice(&(jpeg.len() as u32).to_be_bytes());
    file.extend(jpeg);
    file
}

fn part(kind: &[u8; 4], bodies: &[&[u8]]) -> Vec<u8> {
    let body = bodies.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], &body].concat()
}

/// Boxes: the preview in a track, or in a box of Canon's own.
fn canon_boxes(is_in_track: bool) -> Vec<u8> {
    let mut turned = Tiff::new(LITTLE);
    let directory = turned.directory(&[(274, SHORT, &[6])], 0);
    let turned = turned.file(directory);
    let small = thumbnail();
    let length = (small.len() as u32).to_be_bytes();
    let small = part(b"THMB", &[&[0; 8], &length, &[0; 4], &small]);
    let metadata = b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    let metadata = part(b"uuid", &[metadata, &part(b"CMT1", &[&turned]), &small]);
    let large = preview();
    let length = (large.len() as u32).to_be_bytes();
    let track = |at: u64| {
        let sizes = part(b"stsz", &[&[0; 4], &length, &[0, 0, 0, 1]]);
        let places = part(b"co64", &[&[0; 4], &[0, 0, 0, 1], &at.to_be_bytes()]);
        let table = part(b"stbl", &[&sizes, &places]);
        part(b"trak", &[&part(b"mdia", &[&part(b"minf", &[&table])])])
    };
    let start = part(b"ftyp", &[b"crx \0\0\0\x01crx isom"]);
    if is_in_track {
        let film = part(b"moov", &[&metadata, &track(0)]);
        let at = start.len() + film.len() + 8;
        let film = part(b"moov", &[&metadata, &track(at as u64)]);
        return [start, film, part(b"mdat", &[&large])].concat();
    }
    let film = part(b"moov", &[&metadata]);
    let name = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
    let large = part(b"PRVW", &[&[0; 12], &length, &large]);
    [start, film, part(b"uuid", &[name, &[0; 8], &large])].concat()
}

/// A file as each maker makes it, turned by a quarter.
pub fn files() -> [(&'static str, Vec<u8>); 11] {
    [
        ("nikon.nef", nikon()),
        ("adobe.dng", adobe()),
        ("canon.cr2", canon()),
        ("pentax.pef", pentax()),
        ("panasonic.rw2", panasonic()),
        ("olympus.orf", olympus(b"OLYMPUS\0II\x03\0", false)),
        ("om-system.orf", olympus(b"OM SYSTEM\0\0\0II\x04\0", false)),
        ("older.orf", olympus(b"OLYMP\0\x01\0", true)),
        ("fujifilm.raf", fujifilm()),
        ("canon.cr3", canon_boxes(true)),
        ("smaller.cr3", canon_boxes(false)),
    ]
}

#[test]
fn the_largest_preview_is_shown_upright() {
    let upright = whole(&turned(6)).expect("a picture");
    assert_ne!(upright.width, upright.height);
    let expected = Picture {
        is_preview: true,
        ..upright
    };
    for (name, file) in files() {
        let picture = whole(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(picture.original_size, expected.original_size, "{name}");
        assert!(picture == expected, "{name}");
    }
}

#[test]
fn a_preview_is_reduced_as_a_jpeg_is() {
    let half = Reading {
        scale: &|_| Scale::Half,
        ..Reading::WHOLE
    };
    let of = |file: &[u8]| decode(file, Limits::default(), half);
    let half = of(&nikon());
    let (half, jpeg) = (half.expect("a picture"), of(&turned(6)).expect("a picture"));
    assert_eq!(half.pixels, jpeg.pixels);
    assert_eq!(half.bounds, jpeg.bounds);
}

#[test]
fn a_tiff_without_raw_data_is_shown_itself() {
    let mut tiff = Tiff::new(LITTLE);
    let large = pair(&mut tiff, &preview(), 0);
    let first = first(&mut tiff, &[large]);
    let picture = whole(&tiff.file(first)).expect("a picture");
    assert_eq!((picture.width, picture.height), (4, 4));
    assert!(!picture.is_preview);
}

#[test]
fn raw_data_without_a_jpeg_leave_a_thumbnail_or_nothing() {
    let mut tiff = Tiff::new(LITTLE);
    let raw = strip(&mut tiff, &sensor(true), CFA, 0);
    let first = first(&mut tiff, &[raw]);
    let picture = whole(&tiff.file(first)).expect("a picture");
    assert_eq!((picture.width, picture.height), (4, 4));
    assert!(picture.is_preview);
    let mut tiff = Tiff::new(b"IIRS\0\0\0\0");
    let raw = strip(&mut tiff, &sensor(true), CFA, 0);
    let error = whole(&tiff.file(raw)).expect_err("no picture");
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("without a preview"), "{error}");
    assert!(error.message.contains("dcraw_emu"), "{error}");
}

#[test]
fn a_preview_that_is_cut_short_is_an_error() {
    for (name, file) in files() {
        // Most have it at their end, but for what points there.
        let large = preview();
        let end = &large[large.len() - 40..];
        let at = file.windows(40).rposition(|part| part == end);
        let cut = &file[..at.expect("the preview") + 10];
        assert!(whole(cut).is_err(), "{name}");
    }
}

#[test]
fn directories_that_lead_in_a_circle_end() {
    let mut tiff = Tiff::new(BIG);
    let large = pair(&mut tiff, &preview(), 0);
    let raw = strip(&mut tiff, &sensor(true), CFA, large);
    let first = first(&mut tiff, &[raw, raw, large]);
    let mut file = tiff.file(first);
    // What follows the preview is the first again.
    let end = large as usize + 2 + 2 * 12;
    file[end..end + 4].copy_from_slice(&first.to_be_bytes());
    assert!(whole(&file).expect("a picture").is_preview);
}

#[test]
fn verbose_says_that_it_was_a_preview() {
    let environment = Environment::new();
    environment.write("album/a.nef", nikon());
    environment.write("album/b.jpg", preview());
    let arguments = ["classify", "--variant=demo", "--jsonl", "album"];
    let quiet = environment.run(arguments);
    assert_eq!(quiet.code, Some(0), "{}", quiet.stderr);
    assert_eq!(quiet.labels().len(), 2);
    assert!(!quiet.stderr.contains("preview"), "{}", quiet.stderr);
    let verbose = environment.run(arguments.into_iter().chain(["-v"]));
    let said = "a.nef: the camera's preview of ";
    assert_eq!(verbose.stderr.matches("preview").count(), 1);
    assert!(verbose.stderr.contains(said), "{}", verbose.stderr);
    assert_eq!(verbose.stdout, quiet.stdout);
}

#[test]
fn each_of_hundreds_of_damaged_raws_is_a_record() {
    let mut random = Random(22);
    let environment = Environment::new();
    let files = files();
    let count = 264;
    for number in 0..count {
        let (name, file) = &files[number % files.len()];
        // Headers and directories, and not only the preview between them.
        let mut file = damaged(file, &mut random);
        for _ in 0..number % 8 {
            let at = random.below(file.len().min(200));
            if let Some(byte) = file.get_mut(at) {
                *byte = random.below(256) as u8;
            }
        }
        environment.write(&format!("damaged/{number:03}-{name}"), file);
    }
    environment.write("damaged/whole.nef", nikon());
    let failed = failed_of(&environment, count);
    assert!((1..count).contains(&failed), "{failed} failed");
}
