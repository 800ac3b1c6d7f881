//! Files get their names once they are whole, whenever a run is stopped.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::album::{demo, star};
use crate::environment::{Environment, repository};

/// A run that waits for more names, after its first record was written to `part`.
fn waiting(environment: &Environment, more: &[&str], part: &str) -> (Child, ChildStdin) {
    environment.copy(&star(), "star.jpg");
    let mut child = environment
        .command()
        .args(demo(&["--files-from", "-", "-q"]))
        .args(more)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut names = child.stdin.take().expect("its standard input");
    names.write_all(b"star.jpg\n").expect("a run that reads");
    let part = environment.path(part);
    while fs::metadata(&part).map_or(0, |found| found.len()) == 0 {
        assert!(child.try_wait().expect("a process").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(2));
    }
    (child, names)
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn a_file_holds_the_whole_of_one_run_whenever_another_is_killed() {
    let environment = Environment::new();
    for (name, more) in [
        ("out.jsonl", &["-o", "out.jsonl"][..]),
        ("page.html", &["-o", "x.csv", "--report", "page.html"]),
    ] {
        environment.write(name, "of an earlier run\n");
        let part = format!("{name}.part");
        // Pages are written in larger pieces than a first picture fills.
        let seen = if name == "out.jsonl" {
            &part
        } else {
            "x.csv.part"
        };
        let (mut child, names) = waiting(&environment, more, seen);
        assert_eq!(read(environment.path(name)), "of an earlier run\n");
        child.kill().expect("a kill");
        child.wait().expect("an end");
        drop(names);
        assert_eq!(read(environment.path(name)), "of an earlier run\n");
        let whole = environment.run(demo(&[&["star.jpg", "star.jpg"], more].concat()));
        assert_eq!(whole.code, Some(0), "{}", whole.stderr);
        assert_eq!(
            read(environment.path(name)).matches("star.jpg\"").count(),
            2 + 2 * usize::from(name == "page.html")
        );
        assert!(!environment.path(&part).exists());
    }
}

#[test]
fn what_a_stopped_run_wrote_is_gone_on_with() {
    let environment = Environment::new();
    let (mut child, names) = waiting(&environment, &["-o", "out.jsonl"], "out.jsonl.part");
    let interrupt = Command::new("kill")
        .arg("-INT")
        .arg(child.id().to_string())
        .status();
    assert!(interrupt.expect("kill").success());
    assert_eq!(child.wait().expect("an end").code(), None);
    drop(names);
    assert!(!environment.path("out.jsonl").exists());
    environment.copy(&repository("assets/pictures/car.jpg"), "car.jpg");
    let rest = ["star.jpg", "car.jpg", "-o", "out.jsonl", "--resume"];
    let run = environment.run(demo(&rest));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr.contains("1 picture, 1 already done"),
        "{}",
        run.stderr
    );
    assert_eq!(read(environment.path("out.jsonl")).lines().count(), 2);
    assert!(!environment.path("out.jsonl.part").exists());
}

#[test]
fn of_a_run_that_was_killed_before_its_first_record_nothing_stays() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    for earlier in [None, Some("")] {
        if let Some(text) = earlier {
            environment.write("out.jsonl", text);
        }
        environment.write("out.jsonl.part", "");
        let run = environment.run(demo(&["star.jpg", "-o", "out.jsonl", "--resume"]));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert_eq!(read(environment.path("out.jsonl")).lines().count(), 1);
        assert!(!environment.path("out.jsonl.part").exists());
    }
}

#[test]
fn a_second_run_does_not_write_what_another_is_writing() {
    let environment = Environment::new();
    let (child, names) = waiting(&environment, &["-o", "out.jsonl"], "out.jsonl.part");
    for more in [&["-o", "out.jsonl"][..], &["-o", "out.jsonl", "--resume"]] {
        let second = environment.run(demo(&[&["star.jpg"], more].concat()));
        assert_eq!(second.code, Some(2), "{more:?}");
        assert!(
            second.stderr.contains("being written by another run"),
            "{}",
            second.stderr
        );
    }
    drop(names);
    let first = child.wait_with_output().expect("an end");
    assert_eq!(first.status.code(), Some(0));
    assert_eq!(read(environment.path("out.jsonl")).lines().count(), 1);
}

#[test]
fn a_run_without_a_model_leaves_nothing_and_takes_nothing() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.write("out.csv", "of an earlier run\n");
    let run = environment.run(["classify", "star.jpg", "-o", "out.csv"]);
    assert_eq!(run.code, Some(2));
    assert_eq!(read(environment.path("out.csv")), "of an earlier run\n");
    assert!(!environment.path("out.csv.part").exists());
}

#[test]
fn a_file_without_records_is_written_anew_too() {
    let environment = Environment::new();
    environment.write("out.jsonl", "of an earlier run\n");
    environment.write("out.jsonl.part", "of a run that was killed\n");
    environment.write("empty", "");
    let run = environment.run(demo(&["--files-from", "empty", "-o", "out.jsonl"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(read(environment.path("out.jsonl")), "");
    assert!(!environment.path("out.jsonl.part").exists());
}

#[test]
fn a_link_and_the_rights_of_a_file_stay() {
    use std::os::unix::fs::PermissionsExt;
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let target = environment.write("there/labels.csv", "of an earlier run\n");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("rights");
    std::os::unix::fs::symlink("there/labels.csv", environment.path("l.csv")).expect("a link");
    let run = environment.run(demo(&["star.jpg", "-o", "l.csv"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(environment.path("l.csv").is_symlink());
    assert!(read(target.clone()).starts_with("path,rank"));
    let rights = fs::metadata(&target).expect("a file").permissions();
    assert_eq!(rights.mode() & 0o777, 0o640);
}

#[test]
fn what_is_no_file_is_written_as_it_is() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.write("log", "a line before\n");
    let program = env!("CARGO_BIN_EXE_effnet");
    let line =
        format!("'{program}' classify --variant demo star.jpg -q -o /dev/stdout --jsonl >> log");
    let run = environment.command_of("sh").args(["-c", &line]).output();
    assert!(run.expect("a shell").status.success());
    let log = read(environment.path("log"));
    assert!(
        log.starts_with("a line before\n{\"path\":\"star.jpg\""),
        "{log}"
    );
    let run = environment.run(demo(&["star.jpg", "-o", "/dev/null"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}
