//! What the fuzzers call with whatever bytes they think of, and the tests with the seed corpus.
//!
//! Each function may find the bytes wrong, but must not panic, and what it accepts must be sound.

use std::cell::RefCell;
use std::io::{Seek, Write};
use std::path::PathBuf;

use effnet::checkpoint::config::timm;
use effnet::checkpoint::config::transformers;
use effnet::checkpoint::labels::Labels;
use effnet::checkpoint::published::architecture;
use effnet::model::weights::{Source, parameters};
use effnet::model::weights_file::WeightsFile;
use effnet::model::{Config, fitting};
use effnet::picture::alpha::Alpha;
use effnet::picture::decode::{Limits, Reading, decode};
use effnet::picture::resample::Interpolation;
use effnet::picture::transform::{CropMode, IMAGENET_MEAN, IMAGENET_STD, Transform};
use effnet::run::inputs::{Input, Selection};
use tempfile::NamedTempFile;

/// Small, so that a run is short; what is refused for its size is as good a test.
const LIMITS: Limits = Limits {
    max_pixels: 1 << 18,
    max_bytes: 1 << 20,
};

/// The crop modes that checkpoints ask for, with a filter each, and alpha.
const TRANSFORMS: [Transform; 3] = [
    transform(CropMode::Center, Interpolation::Bicubic),
    transform(CropMode::Squash, Interpolation::Bilinear),
    Transform {
        alpha: Some(Alpha {
            mean: 0.5,
            std: 0.5,
            border: 128,
        }),
        ..transform(CropMode::Border { fill: [128; 3] }, Interpolation::Lanczos)
    },
];

const fn transform(crop_mode: CropMode, interpolation: Interpolation) -> Transform {
    Transform {
        height: 32,
        width: 32,
        crop_pct: 0.875,
        crop_mode,
        interpolation,
        mean: IMAGENET_MEAN,
        std: IMAGENET_STD,
        grey: false,
        alpha: None,
    }
}

/// Decodes and preprocesses a picture.
pub fn picture(bytes: &[u8]) {
    for transform in TRANSFORMS {
        let scale = |original_size| transform.scale(original_size);
        let reading = Reading {
            alpha: transform.alpha.is_some(),
            scale: &scale,
            ..Reading::WHOLE
        };
        let Ok(picture) = decode(bytes, LIMITS, reading) else {
            continue;
        };
        let (width, height) = picture.original_size;
        assert!(width * height <= LIMITS.max_pixels as usize);
        assert_eq!(picture.pixels.len(), picture.width * picture.height * 3);
        let input = transform.apply(&picture).values();
        let values = transform.height * transform.width * transform.channels();
        assert_eq!(input.len(), values);
        assert!(input.iter().all(|value| value.is_finite()));
    }
}

/// Opens weights and reads what the demonstration model needs of them.
pub fn weights(bytes: &[u8]) {
    in_a_file(bytes, |path| {
        let Ok(checkpoint) = WeightsFile::open(&path) else {
            return;
        };
        let (scaling, convention) = architecture("efficientnet_demo").expect("an architecture");
        let config = Config::new(scaling, convention, checkpoint.classes().unwrap_or(16));
        let mut needed = 0;
        let mut read = 0;
        for parameter in parameters(&config) {
            needed += 1;
            if let Ok(values) = checkpoint.read(&parameter) {
                assert_eq!(values.len(), parameter.shape.iter().product::<usize>());
                read += 1;
            }
        }
        let (pruned, convention) = architecture("efficientnet_b1_pruned").expect("another");
        let pruned = Config::new(pruned, convention, 16);
        if let Ok(pruned) = fitting::with_widths_of_file(&checkpoint, pruned) {
            assert!(
                pruned
                    .stages
                    .iter()
                    .flatten()
                    .all(|block| block.expanded > 0)
            );
        }
        // It compares with all variants, so only what has a tensor of ours is worth its time.
        if read > 0 && fitting::check(&checkpoint, &config).is_ok() {
            assert_eq!(read, needed);
        }
    });
}

/// Takes a model's config.json, and behind a NUL transformers' preprocessor_config.json.
pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let card = match text.split_once('\0') {
        Some((config, preprocessor)) => transformers::card(config, preprocessor),
        None => timm::card(text),
    };
    if let Ok(card) = card {
        assert_eq!(card.labels.len(), card.config.classes);
        assert!(card.transform.height >= 32);
        let (width, height) = (640, 480);
        assert!(card.transform.scale((width, height)).divisor() >= 1);
    }
}

/// Takes a file of labels; the first byte is the number of classes.
pub fn labels(bytes: &[u8]) {
    let Some((&classes, text)) = bytes.split_first() else {
        return;
    };
    in_a_file(text, |path| {
        if let Ok(labels) = Labels::for_classes(usize::from(classes)).renamed(&path) {
            assert_eq!(labels.len(), usize::from(classes));
            assert!((0..labels.len()).all(|class| !labels.get(class).name.is_empty()));
        }
    });
}

/// Reads a list of paths, by line and by NUL.
pub fn list(bytes: &[u8]) {
    in_a_file(bytes, |path| {
        for null in [false, true] {
            let selection = Selection {
                files_from: Some(path.clone()),
                null,
                ..Selection::default()
            };
            let inputs = selection.inputs().expect("a file of paths").listed;
            let inputs = inputs.expect("a list");
            let separator = if null { 0 } else { b'\n' };
            let most = bytes.split(|&byte| byte == separator).count();
            let named = inputs.filter(|input| {
                let path = input.path().as_os_str().as_encoded_bytes();
                assert!(!path.contains(&separator));
                matches!(input, Input::File(_))
            });
            assert!(named.count() <= most);
        }
    });
}

/// Puts the bytes into a file, the same one each time.
fn in_a_file(bytes: &[u8], then: impl FnOnce(PathBuf)) {
    thread_local! {
        static FILE: RefCell<NamedTempFile> =
            RefCell::new(NamedTempFile::new().expect("a temporary file"));
    }
    FILE.with_borrow_mut(|file| {
        file.as_file_mut().set_len(0).expect("an empty file");
        file.rewind().expect("its start");
        file.write_all(bytes).expect("a written file");
        then(file.path().to_path_buf());
    });
}
