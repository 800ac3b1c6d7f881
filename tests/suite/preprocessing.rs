//! Preprocessing equals timm's transform (Pillow's resize), in the network's input range.

use effnet::picture::Picture;
use effnet::picture::decode::{Limits, Reading, decode};
use effnet::picture::transform::{IMAGENET_MEAN, IMAGENET_STD, Transform};
use safetensors::SafeTensors;

use crate::crops::{crop_mode, interpolation};
use crate::environment::fixture;

/// Every so many rows and columns of the crop are in the fixture.
const STEP: usize = 5;

/// The pixels of a picture's crop that a fixture samples.
pub fn sampled(transform: &Transform, picture: &str) -> Vec<u8> {
    let crop = transform.resize_and_crop(&decoded(picture));
    let rows = (0..crop.height).step_by(STEP).flat_map(|y| {
        let pixels = crop.row(y).chunks_exact(3).step_by(STEP);
        pixels.flatten().copied().collect::<Vec<_>>()
    });
    rows.collect()
}

/// A picture of the fixtures.
pub fn decoded(picture: &str) -> Picture {
    let file = std::fs::read(fixture("pictures").join(picture)).expect("a picture");
    decode(&file, Limits::default(), Reading::WHOLE).expect("a decoded picture")
}

struct Case {
    key: String,
    picture: String,
    transform: Transform,
}

/// `<picture file>|`, and a key of [`transform`].
fn case(key: &str) -> Case {
    let (picture, settings) = key.split_once('|').expect("settings");
    let transform = transform(settings, [0; 3]);
    let is_plain = transform.width == 288;
    Case {
        key: key.to_owned(),
        picture: picture.to_owned(),
        transform: Transform {
            mean: if is_plain { [0.5; 3] } else { IMAGENET_MEAN },
            std: if is_plain { [0.5; 3] } else { IMAGENET_STD },
            ..transform
        },
    }
}

/// `<size>|<crop_pct>|<crop_mode>|<interpolation>`; a border is filled with `fill`.
pub fn transform(key: &str, fill: [u8; 3]) -> Transform {
    let parts: Vec<_> = key.split('|').collect();
    let [size, crop_pct, mode, filter] = parts[..] else {
        panic!("an unknown key {key}");
    };
    let size = size.parse().expect("a size");
    Transform {
        height: size,
        width: size,
        crop_pct: crop_pct.parse().expect("a share"),
        crop_mode: crop_mode(mode, fill),
        interpolation: interpolation(filter),
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        grey: false,
        alpha: None,
    }
}

/// Mean and largest difference in levels of 255, over all the pictures of one format.
fn difference(ending: &str) -> (f64, i32, usize) {
    let bytes = std::fs::read(fixture("preprocessed.safetensors")).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let (mut sum, mut count, mut largest, mut cases) = (0, 0, 0, 0);
    for (key, reference) in tensors.tensors() {
        let is_crop = !key.starts_with("normalised|") && !key.starts_with("positions|");
        if !is_crop || !key.contains(ending) {
            continue;
        }
        let case = case(&key);
        let sampled = sampled(&case.transform, &case.picture);
        assert_eq!(sampled.len(), reference.data().len(), "{}", case.key);
        for (ours, theirs) in sampled.iter().zip(reference.data()) {
            let difference = (i32::from(*ours) - i32::from(*theirs)).abs();
            sum += difference;
            largest = largest.max(difference);
        }
        count += sampled.len();
        cases += 1;
    }
    (f64::from(sum) / count as f64, largest, cases)
}

#[test]
fn from_the_same_pixels_the_crop_equals_pillows_to_the_bit() {
    let (mean, largest, cases) = difference(".png|");
    assert!(cases >= 50, "only {cases} cases");
    assert_eq!((mean, largest), (0.0, 0));
}

#[test]
fn from_the_same_jpeg_the_crop_equals_pillows_to_the_bit() {
    let (mean, largest, cases) = difference(".jpg|");
    assert!(cases >= 4, "only {cases} cases");
    assert_eq!((mean, largest), (0.0, 0));
}

#[test]
fn normalised_values_equal_torchvisions_to_the_bit() {
    let bytes = std::fs::read(fixture("preprocessed.safetensors")).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let mut cases = 0;
    for (key, values) in tensors.tensors() {
        let Some(key) = key.strip_prefix("normalised|") else {
            continue;
        };
        let case = case(key);
        let ours = case.transform.apply(&decoded(&case.picture)).values();
        let positions = tensors
            .tensor(&format!("positions|{key}"))
            .expect("positions");
        let (positions, _) = positions.data().as_chunks::<4>();
        let positions: Vec<_> = positions
            .iter()
            .map(|&b| i32::from_le_bytes(b) as usize)
            .collect();
        let (values, _) = values.data().as_chunks::<4>();
        for (at, pixel) in positions.chunks_exact(2).zip(values.chunks_exact(3)) {
            let first = (at[0] * case.transform.width + at[1]) * 3;
            let theirs: Vec<f32> = pixel.iter().map(|&b| f32::from_le_bytes(b)).collect();
            assert_eq!(ours[first..first + 3], theirs[..], "{} at {at:?}", case.key);
        }
        cases += 1;
    }
    assert_eq!(cases, 2);
}
