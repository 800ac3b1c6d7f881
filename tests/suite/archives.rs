//! Pictures in tar archives.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::album::{demo, star};
use crate::environment::{Environment, Run, repository};

fn picture(name: &str) -> Vec<u8> {
    fs::read(repository(&format!("assets/pictures/{name}.jpg"))).expect("a picture")
}

/// An archive of these names and bytes.
fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, *bytes)
            .expect("a member");
    }
    builder.into_inner().expect("an archive")
}

/// Calls an archive's first member otherwise, as `tar` itself refuses to.
fn rename(archive: &mut [u8], name: &str) {
    let mut header = tar::Header::from_byte_slice(&archive[..512]).clone();
    let field = &mut header.as_old_mut().name;
    field.fill(0);
    field[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    archive[..512].copy_from_slice(header.as_bytes());
}

/// A star, a fish and a car, with what WebDataset puts beside them.
fn sample() -> Vec<u8> {
    tar(&[
        ("train/000.jpg", &picture("star")),
        ("train/000.cls", b"0"),
        ("train/000.json", b"{}"),
        ("./train/001.PNG", &picture("fish")),
        ("train/.hidden.jpg", &picture("fish")),
        ("train/deeper/002.jpeg", &picture("car")),
    ])
}

const NAMES: [&str; 3] = ["train/000.jpg", "train/001.PNG", "train/deeper/002.jpeg"];

fn paths(run: &Run) -> Vec<String> {
    let records = run.records();
    let path = |r: &serde_json::Value| r["path"].as_str().expect("a path").to_owned();
    records.iter().map(path).collect()
}

#[test]
fn pictures_in_archives_are_labelled_in_their_order_however_those_are_packed() {
    let environment = Environment::new();
    let sample = sample();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&sample).expect("memory");
    let middle = sample.len() / 2;
    // Two frames, and one between them that is for somebody else.
    let frame = |part: &[u8]| compress_to_vec(part, CompressionLevel::Fastest);
    let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    let zstd = [frame(&sample[..middle]), skipped, frame(&sample[middle..])].concat();
    environment.write("a.tar", &sample);
    environment.write("b.tar.gz", gzip.finish().expect("memory"));
    environment.write("c.TZST", zstd);
    for archive in ["a.tar", "b.tar.gz", "c.TZST"] {
        let run = environment.run(demo(&[archive, "--jsonl"]));
        assert_eq!(run.code, Some(0), "{archive}: {}", run.stderr);
        assert_eq!(run.labels(), ["star", "fish", "car"], "{archive}");
        assert_eq!(paths(&run), NAMES.map(|name| format!("{archive}/{name}")));
    }
    // By content, not by its name.
    fs::rename(environment.path("b.tar.gz"), environment.path("shard")).expect("a file");
    let run = environment.run(demo(&["--tar", "shard", "--jsonl"]));
    assert_eq!(run.labels(), ["star", "fish", "car"]);
}

#[test]
fn scores_of_a_member_are_those_of_the_file() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.write("a.tar", tar(&[("star.jpg", &picture("star"))]));
    let of =
        |path: &str| environment.run(demo(&[path, "--jsonl"])).records()[0]["predictions"].clone();
    assert_eq!(of("star.jpg"), of("a.tar"));
}

#[test]
fn a_stream_is_answered_as_its_members_arrive_and_their_names_stay() {
    let environment = Environment::new();
    let mut command = environment.command();
    command.args(demo(&["--tar", "-", "--jsonl", "-q"]));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a run");
    let mut stdin = child.stdin.take().expect("its standard input");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    for (name, label) in [
        ("a.jpg", "star"),
        ("./b.jpg", "fish"),
        ("/x/../c.jpg", "car"),
        ("file:/%20/d.jpg", "star"),
    ] {
        let mut archive = tar(&[("name", &picture(label))]);
        rename(&mut archive, name);
        // Without the blocks that end it.
        let end = archive.len() - 1024;
        stdin.write_all(&archive[..end]).expect("a run that reads");
        stdin.flush().expect("a run that reads");
        let line = lines.next().expect("a line").expect("text");
        let start = format!(
            "{{\"path\":\"{name}\",\"model\":\"demo\",\"predictions\":[{{\"label\":\"{label}\""
        );
        assert!(line.starts_with(&start), "{line}");
    }
    stdin.write_all(&[0; 1024]).expect("a run that reads");
    drop(stdin);
    assert!(lines.next().is_none());
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn an_archive_that_is_cut_or_damaged_is_an_error_behind_its_good_members() {
    let environment = Environment::new();
    let sample = sample();
    let star = picture("star").len().next_multiple_of(512);
    let cut = |at: usize| sample[..at].to_vec();
    let mut damaged = sample.clone();
    damaged[512 + star..][..100].fill(b'?');
    for (name, bytes, answered, word) in [
        (
            "within.tar",
            cut(512 + star + 4 * 512 + 700),
            1,
            "cut off behind its member train/000.json",
        ),
        (
            "between.tar",
            cut(512 + star),
            1,
            "cut off behind its member train/000.jpg",
        ),
        ("first.tar", cut(700), 0, "is no tar archive, or cut off"),
        ("empty.tar", Vec::new(), 0, "is no tar archive, or cut off"),
        ("picture.tar", picture("star"), 0, "is no tar archive"),
        (
            "damaged.tar",
            damaged,
            1,
            "damaged behind its member train/000.jpg",
        ),
    ] {
        environment.write(name, bytes);
        let run = environment.run(demo(&[name, "--jsonl"]));
        assert_eq!(run.code, Some(1), "{name}: {}", run.stderr);
        let records = run.records();
        assert_eq!(records.len(), answered + 1, "{name}");
        let last = &records[answered];
        assert_eq!(last["path"], name);
        assert_eq!(last["error"]["kind"], "read");
        let message = last["error"]["message"].as_str().expect("a message");
        assert!(message.contains(word), "{name}: {message}");
    }
}

#[test]
fn archives_that_were_joined_are_read_to_the_end() {
    let environment = Environment::new();
    environment.write("a.tar", [sample(), sample()].concat());
    let run = environment.run(demo(&["a.tar", "--jsonl"]));
    assert_eq!(run.labels(), ["star", "fish", "car", "star", "fish", "car"]);
}

#[test]
fn archives_in_folders_are_taken_with_r() {
    let environment = Environment::new();
    environment.copy(&star(), "photos/z.jpg");
    environment.write("photos/a.tar", sample());
    environment.write("list", "photos/a.tar\nphotos/z.jpg\n");
    let run = environment.run(demo(&["photos", "--jsonl"]));
    assert_eq!(paths(&run), ["photos/z.jpg"]);
    let run = environment.run(demo(&["-r", "photos", "--jsonl"]));
    assert_eq!(run.labels(), ["star", "fish", "car", "star"]);
    let listed = environment.run(demo(&["--files-from", "list", "--jsonl"]));
    assert_eq!(listed.stdout, run.stdout);
}

#[test]
fn a_member_beyond_the_limit_is_refused_and_the_next_is_not() {
    let environment = Environment::new();
    let large = [picture("fish"), vec![0; 100_000]].concat();
    let members = [("a.jpg", &large[..]), ("b.jpg", &picture("star"))];
    environment.write("a.tar", tar(&members));
    let run = environment.run(demo(&["a.tar", "--jsonl", "--max-bytes", "90000"]));
    let records = run.records();
    assert_eq!(records[0]["error"]["kind"], "limit");
    assert_eq!(records[1]["predictions"][0]["label"], "star");
}

#[test]
fn a_run_over_an_archive_goes_on_where_it_was_and_is_shared_out_by_member() {
    let environment = Environment::new();
    environment.write("a.tar", sample());
    let whole = environment.run(demo(&["a.tar", "--jsonl"])).stdout;
    let first = whole.lines().next().expect("a line");
    environment.write("l.jsonl", format!("{first}\n"));
    environment.run(demo(&["a.tar", "-o", "l.jsonl", "--resume"]));
    let resumed = fs::read_to_string(environment.path("l.jsonl")).expect("records");
    assert_eq!(resumed, whole);

    let mut parts: Vec<_> = ["1/2", "2/2"]
        .iter()
        .flat_map(|part| {
            let run = environment.run(demo(&["a.tar", "--jsonl", "--shard", part]));
            run.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    parts.sort();
    let mut lines: Vec<_> = whole.lines().collect();
    lines.sort_unstable();
    assert_eq!(parts, lines);
}

#[test]
fn what_needs_files_refuses_archives() {
    let environment = Environment::new();
    environment.write("a.tar", sample());
    for arguments in [
        demo(&["a.tar", "--sort-into", "sorted"]),
        vec!["eval", "a.tar", "--variant", "demo"],
    ] {
        let run = environment.run(&arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains("unpack them first"), "{}", run.stderr);
    }
}

#[test]
fn pictures_in_archives_are_embedded_found_and_explained_as_files_are() {
    let environment = Environment::new();
    environment.write("a.tar", sample());
    let embedded = environment.run(["embed", "a.tar", "--variant", "demo"]);
    assert_eq!(embedded.code, Some(0), "{}", embedded.stderr);
    assert_eq!(paths(&embedded), NAMES.map(|name| format!("a.tar/{name}")));
    let found = environment.run(["find", "fish", "a.tar", "--variant", "demo"]);
    assert_eq!(found.stdout, "a.tar/train/001.PNG\n");
    let explained = environment.run(["explain", "a.tar", "--variant", "demo", "--jsonl"]);
    assert_eq!(paths(&explained), paths(&embedded));
}
