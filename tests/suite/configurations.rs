//! What configurations say in other words, and say although it does not matter.

use std::path::Path;

use effnet::checkpoint::config::transformers::card;
use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::names::Naming;
use effnet::model::weights::{Parameter, parameters};
use effnet::picture::transform::CropMode;
use serde_json::{Value, json};

use crate::environment::{Environment, Run, repository, save_generated, save_parameters};

/// The small model, or another by timm's name.
fn config(name: &str, classes: usize) -> Config {
    let (scaling, convention) = architecture(name).expect("an architecture");
    Config::new(scaling, convention, classes)
}

/// A folder `model` with generated weights, to which any configuration can be given.
fn demo(classes: usize) -> Environment {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let path = environment.path("model/model.safetensors");
    save_generated(&config("efficientnet_demo", classes), &path);
    environment
}

/// timm's configuration of the small model, with the keys of `root` at its root and those of
/// `data` where it says how pictures are prepared.
fn timm(root: &Value, data: &Value) -> Value {
    let mut settings = json!({"input_size": [3, 96, 96]});
    merge(&mut settings, data);
    let mut whole = json!({"architecture": "efficientnet_demo", "pretrained_cfg": settings});
    merge(&mut whole, root);
    whole
}

/// Adds the keys of a table to another.
pub fn merge(into: &mut Value, from: &Value) {
    let into = into.as_object_mut().expect("a table");
    into.extend(from.as_object().expect("a table").clone());
}

fn classify(environment: &Environment, text: impl AsRef<str>, more: &[&str]) -> Run {
    environment.write("model/config.json", text.as_ref());
    run(environment, &[&["--model", "model"], more].concat())
}

fn run(environment: &Environment, model: &[&str]) -> Run {
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("a path");
    environment.run([&["classify", star, "--jsonl", "-k", "9"], model].concat())
}

fn predictions(run: &Run) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.records()[0]["predictions"].clone()
}

/// The classes' names, by index.
fn labels(run: &Run) -> Vec<String> {
    let predictions = predictions(run);
    let mut labels: Vec<_> = predictions
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| {
            let label = p["label"].as_str().expect("a label").to_owned();
            (p["index"].as_u64(), label)
        })
        .collect();
    labels.sort_unstable();
    labels.into_iter().map(|(_, label)| label).collect()
}

/// The one line with which a run ends.
fn refusal(run: &Run) -> &str {
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    &run.stderr
}

#[test]
fn arguments_that_change_nothing_are_no_reason_to_refuse() {
    let environment = demo(3);
    let nothing = json!({});
    let plain = predictions(&classify(
        &environment,
        timm(&json!({"num_classes": 3}), &nothing).to_string(),
        &[],
    ));
    for arguments in [
        json!({"bn_momentum": 0.1, "drop_rate": 0.2, "drop_path_rate": 0.1, "drop_connect_rate": 0.1}),
        json!({"act_layer": "silu"}),
        json!({"act_layer": "swish", "scriptable": true, "exportable": false, "no_jit": null}),
        json!({"checkpoint_path": "", "pretrained": true, "features_only": false}),
        json!({"se_layer": null, "norm_layer": null, "anything": null, "in_chans": null}),
        json!({"bn_tf": false, "bn_eps": null, "output_stride": 32, "global_pool": "fast"}),
        json!({"in_chans": 3, "num_classes": 3, "pretrained_cfg_overlay": {}, "cache_dir": "/x"}),
    ] {
        let root = json!({"num_classes": 3, "model_args": arguments});
        let run = classify(&environment, timm(&root, &nothing).to_string(), &[]);
        assert_eq!(predictions(&run), plain, "{arguments}");
    }
}

#[test]
fn arguments_that_change_the_network_are_followed_or_refused_by_name() {
    let environment = demo(3);
    let with = |arguments: &Value| {
        let root = json!({"num_classes": 3, "model_args": arguments});
        classify(&environment, timm(&root, &json!({})).to_string(), &[])
    };
    for (key, value) in [
        ("act_layer", json!("relu")),
        ("act_layer", json!("gelu")),
        ("act_layer", json!("")),
        ("norm_layer", json!("groupnorm")),
        ("aa_layer", json!("blur")),
        ("se_layer", json!("eca")),
        ("global_pool", json!("max")),
        ("global_pool", json!("")),
        ("output_stride", json!(16)),
        ("pad_type", json!("valid")),
        ("checkpoint_path", json!("other.pth")),
        ("features_only", json!(true)),
        ("stem_kernel_size", json!(5)),
        ("bn_eps", json!("small")),
        ("some_new_argument", json!(1)),
    ] {
        let run = with(&json!({ key: value }));
        let message = refusal(&run);
        assert!(message.contains(&format!("`{key}` = {value}")), "{message}");
    }
    // TensorFlow's eps under its old name, and under the present one.
    let eps = |arguments: &Value| predictions(&with(arguments));
    assert_eq!(eps(&json!({"bn_tf": true})), eps(&json!({"bn_eps": 0.001})));
    assert_ne!(eps(&json!({"bn_tf": true})), eps(&json!({})));
    let padding = |word: &str| eps(&json!({ "pad_type": word }));
    assert_eq!(padding("SAME"), padding("same"));
    assert_eq!(padding("symmetric"), padding(""));
    assert_ne!(padding("same"), padding(""));
}

#[test]
fn labels_may_be_numbers_or_missing_or_named_by_either_side_of_a_table() {
    let environment = demo(3);
    for (names, expected) in [
        (json!({"label_names": [7, 8, 9]}), ["7", "8", "9"]),
        (
            json!({"label_names": [0.5, true, "a"]}),
            ["0.5", "true", "a"],
        ),
        (json!({"label_names": [null, "b", null]}), ["0", "b", "2"]),
        (
            json!({"id2label": {"0": 5, "1": 6, "2": 7}}),
            ["5", "6", "7"],
        ),
        (
            json!({"id2label": {"0": "a", "1": null, "2": "c"}}),
            ["a", "1", "c"],
        ),
        (json!({"id2label": {"0": "a", "2": "c"}}), ["a", "1", "c"]),
        (
            json!({"label_names": {"a": 0, "c": 2, "b": 1}}),
            ["a", "b", "c"],
        ),
        (
            json!({"label2id": {"b": 1, "a": 0, "c": 2}}),
            ["a", "b", "c"],
        ),
        (
            json!({"label2id": {"b": "1", "a": "0", "c": "2"}}),
            ["a", "b", "c"],
        ),
        (
            json!({"label2id": {"2": 0, "1": 1, "0": 2}}),
            ["2", "1", "0"],
        ),
        (
            json!({"id2label": {}, "label_names": ["a", "b", "c"]}),
            ["a", "b", "c"],
        ),
        (
            json!({"id2label": null, "label_names": []}),
            ["0", "1", "2"],
        ),
        (
            json!({"label_names": [1, 2, 3], "label_descriptions": {"1": "one", "2": "two", "3": null}}),
            ["one", "two", "3"],
        ),
    ] {
        let mut root = json!({"num_classes": 3});
        merge(&mut root, &names);
        let run = classify(&environment, timm(&root, &json!({})).to_string(), &[]);
        assert_eq!(labels(&run), expected, "{names}");
    }
    // Names alone say how many classes there are.
    let root = json!({"label_names": ["a", "b", "c"]});
    let run = classify(&environment, timm(&root, &json!({})).to_string(), &[]);
    assert_eq!(labels(&run), ["a", "b", "c"]);
    for (names, expected) in [
        (json!({"label_names": ["a", "b"]}), "2 labels for 3 classes"),
        (json!({"label_names": "a"}), "no list or table"),
        (
            json!({"id2label": {"1": "a", "2": "b", "3": "c"}}),
            "`3` is no class",
        ),
        (json!({"label_names": [["a"], "b", "c"]}), "is no name"),
        (json!({"label2id": {"a": -1}}), "has the index -1"),
        (json!({"id2label": {"a": "b"}}), "has the index"),
    ] {
        let mut root = json!({"num_classes": 3});
        merge(&mut root, &names);
        let run = classify(&environment, timm(&root, &json!({})).to_string(), &[]);
        assert!(refusal(&run).contains(expected), "{}", run.stderr);
    }
}

#[test]
fn pythons_nan_and_single_numbers_are_read() {
    let environment = demo(3);
    let with = |data: &str| {
        let text = format!(
            r#"{{"architecture": "efficientnet_demo", "num_classes": 3, "loss": NaN, "x": [-Infinity],
                "pretrained_cfg": {{"input_size": [3, 96, 96], "best": Infinity, {data}}}}}"#
        );
        classify(&environment, text, &[])
    };
    let expected = predictions(&with(
        r#""mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]"#,
    ));
    for data in [
        r#""mean": [0.5], "std": [0.25]"#,
        r#""mean": 0.5, "std": 0.25"#,
        r#""mean": [0.4, 0.6], "std": [0.25, 0.25, 0.25, 0.25], "crop_pct": 0"#,
    ] {
        assert_eq!(predictions(&with(data)), expected, "{data}");
    }
    for (data, expected) in [
        (r#""mean": NaN"#, "its mean is"),
        (r#""mean": [0.5, NaN, 0.5]"#, "its mean is"),
        (r#""std": [0, 0, 0]"#, "divided by 0"),
        (r#""mean": [1e300, 0, 0]"#, "too large"),
        (r#""crop_pct": NaN"#, "config.json"),
        (r#""interpolation": "random""#, "`random`"),
        (r#""crop_mode": "other""#, "`other`"),
    ] {
        let run = with(data);
        assert!(refusal(&run).contains(expected), "{data}: {}", run.stderr);
    }
}

#[test]
fn other_filters_crops_and_shapes_are_used_and_reported() {
    let environment = demo(3);
    let mut seen = Vec::new();
    for data in [
        json!({}),
        json!({"interpolation": "lanczos"}),
        json!({"interpolation": "box"}),
        json!({"interpolation": "hamming"}),
        json!({"crop_mode": "border"}),
        json!({"input_size": [3, 96, 128]}),
        json!({"input_size": [3, 128, 96]}),
    ] {
        let text = timm(&json!({"num_classes": 3}), &data).to_string();
        let answer = predictions(&classify(&environment, text, &[])).to_string();
        assert!(!seen.contains(&answer), "{data} changes nothing");
        seen.push(answer);
    }
    let info = environment.run(["info", "model"]);
    assert!(info.stdout.contains("input 128 x 96"), "{}", info.stdout);
    let info = environment.run(["info", "model", "--json"]);
    let report: Value = serde_json::from_str(&info.stdout).expect("one object");
    assert_eq!(
        (&report["resolution"], &report["width"]),
        (&json!(128), &json!(96))
    );
}

#[test]
fn a_network_that_sees_grey_pictures_gets_them() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let grey = Config {
        channels: 1,
        ..config("efficientnet_demo", 3)
    };
    save_generated(&grey, &environment.path("model/model.safetensors"));
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("a path");
    let scores = |data: &Value, arguments: &Value| {
        let root = json!({"num_classes": 3, "model_args": arguments});
        predictions(&classify(&environment, timm(&root, data).to_string(), &[]))
    };
    let expected = scores(
        &json!({"input_size": [1, 96, 96], "mean": [0.449], "std": [0.226]}),
        &json!({"in_chans": 1}),
    );
    // The argument wins, and the mean of three means counts (timm's `adapt_to_chs`).
    let same = scores(
        &json!({"mean": [0.349, 0.449, 0.549], "std": 0.226}),
        &json!({"in_chans": 1}),
    );
    assert_eq!(same, expected);
    let info = environment.run(["info", "model", "--json"]);
    let report: Value = serde_json::from_str(&info.stdout).expect("one object");
    let whole: usize = parameters(&grey)
        .filter(|parameter| !parameter.is_statistic())
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum();
    assert_eq!(report["parameters"], whole);
    // A bare file tells it by its stem.
    save_generated(
        &Config {
            channels: 1,
            ..config("tf_efficientnet_b0", 3)
        },
        &environment.path("bare.safetensors"),
    );
    let bare = run(
        &environment,
        &["--model", "bare.safetensors", "--variant", "b0"],
    );
    assert_eq!(labels(&bare), ["0", "1", "2"]);
    let two = Config {
        channels: 2,
        ..config("tf_efficientnet_b0", 3)
    };
    save_generated(&two, &environment.path("bare.safetensors"));
    let bare = run(
        &environment,
        &["--model", "bare.safetensors", "--variant", "b0"],
    );
    assert!(
        refusal(&bare).contains("takes 2 channels"),
        "{}",
        bare.stderr
    );
    for (channels, expected) in [(5, "it takes 5 channels"), (0, "it takes 0 channels")] {
        let root = json!({"num_classes": 3, "model_args": {"in_chans": channels}});
        environment.write("model/config.json", timm(&root, &json!({})).to_string());
        let run = environment.run(["classify", star, "--model", "model"]);
        assert!(refusal(&run).contains(expected), "{}", run.stderr);
    }
}

/// A transformers folder of B0 with these keys beside the usual ones.
fn transformers(environment: &Environment, root: &Value, preprocessor: &Value) {
    let mut whole = json!({
        "model_type": "efficientnet", "width_coefficient": 1.0, "depth_coefficient": 1.0,
        "hidden_dim": 1280, "image_size": 64,
    });
    merge(&mut whole, root);
    let mut prepared = json!({
        "image_processor_type": "EfficientNetImageProcessor",
        "size": {"height": 64, "width": 64}, "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.47853944, 0.4732864, 0.47434163], "resample": 0,
    });
    merge(&mut prepared, preprocessor);
    environment.write("model/config.json", whole.to_string());
    environment.write("model/preprocessor_config.json", prepared.to_string());
}

fn save_transformers(environment: &Environment, classes: usize) {
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let config = Config {
        naming: Naming::Transformers,
        ..config("efficientnet_b0", classes)
    };
    save_generated(&config, &environment.path("model/model.safetensors"));
}

#[test]
fn transformers_labels_and_processors_are_read_in_all_their_forms() {
    let environment = Environment::new();
    save_transformers(&environment, 3);
    let with = |root: &Value, preprocessor: &Value| {
        transformers(&environment, root, preprocessor);
        run(&environment, &["--model", "model"])
    };
    let nothing = json!({});
    for (names, expected) in [
        (
            json!({"id2label": {"0": 0, "1": 1, "2": 2}, "label2id": {"0": 0}}),
            ["0", "1", "2"],
        ),
        (json!({"id2label": {"0": "a", "2": "c"}}), ["a", "1", "c"]),
        (
            json!({"label2id": {"a": 0, "c": 2, "b": 1}}),
            ["a", "b", "c"],
        ),
        (json!({"num_labels": 3, "id2label": null}), ["0", "1", "2"]),
    ] {
        assert_eq!(labels(&with(&names, &nothing)), expected, "{names}");
    }
    let three = json!({"num_labels": 3});
    let expected = predictions(&with(&three, &nothing));
    for preprocessor in [
        json!({"image_processor_type": "EfficientNetImageProcessorFast", "crop_size": null,
               "do_center_crop": null, "data_format": "channels_first", "input_data_format": null,
               "do_pad": null, "rescale_offset": null, "include_top": true}),
        json!({"size": 64}),
        json!({"size": {"height": 64, "width": 64, "shortest_edge": null, "longest_edge": null}}),
    ] {
        assert_eq!(
            predictions(&with(&three, &preprocessor)),
            expected,
            "{preprocessor}"
        );
    }
    let lanczos = predictions(&with(&three, &json!({"resample": 1})));
    assert_ne!(lanczos, expected);
    for (preprocessor, expected) in [
        (json!({"size": {"shortest_edge": 64}}), "do_center_crop"),
        (json!({"resample": 6}), "resample 6"),
        (json!({"do_resize": false}), "does not resize"),
    ] {
        let run = with(&three, &preprocessor);
        assert!(refusal(&run).contains(expected), "{}", run.stderr);
    }
}

#[test]
fn a_shorter_edge_is_resized_and_its_middle_cropped() {
    let config = r#"{"model_type": "efficientnet", "num_labels": 3, "problem_type": null}"#;
    let crop = r#""do_center_crop": true, "crop_size": {"height": 64, "width": 64}"#;
    let transform = |size: &str| {
        let text = format!(r#"{{"size": {size}, {crop}, "image_mean": 0.5, "image_std": [0.25]}}"#);
        card(config, &text).expect("a model").transform
    };
    let squashed = transform(r#"{"height": 72, "width": 72}"#);
    let shortest = transform(r#"{"shortest_edge": 72}"#);
    assert_eq!(squashed.crop_mode, CropMode::SquashDown);
    assert_eq!(shortest.crop_mode, CropMode::CenterDown);
    for transform in [squashed, shortest] {
        assert_eq!(
            (transform.height, transform.width, transform.side()),
            (64, 64, 72)
        );
        assert_eq!(transform.mean, [0.5; 3]);
    }
}

/// Every way to say that each class is decided on its own gives what `--sigmoid` gives.
fn is_sigmoid(environment: &Environment, plain: &[&str], write: impl Fn(&Value), named: &[&str]) {
    write(&json!({}));
    let expected = predictions(&run(environment, &[plain, &["--sigmoid"]].concat()));
    write(&json!({"problem_type": "multi_label_classification"}));
    assert_eq!(predictions(&run(environment, named)), expected);
    write(&json!({"problem_type": "single_label_classification"}));
    assert_ne!(predictions(&run(environment, named)), expected);
}

#[test]
fn several_labels_to_a_picture_are_decided_one_by_one() {
    let folder = ["--model", "model"];
    let environment = demo(3);
    let write = |root: &Value| {
        let mut three = json!({"num_classes": 3});
        merge(&mut three, root);
        let text = timm(&three, &json!({})).to_string();
        environment.write("model/config.json", text);
    };
    is_sigmoid(&environment, &folder, write, &folder);

    let environment = Environment::new();
    save_transformers(&environment, 3);
    let write = |root: &Value| {
        let mut three = json!({"num_labels": 3});
        merge(&mut three, root);
        transformers(&environment, &three, &json!({}));
    };
    is_sigmoid(&environment, &folder, write, &folder);
}

#[test]
fn transformers_wrapper_around_timm_decides_one_by_one_too() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("model")).expect("a folder");
    let path = environment.path("model/model.safetensors");
    let config = config("efficientnet_demo", 3);
    let wrapped = parameters(&config).map(|parameter| Parameter {
        name: format!("timm_model.{}", parameter.name),
        ..parameter
    });
    save_parameters(wrapped, &path);
    let folder = ["--model", "model"];
    let write = |root: &Value| {
        let mut wrapper = json!({
            "model_type": "timm_wrapper", "num_classes": 3,
            "architectures": ["TimmWrapperForImageClassification"],
            "id2label": {"0": "a", "1": "b", "2": "c"},
        });
        merge(&mut wrapper, root);
        let text = timm(&wrapper, &json!({})).to_string();
        environment.write("model/config.json", text);
    };
    is_sigmoid(&environment, &folder, write, &folder);
}

#[test]
fn a_head_of_one_class_is_never_certain() {
    let score = |environment: &Environment, model: &[&str]| {
        let run = run(environment, model);
        let predictions = predictions(&run);
        let sigmoid = self::run(environment, &[model, &["--sigmoid"]].concat());
        assert_eq!(predictions, self::predictions(&sigmoid), "{model:?}");
        assert!(predictions[0]["score"].as_f64().expect("a score") < 1.0);
    };
    let environment = demo(1);
    let text = timm(&json!({"num_classes": 1}), &json!({})).to_string();
    environment.write("model/config.json", text);
    score(&environment, &["--model", "model"]);

    let environment = Environment::new();
    save_transformers(&environment, 1);
    transformers(
        &environment,
        &json!({"id2label": {"0": "a"}, "problem_type": "regression"}),
        &json!({}),
    );
    score(&environment, &["--model", "model"]);

    let environment = Environment::new();
    let bare = environment.path("bare.safetensors");
    save_generated(&config("efficientnet_b0", 1), Path::new(&bare));
    score(
        &environment,
        &["--model", "bare.safetensors", "--variant", "b0"],
    );
}
