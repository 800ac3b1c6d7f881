//! Which pictures are labelled, and in which order.

use std::process::Stdio;

use crate::album::{album, demo, paths, star};
use crate::environment::{Environment, Run, fixture};

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

/// What is said of bytes on standard input.
fn said_of(bytes: &[u8]) -> String {
    let environment = Environment::new();
    let run = environment.run_with(bytes, &demo(&["-", "--jsonl"]));
    assert_eq!(run.records().len(), 1);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stderr
}

#[test]
fn a_second_picture_on_standard_input_is_said() {
    let jpeg = std::fs::read(star()).expect("a picture");
    let png = crate::drawing::Drawing::scene(80, 60).png(None);
    let warned = "several pictures came on standard input, and only the first was read";
    let exif = b"\xff\xe1\0\x12Exif\0\0MM\0*\0\0\0\x08\0\0";
    let camera = [&jpeg[..2], exif, &jpeg[2..]].concat();
    for (first, second) in [
        (&jpeg, &jpeg),
        (&png, &png),
        (&jpeg, &png),
        (&png, &jpeg),
        (&camera, &camera),
    ] {
        let said = said_of(&[&first[..], second].concat());
        assert!(said.contains(warned), "{said}");
    }
    let environment = Environment::new();
    environment.write("both.jpg", jpeg.repeat(2));
    let run = environment.run(demo(&["both.jpg", "--jsonl"]));
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn what_belongs_to_a_picture_is_no_second_one() {
    let jpeg = std::fs::read(star()).expect("a picture");
    let with = |code: u8, content: &[u8]| {
        let length = (content.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], &[0xff, code], &length, content, &jpeg[2..]].concat()
    };
    let announcing = with(0xe2, b"MPF\0MM\0*\0\0\0\x08");
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x Container:Directory=''/>";
    let camera = with(0xe1, b"Exif\0\0MM\0*\0\0\0\x08\0\0");
    // Without the segment that names the kind of file.
    let nameless = [&jpeg[..2], &jpeg[20..]].concat();
    assert!(jpeg[6..].starts_with(b"JFIF\0"));
    for (what, first, second) in [
        ("alone", &jpeg, &Vec::new()),
        ("Multi-Picture Format", &announcing, &camera),
        ("a phone's container", &with(0xe1, xmp), &jpeg),
        ("a camera's preview", &camera, &jpeg),
        ("a preview", &jpeg, &nameless),
        ("a trailer", &jpeg, &[b"\0\0", &jpeg[..]].concat()),
    ] {
        let said = said_of(&[&first[..], second].concat());
        assert!(!said.contains("warning"), "{what}: {said}");
    }
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
fn shards_together_are_all_pictures_and_each_is_in_one() {
    let environment = Environment::new();
    for number in 0..12 {
        environment.copy(&star(), &format!("photos/{number}.jpg"));
    }
    environment.write("list", "photos/3.jpg\nphotos/4.jpg\n");
    let shard = |part: &str, more: &[&str]| {
        let run = environment.run(demo(&[&["--jsonl", "--shard", part], more].concat()));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let parts: Vec<_> = ["1/3", "2/3", "3/3"]
        .map(|part| shard(part, &["photos"]))
        .concat();
    let mut sorted = parts.clone();
    sorted.sort();
    let mut all = shard("1/1", &["photos"]);
    all.sort();
    assert_eq!(sorted, all);
    assert_eq!(all.len(), 12);
    // A list has the same parts as a folder, and an empty part is none the worse.
    let listed = ["1/3", "2/3", "3/3"].map(|part| shard(part, &["--files-from", "list"]));
    let sizes = listed.each_ref().map(Vec::len);
    assert_eq!(sizes.iter().sum::<usize>(), 2);
    assert!(sizes.contains(&0), "{sizes:?}");
    for line in listed.concat() {
        assert!(parts.contains(&line));
    }
}

#[test]
fn a_job_array_says_which_shard_it_is_or_the_run_is_refused() {
    let environment = Environment::new();
    for number in 0..6 {
        environment.copy(&star(), &format!("photos/{number}.jpg"));
    }
    let auto = |variables: &[(&str, &str)]| {
        let mut command = environment.command();
        command.args(demo(&["photos", "--jsonl", "--shard", "auto"]));
        command.env_remove("JOB_COMPLETION_INDEX");
        Run::of(
            command
                .envs(variables.iter().copied())
                .output()
                .expect("a run"),
        )
    };
    let second = auto(&[
        ("SLURM_ARRAY_TASK_ID", "2"),
        ("SLURM_ARRAY_TASK_COUNT", "2"),
    ]);
    let said = environment.run(demo(&["photos", "--jsonl", "--shard", "2/2"]));
    assert_eq!(second.stdout, said.stdout);
    let refused = auto(&[]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("say --shard I/N"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_file_may_be_named_by_its_address_and_keeps_that_name() {
    let environment = Environment::new();
    let path = environment.copy(&star(), "a b.jpg");
    let folder = path.parent().expect("a folder").display().to_string();
    let addresses = [
        format!("file:{folder}/a%20b.jpg"),
        format!("file://{folder}/a%20b.jpg"),
        // As Hadoop writes them.
        format!("file:{folder}/a b.jpg"),
    ];
    let list = addresses.join("\n") + &format!("\nfile:{folder}/none.jpg\n");
    let listed = environment.run_with(list.as_bytes(), &demo(&["--files-from", "-", "--jsonl"]));
    assert_eq!(listed.labels(), ["star", "star", "star", "(failed)"]);
    let records = listed.records();
    assert_eq!(paths(&records)[..3], addresses);
    let named = environment.run(demo(&[&addresses[0], "--jsonl"]));
    assert_eq!(named.labels(), ["star"]);
}

#[test]
fn a_picture_on_standard_input_can_have_a_name() {
    let environment = Environment::new();
    let bytes = std::fs::read(star()).expect("a picture");
    let run = environment.run_with(&bytes, &demo(&["-", "--name", "id 7", "--jsonl"]));
    assert_eq!(run.records()[0]["path"], "id 7");
    assert_eq!(run.labels(), ["star"]);
}

#[test]
fn the_number_of_threads_can_come_from_the_environment() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let with = |threads: &str| {
        let mut command = environment.command();
        command.env("EFFNET_THREADS", threads);
        Run::of(
            command
                .args(demo(&["star.jpg", "-v"]))
                .output()
                .expect("a run"),
        )
    };
    assert!(
        with("3").stderr.contains("3 threads"),
        "{}",
        with("3").stderr
    );
    let wrong = with("none");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--threads none"), "{}", wrong.stderr);
}
