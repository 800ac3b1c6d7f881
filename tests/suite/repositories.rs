//! Which files of a repository are asked for, by `classify` and by `download` alike, and in which
//! order.

use crate::environment::{Environment, Run, repository};
use crate::hub_server::{StandIn, sha256};

const CANDLE: &str = "lmz/candle-efficientnet";

fn asset(name: &str) -> Vec<u8> {
    std::fs::read(repository(&format!("assets/demo/{name}"))).expect("the demo model")
}

fn run(environment: &Environment, server: &StandIn, arguments: &[&str]) -> Run {
    let mut command = environment.command();
    command
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0");
    Run::of(command.args(arguments).output().expect("a run"))
}

/// The files that were asked for, each once, in order.
fn files(server: &StandIn) -> Vec<String> {
    let mut files: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|request| Some(request.path.rsplit_once('/')?.1.to_owned()))
        .collect();
    files.dedup();
    files
}

#[test]
fn a_repository_without_a_description_can_be_downloaded_and_used_offline() {
    let environment = Environment::new();
    let server = StandIn::new(&[(
        "someone/bare/model.safetensors",
        &asset("model.safetensors"),
    )]);
    let download = run(&environment, &server, &["download", "someone/bare"]);
    assert_eq!(download.code, Some(0), "{}", download.stderr);
    assert_eq!(files(&server), ["config.json", "model.safetensors"]);
    drop(server);
    let path = download.stdout.trim_end();
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("UTF-8");
    let classify = environment.run([
        "classify",
        star,
        "--model",
        path,
        "--variant",
        "demo",
        "-k",
        "1",
    ]);
    assert_eq!(classify.code, Some(0), "{}", classify.stderr);
    assert!(classify.stdout.contains("star"), "{}", classify.stdout);
}

#[test]
fn a_repository_with_a_file_per_variant_is_downloaded_by_variant() {
    let [b0, b4] =
        ["b0", "b4"].map(|variant| format!("{CANDLE}/efficientnet-{variant}.safetensors"));
    let server = StandIn::new(&[(&b0, b"those of B0"), (&b4, b"those of B4")]);
    let environment = Environment::new();
    for (arguments, file, content) in [
        (&["download", CANDLE][..], "efficientnet-b0", "those of B0"),
        (
            &["download", CANDLE, "--variant", "b4"],
            "efficientnet-b4",
            "those of B4",
        ),
    ] {
        let download = run(&environment, &server, arguments);
        assert_eq!(download.code, Some(0), "{}", download.stderr);
        let path = download.stdout.trim_end();
        assert!(path.ends_with(&format!("{file}.safetensors")), "{path}");
        let stored = std::fs::read_to_string(path).expect("the file");
        assert_eq!(stored, content);
    }
}

#[test]
fn what_is_no_efficientnet_is_refused_before_its_weights_are_downloaded() {
    let weights = vec![0; 100_000];
    for config in [
        r#"{"architecture": "resnet50", "num_classes": 1000}"#,
        r#"{"model_type": "vit"}"#,
        "{",
    ] {
        let server = StandIn::new(&[
            ("someone/other/config.json", config.as_bytes()),
            ("someone/other/model.safetensors", &weights),
        ]);
        for arguments in [
            &["classify", "--model", "someone/other", "photo.jpg"][..],
            &["download", "someone/other"],
        ] {
            let environment = Environment::new();
            environment.write("photo.jpg", b"");
            let answer = run(&environment, &server, arguments);
            assert_eq!(answer.code, Some(2), "{config}: {}", answer.stdout);
            assert!(answer.stderr.contains("config.json"), "{}", answer.stderr);
            assert_eq!(files(&server), ["config.json"], "{config}");
        }
    }
}

#[test]
fn a_description_is_asked_for_once() {
    let server = StandIn::new(&[
        ("someone/demo/config.json", &asset("config.json")),
        (
            "someone/demo/model.safetensors",
            &asset("model.safetensors"),
        ),
    ]);
    let environment = Environment::new();
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("UTF-8");
    let answer = run(
        &environment,
        &server,
        &["classify", star, "--model", "someone/demo"],
    );
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_eq!(files(&server), ["config.json", "model.safetensors"]);
    let content = asset("model.safetensors");
    let blob = format!("hf/hub/models--someone--demo/blobs/{}", sha256(&content));
    assert!(environment.path(blob).is_file());
}

#[test]
fn a_download_of_some_size_is_announced_without_a_terminal_too() {
    let server = StandIn::new(&[("someone/bare/model.safetensors", &vec![7; 3 << 20])]);
    let environment = Environment::new();
    let download = run(&environment, &server, &["download", "someone/bare"]);
    let line = "effnet: downloading someone/bare/model.safetensors (3.00 MiB)\n";
    assert_eq!(download.stderr, line);
    let quiet = run(
        &Environment::new(),
        &server,
        &["download", "someone/bare", "-q"],
    );
    assert_eq!(quiet.stderr, "");
}
