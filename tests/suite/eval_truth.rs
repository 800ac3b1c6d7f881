//! What pictures show, as `eval` learns it: from folders by their meaning, or from a file.

use crate::album::things;
use crate::environment::{Environment, Run};

/// The model's answers to the pictures of [`things`], as if they lay in one folder.
fn eval(environment: &Environment, more: &[&str]) -> Run {
    let arguments = ["eval", "--variant", "demo", "--quiet"];
    environment.run([&arguments[..], more].concat())
}

#[track_caller]
fn refused(run: &Run, parts: &[&str]) {
    assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    for part in parts {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

/// `flat` with the pictures of three classes and one that is a fish under the name of a car.
const FLAT: [(&str, &str); 4] = [
    ("a.jpg", "star"),
    ("b.jpg", "fish"),
    ("c.jpg", "car"),
    ("d.jpg", "fish"),
];

fn flat() -> Environment {
    let environment = Environment::new();
    things(
        &environment,
        &FLAT.map(|(name, thing)| (format!("flat/{name}"), thing)),
    );
    environment
}

#[test]
fn a_file_of_names_and_labels_is_understood_as_data_sets_have_it() {
    let environment = flat();
    for (name, text) in [
        ("val.txt", "a.jpg star\nb.jpg fish\nc.jpg car\nd.jpg car\n"),
        ("without-endings.txt", "a 0\nb 9\nc 13\nd 13\n"),
        (
            "with-a-header.csv",
            "Image,size,Class\na.jpg,1,star\nb.jpg,2,fish\nc.jpg,3,car\nd.jpg,4,car\n",
        ),
        (
            "without-one.csv",
            "flat/a.jpg,star\nflat/b.jpg,fish\nflat/c.jpg,car\nflat/d.jpg,car\n",
        ),
        (
            "semicolons.csv",
            "label;path\nstar;a.jpg\nfish;b.jpg\ncar;c.jpg\ncar;d.jpg\n",
        ),
        (
            "table.tsv",
            "file\tlabel\na.jpg\tstar\nb.jpg\tfish\nc.jpg\tcar\nd.jpg\tcar\n",
        ),
        (
            "lines.jsonl",
            "{\"path\": \"a.jpg\", \"label\": \"star\"}\n{\"path\": \"b.jpg\", \"label\": 9}\n\
             {\"path\": \"x/c.jpg\", \"label\": \"car\"}\n{\"path\": \"d.jpg\", \"label\": \"car\"}\n",
        ),
        (
            "LOC_val_solution.csv",
            "ImageId,PredictionString\na,star 1 2 3 4 star 5 6 7 8\nb,fish 1 2 3 4\nc,car 1 2 3 4\nd,car 1 2 3 4\n",
        ),
    ] {
        // Numbers are classes only where all labels are.
        let text = match name {
            "lines.jsonl" => text.replace(": 9", ": \"fish\""),
            _ => text.to_owned(),
        };
        environment.write(name, text);
        let run = eval(&environment, &["flat", "--truth", name, "--json"]);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(report["all"]["top1"]["correct"], 3, "{name}");
        assert_eq!(report["pictures"], 4, "{name}");
        let worst = &report["worst_pairs"];
        assert_eq!(worst.as_array().map(Vec::len), Some(1), "{name}");
        assert_eq!(worst[0]["truth"]["label"], "car", "{name}");
        assert_eq!(worst[0]["answer"]["label"], "fish", "{name}");
    }
}

#[test]
fn a_file_that_says_too_little_or_too_much_is_refused_in_one_line() {
    let environment = flat();
    environment.write("flat/below/a.jpg", "another one");
    for (text, parts) in [
        ("", &["it is empty"][..]),
        ("a.jpg star\na.jpg car\n", &["line 2", "`car`", "`star`"]),
        (
            "a.jpg star\n",
            &["not said in truth", "flat/b.jpg", "--ignore-unknown"],
        ),
        ("x.jpg star\n", &["not said in truth", "flat/a.jpg"]),
        (
            "path,what\na.jpg,star\n",
            &["columns (path, what)", "call it label"],
        ),
        ("star,label,x\na.jpg,star,1\n", &["call it path"]),
        ("{\"path\": \"a.jpg\"}\n", &["line 1", "`label`"]),
        (
            "[{\"path\": \"a.jpg\"}]\n",
            &["JSON array", "object per line"],
        ),
        ("a.jpg\n", &["line 1", "no picture's name and label"]),
        (
            "a.jpg starr\nb.jpg fish\n",
            &["`starr`", "did you mean star", "--ignore-unknown"],
        ),
        (
            "a.jpg star\nb.jpg 9\nc.jpg 13\n",
            &["`9`", "`13`", "if all are, an index"],
        ),
    ] {
        environment.write("truth", text);
        let run = eval(
            &environment,
            &["flat/a.jpg", "flat/b.jpg", "flat/c.jpg", "--truth", "truth"],
        );
        refused(&run, parts);
    }
    // One line can't mean two pictures.
    environment.write("truth", "a.jpg star\nb.jpg fish\nc.jpg car\nd.jpg fish\n");
    refused(
        &eval(&environment, &["flat", "--truth", "truth"]),
        &["a.jpg may mean"],
    );
    for file in ["none", "flat"] {
        refused(
            &eval(&environment, &["flat", "--truth", file]),
            &["can't read", file],
        );
    }
}

#[test]
fn folders_are_classes_by_their_names_and_never_by_their_order() {
    let environment = Environment::new();
    let pictures = |names: [&str; 3]| {
        let [star, car, fish] = names;
        [
            (format!("{star}/1.jpg"), "star"),
            (format!("{car}/1.jpg"), "car"),
            (format!("{fish}/1.jpg"), "fish"),
        ]
    };
    for (folder, names) in [
        ("labels", ["star", "car", "fish"]),
        ("loud", ["STAR", "Car", "fish"]),
        ("indices", ["0", "13", "9"]),
        ("padded", ["000", "013", "009"]),
    ] {
        let below = names.map(|name| format!("{folder}/{name}"));
        things(
            &environment,
            &pictures(below.each_ref().map(String::as_str)),
        );
        let run = eval(&environment, &[folder, "--json"]);
        assert_eq!(run.code, Some(0), "{folder}: {}", run.stderr);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(report["all"]["top1"]["correct"], 3, "{folder}");
        assert_eq!(report["masked"]["classes"], 3, "{folder}");
    }
    // Only the folder that a picture is in says what it shows.
    things(&environment, &[("star/night/1.jpg".to_owned(), "star")]);
    refused(&eval(&environment, &["star"]), &["`night`"]);
}

#[test]
fn a_folder_that_is_no_class_is_named_and_left_out_only_if_told_so() {
    let environment = Environment::new();
    things(
        &environment,
        &[
            ("set/star/1.jpg".to_owned(), "star"),
            ("set/hart/1.jpg".to_owned(), "car"),
            ("set/hart/2.jpg".to_owned(), "car"),
            ("nothing/hart/1.jpg".to_owned(), "car"),
        ],
    );
    let parts = ["`hart`", "did you mean heart", "pictures (2)"];
    refused(&eval(&environment, &["set"]), &parts);
    let run = environment.run([
        "eval",
        "--variant",
        "demo",
        "set",
        "--ignore-unknown",
        "--json",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("left out: 2"), "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        (&report["pictures"], &report["skipped"]),
        (&1.into(), &2.into())
    );
    let run = eval(&environment, &["nothing", "--ignore-unknown"]);
    refused(&run, &["none of the pictures shows a class"]);
}

#[test]
fn a_name_that_two_classes_have_is_answered_with_both() {
    let environment = Environment::new();
    let mut names = ["thing"; 16].map(str::to_owned);
    names
        .iter_mut()
        .enumerate()
        .for_each(|(at, name)| name.push_str(&at.to_string()));
    names[0] = "crane".to_owned();
    names[13] = "crane".to_owned();
    environment.write("labels.txt", names.join("\n"));
    things(&environment, &[("set/crane/1.jpg".to_owned(), "star")]);
    let run = eval(&environment, &["set", "--labels", "labels.txt"]);
    refused(
        &run,
        &[
            "several classes are called `crane`",
            "0 (crane)",
            "13 (crane)",
        ],
    );
}
