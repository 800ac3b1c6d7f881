//! Weights with other libraries' tensor names: recognised by themselves, with the padding and eps
//! of the library that wrote them. The logits are those libraries' own.

use std::path::Path;

use effnet::checkpoint::choice::Choice;
use effnet::classifier::Classifier;
use effnet::device;
use effnet::hub::Progress;
use effnet::model::generated::{picture, uniform};
use safetensors::{Dtype, tensor::TensorView};
use serde::Deserialize;

use crate::environment::{Environment, fixture, repository};
use crate::hub_server::StandIn;
use crate::reference::{assert_close, reference_in};

/// A tensor's name and shape, and the range of its values.
#[derive(Deserialize)]
struct Tensor(String, Vec<usize>, f64, f64);

#[derive(Deserialize)]
struct Model {
    tensors: Vec<Tensor>,
}

/// Writes a model's generated weights.
fn save(name: &str, path: &Path) {
    let text = std::fs::read_to_string(fixture(&format!("foreign/{name}.json")));
    let model: Model = serde_json::from_str(&text.expect("the fixture")).expect("its tensors");
    let tensors: Vec<_> = model
        .tensors
        .into_iter()
        .map(|Tensor(name, shape, low, high)| {
            let counter = name.ends_with("num_batches_tracked");
            let count = shape.iter().product();
            let bytes: Vec<u8> = match counter {
                true => vec![0; 8],
                false => uniform(&name, low, high)
                    .take(count)
                    .flat_map(f32::to_le_bytes)
                    .collect(),
            };
            let dtype = if counter { Dtype::I64 } else { Dtype::F32 };
            (name, dtype, shape, bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("a whole tensor");
        (name, view)
    });
    safetensors::serialize_to_file(views, None, path).expect("a safetensors file");
}

fn reference(name: &str) -> Vec<f32> {
    reference_in("foreign/logits.safetensors", name)
}

/// No download is expected.
struct NoDownload;

impl Progress for NoDownload {
    fn start(&self, file: &str, _: Option<u64>, _: u64) {
        panic!("{file} is downloaded");
    }
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// The logits of what `choice` names, and the labels of its classes.
fn classify(choice: &Choice, size: usize) -> (Vec<f32>, Vec<String>) {
    let model = choice.resolve(&NoDownload).expect("a model");
    assert_eq!(model.card.transform.height, size);
    let labels = (0..model.card.labels.len()).map(|i| model.card.labels.get(i).name.clone());
    let labels = labels.collect();
    let cpu = device::Choice::Cpu.open(device::Precision::Auto);
    let classifier = Classifier::load(&model, cpu.expect("a processor")).expect("a network");
    let logits = classifier
        .logits(&[picture(size, size).into()])
        .expect("logits");
    (logits.concat(), labels)
}

/// A bare file is told by its tensors' names and `variant`.
fn bare_file_equals(name: &str, file: &str, variant: &str, size: usize) {
    let environment = Environment::new();
    let path = environment.path(file);
    save(name, &path);
    let choice = Choice {
        variant: Some(variant.to_owned()),
        model: Some(path.display().to_string()),
        offline: true,
        ..Choice::default()
    };
    let (logits, _) = classify(&choice, size);
    assert_close(&logits, &reference(name), name);
}

/// A folder is told by its configuration.
fn folder_equals(name: &str, size: usize, label: &str) {
    let environment = Environment::new();
    let folder = environment.path("model");
    std::fs::create_dir(&folder).expect("a folder");
    save(name, &folder.join("model.safetensors"));
    for file in ["config.json", "preprocessor_config.json"] {
        let from = fixture(&format!("foreign/{name}.{file}"));
        if from.is_file() {
            std::fs::copy(from, folder.join(file)).expect("a copied file");
        }
    }
    let choice = Choice {
        model: Some(folder.display().to_string()),
        offline: true,
        ..Choice::default()
    };
    let (logits, labels) = classify(&choice, size);
    assert_close(&logits, &reference(name), name);
    assert_eq!(labels[1], label);
}

#[test]
fn torchvisions_names_are_told_from_timms() {
    bare_file_equals("torchvision_efficientnet_b0", "b0.safetensors", "b0", 224);
}

#[test]
fn torchvisions_b5_has_another_eps() {
    bare_file_equals("torchvision_efficientnet_b5", "b5.safetensors", "b5", 456);
}

#[test]
fn torchvisions_fused_blocks_are_numbered() {
    bare_file_equals(
        "torchvision_efficientnet_v2_s",
        "s.safetensors",
        "v2-s",
        384,
    );
}

#[test]
fn candles_files_are_told_from_torchvisions_by_their_name() {
    let file = "efficientnet-b0.safetensors";
    bare_file_equals("candle_efficientnet_b0", file, "b0", 224);
}

#[test]
fn lukemelas_names_count_blocks_through() {
    bare_file_equals("lukemelas_efficientnet_b0", "b0.safetensors", "b0", 224);
}

#[test]
fn transformers_models_are_told_by_their_configuration() {
    folder_equals("transformers_efficientnet_b0", 224, "awl");
    folder_equals("transformers_efficientnet_b1", 240, "awl");
}

#[test]
fn transformers_pad_odd_sizes_in_their_own_way() {
    folder_equals("transformers_efficientnet_b0_at_150", 150, "awl");
}

#[test]
fn timms_networks_are_found_inside_transformers_wrapper() {
    folder_equals("timm_wrapper_test_efficientnet", 160, "bee");
}

#[test]
fn a_bare_file_of_transformers_needs_its_configuration() {
    let environment = Environment::new();
    save(
        "transformers_efficientnet_b0",
        &environment.path("b0.safetensors"),
    );
    let run = environment.run([
        "classify",
        "-",
        "--model",
        "b0.safetensors",
        "--variant",
        "b0",
    ]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("preprocessor_config.json"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

/// The binary's answer to a drawing, by a model that a stand-in for the Hub has.
fn classify_from(server: &StandIn, arguments: &[&str]) -> (Option<i32>, String, String) {
    let environment = Environment::new();
    let run = environment
        .command()
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0")
        .args(["classify", "--jsonl", "-k", "1"])
        .args(arguments)
        .arg(repository("assets/pictures/star.jpg"))
        .output()
        .expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (run.status.code(), text(run.stdout), text(run.stderr))
}

#[test]
fn a_transformers_repository_is_downloaded_with_its_preprocessing() {
    let name = "transformers_efficientnet_b0";
    let environment = Environment::new();
    let path = environment.path("model.safetensors");
    save(name, &path);
    let read = |file: &str| {
        std::fs::read(fixture(&format!("foreign/{name}.{file}"))).expect("the fixture")
    };
    let weights = std::fs::read(path).expect("the weights");
    let server = StandIn::new(&[
        ("someone/net/config.json", &read("config.json")),
        (
            "someone/net/preprocessor_config.json",
            &read("preprocessor_config.json"),
        ),
        ("someone/net/model.safetensors", &weights),
    ]);
    let (code, stdout, stderr) = classify_from(&server, &["--model", "someone/net"]);
    assert_eq!(code, Some(0), "{stderr}");
    let record: serde_json::Value = serde_json::from_str(&stdout).expect("one record");
    let label = record["predictions"][0]["label"].as_str().expect("a label");
    assert!(String::from_utf8_lossy(&read("config.json")).contains(label));
}

#[test]
fn candles_repository_has_a_file_per_variant() {
    let environment = Environment::new();
    let path = environment.path("model.safetensors");
    save("candle_efficientnet_b0", &path);
    let weights = std::fs::read(path).expect("the weights");
    let repo = "lmz/candle-efficientnet";
    let file = format!("{repo}/efficientnet-b0.safetensors");
    let server = StandIn::new(&[(&file, &weights)]);
    let (code, _, stderr) = classify_from(&server, &["--model", repo, "--variant", "b0"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("like timm/tf_efficientnet_b0.aa_in1k"),
        "{stderr}"
    );
    let (code, _, stderr) = classify_from(&server, &["--model", repo]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("give --variant"), "{stderr}");
}
