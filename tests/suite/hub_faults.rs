//! More of what a Hub, a mirror or a proxy in between can do to the client.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use effnet::hub::{HubError, Progress};

use crate::hub_client::{Client, FILE, KEY, REPO, body, serving};
use crate::hub_server::{COMMIT, Reply, Request, StandIn, sha256};

/// `git hash-object` of `{"a": 1}`.
const CONFIG: &[u8] = b"{\"a\": 1}";
const CONFIG_ETAG: &str = "4a036f56bb619924ec4189bd84ed716c766971ae";

/// Where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// Answers requests for the file with a redirect, as the real Hub does for weights.
fn redirecting(location: impl Fn(&Request) -> String + Send + Sync + 'static) -> StandIn {
    serving(move |request, _| {
        Reply::new(302)
            .header("Location", location(request))
            .header("X-Repo-Commit", COMMIT)
            .header("X-Linked-Etag", format!("\"{}\"", sha256(&body())))
            .header("X-Linked-Size", 100_000)
            .body(b"Found")
    })
}

#[test]
fn offline_never_connects_and_finds_what_is_cached() {
    let server = serving(|_, reply| reply);
    let mut client = Client::new(&server);
    client.settings.offline = true;
    let error = client.get().expect_err("nothing is cached");
    assert!(error.to_string().contains("HF_HUB_OFFLINE"), "{error}");
    assert!(matches!(client.refresh(), Err(HubError::Offline { .. })));
    client.settings.offline = false;
    client.assert_whole();
    client.settings.offline = true;
    client.assert_whole();
    assert!(client.refresh().is_ok());
    assert!(client.hub().cached(REPO, "main", FILE).is_some());
    assert_eq!(server.requests().len(), 2);
}

fn serving_config(etag: &'static str, size: bool, content: &'static [u8]) -> StandIn {
    StandIn::with(
        &[("someone/model/config.json", content)],
        move |_, reply| {
            let reply = reply
                .without("ETag")
                .header("ETag", format!("W/\"{etag}\""));
            if size {
                reply
            } else {
                reply.without("Content-Length")
            }
        },
    )
}

#[test]
fn a_small_file_is_checked_by_the_hash_that_git_gives_it() {
    for size in [true, false] {
        let client = Client::new(&serving_config(CONFIG_ETAG, size, CONFIG));
        let path = client
            .hub()
            .get(REPO, "main", "config.json", &client.progress);
        assert_eq!(
            fs::read(path.expect("the file")).expect("its bytes"),
            CONFIG
        );
        let client = Client::new(&serving_config(CONFIG_ETAG, size, b"{\"a\": 2}"));
        let error = client
            .hub()
            .get(REPO, "main", "config.json", &client.progress);
        assert!(matches!(error, Err(HubError::Mismatch { .. })));
    }
}

#[test]
fn an_etag_that_is_no_hash_needs_a_size() {
    let etag = "5d41402abc4b2a76b9719d911017c592-2";
    let client = Client::new(&serving_config(etag, true, CONFIG));
    let get = |client: &Client| {
        client
            .hub()
            .get(REPO, "main", "config.json", &client.progress)
    };
    assert!(get(&client).is_ok());
    let client = Client::new(&serving_config(etag, false, CONFIG));
    assert!(matches!(get(&client), Err(HubError::Malformed { .. })));
}

#[test]
fn a_link_that_expires_on_the_way_is_asked_for_again() {
    let cdn = serving(|request, reply| match request.earlier {
        0 => reply.cut(40_000),
        1 => Reply::new(403).body(b"<Error>Request has expired</Error>"),
        _ => reply,
    });
    let port = cdn.port;
    let server = redirecting(move |_| format!("http://localhost:{port}/cdn/{KEY}"));
    let client = Client::new(&server);
    client.assert_whole();
    let ranges: Vec<_> = cdn
        .requests()
        .iter()
        .map(|r| r.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges[2].as_deref(), Some("bytes=40000-"));
    let asked = server.requests();
    assert!(
        asked.last().expect("a request").path.contains(COMMIT),
        "{asked:?}"
    );
    assert!(
        cdn.requests()
            .iter()
            .all(|r| !r.headers.contains_key("authorization"))
    );
}

#[test]
fn the_token_does_not_follow_to_another_port() {
    let cdn = serving(|_, reply| reply);
    let port = cdn.port;
    let server = redirecting(move |_| format!("http://127.0.0.1:{port}/cdn/{KEY}"));
    Client::new(&server).assert_whole();
    assert!(
        cdn.requests()
            .iter()
            .all(|r| !r.headers.contains_key("authorization"))
    );
}

#[test]
fn a_redirect_without_a_scheme_leaves_the_host_too() {
    let cdn = serving(|_, reply| reply);
    let port = cdn.port;
    let server = redirecting(move |_| format!("//localhost:{port}/cdn/{KEY}"));
    Client::new(&server).assert_whole();
    // HEAD describes the file before it leaves the Hub.
    assert_eq!((cdn.count("HEAD"), cdn.count("GET")), (0, 1));
}

#[test]
fn an_address_within_a_relative_redirect_is_not_where_it_leads() {
    let server = serving(|request, reply| match request.path.contains('?') {
        true => reply,
        false => Reply::new(307)
            .header(
                "Location",
                format!("{}?from=http://elsewhere.invalid/", request.path),
            )
            .body(b""),
    });
    let client = Client::new(&server);
    // The stand-in knows no queries; that it was asked is enough.
    assert!(client.get().is_err());
    let asked = server.requests();
    assert!(
        asked[1].path.ends_with("?from=http://elsewhere.invalid/"),
        "{asked:?}"
    );
}

#[test]
fn a_redirect_to_no_web_address_is_an_error() {
    for location in ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", ""] {
        let server = serving(move |_, _| Reply::new(302).header("Location", location).body(b""));
        let error = Client::new(&server).get().expect_err("an error");
        assert!(
            matches!(
                error,
                HubError::Malformed { .. } | HubError::FileNotFound { .. }
            ),
            "{location}: {error}"
        );
    }
}

#[test]
fn a_log_in_page_does_not_cost_what_has_come() {
    let server = serving(|request, reply| match request.method.as_str() {
        "GET" => Reply::new(200).body(b"<html>Please log in</html>"),
        _ => reply,
    });
    let client = Client::new(&server);
    client.leave_partial(&body()[..70_000]);
    let error = client.get().expect_err("an error");
    assert!(matches!(error, HubError::Mismatch { .. }), "{error}");
    assert_eq!(
        fs::read(client.partial()).expect("the part"),
        &body()[..70_000]
    );
}

#[test]
fn a_part_that_was_not_asked_for_is_no_file() {
    let server = serving(|request, mut reply| {
        if request.method == "GET" {
            reply.status = 206;
        }
        reply
    });
    assert!(matches!(
        Client::new(&server).get(),
        Err(HubError::Malformed { .. })
    ));
}

#[test]
fn bytes_that_were_damaged_once_are_fetched_once_more() {
    let server = serving(|request, mut reply| {
        if request.method == "GET" && request.earlier == 0 {
            reply.body[500] ^= 1;
        }
        reply
    });
    let client = Client::new(&server);
    client.assert_whole();
    assert_eq!(server.count("GET"), 2);
}

#[test]
fn a_link_that_keeps_breaking_gets_there_as_long_as_bytes_come() {
    let server = serving(|_, mut reply| {
        if reply.body.len() > 12_500 {
            reply = reply.cut(12_500);
        }
        reply
    });
    Client::new(&server).assert_whole();
    assert_eq!(server.count("GET"), 8);
}

#[test]
fn a_server_that_starts_over_and_breaks_off_each_time_is_given_up() {
    let whole = body();
    let server = serving(move |request, reply| match request.method.as_str() {
        "GET" => Reply::new(200).body(&whole).cut(50_000),
        _ => reply,
    });
    let error = Client::new(&server).get().expect_err("an error");
    assert!(matches!(error, HubError::Network { .. }), "{error}");
    assert!(server.count("GET") <= 6);
}

#[test]
fn a_blob_that_another_program_cut_short_is_replaced_by_a_refresh() {
    let client = Client::new(&serving(|_, reply| reply));
    client.assert_whole();
    fs::write(client.blob(), b"Internal Server Error").expect("a damaged blob");
    assert!(client.refresh().is_ok());
    client.assert_whole();
}

#[test]
fn a_refresh_that_changes_nothing_writes_nothing() {
    let client = Client::new(&serving(|_, reply| reply));
    client.assert_whole();
    let reference = client.repo().join("refs/main");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = fs::File::options()
        .append(true)
        .open(&reference)
        .expect("a ref");
    file.set_modified(old).expect("an old ref");
    assert!(client.refresh().is_ok());
    let modified = fs::metadata(reference).and_then(|m| m.modified());
    assert_eq!(modified.expect("a time"), old);
}

#[test]
fn a_cache_that_can_not_be_written_has_its_files_under_a_new_name_too() {
    let client = Client::new(&serving(|_, reply| reply));
    client.assert_whole();
    // No file can get the name of a folder, whoever may write.
    fs::create_dir_all(client.repo().join("refs/v1/in-the-way")).expect("folders");
    let get = |file: &str| client.hub().get(REPO, "v1", file, &client.progress);
    let path = get(FILE).expect("the file, which is there under another revision");
    assert_eq!(fs::read(path).expect("its bytes"), body());
    // What has to be downloaded has to be found again.
    fs::remove_dir_all(client.repo().join("snapshots")).expect("removed links");
    let error = get(FILE).expect_err("an error");
    assert!(error.to_string().contains("refs"), "{error}");
}

#[test]
fn a_refresh_of_a_cached_commit_asks_nothing() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    client.assert_whole();
    for commit in [COMMIT.to_owned(), COMMIT.to_uppercase()] {
        assert!(
            client
                .hub()
                .refresh(REPO, &commit, FILE, &client.progress)
                .is_ok()
        );
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_refresh_without_a_network_soon_uses_the_cached_file_and_says_so() {
    let mut client = Client::new(&serving(|_, reply| reply));
    client.assert_whole();
    client.settings.endpoint = nobody();
    let started = Instant::now();
    assert!(client.refresh().is_ok());
    assert!(started.elapsed() < Duration::from_secs(2));
    let notes = client.progress.notes();
    assert!(
        notes.contains("using the file that was downloaded before"),
        "{notes}"
    );
}

#[test]
fn without_a_network_the_error_names_the_host_and_what_to_check() {
    let client = Client::of(nobody());
    let error = client.get().expect_err("an error");
    let message = error.to_string();
    assert!(matches!(error, HubError::Network { .. }), "{message}");
    assert!(
        message.contains("127.0.0.1") && message.contains("HF_ENDPOINT"),
        "{message}"
    );
    assert!(client.progress.notes().contains("trying again in"));
}

#[test]
fn a_date_to_wait_for_is_understood() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let server = serving(move |_, _| Reply::new(503).header("Retry-After", &date).body(b""));
    let error = Client::new(&server).get().expect_err("an error");
    assert!(
        matches!(error, HubError::Server { status: 503, .. }),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_refused_token_and_a_missing_one_are_told_apart() {
    let server = serving(|_, _| {
        Reply::new(401)
            .header(
                "X-Error-Message",
                "Invalid credentials in Authorization header",
            )
            .body(b"")
    });
    let mut client = Client::new(&server);
    let error = client.get().expect_err("an error");
    assert!(matches!(error, HubError::Unauthorized { .. }), "{error}");
    let server = serving(|_, _| Reply::new(401).body(b""));
    client.settings.endpoint = server.url();
    client.settings.token = None;
    let error = client.get().expect_err("an error");
    assert!(matches!(error, HubError::RepoNotFound { .. }), "{error}");
    assert!(!server.requests()[0].headers.contains_key("authorization"));
}

#[test]
fn a_file_in_a_folder_and_a_revision_with_a_slash_have_their_place() {
    let server = StandIn::with(&[], |request, _| match &*request.path {
        "/someone/model/resolve/refs%2Fpr%2F1/onnx/model%231.bin" => Reply::new(200)
            .header("ETag", sha256(b"abc"))
            .header("X-Repo-Commit", COMMIT)
            .body(b"abc"),
        _ => Reply::new(404).body(b""),
    });
    let client = Client::new(&server);
    let get = || {
        client
            .hub()
            .get(REPO, "refs/pr/1", "onnx/model#1.bin", &client.progress)
    };
    let path = get().expect("the file");
    assert_eq!(fs::read(&path).expect("its bytes"), b"abc");
    assert_eq!(get().expect("the cached file"), path);
    let commit = fs::read_to_string(client.repo().join("refs/refs/pr/1"));
    assert_eq!(commit.expect("a ref"), COMMIT);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn whoever_waits_for_another_says_so_and_uses_what_it_downloaded() {
    let server = serving(|_, reply| reply);
    let client = Client::new(&server);
    let locks = client.folder.path().join(".locks/models--someone--model");
    fs::create_dir_all(&locks).expect("a folder");
    let lock = fs::File::create(locks.join(format!("{}.lock", sha256(&body())))).expect("a lock");
    lock.lock().expect("the lock");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.assert_whole());
        while client.progress.notes().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::write(client.blob(), body()).expect("the other's blob");
        lock.unlock().expect("unlocked");
        waiting.join().expect("the file");
    });
    assert!(client.progress.notes().contains("waiting"));
    assert_eq!(server.count("GET"), 0);
}

#[test]
fn names_with_line_breaks_are_refused_in_one_line() {
    let client = Client::of(nobody());
    let error = client
        .hub()
        .get(REPO, "main\r\nX-Evil: 1", FILE, &client.progress);
    let message = error.expect_err("an error").to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_full_message_is_one_line_without_secrets() {
    let mut client = Client::of(nobody().replace("http://", "http://me:hf_password@"));
    client.settings.token = Some("hf_secret".to_owned());
    fs::write(client.folder.path().join("in-the-way"), b"").expect("a file");
    let unreachable = client.get().expect_err("an error");
    client.settings.cache = client.folder.path().join("in-the-way");
    client.settings.endpoint = serving(|_, reply| reply).url();
    let unwritable = client.get().expect_err("an error");
    for error in [unreachable, unwritable] {
        let debug = format!("{error:?}");
        let chain = format!("{:#}", anyhow::Error::new(error));
        assert!(!chain.contains("hf_") && !debug.contains("hf_"), "{chain}");
        assert_eq!(chain.lines().count(), 1, "{chain}");
        assert!(chain.matches("os error").count() <= 1, "{chain}");
    }
    assert!(!client.progress.notes().contains("hf_"));
}

/// Stops after the first bytes.
struct Impatient(Mutex<bool>);

impl Progress for Impatient {
    fn start(&self, _: &str, _: Option<u64>, _: u64) {}
    fn advance(&self, _: u64) {
        *self.0.lock().expect("no poisoned lock") = true;
    }
    fn note(&self, _: &str) {}
    fn finish(&self) {}
    fn cancelled(&self) -> bool {
        *self.0.lock().expect("no poisoned lock")
    }
}

#[test]
fn what_came_before_a_stop_is_kept_for_the_next_time() {
    let server = serving(|request, reply| match (&*request.method, request.earlier) {
        ("GET", 0) => reply.cut(60_000).stall(Duration::from_millis(200)),
        _ => reply,
    });
    let client = Client::new(&server);
    let stopped = client
        .hub()
        .get(REPO, "main", FILE, &Impatient(false.into()));
    assert!(matches!(stopped, Err(HubError::Cancelled)));
    let kept = fs::read(client.partial()).expect("the part");
    assert!(!kept.is_empty() && body().starts_with(&kept));
    client.assert_whole();
}
