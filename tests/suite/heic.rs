//! HEIC: pixels are libheif's (tests/reference/make_heic.py), and what is refused is named.

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, decode};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use crate::corpus::damaged;
use crate::decoding::{WITH_ALPHA, whole, with, within};
use crate::environment::{Environment, fixture};
use crate::formats::{difference, stored};
use crate::random::Random;

const FIXTURE: &str = "heic.safetensors";

fn refusal(bytes: &[u8]) -> (ErrorKind, String) {
    let picture = whole(bytes);
    let error = picture.expect_err("no picture");
    (error.kind, error.message)
}

fn file(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(fixture(FIXTURE)).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let file = tensors.tensor(&format!("file|{name}.heic"));
    file.expect("its file").data().to_vec()
}

#[test]
fn every_variety_of_heic_has_libheifs_pixels() {
    let formats = stored(FIXTURE);
    assert!(formats.len() >= 45, "only {}", formats.len());
    let differences = formats.iter().map(|format| (format, difference(format)));
    let wrong: Vec<_> = differences
        .filter(|(_, difference)| *difference != Ok(0))
        .map(|(format, difference)| format!("{}: {difference:?}", format.name))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_grid_of_heic_has_libheifs_pixels() {
    let bytes = std::fs::read(fixture(FIXTURE)).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    for name in ["grid", "grid-444"] {
        let digest = tensors.tensor(&format!("sha256|{name}.heic"));
        let picture = whole(&file(name));
        let picture = picture.unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut hash = Sha256::new();
        for side in [picture.height, picture.width] {
            hash.update((side as u32).to_be_bytes());
        }
        hash.update(&picture.pixels);
        let digest = digest.expect("a digest");
        assert_eq!(hash.finalize()[..], digest.data()[..], "{name}");
    }
}

#[test]
fn a_heic_over_the_limit_is_refused_by_what_its_boxes_say() {
    // Coded as 64 x 64, and cropped.
    let file = file("even-420");
    assert!(within(&file, 64 * 64).is_ok());
    let limit = within(&file, 64 * 64 - 1).expect_err("too large");
    assert_eq!(limit.kind, ErrorKind::Limit);
    let size = |width: u8| [b"ispe\0\0\0\0\0\0\0", &[width, 0, 0, 0, 64][..]].concat();
    let (kind, message) = refusal(&with(&file, &size(64), &size(63)));
    assert_eq!(kind, ErrorKind::Decode);
    assert!(message.contains("another size"), "{message}");
    let wide = b"ispe\0\0\0\0\0\xff\xff\xff\0\xff\xff\xff";
    assert_eq!(refusal(&with(&file, &size(64), wide)).0, ErrorKind::Limit);
}

#[test]
fn what_is_no_hevc_in_heics_boxes_is_named() {
    let file = file("even-420");
    for (from, to, message) in [
        ("hvc1", "iovl", "HEIC of the kind `iovl` is not supported"),
        ("hvc1", "jpeg", "HEIC of the kind `jpeg` is not supported"),
        ("clap", "iscl", "HEIC with the property `iscl`"),
    ] {
        let (kind, said) = refusal(&with(&file, from.as_bytes(), to.as_bytes()));
        assert_eq!(kind, ErrorKind::Unsupported, "{said}");
        assert!(said.starts_with(message), "{said}");
        assert!(said.contains("convert it first"), "{said}");
    }
    let matrix = refusal(&with(
        &file,
        b"nclx\0\x01\0\x0d\0\x06",
        b"nclx\0\x01\0\x0d\0\x0e",
    ));
    assert!(matrix.1.contains("matrix 14"), "{}", matrix.1);
}

#[test]
fn a_heic_that_is_cut_or_crops_all_away_is_an_error() {
    let file = file("grid");
    for end in [file.len() - 1, file.len() / 2, file.len() / 4] {
        let (kind, message) = refusal(&file[..end]);
        assert_eq!(kind, ErrorKind::Decode, "{message}");
    }
    let cropped = self::file("cropped");
    let size = b"clap\0\0\0\x14\0\0\0\x01";
    assert_eq!(
        refusal(&with(&cropped, size, b"clap\0\0\0\0\0\0\0\x01")).0,
        ErrorKind::Decode
    );
    assert_eq!(
        refusal(&with(&cropped, size, b"clap\0\0\0\x14\0\0\0\0")).0,
        ErrorKind::Decode
    );
}

#[test]
fn a_folder_takes_heic_by_what_is_in_it() {
    let environment = Environment::new();
    environment.write("photos/a.heic", file("even-420"));
    environment.write("photos/b.HIF", file("even-420"));
    environment.write("photos/c.jpg", file("even-420"));
    let run = environment.run(["classify", "--variant=demo", "--jsonl", "photos"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0]["predictions"], records[1]["predictions"]);
    assert_eq!(records[0]["predictions"], records[2]["predictions"]);
}

#[test]
fn each_of_hundreds_of_damaged_heics_is_a_record() {
    let mut random = Random(20);
    let environment = Environment::new();
    let files = ["even-420", "grid", "deep-420", "turned-1-mirrored-0"].map(file);
    let count = 240;
    for number in 0..count {
        let damaged = damaged(&files[number % files.len()], &mut random);
        environment.write(&format!("damaged/{number:03}.heic"), damaged);
    }
    environment.write("damaged/whole.heic", &files[0]);
    // Named, so that those with a damaged beginning are tried as well.
    let names = (0..count).map(|number| format!("damaged/{number:03}.heic"));
    let names = names.chain(["damaged/whole.heic".to_owned()]);
    let flags = ["classify", "--variant=demo", "--jsonl"].map(str::to_owned);
    let run = environment.run(flags.into_iter().chain(names));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), count + 1);
    assert!(records[count]["error"].is_null(), "{}", records[count]);
    let is_failed = |record: &&serde_json::Value| !record["error"].is_null();
    assert!(records.iter().filter(is_failed).count() > count / 4);
}

#[test]
fn a_network_that_sees_alpha_is_not_shown_a_picture_without_it() {
    let error = decode(&file("alpha"), Limits::default(), WITH_ALPHA).expect_err("no picture");
    let expected =
        "the transparency of HEIC, which this network sees, can't be read; convert it to PNG";
    assert!(error.message.contains(expected), "{error}");
    // Most photos are opaque.
    assert!(stored(FIXTURE).iter().any(|format| {
        let picture = decode(&format.file, Limits::default(), WITH_ALPHA);
        picture.is_ok_and(|picture| picture.alpha.is_none())
    }));
}
