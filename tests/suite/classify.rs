//! `effnet classify` from outside: inputs, outputs, exit codes.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::environment::{Environment, exif, fixture, repository};

fn star() -> std::path::PathBuf {
    repository("assets/pictures/star.jpg")
}

/// A folder with two good pictures, a damaged one, a note, and one more below.
fn album(environment: &Environment) {
    environment.copy(&star(), "album/b.jpg");
    environment.copy(&repository("assets/pictures/fish.jpg"), "album/a.PNG");
    environment.copy(&repository("assets/pictures/car.jpg"), "album/below/c.jpeg");
    environment.copy(&star(), "album/.hidden.jpg");
    environment.write("album/note.txt", "not a picture");
}

const DEMO: [&str; 3] = ["classify", "--variant", "demo"];

fn demo<'a>(more: &[&'a str]) -> Vec<&'a str> {
    DEMO.into_iter().chain(more.iter().copied()).collect()
}

fn paths(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|r| r["path"].as_str().expect("a path"))
        .collect()
}

#[test]
fn a_folder_means_its_pictures_sorted_and_r_those_below_too() {
    let environment = Environment::new();
    album(&environment);
    let flat = environment.run(demo(&["album", "--jsonl"]));
    assert_eq!(flat.code, Some(0), "{}", flat.stderr);
    let records = flat.records();
    assert_eq!(paths(&records), ["album/a.PNG", "album/b.jpg"]);
    assert_eq!(flat.labels(), ["fish", "star"]);
    let deep = environment.run(demo(&["-r", "album", "--jsonl"]));
    let records = deep.records();
    assert_eq!(
        paths(&records),
        ["album/a.PNG", "album/b.jpg", "album/below/c.jpeg"]
    );
}

#[test]
fn a_named_file_is_tried_whatever_its_ending() {
    let environment = Environment::new();
    environment.copy(&star(), "star.txt");
    let run = environment.run(demo(&["star.txt", "--jsonl"]));
    assert_eq!(run.labels(), ["star"]);
}

#[test]
fn a_dash_is_one_picture_on_standard_input() {
    let environment = Environment::new();
    let picture = std::fs::read(star()).expect("a picture");
    let run = environment.run_with(&picture, &demo(&["-", "--jsonl"]));
    assert_eq!(run.records()[0]["path"], "-");
    assert_eq!(run.labels(), ["star"]);
}

#[test]
fn paths_are_read_from_a_file_by_line_or_by_nul() {
    let environment = Environment::new();
    album(&environment);
    environment.write("list", "album/b.jpg\r\nalbum/a.PNG\n");
    let lines = environment.run(demo(&["--files-from", "list", "--jsonl"]));
    assert_eq!(lines.labels(), ["star", "fish"]);
    environment.copy(&star(), "album/new\nline.jpg");
    let list = b"album/new\nline.jpg\0album/a.PNG\0";
    let nul = environment.run_with(list, &demo(&["--files-from", "-", "-0", "--jsonl"]));
    assert_eq!(nul.labels(), ["star", "fish"]);
    assert_eq!(nul.records()[0]["path"], "album/new\nline.jpg");
}

#[test]
fn each_line_of_a_list_is_answered_before_the_next_comes() {
    use std::io::{BufRead, BufReader, Write};
    let environment = Environment::new();
    let mut child = environment
        .command()
        .args(demo(&["--files-from", "-", "--jsonl", "--batch-size", "8"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a run");
    let mut stdin = child.stdin.take().expect("its input");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    for _ in 0..3 {
        writeln!(stdin, "{}", star().display()).expect("a written line");
        let line = lines.next().expect("an answer").expect("a line");
        assert!(line.contains("\"star\""), "{line}");
    }
    drop(stdin);
    assert!(child.wait().expect("an end").success());
}

#[test]
fn order_is_kept_over_many_pictures_threads_and_batches() {
    let environment = Environment::new();
    let folder = fixture("demo");
    let folder = folder.to_str().expect("a path");
    let one = environment.run(demo(&[folder, "--jsonl", "--threads", "1"]));
    let records = one.records();
    let mut sorted = paths(&records);
    sorted.sort_unstable();
    assert_eq!(paths(&records), sorted);
    assert!(sorted.len() >= 100);
    let options = [folder, "--jsonl", "--threads", "4", "--batch-size", "7"];
    assert_eq!(environment.run(demo(&options)).stdout, one.stdout);
}

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
fn every_kind_of_failure_is_a_record_and_the_run_goes_on() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let whole = std::fs::read(star()).expect("a picture");
    environment.write("cut.jpg", &whole[..whole.len() / 2]);
    environment.write("empty.jpg", b"");
    environment.write("text.jpg", b"hello");
    environment.write("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    std::fs::create_dir(environment.path("folder.jpg")).expect("a folder");
    environment.write(
        "list",
        "cut.jpg\nempty.jpg\ntext.jpg\nphoto.heic\nfolder.jpg\nnone\nstar.jpg\n",
    );
    let run = environment.run(demo(&["--files-from", "list", "--jsonl"]));
    assert_eq!(run.code, Some(1));
    let records = run.records();
    let kinds: Vec<_> = records
        .iter()
        .map(|r| r["error"]["kind"].as_str())
        .collect();
    let some = [
        "decode",
        "decode",
        "unsupported",
        "unsupported",
        "read",
        "read",
    ]
    .map(Some);
    assert_eq!(kinds[..6], some);
    assert_eq!(run.labels()[6], "star");
    let message = records[3]["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("HEIC") && message.contains("convert"),
        "{message}"
    );
}

#[test]
fn limits_are_checked_before_the_pixels_take_memory() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let pixels = environment.run(demo(&["star.jpg", "--jsonl", "--max-pixels", "100"]));
    assert_eq!(pixels.records()[0]["error"]["kind"], "limit");
    let bytes = environment.run(demo(&["star.jpg", "--jsonl", "--max-bytes", "100"]));
    assert_eq!(bytes.records()[0]["error"]["kind"], "limit");
    let stdin = environment.run_with(&[0; 1000], &demo(&["-", "--jsonl", "--max-bytes", "100"]));
    assert_eq!(stdin.records()[0]["error"]["kind"], "limit");
}

#[test]
fn usage_that_can_do_nothing_exits_with_2_and_one_line() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    std::fs::create_dir(environment.path("nothing")).expect("a folder");
    for (arguments, expected) in [
        (demo(&[]), "no pictures given"),
        (demo(&["nothing"]), "no pictures found in nothing"),
        (
            demo(&["star.jpg", "--device", "cuda"]),
            "cargo feature `cuda`",
        ),
        (
            demo(&["star.jpg", "--device", "metal"]),
            "cargo feature `metal`",
        ),
        (
            demo(&["star.jpg", "--device", "cpu", "--dtype", "f16"]),
            "--dtype f16 needs an NVIDIA GPU",
        ),
        (demo(&["star.jpg", "--resume", "-o", "out"]), "--jsonl"),
        (demo(&["-", "--files-from", "-"]), "only once"),
        (
            vec!["classify", "star.jpg", "--model", "no such thing"],
            "no file or folder",
        ),
        (
            demo(&["star.jpg", "--model", "a/b"]),
            "--variant and --weights",
        ),
        (
            vec!["classify", "star.jpg", "--weights", "xx"],
            "ns_jft_in1k",
        ),
    ] {
        let run = environment.run(&arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert_eq!(
            run.stderr.lines().count(),
            1,
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains(expected),
            "{arguments:?}: {}",
            run.stderr
        );
        assert_eq!(run.stdout, "");
    }
    for arguments in [
        demo(&["star.jpg", "-k", "0"]),
        demo(&["star.jpg", "--threads", "100000"]),
        demo(&["star.jpg", "--min-score", "2"]),
        demo(&["star.jpg", "--json", "--csv"]),
        demo(&["star.jpg", "-0"]),
        vec!["classify", "star.jpg", "--variant", "b9"],
    ] {
        assert_eq!(environment.run(&arguments).code, Some(2), "{arguments:?}");
    }
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
fn exif_orientation_is_applied_unless_told_otherwise() {
    let environment = Environment::new();
    let plain = std::fs::read(star()).expect("a picture");
    // An EXIF segment behind the start marker: orientation 6, to be turned by a quarter.
    let exif = exif(6);
    let mut turned = vec![0xff, 0xd8, 0xff, 0xe1];
    turned.extend((2 + exif.len() as u16).to_be_bytes());
    turned.extend(exif);
    turned.extend(&plain[2..]);
    environment.write("plain.jpg", &plain);
    environment.write("turned.jpg", &turned);
    let score = |arguments: &[&str]| {
        let run = environment.run(demo(arguments));
        run.records()[0]["predictions"].clone()
    };
    let stored = score(&["plain.jpg", "--jsonl"]);
    assert_eq!(score(&["turned.jpg", "--jsonl", "--no-exif"]), stored);
    assert_ne!(score(&["turned.jpg", "--jsonl"]), stored);
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
fn a_folder_is_no_list_and_a_list_that_can_not_be_read_ends() {
    let environment = Environment::new();
    album(&environment);
    let run = environment.run(demo(&["--files-from", "album", "--jsonl"]));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("is a folder"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_found_in_a_folder_is_not_waited_for() {
    let environment = Environment::new();
    album(&environment);
    let made = std::process::Command::new("mkfifo")
        .arg(environment.path("album/aa.jpg"))
        .status()
        .expect("mkfifo");
    assert!(made.success());
    assert_eq!(
        environment.run(demo(&["album", "--jsonl"])).labels(),
        ["fish", "star"]
    );
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

#[test]
fn the_built_in_model_does_not_care_about_the_hubs_settings() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = environment
        .command()
        .env("HF_ENDPOINT", "nonsense")
        .args(demo(&["star.jpg"]))
        .output()
        .expect("a run");
    assert_eq!(run.status.code(), Some(0));
}

#[test]
fn a_closed_standard_error_does_not_end_the_run() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let mut child = environment
        .command()
        .args(demo(&["star.jpg", "-v", "--jsonl"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    drop(child.stderr.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("star"));
}

#[test]
fn a_picture_in_a_format_that_is_not_read_comes_with_a_way_to_convert_it() {
    let environment = Environment::new();
    environment.write("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1");
    let run = environment.run(demo(&["a.avif", "--jsonl"]));
    let message = run.records()[0]["error"]["message"].to_string();
    assert!(
        message.contains("AVIF") && message.contains("avifdec"),
        "{message}"
    );
}
