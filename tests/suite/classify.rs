//! `effnet classify` as a user meets it: what fails, what is refused, and which way is up.

use std::process::Stdio;

use crate::album::{demo, star};
use crate::environment::{Environment, exif};

#[cfg(not(feature = "heic"))]
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

#[cfg(not(feature = "heic"))]
#[test]
fn a_picture_in_a_format_that_is_not_read_comes_with_a_way_to_convert_it() {
    let environment = Environment::new();
    environment.write("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic");
    let run = environment.run(demo(&["a.heic", "--jsonl"]));
    let message = run.records()[0]["error"]["message"].to_string();
    for part in ["HEIC", "--features heic", "heif-convert"] {
        assert!(message.contains(part), "{message}");
    }
}
