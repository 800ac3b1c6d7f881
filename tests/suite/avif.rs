//! AVIF's boxes: grids, what is refused and how it is said, and damage.

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, decode};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use crate::corpus::{damaged, failed_of};
use crate::decoding::{WITH_ALPHA, whole, with, within};
use crate::environment::{Environment, fixture};
use crate::formats::file;
use crate::random::Random;

/// The grids of the fixture: names, files, and what they come to.
fn grids() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let bytes = std::fs::read(fixture("avif.safetensors")).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let grid = |(key, digest): (&str, safetensors::tensor::TensorView)| {
        let name = key.strip_prefix("sha256|")?;
        let file = tensors.tensor(&format!("file|{name}")).expect("its file");
        Some((
            name.to_owned(),
            file.data().to_vec(),
            digest.data().to_vec(),
        ))
    };
    tensors.iter().filter_map(grid).collect()
}

fn grid(name: &str) -> Vec<u8> {
    let mut grids = grids().into_iter();
    let found = grids.find(|(other, ..)| other == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn a_grid_of_tiles_has_pillows_pixels() {
    let grids = grids();
    assert_eq!(grids.len(), 3);
    for (name, file, digest) in grids {
        let picture = whole(&file).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut hash = Sha256::new();
        for side in [picture.height, picture.width] {
            hash.update((side as u32).to_be_bytes());
        }
        hash.update(&picture.pixels);
        assert_eq!(hash.finalize()[..], digest[..], "{name}");
    }
}

#[test]
fn a_grid_is_refused_if_its_tiles_do_not_make_it_up() {
    let file = grid("grid.avif");
    let grid = b"\0\0\x01\x01\0\x80\0\x80";
    for other in [
        // Four tiles are said to be two, and six.
        b"\0\0\0\x01\0\x80\0\x80",
        b"\0\0\x01\x02\0\x80\0\x80",
        // A picture of another size than the item.
        b"\0\0\x01\x01\0\x80\0\x40",
        b"\x01\0\x01\x01\0\x80\0\x80",
    ] {
        let error = whole(&with(&file, grid, other)).expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Decode, "{error}");
    }
}

#[test]
fn a_picture_over_the_limit_is_refused_by_what_its_boxes_say() {
    let file = file("odd-420.avif");
    assert!(within(&file, 15 * 11).is_ok());
    let error = within(&file, 15 * 11 - 1).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit);
    // A frame that is larger than it says is not decoded first.
    let size = |width: u8| [b"ispe\0\0\0\0\0\0\0", &[width, 0, 0, 0, 11][..]].concat();
    let smaller = with(&file, &size(15), &size(14));
    let error = whole(&smaller).expect_err("another size");
    assert_eq!(error.kind, ErrorKind::Decode, "{error}");
    let larger = with(
        &file,
        &size(15),
        b"ispe\0\0\0\0\0\xff\xff\xff\0\xff\xff\xff",
    );
    assert_eq!(
        whole(&larger).expect_err("too large").kind,
        ErrorKind::Limit
    );
    // What is shown is small, and what would be decoded isn't.
    let shown = grid("grid-partly-shown.avif");
    assert!(within(&shown, 128 * 128).is_ok());
    let error = within(&shown, 128 * 128 - 1).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[test]
fn an_alpha_that_is_not_there_is_an_error_though_it_is_dropped() {
    let file = file("alpha.avif");
    // The second item: where it is, and how long.
    let at = file.windows(4).position(|name| name == b"iloc");
    let length = at.expect("a list of places") + 4 + 32;
    let mut longer = file.clone();
    assert_eq!(longer[length..length + 2], [0, 0]);
    longer[length + 1] = 1;
    let error = whole(&longer).expect_err("no picture");
    assert!(error.message.contains("truncated"), "{error}");
}

#[test]
fn an_alpha_of_another_size_is_not_decoded() {
    let mut film = file("animated-alpha-12.avif");
    let headers = film
        .windows(4)
        .enumerate()
        .filter(|(_, name)| *name == b"tkhd");
    let headers: Vec<usize> = headers.map(|(at, _)| at).collect();
    assert_eq!(headers.len(), 2);
    // Width and height come last; the width of the alpha's track, before the point.
    let end = headers[1] - 4 + usize::from(film[headers[1] - 1]);
    film[end - 8] = 0x20;
    let error = decode(&film, Limits::default(), WITH_ALPHA).expect_err("no picture");
    assert!(
        error.message.contains("its alpha has another size"),
        "{error}"
    );
    assert!(whole(&film).is_ok());
}

#[test]
fn what_is_no_avif_in_avifs_boxes_is_named() {
    let file = file("even-420.avif");
    let cases = [
        ("av01Color", "hvc1Color", "HEIC is not supported"),
        ("av01Color", "iovlColor", "AVIF of the kind `iovl` is not"),
    ];
    for (from, to, message) in cases {
        let error = whole(&with(&file, from.as_bytes(), to.as_bytes()));
        let error = error.expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.message.starts_with(message), "{error}");
        assert!(error.message.contains("convert it first"), "{error}");
    }
    // A property that has to be known; the configuration is marked so.
    let other = with(&file, b"av1C", b"av9C");
    let error = whole(&other).expect_err("no picture");
    assert!(error.message.contains("the property `av9C`"), "{error}");
    // Colours in a way that there is none for.
    let colour = b"colrnclx\0\x01\0\x0d\0\x06";
    let error = whole(&with(&file, colour, b"colrnclx\0\x01\0\x0d\0\x0e"));
    let error = error.expect_err("no picture");
    assert!(error.message.contains("matrix 14"), "{error}");
}

#[test]
fn an_avif_is_one_by_its_brands_wherever_they_are() {
    let file = file("even-420.avif");
    let picture = whole(&file).expect("a picture");
    let general = with(&file, b"ftypavif", b"ftypmif1");
    assert_eq!(whole(&general).expect("a picture"), picture);
    let environment = Environment::new();
    environment.write("photos/a.avif", &file);
    environment.write("photos/b.jpg", &general);
    let run = environment.run(["classify", "--variant=demo", "--jsonl", "photos"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["predictions"], records[1]["predictions"]);
}

#[test]
fn each_of_hundreds_of_damaged_avifs_is_a_record() {
    let mut random = Random(20);
    let environment = Environment::new();
    let names = ["odd-420.avif", "alpha-420-10.avif", "animated.avif"];
    let mut files: Vec<_> = names.map(file).to_vec();
    files.push(grid("grid.avif"));
    let count = 240;
    for number in 0..count {
        let damaged = damaged(&files[number % files.len()], &mut random);
        environment.write(&format!("damaged/{number:03}.avif"), damaged);
    }
    environment.write("damaged/whole.avif", &files[0]);
    let failed = failed_of(&environment, count);
    assert!((count / 2..count).contains(&failed), "{failed} failed");
}
