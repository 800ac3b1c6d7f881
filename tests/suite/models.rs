//! The table of checkpoints and the names that lead into it.

use effnet::checkpoint::published::{CHECKPOINTS, Checkpoint};
use serde_json::Value;

use crate::environment::Environment;

/// timm's counts at 224 to 600 pixels (parameters, GMACs with its own counter).
const TIMMS: [(&str, u64, f64); 8] = [
    ("tf_efficientnet_b0", 5_288_548, 0.386),
    ("tf_efficientnet_b1", 7_794_184, 0.687),
    ("tf_efficientnet_b2", 9_109_994, 0.994),
    ("tf_efficientnet_b3", 12_233_232, 1.827),
    ("tf_efficientnet_b4", 19_341_616, 4.394),
    ("tf_efficientnet_b5", 30_389_784, 10.266),
    ("tf_efficientnet_b6", 43_040_704, 19.068),
    ("tf_efficientnet_b7", 66_347_960, 37.746),
];

fn listed(arguments: &[&str]) -> Vec<Value> {
    let run = Environment::new().run(["models"].iter().chain(arguments));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("one array")
}

#[test]
fn all_lists_every_checkpoint_and_search_those_of_a_name() {
    // The built-in model is one more.
    assert_eq!(listed(&["--all", "--json"]).len(), CHECKPOINTS.len() + 1);
    let found = listed(&["--search", "IN21K", "--json"]);
    let repos: Vec<_> = found.iter().map(|row| row["repo"].as_str()).collect();
    assert!(
        repos
            .iter()
            .all(|repo| repo.is_some_and(|repo| repo.contains("in21k")))
    );
    assert_eq!(repos.len(), 10);
    let run = Environment::new().run(["models", "--search", "resnet"]);
    assert_eq!(run.code, Some(2));
}

#[test]
fn parameters_and_gmacs_equal_timms() {
    let rows = listed(&["--json"]);
    for (architecture, parameters, gmacs) in TIMMS {
        let repo = format!("timm/{architecture}.aa_in1k");
        let row = rows
            .iter()
            .find(|row| row["repo"] == repo.as_str())
            .expect("a row");
        assert_eq!(row["parameters"].as_u64(), Some(parameters), "{repo}");
        let ours = row["gmacs"].as_f64().expect("a number");
        assert!((ours - gmacs).abs() <= 0.001, "{repo}: {ours} and {gmacs}");
    }
}

#[test]
fn every_variant_has_noisy_student_weights_by_default_and_none_is_cached() {
    let rows = listed(&["--json"]);
    assert_eq!(rows.len(), 41);
    let defaults: Vec<_> = rows
        .iter()
        .filter(|row| row["default"] == true)
        .map(|row| (row["variant"].as_str(), row["tag"].as_str()))
        .collect();
    let expected: Vec<_> = ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"]
        .map(|variant| (Some(variant), Some("ns_jft_in1k")))
        .to_vec();
    assert_eq!(defaults, expected);
    assert!(rows.iter().all(|row| row["cached"] == false));
}

#[test]
fn a_checkpoint_is_named_by_its_tag_or_the_tags_first_word() {
    for (variant, weights, repo) in [
        ("b0", "ns", "timm/tf_efficientnet_b0.ns_jft_in1k"),
        ("b0", "ra", "timm/efficientnet_b0.ra_in1k"),
        ("b0", "ra4", "timm/efficientnet_b0.ra4_e3600_r224_in1k"),
        ("b4", "in1k", "timm/tf_efficientnet_b4.in1k"),
        ("b5", "sw_in12k", "timm/efficientnet_b5.sw_in12k"),
        ("b7", "ra", "timm/tf_efficientnet_b7.ra_in1k"),
    ] {
        let checkpoint = Checkpoint::named(variant, weights).expect("a checkpoint");
        assert_eq!(checkpoint.repo(), repo);
        let found = Checkpoint::of_repo(repo).expect("the same");
        assert_eq!(found.repo(), repo);
    }
    for (variant, weights) in [("b5", "sw"), ("b0", "nothing"), ("b9", "ns")] {
        assert!(
            Checkpoint::named(variant, weights).is_err(),
            "{variant} {weights}"
        );
    }
}

#[test]
fn bench_needs_no_download_and_prints_one_object() {
    let run = Environment::new().run(["bench", "--variant", "demo", "--runs", "2", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).expect("one object");
    for key in [
        "variant",
        "resolution",
        "device",
        "dtype",
        "batch_size",
        "threads",
        "runs",
        "median_ms",
        "min_ms",
        "images_per_s",
        "gflops_per_s",
    ] {
        assert!(!report[key].is_null(), "{key}");
    }
}

#[test]
fn bench_layers_lists_every_step_and_its_share() {
    let arguments = [
        "bench",
        "--variant",
        "b0",
        "--runs",
        "1",
        "--layers",
        "--json",
    ];
    let run = Environment::new().run(arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).expect("one object");
    let layers = report["layers"].as_array().expect("a list");
    // The stem, three steps in each of 16 blocks, head, pooling and classifier.
    assert_eq!(layers.len(), 1 + 3 * 16 + 3);
    let sum = |key: &str| -> f64 { layers.iter().map(|l| l[key].as_f64().expect(key)).sum() };
    // What timm's model does, counted by hooks on its convolutions and linear layers.
    assert_eq!(sum("macs"), 385_814_752.0);
    assert!((sum("share") - 1.0).abs() < 1e-9);
    assert_eq!(layers[1]["name"], "blocks.0.0.conv_dw");
    assert_eq!(layers[1]["output"], serde_json::json!([112, 112, 32]));
}
