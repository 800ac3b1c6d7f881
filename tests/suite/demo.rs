//! The embedded model: as accurate as stated, and the same numbers as timm's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::environment::{Environment, Run, fixture};

fn json(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name)).expect("the fixture");
    serde_json::from_str(&text).expect("JSON")
}

/// Records of the held-out pictures by file name.
fn answers() -> BTreeMap<String, Value> {
    answers_of("")
}

/// The same with the operations that `EFFNET_OPS` names.
fn answers_of(operations: &str) -> BTreeMap<String, Value> {
    let environment = Environment::new();
    let folder = fixture("demo");
    let folder = folder.to_str().expect("a path");
    let arguments = [
        "classify",
        "--variant",
        "demo",
        folder,
        "--jsonl",
        "-k",
        "16",
    ];
    let mut command = environment.command();
    let command = command.args(arguments).env("EFFNET_OPS", operations);
    let records = Run::of(command.output().expect("a run")).records();
    let named = records.into_iter().map(|record| {
        let path = record["path"].as_str().expect("a path");
        let name = path.rsplit('/').next().expect("a name").to_owned();
        (name, record)
    });
    named.collect()
}

#[test]
fn the_embedded_model_is_as_accurate_as_stated_on_held_out_pictures() {
    let answers = answers();
    let right = answers.iter().filter(|(name, record)| {
        let label = record["predictions"][0]["label"].as_str().expect("a label");
        name.starts_with(&format!("{label}_"))
    });
    let accuracy = right.count() as f64 / answers.len() as f64;
    let stated = json("demo/accuracy.json");
    assert_eq!(Some(answers.len() as u64), stated["stored"].as_u64());
    let stated = stated["stored_top1"].as_f64().expect("an accuracy");
    assert!(
        (accuracy - stated).abs() < 1e-4,
        "{accuracy}, stated {stated}"
    );
    assert!(stated >= 0.95);
}

#[test]
fn the_embedded_models_probabilities_equal_timms() {
    equal_timms(&answers());
}

/// What runs on GPUs that have no kernels of ours, from pictures to labels.
#[test]
fn the_portable_operations_give_the_embedded_model_timms_probabilities() {
    equal_timms(&answers_of("portable"));
}

fn equal_timms(answers: &BTreeMap<String, Value>) {
    let reference = json("demo/probabilities.json");
    let pictures = reference["pictures"].as_object().expect("pictures");
    assert_eq!(pictures.len(), answers.len());
    for (name, theirs) in pictures {
        for ours in answers[name]["predictions"]
            .as_array()
            .expect("predictions")
        {
            let index = ours["index"].as_u64().expect("an index") as usize;
            let (ours, theirs) = (ours["score"].as_f64(), theirs[index].as_f64());
            let difference = (ours.expect("a score") - theirs.expect("a number")).abs();
            assert!(difference < 1e-5, "{name}, class {index}: {difference:e}");
        }
    }
}
