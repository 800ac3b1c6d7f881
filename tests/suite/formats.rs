//! Every variety of every format against what Pillow sees (tests/reference/make_formats.py).

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, Reading, decode};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::environment::fixture;

/// A small picture, and the upright RGB that Pillow makes of it.
pub struct Format {
    pub name: String,
    pub file: Vec<u8>,
    shape: Vec<usize>,
    pixels: Vec<u8>,
}

pub fn formats() -> Vec<Format> {
    let names = [
        "formats.safetensors",
        "avif.safetensors",
        "jpeg_xl.safetensors",
    ];
    let mut formats: Vec<_> = names.into_iter().flat_map(stored).collect();
    formats.sort_by(|a, b| a.name.cmp(&b.name));
    formats
}

/// The pictures of a fixture.
pub fn stored(name: &str) -> Vec<Format> {
    let bytes = std::fs::read(fixture(name)).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let format = |(key, pixels): (&str, TensorView)| {
        let name = key.strip_prefix("pixels|")?;
        let file = tensors.tensor(&format!("file|{name}"));
        Some(Format {
            name: name.to_owned(),
            file: file.expect("its file").data().to_vec(),
            shape: pixels.shape().to_vec(),
            pixels: pixels.data().to_vec(),
        })
    };
    tensors.iter().filter_map(format).collect()
}

/// The largest difference in levels of 255, or why there is no picture.
pub fn difference(format: &Format) -> Result<u8, String> {
    let picture = decode(&format.file, Limits::default(), Reading::WHOLE);
    let picture = picture.map_err(|e| e.message)?;
    let shape = [picture.height, picture.width, 3];
    assert_eq!(shape[..], format.shape[..], "{}", format.name);
    let pairs = picture.pixels.iter().zip(&format.pixels);
    Ok(pairs.map(|(a, b)| a.abs_diff(*b)).max().expect("pixels"))
}

/// Where the arithmetic is another. Little CMS, which Pillow asks for L*a*b*, goes by a table, and is
/// far off where a colour is hardly one of sRGB's; the mean is one level. What is not whole numbers of
/// 8 bits in JPEG XL is rounded by a pattern, so that no edges are seen, and libjxl has another. By
/// how names begin.
const ROUNDED: [(&str, u8); 7] = [
    ("lab.tiff", 31),
    ("lossy.jp2", 1),
    ("xyb", 1),
    ("jpeg.jxl", 1),
    ("jpeg-grey.jxl", 1),
    ("multiplied.jxl", 1),
    ("lossless-16.jxl", 1),
];

#[test]
fn every_variety_of_every_format_has_pillows_pixels() {
    let formats = formats();
    assert!(formats.len() >= 510, "only {}", formats.len());
    let mut wrong = Vec::new();
    for format in &formats {
        let allowed = ROUNDED
            .iter()
            .find(|(name, _)| format.name.starts_with(name));
        let allowed = allowed.map_or(0, |&(_, most)| most);
        let difference = difference(format);
        if !difference.as_ref().is_ok_and(|most| *most <= allowed) {
            wrong.push(format!("{}: {difference:?}", format.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One file of the fixture.
pub fn file(name: &str) -> Vec<u8> {
    let mut formats = formats().into_iter();
    let format = formats.find(|format| format.name == name);
    format.unwrap_or_else(|| panic!("no {name}")).file
}

#[test]
fn the_orientation_is_found_wherever_pillow_finds_it() {
    let size = |name: &str| {
        let picture = decode(&file(name), Limits::default(), Reading::WHOLE);
        let picture = picture.unwrap_or_else(|e| panic!("{name}: {e}"));
        (picture.width, picture.height)
    };
    for name in [
        "exif-short-little.jpg",
        "exif-short-big.jpg",
        "exif-long-little.jpg",
        "exif-long-big.jpg",
        "exif-after-xmp.jpg",
        "exif-in-two.jpg",
        "xmp-attribute.jpg",
        "xmp-element.jpg",
        "exif-prefix-6.webp",
        "exif-plain-6.webp",
        "xmp.webp",
        "exif-prefix-before.png",
        "exif-prefix-behind.png",
        "exif-plain-before.png",
        "exif-plain-behind.png",
        "profile-ztxt-before.png",
        "profile-text-before.png",
        "profile-itxt-before.png",
        "xmp-before.png",
        "profile-ztxt-behind.png",
        "profile-text-behind.png",
        "profile-itxt-behind.png",
        "xmp-behind.png",
        "orientation-6.tiff",
    ] {
        assert_eq!(size(name), (17, 23), "{name}");
    }
    // A chunk that the flags do not promise is none.
    assert_eq!(size("exif-without-flag-6.webp"), (23, 17));
}

fn message(file: &[u8]) -> (ErrorKind, String) {
    let picture = decode(file, Limits::default(), Reading::WHOLE);
    let error = picture.expect_err("no picture");
    (error.kind, error.message)
}

#[test]
fn a_variety_of_jpeg_that_is_not_decoded_is_unsupported_and_not_damaged() {
    let jpeg = file("baseline-444.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]);
    let frame = frame.expect("a frame");
    let with = |at: usize, value: u8| {
        let mut other = jpeg.clone();
        other[frame + at] = value;
        other
    };
    let others = [
        (with(4, 12), "more than 8 bits"),
        (with(1, 0xcb), "lossless JPEG with arithmetic codes"),
        (with(1, 0xc5), "hierarchical JPEG"),
    ];
    for (other, name) in others {
        let (kind, message) = message(&other);
        assert_eq!(kind, ErrorKind::Unsupported, "{message}");
        assert!(message.contains(name), "{message}");
        assert!(message.contains("convert it first"), "{message}");
    }
}

#[test]
fn a_variety_of_tiff_that_is_not_decoded_is_unsupported_and_named() {
    let plain = file("rgb-raw.tiff");
    for (tag, value, name) in [
        (259, 34712, "compression 34712"),
        (262, 32803, "camera RAW"),
        (262, 9, "photometric interpretation 9"),
        (339, 6, "complex numbers"),
    ] {
        let mut other = plain.clone();
        let Some(entry) = entry(&other, tag) else {
            // Not every writer says what sort of numbers they are.
            assert_eq!(tag, 339);
            continue;
        };
        let other_value = (value as u32).to_le_bytes();
        other[entry + 2..entry + 8].copy_from_slice(&[4, 0, 1, 0, 0, 0]);
        other[entry + 8..entry + 12].copy_from_slice(&other_value);
        let (kind, message) = message(&other);
        assert_eq!(kind, ErrorKind::Unsupported, "{message}");
        assert!(message.contains(name), "{message}");
        assert!(message.contains("convert it first"), "{message}");
    }
}

/// Where a tag of a little-endian TIFF's directory is.
pub fn entry(tiff: &[u8], tag: u16) -> Option<usize> {
    let word = |at: usize| u16::from_le_bytes([tiff[at], tiff[at + 1]]);
    let start = u32::from_le_bytes(tiff[4..8].try_into().expect("four bytes")) as usize;
    let mut entries = (0..usize::from(word(start))).map(|entry| start + 2 + entry * 12);
    entries.find(|&at| word(at) == tag)
}

#[test]
fn a_variety_of_a_rare_format_that_is_not_decoded_is_unsupported_and_named() {
    let with = |name: &str, at: usize, bytes: &[u8]| {
        let mut other = file(name);
        other[at..at + bytes.len()].copy_from_slice(bytes);
        other
    };
    let others = [
        (with("rgb.psd", 23, &[16]), "a Photoshop file of mode 3"),
        (with("rgb.psd", 25, &[9]), "a Photoshop file of mode 9"),
        (with("dxt1-pillow.dds", 84, b"DXT2"), "the format DXT2"),
        (with("dxgi-bc7.dds", 128, &[10]), "DXGI's format 10"),
        (
            with("dxt3.blp", 10, &[5]),
            "a BLP2 of compression 1, coding 2, 5",
        ),
        (
            with("palette-alpha.blp", 20, &[6]),
            "a BLP1 of compression 1 and kind 6",
        ),
        (with("rgb-1.sgi", 10, &[0, 2]), "2 channels"),
        (with("palette-raw-up.tga", 16, &[16]), "16 bits a pixel"),
        (with("raw.icns", 8, b"is33"), "without a picture"),
    ];
    for (other, name) in others {
        let (kind, message) = message(&other);
        assert_eq!(kind, ErrorKind::Unsupported, "{message}");
        assert!(message.contains(name), "{message}");
        assert!(message.contains("convert it first"), "{message}");
    }
}

#[test]
fn pixels_of_a_blp_may_be_as_they_are() {
    let mut texture = file("dxt5.blp");
    texture[8] = 3;
    let start = u32::from_le_bytes(texture[20..24].try_into().expect("four bytes"));
    texture.truncate(start as usize);
    texture.extend((0..44 * 34).flat_map(|n| [n as u8, 10, 20, 30]));
    let picture = decode(&texture, Limits::default(), Reading::WHOLE);
    let picture = picture.expect("a picture");
    assert_eq!((picture.width, picture.height), (44, 34));
    assert_eq!(picture.pixels[..6], [20, 10, 0, 20, 10, 1]);
    texture.pop();
    assert!(message(&texture).1.contains("truncated"));
}

/// An FTEX of 46 x 35 whose data are `stored`.
fn ftex(kind: u32, stored: &[u8]) -> Vec<u8> {
    let header = [3, 46, 35, 1, 1, kind, 32, stored.len() as u32];
    let header = header.map(u32::to_le_bytes);
    [b"FTEX", header.as_flattened(), stored].concat()
}

#[test]
fn an_ftex_has_the_blocks_of_directx_or_pixels_as_they_are() {
    let pixels = |file: &[u8]| {
        let picture = decode(file, Limits::default(), Reading::WHOLE);
        picture.expect("a picture").pixels
    };
    let texture = file("dxt1-random.dds");
    let blocks = ftex(0, &texture[128..]);
    assert_eq!(pixels(&blocks), pixels(&texture));
    let colours: Vec<u8> = (0..46 * 35 * 3).map(|n| n as u8).collect();
    assert_eq!(pixels(&ftex(1, &colours)), colours);
    assert!(message(&blocks[..blocks.len() - 1]).1.contains("truncated"));
    assert!(message(&ftex(1, &colours[1..])).1.contains("truncated"));
    let (kind, message) = message(&ftex(2, &colours));
    assert_eq!(kind, ErrorKind::Unsupported, "{message}");
}

#[test]
fn a_lossless_jpeg_whose_colours_would_be_converted_is_unsupported() {
    let with = |name: &str, segment: &[u8]| {
        let jpeg = file(name);
        [&jpeg[..2], segment, &jpeg[2..]].concat()
    };
    let jfif = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01";
    let others = [
        (with("lossless-1.jpg", jfif), "lossless JPEG in YCbCr"),
        (with("lossless-1.jpg", adobe), "lossless JPEG in YCbCr"),
        (with("lossless-cmyk.jpg", adobe), "lossless JPEG in YCbCr"),
    ];
    for (other, name) in others {
        let (kind, message) = message(&other);
        assert_eq!(kind, ErrorKind::Unsupported, "{message}");
        assert!(message.contains(name), "{message}");
    }
    // Grey is grey.
    let grey = with("lossless-8.jpg", jfif);
    assert!(decode(&grey, Limits::default(), Reading::WHOLE).is_ok());
}

#[test]
fn a_lossless_jpeg_that_is_cut_or_lost_a_restart_marker_is_an_error() {
    let whole = file("lossless-4-restarts.jpg");
    let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]);
    let scan = scan.expect("a scan") + 20;
    for end in [scan, (scan + whole.len()) / 2, whole.len() - 8] {
        assert!(message(&whole[..end]).1.contains("truncated"));
        // Cut and closed again.
        let closed = [&whole[..end], b"\xff\xd9"].concat();
        let (kind, _) = message(&closed);
        assert_eq!(kind, ErrorKind::Decode);
    }
    let unmarked = &whole[..whole.len() - 2];
    assert!(decode(unmarked, Limits::default(), Reading::WHOLE).is_ok());
    let marker = whole[scan..]
        .windows(2)
        .position(|pair| pair == [0xff, 0xd1]);
    let marker = scan + marker.expect("a restart marker");
    let lost = [&whole[..marker], &whole[marker + 2..]].concat();
    assert!(message(&lost).1.contains("damaged"));
    let mut other = whole.clone();
    other[marker + 1] = 0xd5;
    assert!(message(&other).1.contains("restart marker"));
}
