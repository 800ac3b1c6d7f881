//! The whole family: shapes as timm counts them, pruned networks, heads, and what is refused.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use effnet::checkpoint::published::{CHECKPOINTS, architecture};
use effnet::device::instruction_set;
use effnet::model::generated::picture;
use effnet::model::weights::Parameter;
use effnet::model::weights_file::WeightsFile;
use effnet::model::{Config, EfficientNet, fitting};
use effnet::ops::{Backend, Products};
use serde::Deserialize;
use serde_json::Value;

use crate::environment::{Environment, Run, fixture, repository, save_generated, save_parameters};
use crate::reference::{assert_close, reference};

/// What timm's network of this name is.
#[derive(Deserialize)]
struct Timms {
    parameters: usize,
    macs: usize,
    resolution: usize,
    shapes: Option<BTreeMap<String, Vec<usize>>>,
}

fn architectures() -> BTreeMap<String, Timms> {
    let text = std::fs::read_to_string(fixture("architectures.json")).expect("the fixture");
    serde_json::from_str(&text).expect("timm's architectures")
}

#[test]
fn every_published_checkpoints_parameters_and_macs_equal_timms() {
    let timms = architectures();
    for checkpoint in CHECKPOINTS {
        let name = checkpoint.architecture;
        let theirs = timms
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not in the fixture"));
        let (architecture, convention) = architecture(name).expect("an architecture");
        if theirs.shapes.is_some() {
            continue;
        }
        let config = Config::new(architecture, convention, 1000);
        assert_eq!(config.parameters(), theirs.parameters, "{name}");
        let size = theirs.resolution;
        assert_eq!(config.macs(size, size), theirs.macs, "{name}");
    }
}

/// Generated weights of the shapes that pruning left.
fn save_pruned(shapes: &BTreeMap<String, Vec<usize>>, environment: &Environment) {
    let parameters = shapes.iter().map(|(name, shape)| Parameter {
        name: name.clone(),
        shape: shape.clone(),
    });
    save_parameters(parameters, &environment.path("pruned.safetensors"));
}

#[test]
fn pruned_networks_take_their_widths_from_the_file_and_equal_timm() {
    for (name, theirs) in architectures() {
        let Some(shapes) = &theirs.shapes else {
            continue;
        };
        let environment = Environment::new();
        save_pruned(shapes, &environment);
        let file = WeightsFile::open(&environment.path("pruned.safetensors")).expect("a file");
        let (architecture, convention) = architecture(&name).expect("an architecture");
        let config = Config::new(architecture, convention, 1000);
        let config = fitting::with_widths_of_file(&file, config).expect("widths");
        assert!(!config.pruned, "{name}: the widths are known now");
        fitting::check(&file, &config).expect("all that is needed");
        let size = theirs.resolution;
        assert_eq!(config.parameters(), theirs.parameters, "{name}");
        assert_eq!(config.macs(size, size), theirs.macs, "{name}");
        let network = EfficientNet::load(
            &config,
            &file,
            Backend::Cpu(instruction_set(), Products::F32),
            &Device::Cpu,
        );
        let x = Tensor::from_vec(picture(size, size), (1, size, size, 3), &Device::Cpu);
        let y = network.expect("a network").forward(&x.expect("a tensor"));
        let y = y.expect("logits").flatten_all().and_then(|y| y.to_vec1());
        assert_close(&y.expect("values"), &reference(&name), &name);

        let variant = architecture.variant;
        let run = environment.run(["info", "pruned.safetensors", "--variant", variant, "--json"]);
        let report: Value = serde_json::from_str(&run.stdout).expect("one object");
        assert_eq!(report["parameters"], theirs.parameters, "{name}");
    }
}

#[test]
fn weights_that_are_no_pruned_networks_are_refused() {
    let environment = Environment::new();
    environment.model("b0", "efficientnet_b0", 1000);
    std::fs::remove_file(environment.path("b0/config.json")).expect("a removed file");
    let star = repository("assets/pictures/star.jpg");
    let run = environment.run([
        "classify",
        "--model",
        "b0/model.safetensors",
        "--variant",
        "b1-pruned",
        star.to_str().expect("a path"),
    ]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("is missing or empty"), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

#[test]
fn info_lists_the_layers_and_their_sum_without_a_download() {
    let environment = Environment::new();
    for name in ["b0", "v2-s", "timm/efficientnet_lite0.ra_in1k", "x-b5"] {
        let run = environment.run(["info", name, "--json"]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).expect("one object");
        let layers = report["layers"].as_array().expect("layers");
        let sum = |key: &str| -> u64 { layers.iter().map(|l| l[key].as_u64().expect(key)).sum() };
        assert_eq!(report["parameters"], sum("parameters"), "{name}");
        let gmacs = report["gmacs"].as_f64().expect("a number");
        assert_eq!(gmacs, sum("macs") as f64 / 1e9, "{name}");
        let text = environment.run(["info", name]);
        assert!(text.stdout.contains("conv_stem"), "{}", text.stdout);
        // A line per layer, and five around them.
        assert_eq!(
            text.stdout.lines().count(),
            layers.len() + 6,
            "{}",
            text.stdout
        );
    }
    let small = environment.run(["info", "v2-rw-s", "--json"]).stdout;
    let large = environment
        .run(["info", "v2-rw-s", "--test-size", "--json"])
        .stdout;
    assert!(small.contains("\"resolution\":288") && large.contains("\"resolution\":384"));
}

#[test]
fn what_is_not_supported_is_refused_by_name_before_anything_is_downloaded() {
    let environment = Environment::new();
    let star = repository("assets/pictures/star.jpg");
    for (repo, why) in [
        ("timm/tf_efficientnet_cc_b0_4e.in1k", "CondConv"),
        ("timm/tf_efficientnet_cc_b0_8e.in1k", "CondConv"),
        ("timm/tf_efficientnet_cc_b1_8e.in1k", "CondConv"),
        ("timm/gc_efficientnetv2_rw_t.agc_in1k", "GlobalContext"),
        ("timm/test_efficientnet_gn.r160_in1k", "GroupNorm"),
        ("timm/test_efficientnet_ln.r160_in1k", "LayerNorm"),
        ("timm/test_efficientnet_evos.r160_in1k", "EvoNorm"),
    ] {
        let run = environment.run(["classify", star.to_str().expect("a path"), "--model", repo]);
        assert_eq!(run.code, Some(2), "{repo}");
        assert!(run.stderr.contains(why), "{repo}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

/// The answer of a small network with `classes` classes.
fn head(classes: usize, config: &str, arguments: &[&str]) -> Run {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("head")).expect("a folder");
    let (test, convention) = architecture("test_efficientnet").expect("an architecture");
    let shape = Config::new(test, convention, classes);
    save_generated(&shape, &environment.path("head/model.safetensors"));
    let json = format!(
        r#"{{"architecture": "test_efficientnet", "num_classes": {classes}, {config}
            "pretrained_cfg": {{"input_size": [3, 96, 96], "test_input_size": [3, 128, 128]}}}}"#
    );
    environment.write("head/config.json", json);
    let star = repository("assets/pictures/star.jpg");
    let fixed = [
        "classify",
        "--model",
        "head",
        "--jsonl",
        star.to_str().expect("a path"),
    ];
    let run = environment.run(fixed.iter().chain(arguments));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run
}

#[test]
fn heads_of_imagenet_21k_and_12k_have_wordnets_names() {
    let last = ("n15102894", "knothole");
    for (classes, first) in [
        (21_843, ("n00004475", "organism")),
        (11_821, ("n00005787", "benthos")),
    ] {
        let all = classes.to_string();
        let run = head(classes, "", &["-k", &all]);
        let record = &run.records()[0];
        let predictions = record["predictions"].as_array().expect("predictions");
        assert_eq!(predictions.len(), classes);
        for (index, (wnid, label)) in [(0, first), (classes - 1, last)] {
            let class = predictions
                .iter()
                .find(|p| p["index"] == index)
                .expect("a class");
            assert_eq!(
                (&class["wnid"], &class["label"]),
                (&wnid.into(), &label.into())
            );
        }
    }
}

#[test]
fn labels_come_with_their_descriptions_or_from_id2label() {
    let labels = |config: &str| {
        let run = head(2, config, &[]);
        let record = run.records()[0].clone();
        let predictions = record["predictions"]
            .as_array()
            .expect("predictions")
            .clone();
        let mut labels: Vec<_> = predictions
            .iter()
            .map(|p| {
                (
                    p["label"].as_str().expect("a label").to_owned(),
                    p["wnid"].clone(),
                )
            })
            .collect();
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels
    };
    let described = labels(
        r#""label_names": ["n01440764", "other"],
           "label_descriptions": {"n01440764": "tench, Tinca tinca"},"#,
    );
    let other = ("other".to_owned(), Value::Null);
    let tench = ("tench, Tinca tinca".to_owned(), "n01440764".into());
    assert_eq!(described, [other, tench]);
    let named = labels(r#""id2label": {"0": "cat", "1": "dog"},"#);
    assert_eq!(
        named.iter().map(|l| &l.0).collect::<Vec<_>>(),
        ["cat", "dog"]
    );
}

#[test]
fn with_sigmoid_each_label_has_a_score_of_its_own() {
    let scores = |arguments: &[&str]| -> BTreeMap<u64, f64> {
        let run = head(3, "", arguments);
        let record = &run.records()[0];
        let predictions = record["predictions"].as_array().expect("predictions");
        let score = |p: &Value| Some((p["index"].as_u64()?, p["score"].as_f64()?));
        predictions.iter().filter_map(score).collect()
    };
    let (softmax, sigmoid) = (scores(&[]), scores(&["--sigmoid"]));
    // The odds of a softmax are ratios of exponentials, those of a sigmoid exponentials.
    let odds = |class: &u64| sigmoid[class] / (1.0 - sigmoid[class]);
    let sum: f64 = [0, 1, 2].iter().map(odds).sum();
    for class in [0, 1, 2] {
        let expected = odds(&class) / sum;
        let difference = (softmax[&class] - expected).abs();
        assert!(
            difference < 1e-5,
            "{class}: {} and {expected}",
            softmax[&class]
        );
    }
}

#[test]
fn the_test_size_is_another_input_and_its_absence_is_said() {
    let usual = head(3, "", &[]);
    let test = head(3, "", &["--test-size"]);
    assert_ne!(usual.stdout, test.stdout);
    let environment = Environment::new();
    let star = repository("assets/pictures/star.jpg");
    let arguments = ["classify", "--variant", "demo", "--test-size"];
    let run = environment.run(arguments.iter().chain(&[star.to_str().expect("a path")]));
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("no test size"), "{}", run.stderr);
}

#[test]
fn older_configurations_with_the_tag_in_the_architecture_are_understood() {
    for (name, plain) in [
        ("tf_efficientnet_b0_ns", "tf_efficientnet_b0"),
        ("tf_efficientnet_l2_ns_475", "tf_efficientnet_l2"),
        ("tf_efficientnetv2_s_in21ft1k", "tf_efficientnetv2_s"),
        ("tf_efficientnetv2_xl_in21k", "tf_efficientnetv2_xl"),
        ("efficientnet_b2a", "efficientnet_b2"),
    ] {
        assert_eq!(architecture(name), architecture(plain));
        assert!(architecture(name).is_some());
    }
}
