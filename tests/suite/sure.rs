//! `--sure`, `find` and `--only`: answers and questions in WordNet's words.

use serde_json::Value;

use crate::album::{demo, star};
use crate::environment::{Environment, Run};

/// The demonstration's classes under the names of ImageNet's: the grey picture is .42 a tabby, .14 a
/// tiger cat, and so on down.
const NAMES: [(&str, &str); 16] = [
    ("n04285008", "sports car"),       // star
    ("n02088364", "beagle"),           // heart
    ("n02123394", "Persian cat"),      // house
    ("n02123159", "tiger cat"),        // tree
    ("n01440764", "tench"),            // sun
    ("n01443537", "goldfish"),         // umbrella
    ("n02099601", "golden retriever"), // arrow
    ("n02124075", "Egyptian cat"),     // moon
    ("n02123045", "tabby"),            // cloud
    ("n01491361", "tiger shark"),      // fish
    ("n02106662", "German shepherd"),  // flower
    ("n01532829", "house finch"),      // key
    ("n02129165", "lion"),             // cup
    ("n02930766", "cab"),              // car
    ("n01530575", "brambling"),        // ladder
    ("n01518878", "ostrich"),          // envelope
];

/// A folder with a picture that shows nothing, and ImageNet's names for the demonstration's classes.
fn grey() -> Environment {
    let environment = Environment::new();
    let lines = NAMES.map(|(wnid, name)| format!("{wnid} {name}\n"));
    environment.write("labels.txt", lines.concat());
    let mut picture = b"P6 64 64 255\n".to_vec();
    picture.extend([128; 64 * 64 * 3]);
    environment.write("grey.ppm", picture);
    environment.copy(&star(), "star.jpg");
    environment
}

fn labelled<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = demo(more);
    arguments.extend(["--labels", "labels.txt"]);
    arguments
}

/// The probability of each class of the grey picture.
fn scores(environment: &Environment) -> Vec<f64> {
    let run = environment.run(labelled(&["grey.ppm", "--json", "-k", "all"]));
    let records: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let mut scores = vec![0.0; 16];
    for prediction in records[0]["predictions"].as_array().expect("predictions") {
        let index = prediction["index"].as_u64().expect("an index") as usize;
        scores[index] = prediction["score"].as_f64().expect("a score");
    }
    scores
}

fn sum_of(scores: &[f64], names: &[&str]) -> f64 {
    let of = |name: &&str| {
        let index = NAMES.iter().position(|(_, known)| known == name);
        scores[index.expect("a name of the table")]
    };
    names.iter().map(of).sum()
}

fn sure(environment: &Environment, p: &str) -> Value {
    let run = environment.run(labelled(&["grey.ppm", "--jsonl", "--sure", p]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.records()[0]["sure"].clone()
}

const CATS: [&str; 4] = ["tabby", "tiger cat", "Egyptian cat", "Persian cat"];

#[test]
fn the_sure_answer_is_the_most_precise_that_is_sure_enough() {
    let environment = grey();
    let scores = scores(&environment);
    let cats = sum_of(&scores, &CATS);
    let felines = cats + sum_of(&scores, &["lion"]);
    let dogs = sum_of(&scores, &["beagle", "golden retriever", "German shepherd"]);
    for (least, label, wnid, score) in [
        (0.4, "tabby", "n02123045", sum_of(&scores, &["tabby"])),
        (0.5, "domestic cat", "n02121808", cats),
        (felines - 1e-4, "feline", "n02120997", felines),
        (
            cats + dogs - 1e-4,
            "domestic animal",
            "n01317541",
            cats + dogs,
        ),
        (cats + dogs + 1e-4, "carnivore", "n02075296", felines + dogs),
    ] {
        let sure = sure(&environment, &least.to_string());
        assert_eq!(
            (&sure["label"], &sure["wnid"]),
            (&label.into(), &wnid.into())
        );
        let told = sure["score"].as_f64().expect("a score");
        assert!((told - score).abs() < 1e-6, "{told} {score}");
    }
}

#[test]
fn where_nothing_that_says_something_is_sure_the_best_label_keeps_its_own_score() {
    let environment = grey();
    // Cars and animals are things, and no more can be said of them.
    let sure = sure(&environment, "0.999");
    assert_eq!(sure["label"], "tabby");
    let tabby = sum_of(&scores(&environment), &["tabby"]);
    assert!((sure["score"].as_f64().expect("a score") - tabby).abs() < 1e-6);
}

#[test]
fn every_format_tells_the_sure_answer() {
    let environment = grey();
    let run = |more: &[&str]| {
        let mut arguments = labelled(&["grey.ppm", "none.jpg", "--sure", "0.5", "-k", "2"]);
        arguments.extend(more);
        environment.run(arguments)
    };
    let text = run(&[]).stdout;
    assert!(text.contains("\n=  73."), "{text}");
    let csv = run(&["--csv"]).stdout;
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert!(lines[0].ends_with(",error_kind,error,sure_label,sure_score,sure_wnid"));
    for line in &lines[1..3] {
        assert!(line.contains(",domestic cat,0.73"), "{line}");
        assert!(line.ends_with(",n02121808"), "{line}");
    }
    assert!(
        lines[3].ends_with(",there is no such file,,,"),
        "{}",
        lines[3]
    );
    let jsonl = run(&["--jsonl"]);
    assert_eq!(jsonl.records()[1]["sure"], Value::Null);
    let keys: Vec<_> = jsonl.records()[1]
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, ["path", "model", "predictions", "sure", "error"]);
    assert_eq!(run(&["--label-only"]).stdout, "domestic cat\n\n");
}

#[test]
fn own_classes_and_several_labels_a_picture_have_no_sure_answer() {
    let environment = grey();
    let own = environment.run(demo(&["grey.ppm", "--sure", "0.5"]));
    assert_eq!((own.code, own.stdout.as_str()), (Some(2), ""));
    assert!(own.stderr.contains("WordNet id"), "{}", own.stderr);
    let several = environment.run(labelled(&["grey.ppm", "--sure", "0.5", "--sigmoid"]));
    assert_eq!(several.code, Some(2));
    assert!(several.stderr.contains("--min-score"), "{}", several.stderr);
}

fn find(environment: &Environment, more: &[&str]) -> Run {
    let mut arguments = vec!["find", "--variant", "demo", "--labels", "labels.txt"];
    arguments.extend(more);
    environment.run(arguments)
}

#[test]
fn find_prints_the_paths_of_pictures_that_show_it() {
    let environment = grey();
    for (query, found) in [
        ("domestic cat", "./grey.ppm\n"),
        ("House_Cat", "./grey.ppm\n"),
        ("n02121808", "./grey.ppm\n"),
        ("animal", "./grey.ppm\n"),
        ("vehicle", "./star.jpg\n"),
        ("motor vehicle or feline", "./grey.ppm\n./star.jpg\n"),
        ("*cat|sports*", "./grey.ppm\n./star.jpg\n"),
    ] {
        let run = find(&environment, &[query, "."]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), found), "{query}");
    }
    let run = find(&environment, &["animal", "--not", "."]);
    assert_eq!(run.stdout, "./star.jpg\n");
    let run = find(&environment, &["animal", "-0", "."]);
    assert_eq!(run.stdout, "./grey.ppm\0");
}

#[test]
fn find_needs_the_summed_probability_and_says_by_its_exit_that_there_is_none() {
    let environment = grey();
    let cats = sum_of(&scores(&environment), &CATS);
    for (least, code) in [(cats - 1e-4, 0), (cats + 1e-4, 1)] {
        let run = find(
            &environment,
            &[
                "domestic cat",
                "grey.ppm",
                "--min-score",
                &least.to_string(),
            ],
        );
        assert_eq!(run.code, Some(code), "{least}");
    }
    let run = find(&environment, &["dog", "grey.ppm"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    // A picture that can't be read may have been one.
    environment.write("cut.jpg", b"\xff\xd8\xff\xe0");
    let run = find(&environment, &["animal", "grey.ppm", "cut.jpg"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), "grey.ppm\n"));
    assert!(run.stderr.contains("cut.jpg: "), "{}", run.stderr);
}

#[test]
fn a_misspelt_query_names_the_nearest_words() {
    let environment = grey();
    let run = find(&environment, &["tiger catt", "grey.ppm"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("did you mean tiger cat"),
        "{}",
        run.stderr
    );
    // Known to WordNet, and to none of these classes.
    let run = find(&environment, &["violin", "grey.ppm"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("is in WordNet"), "{}", run.stderr);
}

#[test]
fn own_classes_are_found_by_their_names() {
    let environment = grey();
    for query in ["star", "ST*"] {
        let run = environment.run(["find", "--variant", "demo", query, "."]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), "./star.jpg\n"));
    }
}

#[test]
fn only_keeps_the_records_of_pictures_that_show_it() {
    let environment = grey();
    let run = environment.run(labelled(&[".", "none.jpg", "--jsonl", "--only", "cat"]));
    let records = run.records();
    let paths: Vec<_> = records.iter().map(|record| &record["path"]).collect();
    // What failed may have been one.
    assert_eq!(paths, ["./grey.ppm", "none.jpg"]);
    assert_eq!(records[0]["predictions"].as_array().map(Vec::len), Some(5));
    let run = environment.run(labelled(&[
        ".",
        "--label-only",
        "--only",
        "cat",
        "--only",
        "car",
        "--min-score",
        "0.99",
    ]));
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "sports car\n"));
}
