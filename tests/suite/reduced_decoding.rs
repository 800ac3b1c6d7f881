//! A JPEG much larger than the model's input is reduced while it is decoded, and keeps its answer.

use effnet::picture::Picture;
use effnet::picture::decode::{Limits, Reading, decode};
use effnet::picture::resample::Interpolation;
use effnet::picture::transform::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};
use mozjpeg::{ColorSpace, Compress, Marker};

use crate::environment::{Environment, exif};

/// A picture of waves, none alike from any two corners, with an EXIF orientation.
fn jpeg(width: usize, height: usize, orientation: u8) -> Vec<u8> {
    let mut compress = Compress::new(ColorSpace::JCS_RGB);
    compress.set_size(width, height);
    compress.set_quality(95.0);
    let mut started = compress.start_compress(Vec::new()).expect("a file");
    started.write_marker(Marker::APP(1), &exif(orientation));
    for y in 0..height {
        let wave = |x: usize, period: f64| {
            let phase = (x as f64 + 0.4 * y as f64 + (x * y) as f64 / 900.0) / period;
            (127.0 + 100.0 * phase.sin()) as u8
        };
        let row: Vec<u8> = (0..width)
            .flat_map(|x| [wave(x, 40.0), wave(x, 61.0), wave(x, 97.0)])
            .collect();
        started.write_scanlines(&row).expect("a row");
    }
    started.finish().expect("a file")
}

const TRANSFORM: Transform = Transform {
    height: 64,
    width: 64,
    crop_pct: 0.875,
    crop_mode: CropMode::Center,
    interpolation: Interpolation::Bicubic,
    mean: IMAGENET_MEAN,
    std: IMAGENET_STD,
    grey: false,
    alpha: None,
};

/// Decoded at full size, and reduced as far as [`TRANSFORM`] lets it.
fn both(file: &[u8]) -> [Picture; 2] {
    let scale = |original_size| TRANSFORM.scale(original_size);
    let full = decode(file, Limits::default(), Reading::WHOLE).expect("a picture");
    let reduced = decode(
        file,
        Limits::default(),
        Reading {
            scale: &scale,
            ..Reading::WHOLE
        },
    )
    .expect("a picture");
    [full, reduced]
}

/// Mean and largest difference of what the network sees, in levels of 255.
fn difference(pictures: &[Picture; 2]) -> (f64, u8) {
    let [full, reduced] = pictures
        .each_ref()
        .map(|p| TRANSFORM.resize_and_crop(p).pixels);
    let differences: Vec<u8> = full
        .iter()
        .zip(&reduced)
        .map(|(a, b)| a.abs_diff(*b))
        .collect();
    let sum: f64 = differences.iter().copied().map(f64::from).sum();
    let largest = differences.iter().max().expect("pixels");
    (sum / differences.len() as f64, *largest)
}

#[test]
fn the_network_sees_the_same_of_a_reduced_picture_whichever_way_it_lies() {
    // 73 pixels after resizing: these sides are a little over 2 * 8 and 2 * 4 times that, and leave
    // one pixel to the last block, which would show as a shift if it were taken for a whole one.
    for ((width, height), by) in [((1169, 1177), 8), ((1201, 589), 4), ((590, 297), 2)] {
        for orientation in 1..=8 {
            let pictures = both(&jpeg(width, height, orientation));
            let what = format!("{width} x {height}, orientation {orientation}");
            assert_eq!(
                pictures[0].original_size, pictures[1].original_size,
                "{what}"
            );
            assert_eq!(pictures[1].width, pictures[0].width.div_ceil(by), "{what}");
            let (mean, largest) = difference(&pictures);
            assert!(mean < 0.4 && largest <= 2, "{what}: {mean}, {largest}");
        }
    }
}

#[test]
fn reduced_sides_are_at_least_twice_what_resizing_makes_them_and_less_than_four_times() {
    for (stored, by) in [
        ((145, 146), 1),
        ((146, 146), 1),
        ((291, 2000), 1),
        ((292, 292), 2),
        ((583, 3000), 2),
        ((584, 584), 4),
        ((1167, 4000), 4),
        ((4000, 1168), 8),
        ((20_000, 20_000), 8),
    ] {
        assert_eq!(TRANSFORM.scale(stored).divisor(), by, "{stored:?}");
    }
}

#[test]
fn exact_decode_gives_the_answer_of_the_same_pixels_in_a_png() {
    let environment = Environment::new();
    let file = jpeg(1900, 1300, 1);
    let [full, _] = both(&file);
    environment.write("waves.jpg", &file);
    let image = image::RgbImage::from_raw(1900, 1300, full.pixels).expect("a picture");
    image.save(environment.path("waves.png")).expect("a file");
    let predictions = |arguments: &[&str]| {
        let run =
            environment.run([&["classify", "--variant", "demo", "--jsonl"], arguments].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.records()[0]["predictions"].clone()
    };
    let exact = predictions(&["waves.png"]);
    assert_eq!(predictions(&["waves.jpg", "--exact-decode"]), exact);
    let reduced = predictions(&["waves.jpg"]);
    assert_ne!(reduced, exact, "it was not reduced");
    assert_eq!(reduced[0]["label"], exact[0]["label"]);
    let score =
        |predictions: &serde_json::Value| predictions[0]["score"].as_f64().expect("a score");
    assert!((score(&reduced) - score(&exact)).abs() < 0.02);
}
