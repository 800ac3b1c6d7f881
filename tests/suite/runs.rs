//! Runs that are killed, interrupted, or have nowhere to write.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::environment::{Environment, fixture, repository};
use crate::random::Random;

/// A thousand names of the demonstration's pictures, some of them of nothing.
fn thousand(environment: &Environment) {
    let folder = environment.path("album");
    fs::create_dir(&folder).expect("a folder");
    let pictures: Vec<_> = fs::read_dir(fixture("demo"))
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jpg"))
        .collect();
    for number in 0..1000 {
        let name = folder.join(format!("{number:03}.jpg"));
        match number % 50 {
            49 => fs::write(name, "nothing").expect("a file"),
            _ => drop(fs::copy(&pictures[number % pictures.len()], name).expect("a file")),
        }
    }
}

fn start(environment: &Environment, arguments: &[&str]) -> Child {
    environment
        .command()
        .args(["classify", "--variant=demo", "album"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run")
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_run_that_is_killed_again_and_again_can_be_gone_on_with() {
    let environment = Environment::new();
    thousand(&environment);
    let whole = environment.run(["classify", "--variant=demo", "album", "--jsonl", "-q"]);
    assert_eq!(whole.code, Some(1));
    assert_eq!(whole.stdout.lines().count(), 1000);
    // It has its name when it is whole.
    let file = environment.path("out.part");
    let arguments = ["--jsonl", "-q", "-o", "out", "--resume"];
    let length = || fs::metadata(&file).map_or(0, |found| found.len());
    let mut random = Random(3);
    let mut kills = 0;
    for part in 1..=8 {
        let mut child = start(&environment, &arguments);
        let enough = whole.stdout.len() as u64 * part / 10;
        while length() < enough && child.try_wait().expect("a process").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("a kill");
        kills += usize::from(child.wait().expect("an end").code().is_none());
        assert!(!environment.path("out").exists());
        // A disk that went away would leave less.
        let torn = length().saturating_sub(random.below(300) as u64);
        let kept = fs::OpenOptions::new().write(true).open(&file);
        kept.expect("the file").set_len(torn).expect("a torn file");
    }
    assert!(kills >= 6, "only {kills} of 8 kills came in time");
    let last = start(&environment, &arguments).wait_with_output();
    assert_eq!(last.expect("an end").status.code(), Some(1));
    assert!(!file.exists());
    let kept = fs::read_to_string(environment.path("out")).expect("the file");
    assert_eq!(lines(&kept), lines(&whole.stdout));
    // The order is the inputs' as well, since each run went on where the last had ended.
    assert_eq!(kept, whole.stdout);
}

#[test]
fn a_full_disk_is_told_in_one_sentence() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    let environment = Environment::new();
    environment.copy(&repository("assets/pictures/star.jpg"), "album/star.jpg");
    for format in ["text", "json", "jsonl", "csv", "tsv"] {
        let format = format!("--format={format}");
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let output = environment
            .command()
            .args(["classify", "--variant=demo", "album", &format])
            .stdout(full.expect("a full device"))
            .output()
            .expect("a run");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{format}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{format}: {stderr}");
        assert!(stderr.contains("can't write the output"), "{stderr}");
        assert!(stderr.contains("No space left"), "{stderr}");
        let run = environment.run(["classify", "--variant=demo", "album", "-o", "/dev/full"]);
        assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1));
    }
    for arguments in [
        &["models"][..],
        &["models", "--json"],
        &["man"],
        &["completions", "zsh"],
        &["bench", "--variant=demo", "--runs=1", "--json"],
        &["--help"],
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let output = environment
            .command()
            .args(arguments)
            .stdout(full.expect("a full device"))
            .output()
            .expect("a run");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if arguments != ["--help"] {
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
            assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        }
        assert!(!stderr.contains("bug"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn head_takes_what_it_wants_and_that_is_no_failure() {
    let environment = Environment::new();
    thousand(&environment);
    let program = env!("CARGO_BIN_EXE_effnet");
    for format in ["text", "json", "jsonl", "csv", "tsv"] {
        let line = format!(
            "{{ '{program}' classify --variant demo album --format {format}; echo $? >&2; }} | head -1"
        );
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(environment.folder.path())
            .output()
            .expect("a run");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "0\n", "{format}");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(stdout.lines().count(), 1, "{format}");
    }
}

/// What a shell sees of a run that a signal ended.
#[test]
fn a_loop_of_a_shell_ends_with_ctrl_c() {
    let environment = Environment::new();
    // bash ends the loop only if the program ended by the signal itself, which `$?` tells too.
    let script = r#"
        for run in 1 2; do
            echo "run $run"
            mkfifo list-$run
            sleep 60 > list-$run 2> /dev/null &
            (sleep 1; kill -INT $$ $(pgrep -P $$ -f files-from)) > /dev/null 2>&1 &
            "$EFFNET" classify --variant demo --files-from list-$run --jsonl
            echo "went on after $?"
        done"#;
    // Whoever runs the tests in the background may have them ignore the signal.
    let shell: &[&str] = match cfg!(target_os = "linux") {
        true => &["env", "--default-signal=INT", "bash"],
        false => &["bash"],
    };
    let output = environment
        .command_of(shell[0])
        .env("EFFNET", env!("CARGO_BIN_EXE_effnet"))
        .args(&shell[1..])
        .args(["-c", script])
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "run 1\n");
    assert_eq!(output.status.signal(), Some(2), "{}", output.status);
}

#[test]
fn ctrl_c_in_the_middle_leaves_what_was_written_whole() {
    let environment = Environment::new();
    thousand(&environment);
    for (signal, number) in [("-INT", 2), ("-TERM", 15)] {
        for format in ["json", "jsonl", "csv"] {
            let mut child = start(&environment, &["--format", format]);
            let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
            let mut text = String::new();
            for _ in 0..20 {
                stdout.read_line(&mut text).expect("a line");
            }
            let id = child.id().to_string();
            let sent = Command::new("kill").args([signal, &id]).status();
            assert!(sent.expect("kill").success());
            stdout.read_to_string(&mut text).expect("the rest");
            let status = child.wait().expect("an end");
            assert_eq!(status.signal(), Some(number), "{format}: {status}");
            let count = match format {
                "json" => {
                    let records: Value = serde_json::from_str(&text).expect("a closed array");
                    records.as_array().expect("an array").len()
                }
                "jsonl" => {
                    let records = text.lines().map(serde_json::from_str::<Value>);
                    let whole = records.collect::<Result<Vec<_>, _>>();
                    whole.expect("whole lines").len()
                }
                _ => {
                    let mut table = csv::Reader::from_reader(text.as_bytes());
                    let rows = table.records().collect::<Result<Vec<_>, _>>();
                    rows.expect("whole rows").len() / 5
                }
            };
            assert!((1..1000).contains(&count), "{format}: {count}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_batch_that_does_not_fit_gets_advice() {
    let environment = Environment::new();
    environment.copy(&repository("assets/pictures/star.jpg"), "star.jpg");
    environment.write("list", "star.jpg\n");
    let run = |arguments: &str| {
        let program = env!("CARGO_BIN_EXE_effnet");
        let line = format!("ulimit -v 4000000; exec '{program}' {arguments}");
        let output = environment.command_of("sh").args(["-c", &line]).output();
        let output = output.expect("a run");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), stderr)
    };
    environment.model("b7", "efficientnet_b7", 10);
    for arguments in [
        "classify --model b7 --files-from list --batch-size 4096",
        "bench --variant b7 --batch-size 4096 --runs 1",
    ] {
        let (code, stderr) = run(arguments);
        assert_eq!((code, stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains("a batch of 4096 pictures"), "{stderr}");
        assert!(stderr.contains("--batch-size"), "{stderr}");
    }
    // One picture makes no batch of thousands, and a smaller network takes less.
    for arguments in [
        "classify --variant demo star.jpg --batch-size 4096",
        "classify --variant demo --files-from list --batch-size 4096",
    ] {
        let (code, stderr) = run(arguments);
        assert_eq!(code, Some(0), "{arguments}: {stderr}");
    }
}
