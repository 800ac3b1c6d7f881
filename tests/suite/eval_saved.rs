//! `eval` of what `classify` saved, and compared with it.

use serde_json::Value;

use crate::album::demo;
use crate::environment::Environment;
use crate::eval::{eval, json, set};

fn save(environment: &Environment, name: &str, more: &[&str]) {
    let arguments = ["set", "-r", "--jsonl", "-o", name];
    let run = environment.run(demo(&[&arguments[..], more].concat()));
    assert!(environment.path(name).exists(), "{}", run.stderr);
}

/// All but the time that it took.
fn timeless(mut report: Value) -> Value {
    report["seconds"] = Value::Null;
    report
}

#[test]
fn what_classify_saved_comes_to_the_same_report() {
    let environment = set();
    environment.write("set/fish/broken.png", "not a picture");
    save(&environment, "all.jsonl", &["-k", "all"]);
    let now = eval(&environment, &["--json"]);
    let then = environment.run(["eval", "--from", "all.jsonl", "--json"]);
    assert_eq!((now.code, then.code), (Some(1), Some(1)));
    let (now, then) = (timeless(json(&now)), timeless(json(&then)));
    for part in [
        "pictures",
        "errors",
        "over",
        "worst_pairs",
        "per_class",
        "thresholds",
    ] {
        assert_eq!(now[part], then[part], "{part}");
    }
    for part in ["all", "masked"] {
        for (key, value) in now[part].as_object().expect("numbers") {
            match (value.as_f64(), then[part][key].as_f64()) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-6, "{part} {key}: {a}, {b}"),
                _ => assert_eq!(value, &then[part][key], "{part} {key}"),
            }
        }
    }
}

#[test]
fn of_the_likeliest_classes_only_what_they_tell_is_told() {
    let environment = set();
    for (k, knows_five) in [("5", true), ("1", false)] {
        save(&environment, "some.jsonl", &["-k", k]);
        let run = environment.run(["eval", "--from", "some.jsonl", "--json"]);
        assert_eq!(run.code, Some(0));
        assert!(run.stderr.contains("-k all"), "{}", run.stderr);
        let report = json(&run);
        assert_eq!(report["all"]["top1"]["correct"], 4);
        assert_eq!(report["all"]["top5"].is_null(), !knows_five);
        for key in ["log_loss", "brier"] {
            assert!(report["all"][key].is_null(), "{key}");
        }
        assert!(report["masked"].is_null());
        std::fs::remove_file(environment.path("some.jsonl")).expect("a removed file");
    }
    save(&environment, "five.jsonl", &[]);
    environment.write("valid.txt", "star\nfish\n");
    let run = environment.run([
        "eval",
        "--from",
        "five.jsonl",
        "--valid-labels",
        "valid.txt",
    ]);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""));
    assert!(
        run.stderr.contains("-k all") && run.stderr.lines().count() == 1,
        "{}",
        run.stderr
    );
}

#[test]
fn another_run_is_compared_picture_by_picture() {
    let environment = set();
    save(&environment, "all.jsonl", &["-k", "all"]);
    // Elsewhere, another model has the car right, a fish wrong, and has not seen another one.
    let other = std::fs::read_to_string(environment.path("all.jsonl")).expect("records");
    let other = other
        .lines()
        .filter(|line| !line.contains("fish/2.jpg"))
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("a record");
            let path = record["path"]
                .as_str()
                .expect("a path")
                .replace("set/", "/data/");
            let answer = match path.as_str() {
                "/data/star/3.jpg" => "star",
                "/data/fish/1.jpg" => "car",
                _ => "",
            };
            let predictions = record["predictions"].as_array_mut().expect("predictions");
            predictions.sort_by_key(|prediction| prediction["label"] != answer);
            record["path"] = path.into();
            record["model"] = "other".into();
            record.to_string() + "\n"
        });
    environment.write("other.jsonl", other.collect::<String>());
    let report = json(&eval(&environment, &["--against", "other.jsonl", "--json"]));
    let against = &report["against"];
    for (key, value) in [
        ("model", Value::from("other")),
        ("pictures", 4.into()),
        ("missing", 1.into()),
    ] {
        assert_eq!(against[key], value, "{key}");
    }
    assert_eq!(
        (&against["only_this"], &against["only_other"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        (&against["p_exact"], &against["difference"]),
        (&1.0.into(), &0.0.into())
    );
    let text = eval(&environment, &["--against", "other.jsonl"]).stdout;
    let end = "  right here alone 1, there alone 1; p = 1.0000 (McNemar, mid-p; exact 1.0000)\n";
    assert!(
        text.contains("Against other on 4 pictures (1 more are not in it):\n"),
        "{text}"
    );
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn labels_that_are_scored_each_by_itself_have_no_log_loss() {
    let environment = set();
    let run = eval(&environment, &["--sigmoid", "--json"]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr.contains("scores each label by itself"),
        "{}",
        run.stderr
    );
    let report = json(&run);
    assert_eq!(report["all"]["top1"]["correct"], 4);
    assert_eq!(report["all"]["log_loss"], Value::Null);
    assert_eq!(report["masked"]["brier"], Value::Null);
    save(&environment, "sigmoid.jsonl", &["-k", "all", "--sigmoid"]);
    let saved = json(&environment.run(["eval", "--from", "sigmoid.jsonl", "--json"]));
    assert_eq!(saved["all"]["log_loss"], Value::Null);
    assert_eq!(saved["all"]["top1"]["correct"], 4);
}
