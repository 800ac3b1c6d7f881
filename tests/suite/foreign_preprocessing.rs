//! Pictures prepared as torchvision's presets and transformers' processor prepare them.

use effnet::checkpoint::config::transformers::card;
use effnet::checkpoint::published::torchvision::Preset;
use effnet::picture::transform::Transform;
use safetensors::SafeTensors;

use crate::environment::fixture;
use crate::preprocessing::{decoded, sampled};

fn with_references(check: impl FnOnce(&SafeTensors)) {
    let bytes = std::fs::read(fixture("foreign/preprocessed.safetensors")).expect("the fixture");
    check(&SafeTensors::deserialize(&bytes).expect("a safetensors file"));
}

/// The picture and the transform of a key behind its library, without `include_top` if that does
/// not matter.
fn case(library: &str, key: &str) -> (String, Transform) {
    let parts: Vec<_> = key.split('|').collect();
    let transform = match (library, &parts[1..]) {
        ("torchvision", [model, weights, ..]) => {
            let variant = model.trim_start_matches("efficientnet_").replace('_', "-");
            Preset::named(&variant, Some(weights))
                .expect("a preset")
                .transform
        }
        ("transformers", [resized, size, resample, include_top @ ..]) => processor(
            resized,
            size,
            resample,
            include_top.first().unwrap_or(&"true"),
        ),
        _ => panic!("an unknown key {key}"),
    };
    (parts[0].to_owned(), transform)
}

/// As google/efficientnet-b0's, with these values.
fn processor(resized: &str, size: &str, resample: &str, include_top: &str) -> Transform {
    let config = r#"{"model_type": "efficientnet", "id2label": {"0": "a"}}"#;
    let crop = resized != size;
    let preprocessor = format!(
        r#"{{"image_processor_type": "EfficientNetImageProcessor",
            "size": {{"height": {resized}, "width": {resized}}}, "resample": {resample},
            "do_center_crop": {crop}, "crop_size": {{"height": {size}, "width": {size}}},
            "image_mean": [0.485, 0.456, 0.406],
            "image_std": [0.47853944, 0.4732864, 0.47434163], "include_top": {include_top}}}"#
    );
    card(config, &preprocessor).expect("a model").transform
}

fn crops_equal(library: &str, expected: usize) {
    with_references(|tensors| {
        let mut cases = 0;
        for (key, reference) in tensors.tensors() {
            let Some(key) = key.strip_prefix(&format!("{library}|")) else {
                continue;
            };
            let (picture, transform) = case(library, key);
            assert!(sampled(&transform, &picture) == reference.data(), "{key}");
            cases += 1;
        }
        assert_eq!(cases, expected);
    });
}

/// Largest difference of normalised values to the reference.
fn normalised_difference(library: &str) -> f32 {
    let mut largest: f32 = 0.0;
    with_references(|tensors| {
        for (key, values) in tensors.tensors() {
            let Some(key) = key.strip_prefix(&format!("normalised|{library}|")) else {
                continue;
            };
            let (picture, transform) = case(library, key);
            let ours = transform.apply(&decoded(&picture)).values();
            let positions = tensors.tensor(&format!("positions|{}", transform.width));
            let positions = positions
                .expect("positions")
                .data()
                .as_chunks::<4>()
                .0
                .to_vec();
            let positions = positions
                .into_iter()
                .map(|b| i32::from_le_bytes(b) as usize);
            let positions: Vec<usize> = positions.collect();
            let values = values
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b));
            let values: Vec<f32> = values.collect();
            for (at, pixel) in positions.chunks_exact(2).zip(values.chunks_exact(3)) {
                let first = (at[0] * transform.width + at[1]) * 3;
                for (ours, theirs) in ours[first..first + 3].iter().zip(pixel) {
                    largest = largest.max((ours - theirs).abs());
                }
            }
        }
    });
    largest
}

#[test]
fn torchvisions_presets_crop_the_same_pixels() {
    crops_equal("torchvision", 24);
}

#[test]
fn torchvisions_presets_normalise_to_the_same_bits() {
    assert_eq!(normalised_difference("torchvision"), 0.0);
}

#[test]
fn transformers_processor_picks_and_filters_the_same_pixels() {
    crops_equal("transformers", 42);
}

#[test]
fn transformers_processor_normalises_once_or_twice() {
    let difference = normalised_difference("transformers");
    // It divides twice where effnet divides once: some units in the last place.
    assert!(difference < 2e-6, "{difference:e}");
}
