//! `eval` on pictures: what it prints, writes and exits with.

use serde_json::Value;

use crate::album::{demo, things};
use crate::environment::{Environment, Run};

/// Two stars, a car that is said to be one, and two fish.
pub fn set() -> Environment {
    let environment = Environment::new();
    let pictures = [
        ("star/1.jpg", "star"),
        ("star/2.jpg", "star"),
        ("star/3.jpg", "car"),
        ("fish/1.jpg", "fish"),
        ("fish/2.jpg", "fish"),
    ];
    things(
        &environment,
        &pictures.map(|(path, thing)| (format!("set/{path}"), thing)),
    );
    environment
}

pub fn eval(environment: &Environment, more: &[&str]) -> Run {
    let arguments = ["eval", "set", "--variant", "demo"];
    environment.run([&arguments[..], more].concat())
}

pub fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{} {}", run.stdout, run.stderr))
}

#[test]
fn the_report_is_for_people_and_json_is_for_programs() {
    let environment = set();
    let run = eval(&environment, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let words: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for line in [
        "demo: 5 pictures",
        "16 classes only 2 classes",
        "Classes:",
        "star 3 100.00 % 66.67 % 80.00 % car (1)",
        "fish 2 100.00 % 100.00 % 100.00 %",
        "1 star as car",
    ] {
        let line: Vec<_> = line.split_whitespace().collect();
        assert!(words.contains(&line), "{line:?} in {}", run.stdout);
    }
    let wide = run.stdout.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
    let report = json(&eval(&environment, &["--json"]));
    let keys: Vec<_> = report.as_object().expect("an object").keys().collect();
    let help = environment.run(["eval", "--help"]).stdout;
    for key in &keys {
        assert!(help.contains(key.as_str()), "{key} is not explained");
    }
    assert_eq!(report["all"]["top1"]["correct"], 4);
    assert_eq!(report["all"]["top1"]["accuracy"], 0.8);
    assert_eq!(report["masked"]["classes"], 2);
    assert_eq!(report["per_class"][0]["confused_with"]["label"], "car");
}

#[test]
fn valid_labels_are_the_only_answers_and_must_hold_every_folder() {
    let environment = set();
    for text in ["star\nfish\n", "0\n9\n\n", " 9 \n0"] {
        environment.write("valid.txt", text);
        let report = json(&eval(
            &environment,
            &["--valid-labels", "valid.txt", "--json"],
        ));
        assert_eq!(report["masked"]["classes"], 2, "{text:?}");
        assert_eq!(report["all"]["top1"]["correct"], 4, "{text:?}");
        let rows = report["per_class"].as_array().expect("classes");
        assert!(rows.iter().all(|row| row["label"] != "car"), "{text:?}");
    }
    for (text, part) in [
        ("star\n", "`fish` is none of --valid-labels"),
        ("star\nfsh\n", "`fsh` in valid.txt is no class"),
        ("star\nfish\n99\n", "`99` in valid.txt is no class"),
        ("\n", "names no class"),
    ] {
        environment.write("valid.txt", text);
        let run = eval(&environment, &["--valid-labels", "valid.txt"]);
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{text:?}");
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn pictures_that_fail_are_counted_and_said_and_are_no_wrong_answers() {
    let environment = set();
    environment.write("set/fish/broken.png", "not a picture");
    environment.write("set/fish/empty.jpg", "");
    environment.write("set/star/note.txt", "a note");
    let run = eval(&environment, &["--json"]);
    assert_eq!(run.code, Some(1));
    for part in [
        "set/fish/broken.png: ",
        "set/fish/empty.jpg: ",
        "7 pictures, 2 failed",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let report = json(&run);
    assert_eq!(
        (&report["pictures"], &report["errors"]),
        (&5.into(), &2.into())
    );
    assert_eq!(report["all"]["top1"]["accuracy"], 0.8);
    let text = eval(&environment, &["--keep-going"]);
    assert_eq!(text.code, Some(0));
    assert!(
        text.stdout.starts_with("demo: 5 pictures, 2 failed\n"),
        "{}",
        text.stdout
    );
}

#[test]
fn without_a_single_answer_there_is_no_report() {
    let environment = Environment::new();
    environment.write("set/star/1.jpg", "not a picture");
    std::fs::create_dir(environment.path("empty")).expect("a folder");
    let variant = ["--variant", "demo"];
    for (words, part) in [
        (&["set"][..], "no picture could be scored"),
        (&["empty"], "no pictures found in empty"),
        (
            &["empty", "--allow-empty"],
            "there are no pictures to score",
        ),
        (&["nowhere"], "none of the pictures is there"),
        (&[], "no pictures given"),
    ] {
        let run = environment.run([&["eval"], words, &variant].concat());
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{words:?}");
        assert!(run.stderr.contains(part), "{words:?}: {}", run.stderr);
    }
}

#[test]
fn fail_under_is_an_exit_code_for_scripts() {
    let environment = set();
    for (least, code) in [("0.8", 0), ("80%", 0), ("0.801", 1), ("1", 1), ("0", 0)] {
        let run = eval(&environment, &["--fail-under", least, "--quiet"]);
        assert_eq!(run.code, Some(code), "{least}");
        assert!(
            run.stdout.contains("80.00 %"),
            "{least}: the report is there"
        );
        assert_eq!(
            run.stderr.contains("80.00 %, below --fail-under"),
            code == 1,
            "{}",
            run.stderr
        );
    }
}

#[test]
fn wrong_answers_are_records_with_the_truth_beside_them() {
    let environment = set();
    let run = eval(&environment, &["--wrong", "wrong.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = std::fs::read_to_string(environment.path("wrong.jsonl")).expect("a file");
    let classified = environment.run(demo(&["set/star/3.jpg", "--jsonl"]));
    let mut record: Value = serde_json::from_str(&text).expect("one record");
    let truth = record
        .as_object_mut()
        .expect("an object")
        .remove("truth")
        .expect("the truth");
    assert_eq!(record, classified.records()[0]);
    assert_eq!(
        (&truth["label"], &truth["index"]),
        (&"star".into(), &0.into())
    );
    assert!(
        truth["score"].as_f64().is_some_and(|score| score < 0.5),
        "{truth}"
    );
    // It is what `--from` reads, too.
    let again = environment.run(["eval", "--from", "wrong.jsonl", "--json"]);
    assert_eq!(json(&again)["all"]["top1"]["correct"], 0);
}
