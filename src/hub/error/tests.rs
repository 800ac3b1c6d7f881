//! What every error says, to the letter.

use super::*;

fn refusals() -> Vec<(HubError, &'static str)> {
    let file = || "a/b/c".to_owned();
    let page = || "https://hub.example/a/b".to_owned();
    vec![
        (
            HubError::Offline { file: file() },
            "a/b/c was not downloaded before, and offline mode (--offline or HF_HUB_OFFLINE) \
             forbids connecting",
        ),
        (
            HubError::Unauthorized { file: file() },
            "the Hub does not accept the token that was sent for a/b/c; check HF_TOKEN",
        ),
        (
            HubError::Forbidden {
                file: file(),
                page: page(),
            },
            "the Hub does not allow a/b/c; accept the terms at https://hub.example/a/b with \
             your account and set HF_TOKEN to a token of it that may read",
        ),
        (
            HubError::RepoNotFound { file: file() },
            "the Hub does not show the repository of a/b/c; check the name, and if it is \
             private set HF_TOKEN to a token that may read it",
        ),
        (
            HubError::RevisionNotFound { file: file() },
            "the Hub has no such revision of a/b/c; check --revision",
        ),
        (
            HubError::FileNotFound {
                file: file(),
                page: page(),
            },
            "the Hub has no file a/b/c; see what there is at https://hub.example/a/b",
        ),
        (
            HubError::RateLimited { retry_after: None },
            "the Hub has had too many requests; try again in 60 s, or set HF_TOKEN",
        ),
        (
            HubError::RateLimited {
                retry_after: Some(Duration::from_secs(7)),
            },
            "the Hub has had too many requests; try again in 7 s, or set HF_TOKEN",
        ),
        (
            HubError::Name { file: file() },
            "a/b/c is no name that the Hub allows; it should be like owner/name",
        ),
    ]
}

fn failures() -> Vec<(HubError, &'static str)> {
    let file = || "a/b/c".to_owned();
    let host = || "hub.example".to_owned();
    // With a semicolon, as a server or the system may send one.
    let cause = || "one; two".to_owned();
    vec![
        (
            HubError::Server {
                host: host(),
                file: file(),
                status: 503,
                retry_after: None,
            },
            "hub.example answered 503 for a/b/c; try again later",
        ),
        (
            HubError::Network {
                host: host(),
                cause: cause(),
            },
            "can't reach hub.example (one; two); check the network, HTTPS_PROXY and HF_ENDPOINT",
        ),
        (
            HubError::Certificate {
                host: host(),
                cause: cause(),
            },
            "the certificate of hub.example can't be trusted (one; two); install the system's \
             CA certificates, or name a file with the authority of a proxy in between in \
             SSL_CERT_FILE",
        ),
        (
            HubError::Timeout {
                host: host(),
                file: file(),
            },
            "hub.example did not go on sending a/b/c; try again, what has come is kept \
             (HF_HUB_DOWNLOAD_TIMEOUT and HF_HUB_ETAG_TIMEOUT set the patience)",
        ),
    ]
}

fn failures_on_this_side() -> Vec<(HubError, &'static str)> {
    let file = || "a/b/c".to_owned();
    let path = Path::new("/cache");
    vec![
        (
            HubError::Mismatch {
                file: file(),
                expected: "3 bytes".to_owned(),
                got: "4".to_owned(),
            },
            "a/b/c is not what the Hub promised (expected 3 bytes, got 4) and was not kept; \
             try again, and if it happens twice something in between is changing it",
        ),
        (
            HubError::Malformed {
                file: file(),
                what: "it has no ETag header".to_owned(),
            },
            "the answer for a/b/c is not the Hub's (it has no ETag header); check HF_ENDPOINT \
             and HTTPS_PROXY",
        ),
        (
            HubError::cache(path, io::Error::new(io::ErrorKind::StorageFull, "full")),
            "can't keep downloads in /cache (full); make room and try again, what has come is \
             kept",
        ),
        (
            HubError::cache(path, io::Error::other("odd")),
            "can't keep downloads in /cache (odd); set HF_HOME to a folder that can be written",
        ),
        (
            HubError::Cancelled,
            "the download was stopped; what has come is kept",
        ),
    ]
}

#[test]
fn every_message_is_what_happened_and_then_what_to_do() {
    for (error, text) in refusals()
        .into_iter()
        .chain(failures())
        .chain(failures_on_this_side())
    {
        assert_eq!(error.to_string(), text);
        let rest = text.strip_prefix(&error.what()).expect("what happened");
        assert_eq!(rest.strip_prefix("; "), error.hint().as_deref());
    }
}
