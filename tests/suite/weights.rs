//! Models from folders and files: checked before they are used, named when they are wrong.

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::Generated;
use effnet::model::weights::{Parameter, Source, parameters};
use effnet::model::weights_file::WeightsFile;
use half::{bf16, f16};
use safetensors::{Dtype, tensor::TensorView};

use crate::environment::{Environment, Run, fixture, repository, save_generated};

fn demo_config(classes: usize) -> Config {
    let (scaling, convention) = architecture("efficientnet_demo").expect("an architecture");
    Config::new(scaling, convention, classes)
}

/// Writes generated weights of the small model, after `change`.
fn changed(
    environment: &Environment,
    change: impl FnOnce(&mut Vec<(Parameter, Vec<u8>, Dtype)>),
) -> std::path::PathBuf {
    let mut tensors: Vec<_> = parameters(&demo_config(16))
        .map(|parameter| {
            let values = Generated.read(&parameter).expect("generated values");
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (parameter, bytes, Dtype::F32)
        })
        .collect();
    change(&mut tensors);
    let path = environment.path("model.safetensors");
    let views = tensors.iter().map(|(parameter, bytes, dtype)| {
        let shape = parameter.shape.clone();
        (
            &parameter.name,
            TensorView::new(*dtype, shape, bytes).expect("a whole tensor"),
        )
    });
    safetensors::serialize_to_file(views, None, &path).expect("a file");
    path
}

fn error_of(environment: &Environment, arguments: &[&str]) -> String {
    let picture = repository("assets/pictures/star.jpg");
    let run = environment.run(
        ["classify", picture.to_str().expect("a path")]
            .iter()
            .chain(arguments),
    );
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(run.stdout, "");
    run.stderr
}

const BARE: [&str; 4] = ["--model", "model.safetensors", "--variant", "demo"];

#[test]
fn a_missing_tensor_is_named() {
    let environment = Environment::new();
    changed(&environment, |tensors| {
        tensors.retain(|(p, ..)| p.name != "blocks.2.0.bn2.running_mean");
    });
    let message = error_of(&environment, &BARE);
    assert!(
        message.contains("`blocks.2.0.bn2.running_mean` is missing"),
        "{message}"
    );
}

#[test]
fn a_wrong_shape_is_named_with_both_shapes() {
    let environment = Environment::new();
    changed(&environment, |tensors| {
        let (parameter, bytes, _) = &mut tensors[0];
        parameter.shape[0] -= 1;
        bytes.truncate(parameter.shape.iter().product::<usize>() * 4);
    });
    let message = error_of(&environment, &BARE);
    let expected = "`conv_stem.weight` has shape [15, 3, 3, 3] where [16, 3, 3, 3] is needed";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_wrong_type_is_named() {
    let environment = Environment::new();
    changed(&environment, |tensors| tensors[0].2 = Dtype::I32);
    let message = error_of(&environment, &BARE);
    assert!(
        message.contains("`conv_stem.weight` has type I32"),
        "{message}"
    );
}

#[test]
fn weights_of_another_variant_are_recognised() {
    let environment = Environment::new();
    let folder = environment.model("weights", "tf_efficientnet_b1", 1000);
    let beside = ["--model", "weights/model.safetensors", "--variant", "b0"];
    let message = error_of(&environment, &beside);
    assert!(message.contains("is of variant b1, not b0"), "{message}");
    std::fs::remove_file(folder.join("config.json")).expect("a removed file");
    let arguments = ["--model", "weights/model.safetensors", "--variant", "b0"];
    let message = error_of(&environment, &arguments);
    assert!(
        message.contains("these weights fit variant b1"),
        "{message}"
    );
}

#[test]
fn a_damaged_file_is_refused() {
    let environment = Environment::new();
    let path = changed(&environment, |_| {});
    let whole = std::fs::read(&path).expect("the file");
    let mut longer = whole.clone();
    longer.push(0);
    let mut huge = whole.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    for bytes in [
        &whole[..7],
        &whole[..1000],
        &whole[..whole.len() - 1],
        &longer,
        &huge,
    ] {
        environment.write("model.safetensors", bytes);
        let message = error_of(&environment, &BARE);
        assert!(
            message.contains("not a whole safetensors file"),
            "{message}"
        );
    }
}

#[test]
fn a_header_whose_length_looks_like_a_pickle_is_no_pickle() {
    let environment = Environment::new();
    let path = changed(&environment, |_| {});
    let whole = std::fs::read(&path).expect("the file");
    let (length, rest) = whole.split_at(8);
    let header = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
    // The bytes `P` and `K`, as a length; spaces behind the header are allowed.
    let longer = (header..)
        .find(|length| length & 0xffff == 0x4b50)
        .expect("a length");
    let mut padded = (longer as u64).to_le_bytes().to_vec();
    padded.extend(&rest[..header]);
    padded.resize(8 + longer, b' ');
    padded.extend(&rest[header..]);
    environment.write("model.safetensors", padded);
    let picture = repository("assets/pictures/star.jpg");
    let mut arguments = vec!["classify", picture.to_str().expect("a path")];
    arguments.extend(BARE);
    let run = environment.run(arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn half_precision_weights_are_read() {
    let environment = Environment::new();
    let full = changed(&environment, |_| {});
    let full = WeightsFile::open(&full).expect("a checkpoint");
    for dtype in [Dtype::F16, Dtype::BF16] {
        let half = changed(&environment, |tensors| {
            for (_, bytes, kind) in tensors {
                let values = bytes
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|&b| f32::from_le_bytes(b));
                *bytes = values
                    .flat_map(|value| match dtype {
                        Dtype::F16 => f16::from_f32(value).to_le_bytes(),
                        _ => bf16::from_f32(value).to_le_bytes(),
                    })
                    .collect();
                *kind = dtype;
            }
        });
        let half = WeightsFile::open(&half).expect("a checkpoint");
        for parameter in parameters(&demo_config(16)) {
            let exact = full.read(&parameter).expect("values");
            let rounded = half.read(&parameter).expect("values");
            for (exact, rounded) in exact.iter().zip(&rounded) {
                assert!((exact - rounded).abs() <= exact.abs() / 250.0 + 1e-7);
            }
        }
    }
}

#[test]
fn a_bare_file_needs_a_variant_or_a_config_beside_it() {
    let environment = Environment::new();
    let picture = repository("assets/pictures/star.jpg");
    let asset = |name: &str| repository("assets/demo").join(name);
    environment.copy(&asset("model.safetensors"), "alone/model.safetensors");
    let message = error_of(&environment, &["--model", "alone/model.safetensors"]);
    assert!(message.contains("--variant"), "{message}");
    environment.copy(&asset("config.json"), "alone/config.json");
    for model in ["alone", "alone/model.safetensors"] {
        let run = environment.run([
            "classify",
            "--jsonl",
            "--model",
            model,
            picture.to_str().expect("a path"),
        ]);
        assert_eq!(run.labels(), ["star"], "{}", run.stderr);
    }
}

#[test]
fn other_heads_take_their_labels_from_the_config_a_file_or_their_indices() {
    let environment = Environment::new();
    let folder = environment.path("head");
    std::fs::create_dir(&folder).expect("a folder");
    save_generated(&demo_config(3), &folder.join("model.safetensors"));
    let picture = repository("assets/pictures/star.jpg");
    let run = |more: &[&str], names: &str| {
        let json = format!(
            r#"{{"architecture": "efficientnet_demo", "num_classes": 3, {names} "pretrained_cfg": {{"input_size": [3, 96, 96]}}}}"#
        );
        std::fs::write(folder.join("config.json"), json).expect("a config");
        let mut arguments = vec!["classify", "--model", "head", "--jsonl"];
        arguments.extend(more);
        arguments.push(picture.to_str().expect("a path"));
        let run = environment.run(arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let predictions = run.records()[0]["predictions"].clone();
        let mut labels: Vec<String> = predictions
            .as_array()
            .expect("predictions")
            .iter()
            .map(|p| p["label"].as_str().expect("a label").to_owned())
            .collect();
        labels.sort_unstable();
        (labels, run.stderr)
    };
    let (labels, stderr) = run(&[], "");
    assert_eq!(labels, ["0", "1", "2"]);
    assert_eq!(stderr.matches("warning").count(), 1, "{stderr}");
    let (labels, stderr) = run(&[], r#""label_names": ["cat", "dog", "owl"],"#);
    assert_eq!(labels, ["cat", "dog", "owl"]);
    assert!(!stderr.contains("warning"), "{stderr}");
    let (labels, _) = run(&[], r#""label_names": {"0": "cat", "2": "owl"},"#);
    assert_eq!(labels, ["1", "cat", "owl"]);
    environment.write("labels.txt", "ash\nbirch\nn02123045\ttabby\n");
    let (labels, _) = run(&["--labels", "labels.txt"], "");
    assert_eq!(labels, ["ash", "birch", "tabby"]);
    environment.write("labels.txt", "ash\n");
    let arguments = ["--model", "head", "--labels", "labels.txt"];
    let message = error_of(&environment, &arguments);
    assert!(
        message.contains("1 labels") && message.contains("3 classes"),
        "{message}"
    );
}

#[test]
fn imagenets_two_cranes_are_told_apart() {
    let environment = Environment::new();
    environment.model("b0", "efficientnet_b0", 1000);
    let picture = fixture("pictures/gradient-333x250.png");
    let arguments = [
        "classify",
        "--model",
        "b0",
        "--jsonl",
        "-k",
        "1000",
        picture.to_str().expect("a path"),
    ];
    let run = environment.run(arguments);
    let records = run.records();
    let predictions = records[0]["predictions"].as_array().expect("predictions");
    assert_eq!(predictions.len(), 1000);
    let mut cranes: Vec<_> = predictions
        .iter()
        .filter(|p| p["label"] == "crane")
        .map(|p| (p["index"].as_u64(), p["wnid"].as_str()))
        .collect();
    cranes.sort_unstable();
    let expected = [
        (Some(134), Some("n02012849")),
        (Some(517), Some("n03126707")),
    ];
    assert_eq!(cranes, expected);
    let tabby = predictions
        .iter()
        .find(|p| p["index"] == 281)
        .expect("class 281");
    assert_eq!(
        (tabby["label"].as_str(), tabby["wnid"].as_str()),
        (Some("tabby"), Some("n02123045"))
    );
}

#[test]
fn a_config_that_asks_for_what_is_not_there_is_refused_by_name() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    environment.write("model/model.safetensors", b"");
    for (json, expected) in [
        ("{", "config.json"),
        (r#"{"num_classes": 3}"#, "architecture"),
        (r#"{"architecture": "resnet50"}"#, "resnet50"),
        (
            r#"{"architecture": "efficientnet_b0", "model_args": {"se_layer": "eca"}}"#,
            "se_layer",
        ),
        (
            r#"{"architecture": "efficientnet_b0", "input_size": [2, 224, 224]}"#,
            "2 channels",
        ),
        (
            r#"{"architecture": "efficientnet_b0", "pretrained_cfg": {"crop_mode": "corner"}}"#,
            "corner",
        ),
        (
            r#"{"architecture": "efficientnet_b0", "num_classes": 0}"#,
            "no classes",
        ),
    ] {
        environment.write("model/config.json", json);
        let message = error_of(&environment, &["--model", "model"]);
        assert!(message.contains(expected), "{json}: {message}");
    }
}

#[test]
fn a_bare_file_is_what_the_config_beside_it_says_or_what_is_assumed_aloud() {
    let environment = Environment::new();
    let folder = environment.model("b0", "efficientnet_b0", 1000);
    let picture = fixture("pictures/gradient-333x250.png");
    let run = |model: &[&str]| {
        let mut arguments = vec!["classify", "--jsonl", "--model"];
        arguments.extend(model);
        arguments.push(picture.to_str().expect("a path"));
        environment.run(arguments)
    };
    let answer = |run: &Run| run.records()[0]["predictions"].clone();
    let whole = run(&["b0"]);
    let bare = run(&["b0/model.safetensors", "--variant", "b0"]);
    assert_eq!(answer(&bare), answer(&whole));
    std::fs::remove_file(folder.join("config.json")).expect("a removed file");
    let alone = run(&["b0/model.safetensors", "--variant", "b0"]);
    assert_ne!(answer(&alone), answer(&whole));
    assert!(
        alone
            .stderr
            .contains("like timm/tf_efficientnet_b0.ns_jft_in1k"),
        "{}",
        alone.stderr
    );
    let told = run(&[
        "b0/model.safetensors",
        "--variant",
        "b0",
        "--weights",
        "ra_in1k",
    ]);
    assert_eq!(answer(&told), answer(&whole));
    assert!(!told.stderr.contains("warning"), "{}", told.stderr);
}

#[test]
fn weights_that_are_not_numbers_are_an_error_and_not_an_empty_answer() {
    let environment = Environment::new();
    changed(&environment, |tensors| {
        let classifier = tensors
            .iter_mut()
            .find(|(p, ..)| p.name == "classifier.bias");
        classifier.expect("a classifier").1[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let picture = repository("assets/pictures/star.jpg");
    let mut arguments = vec!["classify", "--jsonl", picture.to_str().expect("a path")];
    arguments.extend(BARE);
    let run = environment.run(arguments);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.records()[0]["error"]["kind"], "model");
}
