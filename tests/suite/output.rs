//! What is written, in every format, and what becomes of a file that is written to.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::album::{album, demo, star};
use crate::environment::{Environment, fixture};

#[test]
fn json_has_the_promised_keys_in_the_promised_order() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = environment.run(demo(&["star.jpg", "missing.jpg", "--jsonl", "-k", "1"]));
    assert_eq!(run.code, Some(1));
    let lines: Vec<_> = run.stdout.lines().collect();
    let record: Value = serde_json::from_str(lines[0]).expect("JSON");
    let score = &record["predictions"][0]["score"];
    let index = &record["predictions"][0]["index"];
    let expected = format!(
        r#"{{"path":"star.jpg","model":"demo","predictions":[{{"label":"star","score":{score},"index":{index},"wnid":null}}],"error":null}}"#
    );
    assert_eq!(lines[0], expected);
    let message = r#"{"path":"missing.jpg","model":"demo","predictions":null,"error":{"kind":"read","message":"there is no such file"}}"#;
    assert_eq!(lines[1], message);
}

#[test]
fn scores_of_all_classes_are_shortest_f32_and_add_up_to_one() {
    let environment = Environment::new();
    let picture = star();
    let run = environment.run(demo(&[
        picture.to_str().expect("a path"),
        "--json",
        "-k",
        "1000",
    ]));
    let records: Value = serde_json::from_str(&run.stdout).expect("one array");
    let predictions = records[0]["predictions"].as_array().expect("predictions");
    assert_eq!(predictions.len(), 16);
    let mut sum = 0.0;
    for prediction in predictions {
        let text = prediction["score"].to_string();
        let score: f32 = text.parse().expect("a number");
        assert_eq!(f64::from(score) as f32, score);
        assert!(text.len() <= 14, "{text} is longer than an f32 needs");
        sum += f64::from(score);
    }
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
}

#[test]
fn json_is_one_array_even_of_nothing() {
    let environment = Environment::new();
    let run = environment.run_with(b"", &demo(&["--files-from", "-", "--json"]));
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "[]\n"));
}

#[test]
fn csv_is_rfc_4180_and_tsv_escapes() {
    let environment = Environment::new();
    environment.copy(&star(), "a,\"b\"\tc.jpg");
    let run = environment.run(demo(&["a,\"b\"\tc.jpg", "none.jpg", "--csv", "-k", "1"]));
    let lines: Vec<_> = run.stdout.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "path,rank,label,score,index,wnid,error_kind,error"
    );
    assert!(
        lines[1].starts_with("\"a,\"\"b\"\"\tc.jpg\",1,star,0."),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "none.jpg,,,,,,read,there is no such file");
    let run = environment.run(demo(&["a,\"b\"\tc.jpg", "--tsv", "-k", "1"]));
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "path\trank\tlabel\tscore\tindex\twnid\terror_kind\terror"
    );
    assert!(
        lines[1].starts_with("a,\"b\"\\tc.jpg\t1\tstar\t0."),
        "{}",
        lines[1]
    );
}

#[test]
fn a_picture_without_a_likely_label_still_has_a_record() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = environment.run(demo(&["star.jpg", "--jsonl", "--min-score", "1"]));
    let expected = r#"{"path":"star.jpg","model":"demo","predictions":[],"error":null}"#;
    assert_eq!(run.stdout.trim_end(), expected);
    let run = environment.run(demo(&["star.jpg", "--csv", "--min-score", "1"]));
    assert_eq!(run.stdout.lines().nth(1), Some("star.jpg,,,,,,,"));
}

#[test]
fn text_is_plain_in_a_pipe() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = environment.run(demo(&["star.jpg", "-k", "1"]));
    assert!(run.stdout.starts_with("star.jpg\n"), "{}", run.stdout);
    assert!(run.stdout.contains("%  star\n"), "{}", run.stdout);
    assert!(!run.stdout.contains('\x1b') && !run.stderr.contains('\x1b'));
    let run = environment.run(demo(&["star.jpg", "--color", "always"]));
    assert!(run.stdout.contains('\x1b'));
}

#[test]
fn the_summary_goes_to_standard_error_unless_quiet() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = environment.run(demo(&["star.jpg", "missing.jpg"]));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("2 pictures, 1 failed"),
        "{}",
        run.stderr
    );
    assert_eq!(environment.run(demo(&["star.jpg", "-q"])).stderr, "");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let environment = Environment::new();
    let folder = fixture("demo");
    let mut child = environment
        .command()
        .args(demo(&["--jsonl"]))
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().expect("its output");
    stdout.read_exact(&mut first).expect("some output");
    drop(stdout);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_closes_the_array_and_ends_the_run_as_the_signal() {
    use std::io::Write;
    let environment = Environment::new();
    let mut child = environment
        .command()
        .args(demo(&["--json", "--files-from", "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut stdin = child.stdin.take().expect("its input");
    writeln!(stdin, "{}", star().display()).expect("a written line");
    let mut stdout = child.stdout.take().expect("its output");
    let mut text = vec![0; 20];
    stdout
        .read_exact(&mut text)
        .expect("the first record begins");
    let status = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(status.success());
    stdout.read_to_end(&mut text).expect("the rest");
    let status = child.wait().expect("an end");
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(2)
    );
    let records: Value = serde_json::from_slice(&text).expect("a closed array");
    assert_eq!(records.as_array().map(Vec::len), Some(1));
}

#[test]
fn an_output_file_holds_what_standard_output_would() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let shown = environment.run(demo(&["star.jpg", "--json"]));
    let kept = environment.run(demo(&["star.jpg", "--json", "-o", "out.json"]));
    assert_eq!(kept.stdout, "");
    let file = std::fs::read_to_string(environment.path("out.json")).expect("the file");
    assert_eq!(file, shown.stdout);
}

#[test]
fn a_resumed_run_adds_what_is_missing_once() {
    let environment = Environment::new();
    album(&environment);
    let whole = environment.run(demo(&["-r", "album", "--jsonl"])).stdout;
    let first = whole.lines().next().expect("a line");
    environment.write("out.jsonl", format!("{first}\n{{\"path\":\"album/b.j"));
    let options = ["-r", "album", "--jsonl", "-o", "out.jsonl", "--resume"];
    for _ in 0..2 {
        let run = environment.run(demo(&options));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let file = std::fs::read_to_string(environment.path("out.jsonl")).expect("the file");
        assert_eq!(file, whole);
    }
}

#[test]
fn a_name_with_an_escape_is_shown_as_it_is_to_programs() {
    let environment = Environment::new();
    environment.copy(&star(), "\x1b[31mred.jpg");
    let run = environment.run(demo(&["\x1b[31mred.jpg", "--jsonl"]));
    assert_eq!(run.records()[0]["path"], "\x1b[31mred.jpg");
    assert!(!run.stdout.contains('\x1b'), "JSON escapes controls");
    assert!(Path::new(&environment.path("\x1b[31mred.jpg")).exists());
}

#[test]
fn a_file_that_is_no_output_of_ours_is_not_written_over() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let before = std::fs::read(environment.path("star.jpg")).expect("a picture");
    let run = environment.run(demo(&["star.jpg", "-o", "star.jpg"]));
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(
        std::fs::read(environment.path("star.jpg")).expect("a picture"),
        before
    );
    environment.write("notes", "important, without a line break");
    let run = environment.run(demo(&["star.jpg", "--jsonl", "-o", "notes", "--resume"]));
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let notes = std::fs::read_to_string(environment.path("notes")).expect("the notes");
    assert_eq!(notes, "important, without a line break");
}
