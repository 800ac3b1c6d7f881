//! `effnet check`.

use std::fs;

use crate::album::{demo, star};
use crate::environment::{Environment, Run};

/// Three parts of twelve pictures, in a folder of their own.
fn parts() -> Environment {
    let environment = Environment::new();
    for number in 0..12 {
        environment.copy(&star(), &format!("photos/{number}.jpg"));
    }
    fs::create_dir(environment.path("labels")).expect("a folder");
    for part in 1..=3 {
        let (shard, file) = (format!("{part}/3"), format!("labels/{part}.jsonl"));
        let run = environment.run(demo(&["photos", "--shard", &shard, "-o", &file]));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    environment
}

fn check(environment: &Environment) -> Run {
    environment.run(["check", "labels", "--shards", "3"])
}

#[test]
fn whole_parts_are_good() {
    let environment = parts();
    let run = check(&environment);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    for (line, part) in lines.iter().zip(1..) {
        assert!(
            line.starts_with(&format!("labels/{part}.jsonl: ")),
            "{line}"
        );
        assert!(
            line.ends_with(&format!(" records, 0 failed, part {part}/3")),
            "{line}"
        );
    }
}

#[test]
fn a_part_that_is_missing_cut_or_unfinished_is_named() {
    for (spoil, said) in [
        (Spoil::Remove, "missing: 2/3"),
        (Spoil::Cut, "is cut off or no record"),
        (
            Spoil::Unfinished,
            "not finished; the same run with --resume goes on",
        ),
        (Spoil::Twice, "pictures stand there twice"),
        (Spoil::Mixed, "of several parts"),
    ] {
        let environment = parts();
        let file = environment.path("labels/2.jsonl");
        let text = fs::read_to_string(&file).expect("records");
        match spoil {
            Spoil::Remove => fs::remove_file(&file).expect("a file"),
            Spoil::Cut => fs::write(&file, &text[..text.len() - 9]).expect("a file"),
            Spoil::Unfinished => {
                fs::rename(&file, environment.path("labels/2.jsonl.part")).expect("a file");
            }
            Spoil::Twice => fs::write(&file, text.repeat(2)).expect("a file"),
            Spoil::Mixed => {
                let other = fs::read_to_string(environment.path("labels/1.jsonl"));
                fs::write(&file, text + &other.expect("records")).expect("a file");
            }
        }
        let run = check(&environment);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
        // What is not good is done again.
        assert!(run.stdout.ends_with("missing: 2/3\n"), "{}", run.stdout);
    }
}

enum Spoil {
    Remove,
    Cut,
    Unfinished,
    Twice,
    Mixed,
}

#[test]
fn another_model_is_named_with_its_files() {
    let environment = parts();
    let file = environment.path("labels/3.jsonl");
    let text = fs::read_to_string(&file).expect("records");
    fs::write(
        &file,
        text.replace("\"model\":\"demo\"", "\"model\":\"b0\""),
    )
    .expect("a file");
    let run = check(&environment);
    assert_eq!(run.code, Some(1));
    let models = "of b0: labels/3.jsonl\nof demo: labels/1.jsonl, labels/2.jsonl\n";
    assert!(run.stdout.ends_with(models), "{}", run.stdout);
}

#[test]
fn what_holds_no_records_at_all_can_not_be_checked() {
    let environment = Environment::new();
    fs::create_dir(environment.path("empty")).expect("a folder");
    for path in ["empty", "none.jsonl"] {
        let run = environment.run(["check", path]);
        assert_eq!(run.code, Some(2), "{}", run.stdout);
        assert_eq!(run.stderr.lines().count(), 1);
    }
}
