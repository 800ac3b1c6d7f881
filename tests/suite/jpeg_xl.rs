//! JPEG XL's header and boxes: numbers that are larger than a file says, parts, limits, and damage.

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, Reading, decode};
use safetensors::SafeTensors;

use crate::corpus::{damaged, failed_of};
use crate::decoding::{whole, within};
use crate::environment::{Environment, fixture};
use crate::formats::file;
use crate::random::Random;

/// In boxes: the usual ones at the beginning, and then these.
fn boxed(parts: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14ftypjxl \0\0\0\0jxl ".to_vec();
    for (kind, body) in parts {
        file.extend((body.len() as u32 + 8).to_be_bytes());
        file.extend(*kind);
        file.extend(body);
    }
    file
}

/// One of several parts, and whether it is the last.
fn part(number: u32, is_last: bool, data: &[u8]) -> (&'static [u8; 4], Vec<u8>) {
    let number = number | u32::from(is_last) << 31;
    (b"jxlp", [&number.to_be_bytes(), data].concat())
}

#[test]
fn a_nearly_lossless_picture_is_not_black() {
    // What is coded takes more than the 16 bits that the files say, once in one bit for all that is
    // usual and once in a bit of its own: the decoder by itself would keep what is left of it.
    for name in ["xyb-nearly-lossless-8.jxl", "xyb-nearly-lossless-16.jxl"] {
        let picture = whole(&file(name)).expect("a picture");
        let pixels = picture.pixels.as_chunks::<3>().0;
        for (at, &[red, green, blue]) in pixels.iter().enumerate() {
            let (x, y) = ((at % 270) as f64, (at / 270) as f64);
            let made = [
                x * 240.0,
                65_535.0 - y * 700.0,
                30_000.0 + x * 100.0 + y * 5.0,
            ];
            for (value, made) in [red, green, blue].into_iter().zip(made) {
                let off = (f64::from(value) - made / 257.0).abs();
                assert!(off < 2.5, "{name}: {off} at {x}, {y}");
            }
        }
    }
}

#[test]
fn a_codestream_in_parts_is_the_same_picture() {
    let codestream = file("xyb.jxl");
    let picture = whole(&codestream).expect("a picture");
    let (start, rest) = codestream.split_at(3);
    let (middle, end) = rest.split_at(40);
    let note = (b"xml ", b"<x/>".to_vec());
    let parts = [
        part(0, false, start),
        note.clone(),
        part(1, false, middle),
        part(2, true, end),
        note.clone(),
    ];
    assert_eq!(whole(&boxed(&parts)).expect("a picture"), picture);
    let one = boxed(&[note.clone(), (b"jxlc", codestream.clone()), note.clone()]);
    assert_eq!(whole(&one).expect("a picture"), picture);
    // One is missing, or in another's place, or there is none at all.
    for (parts, message) in [
        (vec![part(0, false, start), part(2, true, end)], "damaged"),
        (
            vec![part(1, false, middle), part(0, true, start)],
            "damaged",
        ),
        (
            vec![part(0, false, start), part(1, false, middle)],
            "truncated",
        ),
        (vec![note], "truncated"),
    ] {
        let error = whole(&boxed(&parts)).expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Decode);
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn a_picture_over_the_limit_is_refused_by_its_header() {
    let file = file("lossless-alpha.jxl");
    assert!(within(&file, 15 * 11).is_ok());
    let error = within(&file, 15 * 11 - 1).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit);
    // A header alone, of 2^30 pixels a side.
    let huge = b"\xff\x0a\xfe\xff\xff\xff\xf1\xff\xff\xff\x0f\0\0\0\0";
    let error = whole(huge).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit, "{error}");
}

#[test]
fn a_picture_that_keeps_other_frames_may_have_a_third_of_the_pixels() {
    let file = file("xyb-patches.jxl");
    assert!(within(&file, 96 * 64 * 3).is_ok());
    let error = within(&file, 96 * 64 * 3 - 1).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit);
    assert!(error.message.contains("layers"), "{error}");
}

#[test]
fn a_strip_of_a_pixel_is_no_frame_larger_than_its_picture() {
    let bytes = std::fs::read(fixture("jpeg_xl.safetensors")).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let file = tensors.tensor("file|strip").expect("a file");
    let picture = whole(file.data()).expect("a picture");
    assert_eq!((picture.width, picture.height), (1, 30_000));
    assert!(picture.pixels.iter().all(|value| *value == 0));
}

#[test]
fn a_picture_of_very_many_channels_is_refused_by_its_header() {
    // 8 x 8 pixels in 3 + 4096 channels: small, of the usual ratio, and not as usual.
    let mut bits = vec![];
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|n| value >> n & 1));
    put(0x0aff, 16);
    put(1, 1);
    put(0, 5);
    put(1, 3);
    put(0, 2 + 3 + 1);
    put(3, 2);
    put(4095, 12);
    let bytes = bits.chunks(8).map(|bits| {
        let bits = bits.iter().enumerate();
        bits.fold(0, |byte, (n, bit)| byte | (*bit as u8) << n)
    });
    let mut file: Vec<u8> = bytes.collect();
    file.resize(64, 0);
    let error = within(&file, 8 * 8).expect_err("too many");
    assert_eq!(error.kind, ErrorKind::Limit, "{error}");
    assert!(error.message.contains("4099 channels"), "{error}");
}

#[test]
fn no_exif_leaves_a_jpeg_xl_as_it_is_stored() {
    let file = file("turned-6.jxl");
    let size = |upright| {
        let reading = Reading {
            upright,
            ..Reading::WHOLE
        };
        let picture = decode(&file, Limits::default(), reading);
        let picture = picture.expect("a picture");
        (picture.width, picture.height)
    };
    assert_eq!((size(true), size(false)), ((11, 15), (15, 11)));
}

#[test]
fn each_of_hundreds_of_damaged_jpeg_xls_is_a_record() {
    let mut random = Random(21);
    let environment = Environment::new();
    let files = [
        "lossless-alpha.jxl",
        "lossless-container.jxl",
        "xyb.jxl",
        "jpeg.jxl",
        "xyb-nearly-lossless-8.jxl",
    ]
    .map(file);
    let count = 240;
    for number in 0..count {
        let damaged = damaged(&files[number % files.len()], &mut random);
        environment.write(&format!("damaged/{number:03}.jxl"), damaged);
    }
    environment.write("damaged/whole.jxl", &files[0]);
    let failed = failed_of(&environment, count);
    assert!((count / 2..count).contains(&failed), "{failed} failed");
}
