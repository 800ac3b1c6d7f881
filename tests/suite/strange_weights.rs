//! Files of weights that are something else, in pieces, or of types that no other test has.

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::Generated;
use effnet::model::names::Naming;
use effnet::model::weights::{Source, parameters};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use crate::environment::{Environment, Run, repository, save_generated};
use crate::hub_server::StandIn;

fn config(name: &str, classes: usize) -> Config {
    let (scaling, convention) = architecture(name).expect("an architecture");
    Config::new(scaling, convention, classes)
}

fn run(environment: &Environment, model: &[&str]) -> Run {
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("a path");
    environment.run([&["classify", star, "--jsonl"], model].concat())
}

fn predictions(run: &Run) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.records()[0]["predictions"].clone()
}

/// The one line with which a run ends.
fn refusal(run: &Run) -> &str {
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    &run.stderr
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// A zip archive's first bytes, of an archive whose first file is called `name`.
fn zip(name: &str) -> Vec<u8> {
    let mut zip = b"PK\x03\x04".to_vec();
    zip.resize(26, 0);
    zip.extend((name.len() as u16).to_le_bytes());
    zip.extend([0, 0]);
    zip.extend(name.bytes());
    zip.extend([7; 500]);
    zip
}

#[test]
fn what_is_no_safetensors_file_is_called_by_its_name_with_the_next_step() {
    let environment = Environment::new();
    let padded = |start: &[u8]| [start, &[0xab; 600]].concat();
    let mut tar = vec![b'x'; 257];
    tar.extend(b"ustar");
    for (name, bytes, expected) in [
        (
            "model.safetensors",
            POINTER.as_bytes().to_vec(),
            "git lfs pull",
        ),
        (
            "model.safetensors",
            b"<!DOCTYPE html>\n<html class=\"\">".to_vec(),
            "web page",
        ),
        (
            "model.safetensors",
            b"\n <html lang=\"en\">".to_vec(),
            "/resolve/",
        ),
        (
            "model.safetensors",
            b"<?xml version=\"1.0\"?><Error>".to_vec(),
            "web page",
        ),
        (
            "model.safetensors",
            b"Entry not found".to_vec(),
            "`Entry not found`",
        ),
        (
            "model.safetensors",
            br#"{"error": "no"}"#.to_vec(),
            "is a text",
        ),
        ("model.safetensors", vec![], "is empty"),
        ("model.safetensors", vec![0; 4096], "nothing but zeros"),
        (
            "model.safetensors.incomplete",
            padded(b"\x10\x20"),
            "unfinished",
        ),
        ("model.safetensors.part", padded(b"\x10\x20"), "unfinished"),
        (
            "model.onnx",
            padded(b"\x08\x08\x12\x07pytorch"),
            "an ONNX file",
        ),
        ("model", padded(b"\x08\x07\x12\x07pytorch"), "an ONNX file"),
        (
            "saved_model",
            padded(b"\x08\x01\x12\x07"),
            "a TensorFlow graph",
        ),
        ("model.h5", padded(b"\x89HDF\r\n\x1a\n"), "Keras"),
        ("model.keras", zip("metadata.json"), "Keras"),
        ("model.gguf", padded(b"GGUF\x03\0\0\0"), "GGUF"),
        ("model.npz", zip("conv_stem.weight.npy"), "NumPy"),
        ("model.npy", padded(b"\x93NUMPY\x01\0"), "NumPy"),
        ("model.tflite", padded(b"\x1c\0\0\0TFL3"), "TensorFlow Lite"),
        ("model.msgpack", padded(b"\x82\xa6params"), "Flax"),
        ("model.pth", zip("archive/data.pkl"), "PyTorch file"),
        (
            "model.bin",
            padded(b"\x80\x02\x8a\x0al\xfc\x9c"),
            "PyTorch file",
        ),
        ("model.tar.gz", padded(b"\x1f\x8b\x08"), "unpack it"),
        ("model.tar", tar, "unpack it"),
        ("photo.jpg", padded(b"\xff\xd8\xff\xe0"), "without --model"),
    ] {
        environment.write(name, bytes);
        let run = run(&environment, &["--model", name, "--variant", "demo"]);
        let message = refusal(&run);
        assert!(message.contains(expected), "{name}: {message}");
        assert!(!message.contains("claim"), "{name}: {message}");
    }
}

#[test]
fn a_pointer_in_a_folder_is_told_in_the_weights_and_in_the_configuration() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let json = r#"{"architecture": "efficientnet_demo", "num_classes": 16}"#;
    environment.write("model/config.json", json);
    environment.write("model/model.safetensors", POINTER);
    let weights = run(&environment, &["--model", "model"]);
    assert!(refusal(&weights).contains("model.safetensors is a git-LFS pointer"));
    for (text, expected) in [(POINTER, "git lfs pull"), ("<!doctype html>", "web page")] {
        environment.write("model/config.json", text);
        let config = run(&environment, &["--model", "model"]);
        let message = refusal(&config);
        assert!(
            message.contains("config.json is a") && message.contains(expected),
            "{message}"
        );
    }
}

#[test]
fn a_folder_without_its_weights_says_what_it_has_instead() {
    for (file, expected) in [
        ("best.safetensors", "--model model/best.safetensors"),
        ("model.onnx", "but model.onnx; only safetensors"),
        ("tf_model.h5", "but tf_model.h5; only safetensors"),
        ("checkpoint.pth.tar", "--model model/checkpoint.pth.tar"),
        ("model.safetensors.part", "its download is not done"),
        ("readme.md", "has no model.safetensors"),
    ] {
        let environment = Environment::new();
        std::fs::create_dir(environment.path("model")).expect("a folder");
        environment.write(
            "model/config.json",
            r#"{"architecture": "efficientnet_demo"}"#,
        );
        environment.write(&format!("model/{file}"), b"any");
        let run = run(&environment, &["--model", "model"]);
        let message = refusal(&run);
        assert!(message.contains(expected), "{file}: {message}");
    }
}

/// The small model's tensors in two files and their index, in the folder `model`.
fn sharded() -> Environment {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let json = r#"{"architecture": "efficientnet_demo", "num_classes": 16}"#;
    environment.write("model/config.json", json);
    let tensors: Vec<_> = parameters(&config("efficientnet_demo", 16))
        .map(|parameter| {
            let values = Generated.read(&parameter).expect("generated values");
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (parameter, bytes)
        })
        .collect();
    let mut map = serde_json::Map::new();
    let (first, second) = tensors.split_at(tensors.len() / 3);
    for (number, part) in [first, second].into_iter().enumerate() {
        let file = format!("model-0000{}-of-00002.safetensors", number + 1);
        let views = part.iter().map(|(parameter, bytes)| {
            map.insert(parameter.name.clone(), json!(file));
            let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes);
            (&parameter.name, view.expect("a whole tensor"))
        });
        let path = environment.path("model").join(&file);
        safetensors::serialize_to_file(views, None, &path).expect("a file");
    }
    let index = json!({"metadata": {"total_size": 1}, "weight_map": map});
    environment.write("model/model.safetensors.index.json", index.to_string());
    environment
}

const INDEX: &str = "model/model.safetensors.index.json";

#[test]
fn weights_in_several_files_are_put_together() {
    let environment = sharded();
    let expected = {
        let whole = Environment::new();
        whole.model("model", "efficientnet_demo", 16);
        let json = r#"{"architecture": "efficientnet_demo", "num_classes": 16}"#;
        whole.write("model/config.json", json);
        predictions(&run(&whole, &["--model", "model"]))
    };
    assert_eq!(
        predictions(&run(&environment, &["--model", "model"])),
        expected
    );
    assert_eq!(
        predictions(&run(&environment, &["--model", INDEX])),
        expected
    );
    let part = "model/model-00002-of-00002.safetensors";
    std::fs::remove_file(environment.path(part)).expect("a removed file");
    let missing = run(&environment, &["--model", "model"]);
    assert!(refusal(&missing).contains("model-00002-of-00002.safetensors"));
}

#[test]
fn weights_in_several_files_are_downloaded_if_their_configuration_can_be_used() {
    let environment = sharded();
    let expected = predictions(&run(&environment, &["--model", "model"]));
    let file = |name: &str| std::fs::read(environment.path("model").join(name)).expect("a file");
    let first = file("model-00001-of-00002.safetensors");
    let second = file("model-00002-of-00002.safetensors");
    let index = file("model.safetensors.index.json");
    let serving = |config: &[u8]| {
        StandIn::new(&[
            ("someone/net/config.json", config),
            ("someone/net/model.safetensors.index.json", &index),
            ("someone/net/model-00001-of-00002.safetensors", &first),
            ("someone/net/model-00002-of-00002.safetensors", &second),
        ])
    };
    let star = repository("assets/pictures/star.jpg");
    let ask = |server: &StandIn, command: &[&str], more: &[&str]| {
        let mut process = environment.command();
        let process = process.env("HF_ENDPOINT", server.url());
        let process = process.env("HF_HUB_OFFLINE", "0").args(command).args(more);
        Run::of(process.output().expect("a run"))
    };
    let server = serving(&file("config.json"));
    let downloaded = ask(&server, &["download", "someone/net"], &[]);
    assert_eq!(
        downloaded.stdout.lines().count(),
        2,
        "{}",
        downloaded.stderr
    );
    let star = star.to_str().expect("a path");
    let classify = ["classify", "--jsonl", "--model", "someone/net"];
    assert_eq!(predictions(&ask(&server, &classify, &[star])), expected);
    assert_eq!(
        predictions(&ask(&server, &classify, &["--offline", star])),
        expected
    );
    std::fs::remove_dir_all(environment.path("hf")).expect("an emptied cache");
    let server = serving(br#"{"architecture": "resnet50"}"#);
    let refused = ask(&server, &classify, &[star]);
    assert!(refusal(&refused).contains("resnet50"));
    let asked = server.requests();
    assert!(
        asked.iter().all(|request| !request.path.contains("model")),
        "{asked:?}"
    );
}

#[test]
fn an_index_leads_nowhere_else() {
    let environment = sharded();
    for (index, expected) in [
        (
            r#"{"weight_map": {"a": "../other.safetensors"}}"#,
            "no file of weights beside it",
        ),
        (
            r#"{"weight_map": {"a": "/etc/passwd"}}"#,
            "no file of weights beside it",
        ),
        (
            r#"{"weight_map": {"a": "model.onnx"}}"#,
            "no file of weights beside it",
        ),
        (r#"{"weight_map": {}}"#, "lists 0 files"),
        (r#"{"weights": {}}"#, "no index of weights"),
    ] {
        environment.write(INDEX, index);
        let run = run(&environment, &["--model", "model"]);
        assert!(refusal(&run).contains(expected), "{}", run.stderr);
    }
}

#[test]
fn double_precision_is_rounded_and_eight_bits_are_refused_by_name() {
    let write = |environment: &Environment, dtype: Dtype| {
        let tensors: Vec<_> = parameters(&config("efficientnet_demo", 16))
            .map(|parameter| {
                let values = Generated.read(&parameter).expect("generated values");
                let bytes: Vec<u8> = match dtype {
                    Dtype::F64 => values
                        .iter()
                        .flat_map(|&v| f64::from(v).to_le_bytes())
                        .collect(),
                    Dtype::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    _ => vec![0; values.len()],
                };
                (parameter, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(parameter, bytes)| {
            let view = TensorView::new(dtype, parameter.shape.clone(), bytes);
            (&parameter.name, view.expect("a whole tensor"))
        });
        let path = environment.path("model.safetensors");
        safetensors::serialize_to_file(views, None, &path).expect("a file");
    };
    let environment = Environment::new();
    let bare = ["--model=model.safetensors", "--variant=demo"];
    write(&environment, Dtype::F32);
    let expected = predictions(&run(&environment, &bare));
    write(&environment, Dtype::F64);
    assert_eq!(predictions(&run(&environment, &bare)), expected);
    write(&environment, Dtype::F8_E4M3);
    let run = run(&environment, &bare);
    let message = refusal(&run);
    assert!(message.contains("has type F8_E4M3"), "{message}");
    assert!(
        message.contains("save the weights as F16 or F32"),
        "{message}"
    );
}

#[test]
fn names_of_efficientnet_pytorch_go_with_what_tensorflow_trained_of_each_variant() {
    for (name, variant, like) in [
        (
            "efficientnet_lite0",
            "lite0",
            Some("timm/tf_efficientnet_lite0.in1k"),
        ),
        (
            "efficientnet_b0",
            "b0",
            Some("timm/tf_efficientnet_b0.aa_in1k"),
        ),
        (
            "efficientnet_lite4",
            "lite4",
            Some("timm/tf_efficientnet_lite4.in1k"),
        ),
        ("efficientnetv2_rw_t", "v2-rw-t", None),
    ] {
        let environment = Environment::new();
        let config = Config {
            naming: Naming::Lukemelas,
            ..config(name, 10)
        };
        save_generated(&config, &environment.path("net.safetensors"));
        let run = run(
            &environment,
            &["--model", "net.safetensors", "--variant", variant],
        );
        match like {
            Some(like) => {
                predictions(&run);
                assert!(
                    run.stderr.contains(&format!("like {like};")),
                    "{}",
                    run.stderr
                );
            }
            None => {
                let message = refusal(&run);
                assert!(message.contains("say with --weights"), "{message}");
            }
        }
    }
}
