//! What `eval` refuses, before anything is loaded.

use crate::album::{demo, star};
use crate::environment::Environment;

#[track_caller]
fn refused(environment: &Environment, words: &[&str], part: &str) {
    let run = environment.run([&["eval"], words].concat());
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(2), ""),
        "{words:?}: {}",
        run.stderr
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains(part), "{words:?}: {}", run.stderr);
}

#[test]
fn a_file_that_is_no_saved_run_is_named_with_what_it_must_be() {
    let environment = Environment::new();
    environment.copy(&star(), "star/1.jpg");
    let record = |more: &[&str]| {
        environment
            .run(demo(&[&["star/1.jpg", "--jsonl"], more].concat()))
            .stdout
    };
    let (one, other) = (record(&[]), record(&[]).replace("\"demo\"", "\"other\""));
    for (text, part) in [
        (String::new(), "holds no record"),
        ("label,score\n".to_owned(), "line 1 of saved is no record"),
        (format!("{one}{{}}\n"), "line 2 of saved is no record"),
        (
            one.replace("null}\n", "{}}\n"),
            "line 1 of saved is no record",
        ),
        (record(&["--min-score", "1"]), "without --min-score"),
        (one.clone() + &other, "answers of demo and of other"),
    ] {
        environment.write("saved", &text);
        refused(&environment, &["--from", "saved"], part);
        refused(
            &environment,
            &["star", "--variant", "demo", "--against", "saved"],
            part,
        );
    }
    refused(
        &environment,
        &["--from", "star"],
        "can't read star: it is a folder",
    );
    refused(&environment, &["--from", "nowhere"], "can't read nowhere");
    #[cfg(unix)]
    refused(&environment, &["--from", "/dev/null"], "read twice");
}

#[test]
fn files_are_looked_for_before_a_model_is() {
    let environment = Environment::new();
    environment.copy(&star(), "star/1.jpg");
    for flag in ["--truth", "--real-labels", "--valid-labels", "--against"] {
        // b0 is not there and can't be had.
        let words = ["star", "--variant", "b0", flag, "nowhere"];
        refused(&environment, &words, "can't read nowhere");
    }
    environment.write("real.json", "{}");
    let words = ["star", "--variant", "b0", "--real-labels", "real.json"];
    refused(&environment, &words, "is not ReaL's real.json");
    environment.write("real.json", "[[1]]");
    refused(&environment, &words, "knows none of the pictures");
    environment.copy(&star(), "star/ILSVRC2012_val_00000001.JPEG");
    environment.write("real.json", "[[999]]");
    let words = ["star", "--variant", "demo", "--real-labels", "real.json"];
    refused(&environment, &words, "class 999, and the model has 16");
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let environment = Environment::new();
    environment.copy(&star(), "star/1.jpg");
    let saved = environment.run(demo(&["star/1.jpg", "--jsonl"])).stdout;
    environment.write("saved", &saved);
    environment.write("truth", "1.jpg star\n");
    for words in [
        ["--from", "saved", "--wrong", "saved"],
        ["--from", "saved", "--confusion", "./saved"],
    ] {
        refused(&environment, &words, "saved");
    }
    let pictures = ["star", "--variant", "demo", "--truth", "truth"];
    for (flag, file) in [
        ("--wrong", "truth"),
        ("--confusion", "star/1.jpg"),
        ("--wrong", "star"),
        ("--confusion", "no/such"),
    ] {
        refused(&environment, &[&pictures[..], &[flag, file]].concat(), file);
    }
    let both = ["--wrong", "out", "--confusion", "out"];
    refused(
        &environment,
        &[&pictures[..], &both].concat(),
        "can't be one file",
    );
    assert_eq!(
        std::fs::read(environment.path("saved")).expect("it"),
        saved.as_bytes()
    );
    assert_eq!(
        std::fs::read(environment.path("truth")).expect("it"),
        b"1.jpg star\n"
    );
    assert_eq!(
        std::fs::read(environment.path("star/1.jpg")).ok(),
        std::fs::read(star()).ok()
    );
}

#[test]
fn saved_answers_need_neither_pictures_nor_a_model() {
    let environment = Environment::new();
    for words in [
        &["--from", "saved", "star"][..],
        &["--from", "saved", "--variant", "demo"],
        &["--from", "saved", "--sigmoid"],
        &["--from", "saved", "--files-from", "list"],
        &["--from", "saved", "--no-exif"],
        &["--from", "saved", "--device", "cpu"],
    ] {
        refused(&environment, words, "cannot be used with");
    }
}
