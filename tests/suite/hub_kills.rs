//! Downloads by the real binary that are killed, run out of disk, or meet another: whatever
//! happens, what has a good name has the right bytes, and the next run gets there.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::environment::{Environment, repository};
use crate::hub_client::{Client, serving};
use crate::hub_server::{Reply, Request, StandIn, sha256};
use crate::random::Random;

const CONFIG: &str = "someone/shapes/config.json";
const WEIGHTS: &str = "someone/shapes/model.safetensors";

fn asset(name: &str) -> Vec<u8> {
    fs::read(repository("assets/demo").join(name)).expect("an asset")
}

/// The embedded model as somebody's repository, with each good reply changed by `fault`.
fn shapes(fault: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> StandIn {
    let (config, weights) = (asset("config.json"), asset("model.safetensors"));
    StandIn::with(&[(CONFIG, &config), (WEIGHTS, &weights)], fault)
}

fn is_weights(request: &Request) -> bool {
    request.method == "GET" && request.path.ends_with("model.safetensors")
}

fn download(environment: &Environment, server: &StandIn) -> Command {
    let mut command = environment.command();
    command
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0")
        .args(["download", "someone/shapes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn repo(environment: &Environment) -> PathBuf {
    environment.path("hf/hub/models--someone--shapes")
}

/// Blobs are called by their hash, and what a snapshot holds is whole.
#[track_caller]
fn assert_sound(environment: &Environment) {
    let repo = repo(environment);
    for blob in fs::read_dir(repo.join("blobs")).into_iter().flatten() {
        let path = blob.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !name.ends_with(".incomplete") {
            assert_eq!(sha256(&fs::read(path).expect("a blob")), name);
        }
    }
    for snapshot in fs::read_dir(repo.join("snapshots")).into_iter().flatten() {
        for file in fs::read_dir(snapshot.expect("an entry").path()).expect("files") {
            let path = file.expect("an entry").path();
            if path.extension().is_none_or(|ending| ending != "tmp") {
                let name = path
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                assert_eq!(fs::read(&path).expect("a file"), asset(&name), "{name}");
            }
        }
    }
}

#[track_caller]
fn assert_arrives(environment: &Environment, server: &StandIn) {
    let output = download(environment, server).output().expect("a run");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_sound(environment);
    let picture = repository("assets/pictures/star.jpg");
    let picture = picture.to_str().expect("a path");
    let run = environment.run(["classify", "--model=someone/shapes", "--jsonl", picture]);
    assert_eq!(run.labels(), ["star"], "{}", run.stderr);
    let left = fs::read_dir(repo(environment).join("blobs")).expect("blobs");
    assert_eq!(left.count(), 2, "parts are left over");
}

#[test]
fn a_download_that_is_killed_after_any_number_of_bytes_is_resumed() {
    let length = asset("model.safetensors").len();
    // Stands still after so many bytes, so that the kill comes right there.
    let server = shapes(move |request, reply| match is_weights(request) {
        true if request.earlier < 30 => {
            let left = reply.body.len();
            reply
                .cut(left.min(length / 25))
                .stall(Duration::from_secs(5))
        }
        _ => reply,
    });
    let environment = Environment::new();
    let mut kept = Vec::new();
    for _ in 0..20 {
        let before = server.count("GET");
        let mut child = download(&environment, &server).spawn().expect("a run");
        while server.count("GET") == before && child.try_wait().expect("a process").is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(30));
        child.kill().expect("a kill");
        child.wait().expect("an end");
        assert_sound(&environment);
        let parts = fs::read_dir(repo(&environment).join("blobs"))
            .into_iter()
            .flatten();
        let sizes = parts.map(|part| part.expect("a part").metadata().expect("its size").len());
        kept.push(sizes.max().unwrap_or(0));
    }
    assert!(kept.is_sorted(), "what was there got lost: {kept:?}");
    assert!(kept[19] > length as u64 / 3, "{kept:?}");
    let plain = shapes(|_, reply| reply);
    assert_arrives(&environment, &plain);
}

#[test]
fn a_download_that_is_killed_at_any_moment_leaves_a_sound_cache() {
    let server = shapes(|_, reply| reply);
    let mut random = Random(11);
    let mut killed = 0;
    for _ in 0..30 {
        let environment = Environment::new();
        let mut child = download(&environment, &server).spawn().expect("a run");
        std::thread::sleep(Duration::from_micros(random.below(40_000) as u64));
        child.kill().expect("a kill");
        killed += usize::from(child.wait().expect("an end").code().is_none());
        assert_sound(&environment);
        assert_arrives(&environment, &server);
    }
    assert!(killed > 0, "no kill came in time");
}

#[test]
fn a_slow_trickle_is_no_stall() {
    let server = serving(|request, reply| match &*request.method {
        "GET" => reply.pause(Duration::from_millis(200)),
        _ => reply,
    });
    let client = Client::new(&server);
    // Two seconds in all, with a timeout of one.
    assert!(client.settings.stall_timeout < Duration::from_secs(2));
    client.assert_whole();
    assert_eq!(server.count("GET"), 1);
}

fn one_line(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

/// Runs a download behind a shell's `before`.
fn behind(environment: &Environment, server: &StandIn, before: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_effnet");
    environment
        .command_of("sh")
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0")
        .arg("-c")
        .arg(format!(
            "{before}; exec '{program}' download someone/shapes"
        ))
        .output()
        .expect("a run")
}

#[test]
fn a_disk_that_fills_up_is_reported_and_the_next_run_resumes() {
    let server = shapes(|_, reply| reply);
    let environment = Environment::new();
    // No file may grow beyond 100 blocks, which is reported as a full disk is.
    let output = behind(&environment, &server, "trap '' XFSZ; ulimit -f 100");
    let message = one_line(&output);
    assert!(message.contains("make room and try again"), "{message}");
    assert_sound(&environment);
    assert_arrives(&environment, &server);
}

#[test]
fn a_full_file_system_is_reported_and_the_next_run_resumes() {
    let server = shapes(|_, reply| reply);
    let environment = Environment::new();
    let cache = environment.path("hf");
    fs::create_dir(&cache).expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(&cache)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    }
    let output = behind(&environment, &server, "true");
    let remount = |options: &str| {
        let mut command = Command::new("mount");
        command.args(["-o", options]).arg(&cache);
        command.status().expect("mount").success()
    };
    let parts = sizes(&repo(&environment).join("blobs"));
    let grown = remount("remount,size=8m");
    let arrived = download(&environment, &server).output().expect("a run");
    // And what can't be written is still good to read.
    let locked = remount("remount,ro");
    let picture = repository("assets/pictures/star.jpg");
    let run = environment.run([
        "classify",
        "--model=someone/shapes",
        "--jsonl",
        picture.to_str().expect("a path"),
    ]);
    let unwritable = environment
        .command()
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0")
        .args(["download", "someone/other"])
        .output()
        .expect("a run");
    let unmounted = Command::new("umount").arg(&cache).status();
    assert!(unmounted.expect("umount").success() && grown && locked);
    let message = one_line(&output);
    assert!(message.contains("No space left"), "{message}");
    assert!(parts > 0, "what fitted is kept");
    assert_eq!(arrived.status.code(), Some(0), "{arrived:?}");
    assert_eq!(run.labels(), ["star"], "{}", run.stderr);
    one_line(&unwritable);
}

fn sizes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.expect("an entry").metadata().expect("its size").len())
        .sum()
}

#[test]
fn two_processes_that_want_one_model_download_it_once() {
    let server = shapes(|request, reply| match is_weights(request) {
        // Long enough for the other to come in between.
        true => reply.stall(Duration::from_millis(300)),
        false => reply,
    });
    let environment = Environment::new();
    let both = [0, 1].map(|_| download(&environment, &server).spawn().expect("a run"));
    for child in both {
        let output = child.wait_with_output().expect("an end");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
    let weights = server.requests();
    assert_eq!(weights.iter().filter(|r| is_weights(r)).count(), 1);
    assert_arrives(&environment, &server);
}
