//! Every variety of every format against what Pillow sees (tests/reference/make_formats.py).

use effnet::picture::Scale;
use effnet::picture::decode::{Limits, decode};
use safetensors::SafeTensors;

use crate::environment::fixture;

/// A small picture, and the upright RGB that Pillow makes of it.
pub struct Format {
    pub name: String,
    pub file: Vec<u8>,
    shape: Vec<usize>,
    pixels: Vec<u8>,
}

pub fn formats() -> Vec<Format> {
    let bytes = std::fs::read(fixture("formats.safetensors")).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let mut formats: Vec<_> = tensors
        .iter()
        .filter_map(|(key, file)| {
            let name = key.strip_prefix("file|")?;
            let pixels = tensors.tensor(&format!("pixels|{name}"));
            let pixels = pixels.expect("its pixels");
            Some(Format {
                name: name.to_owned(),
                file: file.data().to_vec(),
                shape: pixels.shape().to_vec(),
                pixels: pixels.data().to_vec(),
            })
        })
        .collect();
    formats.sort_by(|a, b| a.name.cmp(&b.name));
    formats
}

/// The largest difference in levels of 255, or why there is no picture.
fn difference(format: &Format) -> Result<u8, String> {
    let picture = decode(&format.file, Limits::default(), true, &|_| Scale::Full);
    let picture = picture.map_err(|e| e.message)?;
    let shape = [picture.height, picture.width, 3];
    assert_eq!(shape[..], format.shape[..], "{}", format.name);
    let pairs = picture.pixels.iter().zip(&format.pixels);
    Ok(pairs.map(|(a, b)| a.abs_diff(*b)).max().expect("pixels"))
}

/// Where `image` and Pillow round otherwise: five bits to eight in BMP, and JPEG's arithmetic
/// within TIFF.
const ROUNDED: [(&str, u8); 3] = [
    ("jpeg.tiff", 4),
    ("rgb-16-555.bmp", 1),
    ("rgb-16-565.bmp", 1),
];

#[test]
fn every_variety_of_every_format_has_pillows_pixels() {
    let formats = formats();
    assert!(formats.len() >= 120, "only {}", formats.len());
    for format in formats.iter().filter(|f| f.name != UNSUPPORTED) {
        let allowed = ROUNDED.iter().find(|(name, _)| *name == format.name);
        let allowed = allowed.map_or(0, |&(_, most)| most);
        let difference = difference(format);
        let fits = difference.as_ref().is_ok_and(|most| *most <= allowed);
        assert!(fits, "{}: {difference:?}", format.name);
    }
}

/// Neither is this turned into another picture.
const UNSUPPORTED: &str = "palette-8.tiff";

#[test]
fn a_variety_that_is_not_read_is_named_with_what_to_do() {
    let formats = formats();
    let format = formats.iter().find(|format| format.name == UNSUPPORTED);
    let message = difference(format.expect("the picture")).expect_err("no pixels");
    assert!(
        message.contains("RGBPalette") && message.contains("convert it first"),
        "{message}"
    );
}
