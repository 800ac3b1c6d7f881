//! Files that are no plain files, and names that are no plain names.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use crate::environment::{Environment, Run, repository};

const CLASSIFY: [&str; 3] = ["classify", "--variant=demo", "--jsonl"];

fn star() -> std::path::PathBuf {
    repository("assets/pictures/star.jpg")
}

fn classify(environment: &Environment, arguments: &[&str]) -> Run {
    environment.run(CLASSIFY.iter().chain(arguments))
}

fn message(run: &Run, record: usize) -> String {
    let record = &run.records()[record];
    assert_eq!(record["error"]["kind"], "read", "{record}");
    record["error"]["message"]
        .as_str()
        .expect("text")
        .to_owned()
}

#[test]
fn a_pipe_that_is_named_is_read() {
    let environment = Environment::new();
    let pipe = environment.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let writer = std::thread::spawn(move || {
        fs::write(pipe, fs::read(star()).expect("a picture")).expect("a reader");
    });
    assert_eq!(classify(&environment, &["pipe"]).labels(), ["star"]);
    writer.join().expect("an end");
}

#[test]
fn a_pipe_to_write_to_is_written_to() {
    let environment = Environment::new();
    let pipe = environment.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let reader = std::thread::spawn(move || fs::read_to_string(pipe).expect("a writer"));
    let star = star();
    let run = classify(
        &environment,
        &[star.to_str().expect("a path"), "-o", "pipe"],
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(reader.join().expect("an end").contains("\"star\""));
    let run = classify(&environment, &["star.jpg", "-o", "/dev/zero", "--resume"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("no file that keeps"), "{}", run.stderr);
}

#[test]
fn a_folder_called_like_a_picture_is_a_folder() {
    let environment = Environment::new();
    environment.copy(&star(), "album.jpg/star.jpg");
    environment.copy(&star(), "album.jpg/below.png/star.jpg");
    let flat = classify(&environment, &["album.jpg"]);
    assert_eq!((flat.code, flat.labels().len()), (Some(0), 1));
    let deep = classify(&environment, &["-r", "album.jpg"]);
    assert_eq!((deep.code, deep.labels().len()), (Some(0), 2));
}

#[test]
fn a_folder_takes_every_ending_of_what_is_read() {
    let environment = Environment::new();
    let endings = ["jpe", "JFIF", "mpo", "apng", "btf", "dib", "cur", "Tif"];
    for ending in endings {
        environment.copy(&star(), &format!("album/star.{ending}"));
    }
    environment.write("album/notes.txt", "no picture");
    let run = classify(&environment, &["album"]);
    assert_eq!(run.labels(), ["star"; 8]);
    assert_eq!(run.code, Some(0));
}

#[test]
fn links_that_lead_in_circles_or_nowhere_end() {
    let environment = Environment::new();
    environment.copy(&star(), "album/star.jpg");
    let link = |to: &str, name: &str| symlink(to, environment.path(name)).expect("a link");
    link(".", "album/again");
    link("..", "album/up.jpg");
    link("loop.jpg", "album/loop.jpg");
    link("nowhere", "album/nowhere.jpg");
    link("star.jpg", "album/that.jpg");
    let run = classify(&environment, &["-r", "album"]);
    assert_eq!(run.code, Some(1));
    let paths: Vec<_> = run.records().iter().map(|r| r["path"].clone()).collect();
    let expected = ["loop.jpg", "nowhere.jpg", "star.jpg", "that.jpg"];
    assert_eq!(paths, expected.map(|name| format!("album/{name}")));
    assert_eq!(run.labels()[2..], ["star", "star"]);
    assert_eq!(message(&run, 1), "there is no such file");
    // Named, a link that leads to itself is an error as well.
    let run = classify(&environment, &["album/loop.jpg"]);
    assert!(
        message(&run, 0).contains("symbolic links"),
        "{}",
        run.stdout
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_bytes_can_not_be_read_is_a_record() {
    let environment = Environment::new();
    environment.copy(&star(), "album/star.jpg");
    // The first page of a process is nobody's to read, not even root's.
    symlink("/proc/self/mem", environment.path("album/a.jpg")).expect("a link");
    let run = classify(&environment, &["album"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.labels(), ["(failed)", "star"]);
    assert!(message(&run, 0).contains("os error 5"), "{}", run.stdout);
    environment.write("list", "");
    let run = classify(&environment, &["--files-from", "/proc/self/mem"]);
    assert_eq!((run.code, run.records().len()), (Some(1), 1));
}

/// A command for a user who may not do everything, if there is a way.
fn as_somebody(environment: &Environment) -> Option<Command> {
    let locked = environment.write("locked", b"");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).expect("a mode");
    if fs::File::open(&locked).is_err() {
        return Some(environment.command());
    }
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(environment.folder.path(), open).expect("a mode");
    let nobody = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.arg(env!("CARGO_BIN_EXE_effnet"));
        command.current_dir(environment.folder.path());
        command.env("HF_HUB_OFFLINE", "1").stdin(Stdio::null());
        command
    };
    let works = nobody().arg("--version").output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may read everything, and setpriv does not help");
        return None;
    }
    Some(nobody())
}

#[test]
fn a_file_or_folder_that_may_not_be_read_is_a_record() {
    let environment = Environment::new();
    let Some(mut command) = as_somebody(&environment) else {
        return;
    };
    let picture = environment.copy(&star(), "album/a.jpg");
    environment.copy(&star(), "album/b.jpg");
    environment.copy(&star(), "album/closed/c.jpg");
    let lock = |path| fs::set_permissions(path, fs::Permissions::from_mode(0o0)).expect("a mode");
    lock(picture);
    lock(environment.path("album/closed"));
    let output = command.args(CLASSIFY).args(["-r", "album"]).output();
    let output = output.expect("a run");
    let open = fs::Permissions::from_mode(0o700);
    fs::set_permissions(environment.path("album/closed"), open).expect("a mode");
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(stdout.lines().count(), 3, "{stdout}");
    assert_eq!(stdout.matches("permission denied").count(), 2, "{stdout}");
    assert_eq!(stdout.matches("\"label\":\"star\"").count(), 1, "{stdout}");
}

/// Names that a shell would rather not have.
fn names() -> [&'static OsStr; 5] {
    [
        b"\xff\xfe.jpg".as_slice(),
        b"\xff\xff.jpg",
        b"a\nb.jpg",
        b"\x1b]0;title\x07.jpg",
        "\u{202e}gpj.exe.jpg".as_bytes(),
    ]
    .map(OsStr::from_bytes)
}

#[test]
fn names_of_any_bytes_are_told_apart_and_gone_on_with() {
    let environment = Environment::new();
    fs::create_dir(environment.path("album")).expect("a folder");
    let picture = fs::read(star()).expect("a picture");
    for name in names() {
        fs::write(environment.path("album").join(name), &picture).expect("a file");
    }
    let shown = classify(&environment, &["album"]);
    assert_eq!(shown.labels(), ["star"; 5]);
    let records = shown.records();
    let with_bytes: Vec<_> = records
        .iter()
        .filter_map(|record| record["path_base64"].as_str())
        .collect();
    // album/\xff\xfe.jpg and album/\xff\xff.jpg.
    assert_eq!(with_bytes, ["YWxidW0v//4uanBn", "YWxidW0v//8uanBn"]);
    let last = records.iter().rfind(|r| r.get("path_base64").is_some());
    assert_eq!(
        last.expect("a record")["path"],
        "album/\u{fffd}\u{fffd}.jpg"
    );
    let arguments = ["album", "-o", "out", "--resume"];
    for _ in 0..2 {
        let run = classify(&environment, &arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let kept = fs::read_to_string(environment.path("out")).expect("the file");
        assert_eq!(kept, shown.stdout);
    }
    let list: Vec<u8> = names()
        .iter()
        .flat_map(|name| [b"album/", name.as_bytes(), b"\0"].concat())
        .collect();
    environment.write("list", list);
    let run = classify(&environment, &["--files-from", "list", "-0"]);
    assert_eq!(run.labels(), ["star"; 5]);
}

#[test]
fn a_terminal_is_not_steered_by_a_name() {
    use std::os::unix::process::ExitStatusExt;
    let environment = Environment::new();
    let picture = fs::read(star()).expect("a picture");
    fs::create_dir(environment.path("album")).expect("a folder");
    for name in names() {
        fs::write(environment.path("album").join(name), &picture).expect("a file");
    }
    for format in ["text", "json", "jsonl", "csv", "tsv"] {
        let program = env!("CARGO_BIN_EXE_effnet");
        let line = format!("'{program}' classify --variant demo --format {format} album none.jpg");
        let output = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(environment.folder.path())
            .env("HF_HUB_OFFLINE", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: there is no `script` to make a terminal");
            return;
        };
        assert_eq!(
            output.status.code(),
            Some(1),
            "{:?}",
            output.status.signal()
        );
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("gpj.exe"), "{shown}");
        // Clearing a line is the progress bar's.
        let left = shown.replace("\x1b[2K", "").replace("\x1b[1A", "");
        for steering in ['\x1b', '\x07', '\u{202e}'] {
            assert!(!left.contains(steering), "{format}: {left:?}");
        }
    }
}

#[test]
fn a_file_without_end_is_no_list_no_labels_and_no_config() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = classify(&environment, &["--files-from", "/dev/zero"]);
    assert_eq!(run.code, Some(1));
    assert!(
        message(&run, 0).contains("no list of paths"),
        "{}",
        run.stdout
    );
    let run = classify(&environment, &["star.jpg", "--labels", "/dev/zero"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1));
    assert!(run.stderr.contains("longer than"), "{}", run.stderr);
    fs::create_dir(environment.path("model")).expect("a folder");
    // Larger than any configuration, and of no blocks.
    let config = fs::File::create(environment.path("model/config.json")).expect("a file");
    config.set_len(8 << 30).expect("a long file");
    environment.write("model/model.safetensors", b"");
    let run = environment.run(["classify", "star.jpg", "--model", "model"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1));
    assert!(run.stderr.contains("longer than"), "{}", run.stderr);
    let run = environment.run([
        "classify",
        "star.jpg",
        "--model",
        "/dev/zero",
        "--variant=b0",
    ]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1));
}

#[test]
fn a_device_without_end_is_no_picture_and_not_read_to_its_limit() {
    let environment = Environment::new();
    let run = classify(
        &environment,
        &["/dev/zero", "--max-bytes", "100000000000000"],
    );
    assert_eq!(run.records()[0]["error"]["kind"], "unsupported");
}
