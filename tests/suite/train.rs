//! Models of one's own classes: `effnet train`.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

use crate::album::star;
use crate::environment::{Environment, Run, fixture};
use crate::features::{MadeUp, make_up};

/// How many drawings there are of each thing.
const DRAWN: usize = 10;
const THINGS: [&str; 4] = ["cup", "fish", "star", "tree"];

fn drawing(thing: &str, number: usize) -> std::path::PathBuf {
    fixture(&format!("demo/{thing}_{number:02}.jpg"))
}

/// The drawings with these numbers, in a folder for each thing.
fn set(environment: &Environment, folder: &str, numbers: std::ops::Range<usize>) {
    for thing in THINGS {
        for number in numbers.clone() {
            let name = format!("{folder}/{thing}/{number}.jpg");
            environment.copy(&drawing(thing, number), &name);
        }
    }
}

fn train(environment: &Environment, more: &[&str]) -> Run {
    environment.run([&["train", "--variant", "demo"], more].concat())
}

/// What is said of a training that succeeds.
fn trained(environment: &Environment, more: &[&str]) -> Value {
    let run = train(environment, &[more, &["--json"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("JSON")
}

fn model(environment: &Environment, name: &str) -> Vec<Vec<u8>> {
    let files = ["config.json", "model.safetensors", "features.safetensors"];
    let read = |file| std::fs::read(environment.path(name).join(file)).expect(file);
    files.map(read).to_vec()
}

fn floats(file: &SafeTensors, name: &str) -> Vec<f32> {
    let bytes = file.tensor(name).expect(name).data().to_vec();
    let values = bytes.as_chunks::<4>().0.iter();
    values.map(|&value| f32::from_le_bytes(value)).collect()
}

#[test]
fn a_model_of_folders_labels_pictures_that_it_never_saw() {
    let environment = Environment::new();
    set(&environment, "set", 0..7);
    set(&environment, "new", 7..DRAWN);
    let report = trained(&environment, &["set", "-o", "mine"]);
    assert_eq!(report["pictures"], 28);
    assert_eq!(report["classes"][2]["label"], "star");
    assert_eq!(report["classes"][2]["pictures"], 7);
    assert_eq!(report["cross_validation"]["pictures"], 28);
    let scored = environment.run(["eval", "new", "--model", "mine", "--json"]);
    assert_eq!(scored.code, Some(0), "{}", scored.stderr);
    let scored: Value = serde_json::from_str(&scored.stdout).expect("JSON");
    assert_eq!(scored["pictures"], 12);
    assert!(
        scored["all"]["top1"]["correct"].as_u64() >= Some(11),
        "{scored}"
    );
    let star = star();
    let star = star.to_str().expect("UTF-8");
    let run = environment.run(["classify", star, "--model", "mine", "--jsonl"]);
    assert_eq!(run.labels(), ["star"]);
    assert_eq!(run.records()[0]["model"], "mine");
}

#[test]
fn classify_scores_are_the_softmax_of_the_head_over_the_features() {
    let environment = Environment::new();
    set(&environment, "set", 0..6);
    trained(&environment, &["set", "-o", "mine"]);
    let weights = std::fs::read(environment.path("mine/model.safetensors")).expect("weights");
    let weights = SafeTensors::deserialize(&weights).expect("safetensors");
    let (weight, bias) = (
        floats(&weights, "classifier.weight"),
        floats(&weights, "classifier.bias"),
    );
    let picture = drawing("tree", 9);
    let picture = picture.to_str().expect("UTF-8");
    let embedded = environment.run(["embed", picture, "--variant", "demo"]);
    let embedded = &embedded.records()[0]["embedding"];
    let features: Vec<f64> = serde_json::from_value(embedded.clone()).expect("numbers");
    let rows = weight.chunks(features.len()).zip(&bias);
    let logits = rows.map(|(row, &bias)| {
        let products = row.iter().zip(&features).map(|(&w, x)| f64::from(w) * x);
        products.sum::<f64>() + f64::from(bias)
    });
    let powers: Vec<f64> = logits.map(f64::exp).collect();
    let sum: f64 = powers.iter().sum();
    let all = ["-k", "all", "--jsonl", "--model", "mine"];
    let run = environment.run([&["classify", picture][..], &all].concat());
    let predictions = run.records()[0]["predictions"].clone();
    let predictions = predictions.as_array().expect("answers");
    assert_eq!(predictions.len(), THINGS.len());
    for prediction in predictions {
        let index = prediction["index"].as_u64().expect("an index") as usize;
        assert_eq!(prediction["label"], THINGS[index]);
        let score = prediction["score"].as_f64().expect("a score");
        assert!(
            (score - powers[index] / sum).abs() < 1e-4,
            "{prediction} {powers:?}"
        );
    }
}

#[test]
fn the_backbone_is_kept_to_the_bit_and_the_network_is_described_as_timm_does() {
    let environment = Environment::new();
    set(&environment, "set", 0..4);
    trained(&environment, &["set", "-o", "mine"]);
    let demo = crate::environment::repository("assets/demo");
    let read = |folder: &Path| std::fs::read(folder.join("model.safetensors")).expect("weights");
    let (theirs, ours) = (read(&demo), read(&environment.path("mine")));
    let theirs = SafeTensors::deserialize(&theirs).expect("safetensors");
    let ours = SafeTensors::deserialize(&ours).expect("safetensors");
    let mut compared = 0;
    for (name, tensor) in theirs.tensors() {
        let Ok(mine) = ours.tensor(&name) else {
            assert!(name.ends_with("num_batches_tracked"), "{name}");
            continue;
        };
        if !name.starts_with("classifier") {
            assert_eq!(mine.shape(), tensor.shape(), "{name}");
            let halves = tensor.data().as_chunks::<2>().0.iter();
            let halves = halves.map(|&half| half::f16::from_le_bytes(half).to_f32());
            assert!(halves.eq(floats(&ours, &name)), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
    let config = |folder: &Path| -> Value {
        let text = std::fs::read(folder.join("config.json")).expect("a configuration");
        serde_json::from_slice(&text).expect("JSON")
    };
    let (theirs, ours) = (config(&demo), config(&environment.path("mine")));
    assert_eq!(ours["num_classes"], 4);
    assert_eq!(ours["label_names"], serde_json::json!(THINGS));
    for key in [
        "input_size",
        "interpolation",
        "crop_pct",
        "crop_mode",
        "mean",
        "std",
    ] {
        assert_eq!(
            ours["pretrained_cfg"][key], theirs["pretrained_cfg"][key],
            "{key}"
        );
    }
    assert_eq!(ours["architecture"], theirs["architecture"]);
}

#[test]
fn the_same_pictures_make_the_same_model_and_are_embedded_once() {
    let environment = Environment::new();
    set(&environment, "set", 0..5);
    trained(&environment, &["set", "-o", "one"]);
    trained(&environment, &["set", "-o", "two", "--threads", "1"]);
    assert!(model(&environment, "one") == model(&environment, "two"));
    // Under another name it is the same picture still.
    std::fs::rename(
        environment.path("set/cup/3.jpg"),
        environment.path("set/cup/x.jpg"),
    )
    .expect("a name");
    environment.copy(&drawing("cup", 9), "set/cup/new.jpg");
    let again = train(&environment, &["set", "-o", "one"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(
        again.stderr.contains("1 picture, 20 already done"),
        "{}",
        again.stderr
    );
    trained(&environment, &["set", "-o", "three"]);
    assert!(model(&environment, "one") == model(&environment, "three"));
    let seeded = trained(&environment, &["set", "-o", "one", "--seed", "1"]);
    assert_eq!(seeded["seed"], 1);
    assert!(!environment.path("one.part").exists());
}

#[test]
fn what_embed_wrote_makes_the_same_model() {
    let environment = Environment::new();
    set(&environment, "set", 0..5);
    trained(&environment, &["set", "-o", "one"]);
    let embed = ["embed", "-r", "set", "--variant", "demo", "-o", "all.npy"];
    assert_eq!(environment.run(embed).code, Some(0));
    let run = environment.run(["train", "--from", "all.npy", "-o", "two", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let read = |name: &str| std::fs::read(environment.path(name)).expect(name);
    assert!(read("one/model.safetensors") == read("two/model.safetensors"));
    let scaled = [
        "embed",
        "-r",
        "set",
        "--variant",
        "demo",
        "-o",
        "x.npy",
        "--normalize",
    ];
    assert_eq!(environment.run(scaled).code, Some(0));
    let refused = environment.run(["train", "--from", "x.npy", "-o", "three"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--normalize"), "{}", refused.stderr);
}

/// Most of the memory that a run of these arguments takes, in bytes.
#[cfg(target_os = "linux")]
fn peak(environment: &Environment, arguments: &[&str]) -> u64 {
    use std::process::Stdio;
    let mut command = environment.command();
    command
        .args(arguments)
        // What is freed is given back at once, and not whenever there is time.
        .env("MIMALLOC_PURGE_DELAY", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("a run");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a run").is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let told = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = told.and_then(|told| told.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(child.wait().expect("an end").success());
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn features_to_learn_from_are_in_memory_once() {
    const WIDTH: usize = 448;
    let environment = Environment::new();
    let picture = |number: usize| {
        let class = number % 2;
        let value = |at: usize| ((number * 31 + at * 17) % 101) as f32 / 100.0;
        let mut vector: Vec<f32> = (0..WIDTH).map(value).collect();
        vector[class] += 4.0;
        MadeUp {
            look: (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ..MadeUp::new(&format!("set/{class}/{number}.jpg"), &vector)
        }
    };
    let peak_of = |name: &str, count: usize| {
        let pictures: Vec<MadeUp> = (0..count).map(picture).collect();
        make_up(&environment, name, &pictures);
        let from = format!("{name}.npy");
        peak(&environment, &["train", "--from", &from, "-o", "mine"])
    };
    let few = peak_of("few", 8192);
    let many = peak_of("many", 24_576);
    // Each feature is 4 bytes, and a picture's path and fingerprint less than a third of that.
    let features = 4 * WIDTH as u64 * (24_576 - 8192);
    let more = (many - few) as f64 / features as f64;
    // Held twice they would be more than 2.
    assert!((1.0..1.9).contains(&more), "{few} {many}: {more}");
}

#[test]
fn pictures_beside_train_are_measured_on_and_not_learnt_from() {
    let environment = Environment::new();
    set(&environment, "set/train", 0..5);
    set(&environment, "set/validation", 5..7);
    set(&environment, "set/test", 7..DRAWN);
    environment.copy(&drawing("key", 0), "set/test/key/0.jpg");
    let report = trained(&environment, &["set", "-o", "mine"]);
    assert_eq!(report["pictures"], 20);
    assert_eq!(report["held_out"]["validation"]["pictures"], 8);
    assert_eq!(report["held_out"]["test"]["pictures"], 12);
    assert_eq!(report["left_out"][0]["path"], "set/test/key/0.jpg");
    set(&environment, "alone", 0..5);
    trained(&environment, &["alone", "-o", "other"]);
    let read = |name: &str| std::fs::read(environment.path(name)).expect(name);
    assert!(read("mine/model.safetensors") == read("other/model.safetensors"));
}

#[test]
fn a_picture_in_the_wrong_folder_is_suspected_and_its_class_proposed() {
    let environment = Environment::new();
    set(&environment, "set", 0..8);
    let (right, wrong) = ("set/fish/3.jpg", "set/cup/wrong.jpg");
    std::fs::rename(environment.path(right), environment.path(wrong)).expect("a move");
    environment.copy(&drawing("tree", 1), "set/star/copy.jpg");
    // Another file of the same.
    let mut near = std::fs::read(drawing("fish", 2)).expect("a picture");
    near.extend(b"a trailer");
    environment.write("set/tree/near.jpg", near);
    let report = trained(&environment, &["set", "-o", "mine"]);
    let suspects = report["suspects"].as_array().expect("suspects");
    let of = |path: &str| suspects.iter().find(|suspect| suspect["path"] == path);
    let suspect = of(wrong).expect("the fish among the cups");
    assert_eq!(
        (&suspect["given"], &suspect["looks_like"]),
        (&"cup".into(), &"fish".into())
    );
    assert!(suspects.len() <= 4, "{suspects:?}");
    let copies = serde_json::json!([
        [{"path": "set/fish/2.jpg"}, {"path": "set/tree/near.jpg"}],
        [{"path": "set/star/copy.jpg"}, {"path": "set/tree/1.jpg"}],
    ]);
    assert_eq!(report["copies"], copies);
}

#[test]
fn a_file_may_say_what_pictures_show() {
    let environment = Environment::new();
    set(&environment, "set", 0..4);
    let mut table = String::from("file,class\n");
    for (at, thing) in THINGS.iter().enumerate() {
        for number in 0..4 {
            let name = format!("flat/{at}{number}.jpg");
            environment.copy(&drawing(thing, number), &name);
            table += &format!("{at}{number}.jpg,{thing}\n");
        }
    }
    environment.copy(&star(), "flat/other.jpg");
    environment.write("table.csv", &table);
    let report = trained(
        &environment,
        &["flat", "--truth", "table.csv", "-o", "mine"],
    );
    assert_eq!(report["pictures"], 16);
    assert_eq!(
        report["left_out"],
        serde_json::json!([{"path": "flat/other.jpg"}])
    );
    trained(&environment, &["set", "-o", "other"]);
    let read = |name: &str| std::fs::read(environment.path(name)).expect(name);
    assert!(read("mine/model.safetensors") == read("other/model.safetensors"));
    environment.write("one.csv", "00.jpg,cup\n01.jpg,cup\n");
    let run = train(&environment, &["flat", "--truth", "one.csv", "-o", "new"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("one class, `cup`"), "{}", run.stderr);
}

#[test]
fn what_is_less_like_the_classes_than_nearly_all_of_their_pictures_has_no_label() {
    let environment = Environment::new();
    set(&environment, "set", 0..DRAWN);
    let run = train(&environment, &["set", "-o", "mine"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = std::fs::read(environment.path("mine/training.json")).expect("a report");
    let report: Value = serde_json::from_slice(&text).expect("JSON");
    let least = report["min_score"].as_f64().expect("a score");
    assert!((0.25..1.0).contains(&least), "{least}");
    let said = format!("score {least} or more: --min-score {least} ");
    assert!(run.stdout.contains(&said), "{}", run.stdout);
}

#[test]
fn a_damaged_picture_is_told_of_and_the_others_are_learnt_from() {
    let environment = Environment::new();
    set(&environment, "set", 0..4);
    environment.write("set/cup/damaged.jpg", b"\xff\xd8\xff\xe0 no picture");
    let run = train(&environment, &["set", "-o", "mine", "--json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["failed"][0]["path"], "set/cup/damaged.jpg");
    assert_eq!(report["pictures"], 16);
    assert!(environment.path("mine/model.safetensors").exists());
    let run = train(&environment, &["set", "-o", "mine", "--keep-going"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn what_was_not_made_by_train_is_never_written_over() {
    let environment = Environment::new();
    set(&environment, "set", 0..3);
    let kept = environment
        .model("other", "efficientnet_b0", 3)
        .join("config.json");
    let before = std::fs::read(&kept).expect("a configuration");
    environment.write("file", "text");
    trained(&environment, &["set", "-o", "mine"]);
    environment.write("mine/notes.txt", "mine");
    for (output, why) in [
        ("other", "did not make it"),
        ("set", "did not make it"),
        ("file", "no folder"),
        ("none/mine", "there is no folder none"),
        ("mine", "notes.txt"),
    ] {
        let run = train(&environment, &["set", "-o", output]);
        assert_eq!(run.code, Some(2), "{output}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    assert_eq!(std::fs::read(kept).expect("a configuration"), before);
    assert_eq!(
        std::fs::read(environment.path("mine/notes.txt")).expect("notes"),
        b"mine"
    );
}

#[test]
fn what_is_no_set_of_classes_is_refused_in_one_line() {
    let environment = Environment::new();
    environment.copy(&star(), "flat/1.jpg");
    environment.copy(&star(), "one/star/1.jpg");
    environment.copy(&star(), "few/star/1.jpg");
    environment.copy(&star(), "few/fish/1.jpg");
    environment.copy(&drawing("fish", 1), "few/fish/2.jpg");
    environment.copy(&star(), "late/test/star/1.jpg");
    environment.copy(&star(), "late/val/fish/1.jpg");
    std::fs::create_dir(environment.path("empty")).expect("a folder");
    for (set, why) in [
        ("flat", "a folder for each class"),
        ("one", "one class, `star`"),
        ("few", "`star` (1)"),
        ("late", "no folder `train`"),
        ("empty", "no pictures"),
        ("none", "no folder none"),
        ("flat/1.jpg", "is no folder"),
    ] {
        let run = train(&environment, &[set, "-o", "mine"]);
        assert_eq!(run.code, Some(2), "{set}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{set}: {}", run.stderr);
        assert!(!environment.path("mine").exists(), "{set}");
    }
}

#[test]
fn balance_lets_a_rare_class_count_as_much() {
    let environment = Environment::new();
    set(&environment, "set", 0..DRAWN);
    for number in 2..DRAWN {
        std::fs::remove_file(environment.path(format!("set/cup/{number}.jpg"))).expect("a file");
    }
    let plain = train(&environment, &["set", "-o", "plain", "--json"]);
    assert!(
        plain
            .stderr
            .contains("few pictures to learn from: `cup` (2)"),
        "{}",
        plain.stderr
    );
    let report = trained(&environment, &["set", "-o", "balanced", "--balance"]);
    assert_eq!(report["balanced"], true);
    let bias = |name: &str| {
        let bytes =
            std::fs::read(environment.path(name).join("model.safetensors")).expect("weights");
        floats(
            &SafeTensors::deserialize(&bytes).expect("safetensors"),
            "classifier.bias",
        )
    };
    assert_ne!(bias("plain"), bias("balanced"));
}
