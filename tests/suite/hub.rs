//! The Hub client against a stand-in that misbehaves: either the file has the right bytes, or there
//! is no file and one sentence that says why.

#[cfg(unix)]
use std::path::PathBuf;
use std::time::Duration;

use effnet::hub::HubError;

use crate::environment::{Environment, repository};
use crate::hub_client::{Client, FILE, KEY, REPO, body, serving};
use crate::hub_server::{COMMIT, Reply, Request, StandIn, sha256};

/// Changes the first `count` bodies.
fn first_bodies(
    count: usize,
    fault: impl Fn(Reply) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request, Reply) -> Reply {
    move |request, reply| match request.method.as_str() {
        "GET" if request.earlier < count => fault(reply),
        _ => reply,
    }
}

#[test]
fn a_cold_file_takes_one_head_and_one_get_and_a_warm_one_no_request() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.assert_whole();
    client.assert_whole();
    assert_eq!((server.count("HEAD"), server.count("GET")), (1, 1));
    assert_eq!(client.progress.bytes(), 100_000);
    let request = &server.requests()[0];
    assert_eq!(
        request.path,
        "/someone/model/resolve/main/model.safetensors"
    );
    assert_eq!(request.headers["authorization"], "Bearer hf_secret");
    assert_eq!(request.headers["accept-encoding"], "identity");
}

#[test]
fn the_cache_is_laid_out_as_pythons() {
    let client = Client::new(&serving(|_, reply| reply));
    let path = client.get().expect("the file");
    assert_eq!(
        path,
        client.repo().join("snapshots").join(COMMIT).join(FILE)
    );
    let commit = std::fs::read_to_string(client.repo().join("refs/main")).expect("a ref");
    assert_eq!(commit, COMMIT);
    #[cfg(unix)]
    assert_eq!(
        std::fs::read_link(path).expect("a link"),
        PathBuf::from("../../blobs").join(sha256(&body())),
    );
    let lock = format!(".locks/models--someone--model/{}.lock", sha256(&body()));
    assert!(client.folder.path().join(lock).is_file());
}

#[test]
fn a_commit_that_is_cached_needs_no_request() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.assert_whole();
    assert!(
        client
            .hub()
            .get(REPO, COMMIT, FILE, &client.progress)
            .is_ok()
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_refresh_asks_but_does_not_download_the_same_bytes_again() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.assert_whole();
    let refreshed = client.refresh();
    assert!(refreshed.is_ok());
    assert_eq!((server.count("HEAD"), server.count("GET")), (2, 1));
}

#[test]
fn a_refresh_uses_the_cached_file_if_the_hub_is_down() {
    let server = serving(|request, reply| match (&*request.method, request.earlier) {
        ("HEAD", 1..) => Reply::new(503),
        _ => reply,
    });
    let client = Client::new(&server);
    client.assert_whole();
    assert!(
        client
            .hub()
            .refresh(REPO, "main", FILE, &client.progress)
            .is_ok()
    );
}

#[test]
fn one_hub_keeps_its_connection_from_file_to_file() {
    let names = ["config.json", "preprocessor_config.json", FILE];
    let keys = names.map(|name| format!("{REPO}/{name}"));
    let files: Vec<(&str, &[u8])> = keys.iter().map(|key| (&**key, key.as_bytes())).collect();
    let server = StandIn::new(&files);
    let client = Client::new(&server);
    let hub = client.hub();
    for (name, key) in names.iter().zip(&keys) {
        let path = hub.get(REPO, "main", name, &()).expect("the file");
        assert_eq!(std::fs::read(path).expect("its bytes"), key.as_bytes());
        // A clone is the same Hub.
        assert!(hub.clone().refresh(REPO, "main", name, &()).is_ok());
    }
    assert_eq!((server.count("HEAD"), server.count("GET")), (6, 3));
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_kept_connection_that_the_server_has_closed_is_replaced() {
    let server = serving(|_, reply| reply.hang_up());
    let client = Client::new(&server);
    let hub = client.hub();
    assert!(hub.get(REPO, "main", FILE, &client.progress).is_ok());
    for _ in 0..5 {
        assert!(hub.refresh(REPO, "main", FILE, &client.progress).is_ok());
    }
    assert_eq!(server.count("GET"), 1);
    // Of each failure there would be a note, or the cached file would be used instead.
    let notes = client.progress.notes();
    assert!(!notes.contains("using the file"), "{notes}");
}

#[test]
fn the_token_does_not_follow_a_redirect_to_another_host() {
    let cdn = serving(|_, reply| reply);
    let port = cdn.port;
    let server = serving(move |request, reply| {
        let location = format!("http://localhost:{port}/cdn/{KEY}");
        let redirect = Reply::new(302)
            .header("Location", location)
            .header("X-Repo-Commit", COMMIT)
            .header("X-Linked-Etag", format!("\"{}\"", sha256(&body())))
            .header("X-Linked-Size", 100_000)
            .body(b"Found");
        if request.method == "HEAD" {
            redirect
        } else {
            reply
        }
    });
    let client = Client::new(&server);
    client.assert_whole();
    assert_eq!(cdn.requests().len(), 1);
    assert!(!cdn.requests()[0].headers.contains_key("authorization"));
    assert_eq!(server.count("GET"), 0);
}

#[test]
fn a_renamed_repository_is_found_through_its_relative_redirect() {
    let server = StandIn::with(
        &[("new/name/model.safetensors", &body())],
        |request, reply| match request.path.starts_with("/someone/") {
            true => Reply::new(307)
                .header("Location", "/new/name/resolve/main/model.safetensors")
                .body(b""),
            false => reply,
        },
    );
    Client::new(&server).assert_whole();
}

#[test]
fn a_redirect_without_end_is_an_error() {
    let server = serving(|request, _| {
        Reply::new(302)
            .header("Location", request.path.clone())
            .body(b"")
    });
    let error = Client::new(&server).assert_fails();
    assert!(matches!(error, HubError::Malformed { .. }), "{error}");
}

#[test]
fn a_body_that_breaks_off_is_resumed() {
    let server = serving(first_bodies(2, |reply| {
        let half = reply.body.len() / 2;
        reply.cut(half)
    }));
    Client::new(&server).assert_whole();
    let ranges: Vec<_> = server
        .requests()
        .iter()
        .filter_map(|r| r.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges, ["bytes=50000-", "bytes=75000-"]);
}

#[test]
fn what_an_earlier_run_left_is_resumed() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.leave_partial(&body()[..70_000]);
    client.assert_whole();
    assert_eq!(client.progress.bytes(), 30_000);
}

#[test]
fn a_part_that_was_whole_already_only_needs_its_name() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.leave_partial(&body());
    client.assert_whole();
    assert_eq!(server.count("GET"), 0);
}

#[test]
fn a_part_of_something_else_is_thrown_away() {
    for part in [vec![1; 70_000], vec![1; 100_000], vec![1; 200_000]] {
        let client = Client::new(&serving(|_, reply| reply));
        client.leave_partial(&part);
        client.assert_whole();
    }
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_start() {
    let whole = body();
    let server = serving(
        move |request, reply| match request.headers.contains_key("range") {
            true => Reply::new(200).body(&whole),
            false => reply,
        },
    );
    let client = Client::new(&server);
    client.leave_partial(&body()[..70_000]);
    client.assert_whole();
}

#[test]
fn a_range_that_was_not_asked_for_is_not_appended() {
    let server = serving(first_bodies(1, |reply| {
        let reply = reply.without("Content-Range");
        reply.header("Content-Range", "bytes 10-99999/100000")
    }));
    let client = Client::new(&server);
    client.leave_partial(&body()[..70_000]);
    client.assert_whole();
}

#[test]
fn wrong_bytes_of_the_right_length_never_get_a_name() {
    let server = serving(first_bodies(9, |mut reply| {
        reply.body[500] ^= 1;
        reply
    }));
    let error = Client::new(&server).assert_fails();
    assert!(matches!(error, HubError::Mismatch { .. }), "{error}");
}

#[test]
fn a_short_body_of_consistent_length_never_gets_a_name() {
    let server = serving(first_bodies(99, |_| Reply::new(200).body(&body()[..1000])));
    Client::new(&server).assert_fails();
}

#[test]
fn a_longer_body_never_gets_a_name() {
    let server = serving(first_bodies(9, |_| Reply::new(200).body(&[7; 100_500])));
    let error = Client::new(&server).assert_fails();
    assert!(matches!(error, HubError::Mismatch { .. }), "{error}");
}

#[test]
fn an_error_page_with_status_200_is_not_a_file() {
    let page = |_: &Request, _| Reply::new(200).body(b"<html>Please log in</html>");
    let error = Client::new(&serving(page)).assert_fails();
    assert!(matches!(error, HubError::Malformed { .. }), "{error}");
    let server = serving(first_bodies(9, |_| {
        Reply::new(200).body(b"<html>Log in</html>")
    }));
    Client::new(&server).assert_fails();
}

#[test]
fn an_error_at_the_body_is_not_a_file() {
    for status in [403, 404, 500] {
        let server = serving(first_bodies(9, move |_| Reply::new(status).body(b"no")));
        Client::new(&server).assert_fails();
    }
}

#[test]
fn a_transient_failure_is_retried() {
    for status in [429, 500, 503] {
        let server = serving(move |request, reply| match request.earlier {
            0 => Reply::new(status).header("Retry-After", 0).body(b""),
            _ => reply,
        });
        Client::new(&server).assert_whole();
    }
}

#[test]
fn a_server_that_asks_to_wait_is_heeded() {
    let server = serving(|request, reply| match request.earlier {
        0 => Reply::new(429).header("Retry-After", 1).body(b""),
        _ => reply,
    });
    let started = std::time::Instant::now();
    Client::new(&server).assert_whole();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_server_that_asks_to_wait_for_an_hour_is_an_error_at_once() {
    let server = serving(|_, _| Reply::new(429).header("Retry-After", 3600).body(b""));
    let error = Client::new(&server).assert_fails();
    assert!(error.to_string().contains("3600 s"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_stall_ends_in_a_timeout_and_the_retry_resumes() {
    let server = serving(first_bodies(1, |reply| {
        reply.cut(40_000).stall(Duration::from_secs(5))
    }));
    let client = Client::new(&server);
    client.assert_whole();
    let notes = client.progress.notes();
    let first = notes.lines().next().expect("a note");
    assert!(first.contains("did not go on"), "{notes}");
}

#[test]
fn refusals_say_what_to_do() {
    let cases = [
        (401, "", "HF_TOKEN"),
        (403, "", "accept the terms"),
        (403, "GatedRepo", "accept the terms"),
        (401, "RepoNotFound", "check the name"),
        (404, "RevisionNotFound", "--revision"),
        (404, "EntryNotFound", "no file"),
    ];
    for (status, code, expected) in cases {
        let server = serving(move |_, _| Reply::new(status).header("X-Error-Code", code).body(b""));
        let error = Client::new(&server).assert_fails();
        assert!(
            error.to_string().contains(expected),
            "{status} {code}: {error}"
        );
        assert_eq!(server.requests().len(), 1, "{status} is final");
    }
}

#[test]
fn names_from_the_server_do_not_lead_out_of_the_cache() {
    for (name, value) in [
        ("ETag", "\"../../../../evil\""),
        ("ETag", "\"/tmp/evil\""),
        ("ETag", "\"\""),
        ("X-Repo-Commit", "../../../evil"),
        ("X-Repo-Commit", "main"),
    ] {
        let server = serving(move |_, reply| reply.without(name).header(name, value));
        let error = Client::new(&server).assert_fails();
        assert!(
            matches!(error, HubError::Malformed { .. }),
            "{value}: {error}"
        );
    }
}

#[test]
fn names_from_the_user_do_not_lead_out_of_the_cache() {
    let client = Client::new(&serving(|_, reply| reply));
    for (repo, revision, file) in [
        ("../evil", "main", FILE),
        (REPO, "../../evil", FILE),
        (REPO, "/etc", FILE),
        (REPO, "main", "../../../evil"),
    ] {
        assert!(
            client
                .hub()
                .get(repo, revision, file, &client.progress)
                .is_err()
        );
    }
}

#[test]
fn missing_headers_are_an_error() {
    for name in ["ETag", "X-Repo-Commit"] {
        let error = Client::new(&serving(move |_, reply| reply.without(name))).assert_fails();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn without_a_size_the_hash_is_enough() {
    let server = serving(|request, reply| match request.method.as_str() {
        "HEAD" => reply.without("Content-Length"),
        _ => reply,
    });
    Client::new(&server).assert_whole();
}

#[test]
fn two_that_want_one_file_at_once_download_it_once() {
    let server = serving(first_bodies(1, |reply| {
        reply.stall(Duration::from_millis(300))
    }));
    let client = Client::new(&server);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| client.assert_whole());
        }
    });
    assert_eq!(server.count("GET"), 1);
}

#[test]
fn a_dangling_link_is_repaired() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    let path = client.get().expect("the file");
    let blob = client.repo().join("blobs").join(sha256(&body()));
    std::fs::remove_file(blob).expect("a removed blob");
    assert!(!path.exists());
    client.assert_whole();
}

#[cfg(unix)]
#[test]
fn a_cache_that_can_not_be_written_is_named_with_what_to_do() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    // A file where a folder is needed fails for every user, root too.
    std::fs::write(client.repo(), b"").expect("a file in the way");
    let error = client.get().expect_err("a failure");
    assert!(error.to_string().contains("HF_HOME"), "{error}");
}

/// The embedded model as somebody's repository.
fn shapes() -> (Vec<u8>, Vec<u8>) {
    let read = |name| std::fs::read(repository("assets/demo").join(name)).expect("an asset");
    (read("config.json"), read("model.safetensors"))
}

#[test]
fn the_binary_downloads_a_model_by_its_hub_id_and_uses_it_again_offline() {
    let (config, weights) = shapes();
    let server = StandIn::new(&[
        ("someone/shapes/config.json", &config),
        ("someone/shapes/model.safetensors", &weights),
    ]);
    let environment = Environment::new();
    let picture = repository("assets/pictures/star.jpg");
    let classify = |offline: bool| {
        let mut command = environment.command();
        command
            .env("HF_ENDPOINT", server.url())
            .env("HF_HUB_OFFLINE", if offline { "1" } else { "0" })
            .args(["classify", "--model", "someone/shapes", "--jsonl"])
            .arg(&picture);
        command.output().expect("a run")
    };
    let refused = classify(true);
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("HF_HUB_OFFLINE") && message.contains("--variant demo"),
        "{message}"
    );
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(refused.stdout.is_empty());
    let cold = classify(false);
    assert_eq!(
        cold.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&cold.stderr)
    );
    assert!(String::from_utf8_lossy(&cold.stdout).contains("\"star\""));
    let requests = server.requests().len();
    for offline in [false, true] {
        let warm = classify(offline);
        assert_eq!(warm.stdout, cold.stdout);
    }
    assert_eq!(server.requests().len(), requests, "a warm run connects");
}

#[test]
fn the_binary_says_in_one_line_why_a_download_failed_and_that_the_demo_needs_none() {
    let server = StandIn::new(&[]);
    let environment = Environment::new();
    let run = environment
        .command()
        .env("HF_ENDPOINT", server.url())
        .env_remove("HF_HUB_OFFLINE")
        .args(["classify", "--variant", "b0"])
        .arg(repository("assets/pictures/star.jpg"))
        .output()
        .expect("a run");
    assert_eq!(run.status.code(), Some(2));
    assert!(run.stdout.is_empty());
    let message = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(message.contains("--variant demo"), "{message}");
    let request = &server.requests()[0].path;
    let expected = "/timm/tf_efficientnet_b0.ns_jft_in1k/resolve/main/model.safetensors";
    assert_eq!(request, expected);
}

#[test]
fn download_prints_where_the_file_is() {
    let (config, weights) = shapes();
    let server = StandIn::new(&[
        ("someone/shapes/config.json", &config),
        ("someone/shapes/model.safetensors", &weights),
    ]);
    let environment = Environment::new();
    let run = environment
        .command()
        .env("HF_ENDPOINT", server.url())
        .env_remove("HF_HUB_OFFLINE")
        .args(["download", "someone/shapes"])
        .output()
        .expect("a run");
    let path = String::from_utf8(run.stdout).expect("a path");
    assert_eq!(std::fs::read(path.trim_end()).expect("the file"), weights);
}
