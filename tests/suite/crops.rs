//! Every filter, crop mode and shape of input that timm's configurations can ask for, against timm's
//! own transform (tests/reference/make_crops.py).

use effnet::picture::Picture;
use effnet::picture::resample::Interpolation;
use effnet::picture::transform::{CropMode, IMAGENET_STD, Transform};

use crate::environment::fixture;

const MEAN: [f64; 3] = [0.485, 0.3, 0.406];

/// A picture that is the same in numpy.
fn picture(width: usize, height: usize) -> Picture {
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let index = ((y * width + x) * 3 + channel) as u32;
                let noise = index.wrapping_mul(2_654_435_761) >> 26;
                let value = x * 7 + y * 13 + channel * 50 + noise as usize;
                pixels.push((value % 256) as u8);
            }
        }
    }
    Picture::new(width, height, pixels)
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn pair(text: &str) -> (usize, usize) {
    let (first, second) = text.split_once('x').expect("two numbers");
    (
        first.parse().expect("a number"),
        second.parse().expect("a number"),
    )
}

/// By timm's name.
pub fn interpolation(name: &str) -> Interpolation {
    match name {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear,
        "bicubic" => Interpolation::Bicubic,
        "box" => Interpolation::Box,
        "hamming" => Interpolation::Hamming,
        "lanczos" => Interpolation::Lanczos,
        other => panic!("an unknown filter {other}"),
    }
}

/// By timm's name; a border is filled with `fill`.
pub fn crop_mode(name: &str, fill: [u8; 3]) -> CropMode {
    match name {
        "center" => CropMode::Center,
        "squash" => CropMode::Squash,
        "border" => CropMode::Border { fill },
        other => panic!("an unknown mode {other}"),
    }
}

#[test]
fn every_crop_is_timms_to_the_bit() {
    let table = std::fs::read_to_string(fixture("crops.txt")).expect("the fixture");
    let mut wrong = Vec::new();
    for line in table.lines() {
        let [size, kind, mode, filter, input, crop_pct, hash] =
            line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("a line of other columns: {line}");
        };
        let (width, height) = pair(size);
        let mut picture = picture(width, height);
        let mut fill = MEAN.map(|mean| (255.0 * mean).round_ties_even() as u8);
        if kind == "L" {
            picture = picture.in_grey();
            let mean = MEAN.iter().sum::<f64>() / 3.0;
            fill = [(255.0 * mean).round_ties_even() as u8; 3];
        }
        let (height, width) = pair(input);
        let transform = Transform {
            height,
            width,
            crop_pct: crop_pct.parse().expect("a share"),
            crop_mode: crop_mode(mode, fill),
            interpolation: interpolation(filter),
            mean: MEAN.map(|mean| mean as f32),
            std: IMAGENET_STD,
            grey: kind == "L",
            alpha: None,
        };
        let crop = transform.resize_and_crop(&picture);
        assert_eq!((crop.width, crop.height), (width, height), "{line}");
        if format!("{:016x}", fnv(&crop.pixels)) != hash {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(table.lines().count(), 126);
}
