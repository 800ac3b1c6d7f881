//! Networks that see red, green, blue and alpha (tests/reference/make_alpha.py).

use std::collections::HashMap;

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::picture::alpha::Alpha;
use effnet::picture::decode::{Limits, Reading, decode};
use effnet::picture::transform::Transform;
use effnet::{Classifier, Pixels};
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::configurations::merge;
use crate::decoding::WITH_ALPHA;
use crate::drawing::Drawing;
use crate::environment::{Environment, fixture, save_generated};
use crate::formats::formats;
use crate::preprocessing;

fn reference() -> Vec<u8> {
    std::fs::read(fixture("alpha.safetensors")).expect("the fixture")
}

/// Names and values that begin with `kind`.
fn stored<'a>(tensors: &'a SafeTensors, kind: &str) -> Vec<(&'a str, &'a [u8])> {
    let named = tensors.names().into_iter().filter_map(|key| {
        let name = key.strip_prefix(kind)?;
        Some((name, tensors.tensor(key).expect("a tensor").data()))
    });
    named.collect()
}

#[test]
fn alpha_is_pillows_in_every_format_that_has_it() {
    let bytes = reference();
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let unread = tensors.tensor("unread").expect("names").data();
    let unread: Vec<_> = unread.split(|byte| *byte == b'\n').collect();
    let expected: HashMap<_, _> = stored(&tensors, "alpha|").into_iter().collect();
    let own = stored(&tensors, "clear|").into_iter();
    let own = own.map(|(name, file)| (name.to_owned(), file.to_vec()));
    let others = formats()
        .into_iter()
        .map(|format| (format.name, format.file));
    let (mut seen, mut wrong) = (0, Vec::new());
    for (name, file) in others.chain(own) {
        let known = expected.get(&*name);
        if unread.contains(&name.as_bytes()) || name.ends_with(".jxl") && known.is_none() {
            continue;
        }
        let plain = decode(&file, Limits::default(), Reading::WHOLE).expect(&name);
        let picture = match decode(&file, Limits::default(), WITH_ALPHA) {
            Ok(picture) => picture,
            Err(e) => {
                wrong.push(format!("{name}: {e}"));
                continue;
            }
        };
        if plain.pixels != picture.pixels {
            wrong.push(format!("{name}: other colours"));
        }
        let opaque = vec![255; picture.width * picture.height];
        let alpha = picture.alpha.as_deref().unwrap_or(&opaque);
        if alpha != known.copied().unwrap_or(&opaque) {
            wrong.push(format!("{name}: other alpha"));
        }
        seen += usize::from(known.is_some());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 80, "only {seen} with alpha");
}

/// With the mean and the standard deviation of the reference.
fn transform(key: &str) -> Transform {
    Transform {
        mean: [0.1, 0.3, 0.5],
        std: [0.2, 0.25, 0.3],
        alpha: Some(Alpha {
            mean: 0.7,
            std: 0.35,
            border: 178,
        }),
        ..preprocessing::transform(key, [26, 76, 128])
    }
}

#[test]
fn a_picture_with_alpha_is_resized_as_pillow_does_to_the_bit() {
    let bytes = reference();
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let file = tensors.tensor("picture").expect("a picture").data();
    let picture = decode(file, Limits::default(), WITH_ALPHA).expect("a picture");
    let cases = stored(&tensors, "crop|");
    assert_eq!(cases.len(), 8);
    for (key, expected) in cases {
        let Pixels::Bytes { bytes, mean, std } = transform(key).apply(&picture) else {
            panic!("{key}: no bytes");
        };
        assert!(bytes == expected, "{key}");
        assert_eq!(
            (mean, std),
            (vec![0.1, 0.3, 0.5, 0.7], vec![0.2, 0.25, 0.3, 0.35])
        );
    }
}

/// timm's small network with a stem over four channels, in the folder `model`.
fn network() -> Environment {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let (scaling, convention) = architecture("test_efficientnet").expect("an architecture");
    let config = Config {
        channels: 4,
        ..Config::new(scaling, convention, 3)
    };
    save_generated(&config, &environment.path("model/model.safetensors"));
    environment
}

/// Writes its configuration, with the keys of `data` where it says how pictures are prepared.
fn configure(environment: &Environment, data: &Value) {
    let mut settings = json!({"input_size": [4, 160, 160], "crop_pct": 0.95});
    merge(&mut settings, data);
    let config = json!({
        "architecture": "test_efficientnet", "num_classes": 3, "model_args": {"in_chans": 4},
        "pretrained_cfg": settings,
    });
    environment.write("model/config.json", config.to_string());
}

#[test]
fn a_network_that_sees_alpha_has_timms_logits() {
    let bytes = reference();
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let environment = network();
    let data = json!({"mean": [0.1, 0.3, 0.5, 0.7], "std": [0.2, 0.25, 0.3, 0.35]});
    configure(&environment, &data);
    let folder = environment.path("model");
    let classifier = Classifier::open(folder.to_str().expect("a path")).expect("a classifier");
    for name in ["picture", "photo"] {
        let file = tensors.tensor(name).expect("a picture").data();
        let picture = classifier.prepare(file).expect("a picture");
        let logits = classifier.logits(&[picture]).expect("logits").remove(0);
        let expected = tensors.tensor(&format!("logits|{name}")).expect("logits");
        let expected = expected.data().as_chunks().0.iter();
        let expected: Vec<f32> = expected.map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let largest = expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        for (ours, theirs) in logits.iter().zip(&expected) {
            let difference = (ours - theirs).abs();
            assert!(
                difference <= 1e-4 * largest,
                "{name}: {logits:?}, {expected:?}"
            );
        }
    }
}

#[test]
fn commands_give_alpha_to_a_network_that_sees_it() {
    let bytes = reference();
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let environment = network();
    let file = tensors.tensor("picture").expect("a picture").data();
    environment.write("clear.png", file);
    let picture = decode(file, Limits::default(), Reading::WHOLE).expect("a picture");
    let opaque = Drawing::new(picture.width, picture.height, |x, y| {
        let pixel = &picture.row(y)[3 * x..];
        [pixel[0], pixel[1], pixel[2]]
    });
    environment.write("opaque.png", opaque.png(None));
    let answers = |data: &Value| {
        configure(&environment, data);
        let files = ["clear.png", "opaque.png", "--model", "model", "--jsonl"];
        let run = environment.run([&["classify"], &files[..]].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let records = run.records();
        [0, 1].map(|n| records[n]["predictions"].clone())
    };
    let data = json!({"mean": [0.4, 0.4, 0.4, 0.4], "std": 0.25});
    let [clear, opaque] = answers(&data);
    assert_ne!(clear, opaque);
    // The mean of other numbers of means counts, as where timm validates.
    let same = answers(&json!({"mean": [0.3, 0.4, 0.5], "std": [0.25]}));
    assert_eq!(same, [clear, opaque]);
    let info = environment.run(["info", "model", "--json"]);
    let report: Value = serde_json::from_str(&info.stdout).expect("one object");
    assert_eq!(report["mean"], json!([0.4, 0.4, 0.4, 0.4]), "{report}");
    for command in [
        &["explain", "--check"][..],
        &["embed", "-o", "features.npy"],
    ] {
        let run = environment.run([command, &["clear.png", "--model", "model"]].concat());
        assert_eq!(run.code, Some(0), "{command:?}: {}", run.stderr);
    }
}

#[test]
fn a_network_that_sees_alpha_is_taught_and_saved_with_it() {
    let environment = network();
    configure(
        &environment,
        &json!({"mean": [0.1, 0.3, 0.5, 0.7], "std": 0.25}),
    );
    for (class, hole) in [("left", 0), ("right", 32)] {
        for number in 0..6 {
            let clear = |x: usize, _| (hole..hole + 32).contains(&x);
            let scene = Drawing::scene(64, 48 + number);
            environment.write(&format!("set/{class}/{number}.png"), scene.png_with(&clear));
        }
    }
    let run = environment.run(["train", "set", "--model", "model", "-o", "mine"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let info = environment.run(["info", "mine", "--json"]);
    let report: Value = serde_json::from_str(&info.stdout).expect("one object");
    assert_eq!(report["mean"], json!([0.1, 0.3, 0.5, 0.7]), "{report}");
    for class in ["left", "right"] {
        let picture = format!("set/{class}/0.png");
        let run = environment.run(["classify", &picture, "--model", "mine", "--jsonl"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(run.records()[0]["predictions"][0]["label"], class);
    }
}
