//! `eval` against scikit-learn's numbers of drawn answers (tests/reference/make_eval.py).

use serde_json::{Value, json};

use crate::environment::{Environment, Run, fixture};

/// The fixture's pictures as `classify -k all --jsonl` would save them, in folders called like the
/// classes and under the names of ImageNet's validation pictures.
fn answers(fixture: &Value, logits: &str, model: &str) -> String {
    let rows = fixture["rows"].as_array().expect("rows").iter().enumerate();
    let line = |(at, row): (usize, &Value)| {
        let logits: Vec<f64> = serde_json::from_value(row[logits].clone()).expect("logits");
        let sum: f64 = logits.iter().map(|x| x.exp()).sum();
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let prediction = |&index: &usize| {
            let score = (logits[index].exp() / sum) as f32;
            json!({"label": name(index), "score": score, "index": index, "wnid": null})
        };
        let predictions: Vec<_> = order.iter().map(prediction).collect();
        let folder = name(row["truth"].as_u64().expect("a class") as usize);
        let path = format!("val/{folder}/ILSVRC2012_val_{:08}.JPEG", at + 1);
        let record = json!({"path": path, "model": model, "predictions": predictions});
        record.to_string() + "\n"
    };
    rows.map(line).collect()
}

fn name(class: usize) -> String {
    format!("thing {class}")
}

fn fixture_json() -> Value {
    let text = std::fs::read_to_string(fixture("eval.json")).expect("the fixture");
    serde_json::from_str(&text).expect("JSON")
}

/// The fixture's answers as files, and its expected numbers.
fn saved() -> (Environment, Value) {
    let (environment, fixture) = (Environment::new(), fixture_json());
    environment.write("this.jsonl", answers(&fixture, "logits", "this"));
    environment.write("other.jsonl", answers(&fixture, "other", "other"));
    let rows = fixture["rows"].as_array().expect("rows");
    let real: Vec<&Value> = rows.iter().map(|row| &row["real"]).collect();
    environment.write("real.json", json!(real).to_string());
    (environment, fixture["expected"].clone())
}

fn report(run: &Run) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    serde_json::from_str(&run.stdout).expect("one JSON object")
}

#[track_caller]
fn near(ours: &Value, theirs: &Value, what: &str) {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(a), Some(b)) => assert!((a - b).abs() < 1e-6, "{what}: {a}, not {b}"),
        _ => assert_eq!(ours, theirs, "{what}"),
    }
}

/// `top1` and `top5` are counts there, and objects here.
#[track_caller]
fn same_numbers(ours: &Value, theirs: &Value) {
    for (key, value) in theirs.as_object().expect("numbers") {
        let own = match key.as_str() {
            "top1" | "top5" => &ours[key]["correct"],
            _ => &ours[key],
        };
        near(own, value, key);
    }
}

#[test]
fn every_number_is_scikit_learns() {
    let (environment, expected) = saved();
    let arguments = ["eval", "--from", "this.jsonl", "--json"];
    let more = ["--real-labels", "real.json", "--against", "other.jsonl"];
    let report = report(&environment.run([&arguments[..], &more].concat()));
    for part in ["all", "masked", "real", "against"] {
        same_numbers(&report[part], &expected[part]);
    }
    assert_eq!(report["over"], "all");
    for end in 0..2 {
        let ours = &report["all"]["top1"]["interval"][end];
        near(ours, &expected["interval"][end], "interval");
    }
    let bins = report["bins"].as_array().expect("bins");
    let counts: Vec<_> = bins.iter().map(|bin| bin["count"].clone()).collect();
    assert_eq!(json!(counts), expected["bins"]);
    let rows = report["per_class"].as_array().expect("classes");
    let theirs = expected["per_class"].as_array().expect("classes");
    assert_eq!(rows.len(), theirs.len());
    for (ours, theirs) in rows.iter().zip(theirs) {
        assert_eq!(
            ours["label"],
            name(ours["index"].as_u64().expect("one") as usize)
        );
        same_numbers(ours, theirs);
    }
}

#[test]
fn valid_labels_choose_the_classes_that_all_details_are_about() {
    let (environment, expected) = saved();
    let rows = expected["per_class"].as_array().expect("classes").iter();
    let shown = rows.filter(|row| row["pictures"] != 0);
    let valid: Vec<String> = shown.map(|row| format!("{}\n", row["index"])).collect();
    environment.write("valid.txt", valid.concat());
    let arguments = [
        "eval",
        "--from",
        "this.jsonl",
        "--valid-labels",
        "valid.txt",
    ];
    let run = |more: &[&str]| environment.run([&arguments[..], more].concat());
    let report = report(&run(&["--json"]));
    assert_eq!(report["over"], "masked");
    same_numbers(&report["all"], &expected["all"]);
    same_numbers(&report["masked"], &expected["masked"]);
    let classes = report["per_class"].as_array().expect("classes").len();
    assert_eq!(classes, valid.len());
    // 47 % are right over all classes, and 55 % over these.
    assert_eq!(run(&["--fail-under", "50%"]).code, Some(0));
    let failed = run(&["--fail-under", "60%"]);
    assert_eq!(failed.code, Some(1));
    let message = "effnet: the top-1 accuracy is 55.00 %, below --fail-under 0.6\n";
    assert_eq!(failed.stderr, message);
}

#[test]
fn confusions_are_written_as_a_row_for_each_pair() {
    let (environment, expected) = saved();
    let run = environment.run(["eval", "--from", "this.jsonl", "--confusion", "pairs.csv"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = std::fs::read_to_string(environment.path("pairs.csv")).expect("a table");
    let mut lines = text.split_terminator("\r\n");
    let header = "truth,answer,count,truth_index,answer_index,truth_wnid,answer_wnid";
    assert_eq!(lines.next(), Some(header));
    let theirs = expected["confusion"].as_array().expect("pairs").iter();
    let theirs = theirs.map(|pair| {
        let [truth, answer, count] = [0, 1, 2].map(|at| pair[at].as_u64().expect("a number"));
        let [from, to] = [truth, answer].map(|class| name(class as usize));
        format!("{from},{to},{count},{truth},{answer},,")
    });
    assert!(lines.eq(theirs), "{text}");
}

#[test]
fn real_labels_alone_judge_pictures_in_one_folder_and_fail_under_is_about_them() {
    let (environment, expected) = saved();
    let flat = std::fs::read_to_string(environment.path("this.jsonl")).expect("records");
    let flat: Vec<String> = flat
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("a record");
            let path = record["path"].as_str().expect("a path");
            record["path"] = json!(format!(
                "val/{}",
                &path[path.rfind('/').expect("a folder") + 1..]
            ));
            record.to_string() + "\n"
        })
        .collect();
    environment.write("flat.jsonl", flat.concat());
    let arguments = ["eval", "--from", "flat.jsonl", "--real-labels", "real.json"];
    let run = |more: &[&str]| environment.run([&arguments[..], more].concat());
    let report = report(&run(&["--json"]));
    same_numbers(&report["real"], &expected["real"]);
    assert_eq!(report["all"]["pictures"], 0);
    // 42 of 154 are right, which is 27 %.
    assert_eq!(run(&["--fail-under", "0.27"]).code, Some(0));
    assert_eq!(run(&["--fail-under", "0.28"]).code, Some(1));
    // By the folders 47 % are, and still ReaL's labels count.
    let both = [
        "eval",
        "--from",
        "this.jsonl",
        "--real-labels",
        "real.json",
        "--fail-under",
        "0.28",
    ];
    assert_eq!(environment.run(both).code, Some(1));
    // A picture without a label leaves nothing to judge by.
    environment.write("none.json", "[[]]");
    let none = [
        "eval",
        "--from",
        "this.jsonl",
        "--real-labels",
        "none.json",
        "--fail-under",
        "0",
    ];
    let none = environment.run(none);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("no top-1 accuracy"), "{}", none.stderr);
}
