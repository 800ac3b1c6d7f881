//! Weights whose header lies, whose numbers are none, or that change while they are read.

use std::fs;
use std::path::PathBuf;

use effnet::checkpoint::published::architecture;
use effnet::model::generated::Generated;
use effnet::model::weights::{Parameter, Source, parameters};
use effnet::model::weights_file::WeightsFile;
use effnet::model::{Config, fitting};

use crate::corpus::{LIES, safetensors_file};
use crate::environment::{Environment, repository, save, save_generated};

fn config() -> Config {
    let (scaling, convention) = architecture("efficientnet_demo").expect("an architecture");
    Config::new(scaling, convention, 16)
}

/// The one line with which a run with this file ends.
fn refusal(environment: &Environment, variant: &str) -> String {
    let picture = repository("assets/pictures/star.jpg");
    let run = environment.run([
        "classify",
        picture.to_str().expect("a path"),
        "--model=model.safetensors",
        "--variant",
        variant,
    ]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn a_header_that_lies_is_refused() {
    let environment = Environment::new();
    for (header, data) in LIES {
        environment.write("model.safetensors", safetensors_file(header, data));
        for variant in ["demo", "b0"] {
            let message = refusal(&environment, variant);
            assert!(!message.contains("bug"), "{header}: {message}");
            let is_whole = header.starts_with(r#"{"classifier"#);
            let refused = message.contains("not a whole safetensors file");
            assert!(refused != is_whole, "{header}: {message}");
        }
    }
}

#[test]
fn a_header_longer_than_any_is_refused_before_it_takes_memory() {
    let environment = Environment::new();
    // Longer than the format allows, than is read here, and than the file.
    for (claim, length) in [
        (u64::MAX, 100),
        (1 << 40, 100),
        (200_000_000, 1 << 40),
        (50_000_000, 1 << 40),
        (100, 50),
        (0, 8),
    ] {
        let path = environment.write("model.safetensors", u64::to_le_bytes(claim));
        let file = fs::OpenOptions::new().write(true).open(path);
        file.expect("the file").set_len(length).expect("a length");
        let message = refusal(&environment, "b0");
        assert!(message.contains("not a whole"), "{claim}: {message}");
    }
}

#[test]
fn every_protocol_of_pickle_is_told_from_a_damaged_file() {
    let environment = Environment::new();
    for protocol in 2..=5 {
        let pickle = [&[0x80, protocol][..], b"}q\0X\x05\0\0\0.more bytes"].concat();
        environment.write("model.safetensors", pickle);
        let message = refusal(&environment, "b0");
        assert!(message.contains("whole PyTorch file"), "{message}");
    }
}

/// Writes generated weights after `change` of each value of `parameter`.
fn changed(environment: &Environment, parameter: &str, change: fn(f32) -> f32) -> PathBuf {
    let path = environment.path("model.safetensors");
    let tensors: Vec<_> = parameters(&config())
        .map(|p: Parameter| {
            let mut values = Generated.read(&p).expect("generated values");
            if p.name == parameter {
                values.iter_mut().for_each(|value| *value = change(*value));
            }
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (p.name, p.shape, bytes)
        })
        .collect();
    save(&tensors, &path);
    path
}

#[test]
fn numbers_that_are_none_never_become_a_label() {
    let environment = Environment::new();
    let picture = repository("assets/pictures/star.jpg");
    type Change = fn(f32) -> f32;
    let changes: [(&str, Change); 7] = [
        ("conv_stem.weight", |_| f32::NAN),
        ("bn1.running_var", |_| f32::NAN),
        ("bn1.running_var", |_| -1.0),
        ("blocks.2.0.se.conv_reduce.bias", |_| f32::NAN),
        ("conv_head.weight", |value| value * f32::MAX),
        ("classifier.weight", |_| f32::INFINITY),
        ("classifier.bias", |_| f32::NEG_INFINITY),
    ];
    for (parameter, change) in changes {
        changed(&environment, parameter, change);
        let run = environment.run([
            "classify",
            picture.to_str().expect("a path"),
            "--model=model.safetensors",
            "--variant=demo",
            "--jsonl",
        ]);
        assert_eq!(run.code, Some(1), "{parameter}: {}", run.stdout);
        assert_eq!(run.records()[0]["error"]["kind"], "model", "{parameter}");
    }
}

#[test]
fn weights_that_are_cut_or_written_while_they_are_read_are_an_error() {
    let environment = Environment::new();
    let path = environment.path("model.safetensors");
    save_generated(&config(), &path);
    let whole = fs::read(&path).expect("the file");
    let all = |checkpoint: &WeightsFile| {
        parameters(&config()).try_for_each(|p| checkpoint.read(&p).map(|_| ()))
    };
    let open = || WeightsFile::open(&path).expect("a checkpoint");
    let checkpoint = open();
    fitting::check(&checkpoint, &config()).expect("weights that fit");
    all(&checkpoint).expect("values");
    checkpoint.ensure_unchanged().expect("the same file");
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole).expect("the file");
        let checkpoint = open();
        let file = fs::OpenOptions::new().write(true).open(&path);
        file.expect("the file")
            .set_len(length as u64)
            .expect("a cut");
        let error = all(&checkpoint).expect_err("missing bytes");
        assert!(error.to_string().contains("can't read"), "{error:#}");
    }
    // Other bytes of the same length can be read, and are still not what was opened.
    fs::write(&path, &whole).expect("the file");
    let checkpoint = open();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
    fs::write(&path, &whole).expect("the file");
    let file = fs::File::options().write(true).open(&path);
    file.expect("the file").set_modified(later).expect("a time");
    let error = checkpoint.ensure_unchanged().expect_err("another file");
    assert!(error.to_string().contains("changed while"), "{error:#}");
}
