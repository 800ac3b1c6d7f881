//! What can go wrong between here and the Hub, each in one line with the next step.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What happened, to what; after the first `;`, what to do about it. Never more than one line,
/// and never the token.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum HubError {
    #[error(
        "{file} was not downloaded before, and offline mode (--offline or HF_HUB_OFFLINE) \
         forbids connecting"
    )]
    Offline { file: String },
    #[error("the Hub does not accept the token that was sent for {file}; check HF_TOKEN")]
    Unauthorized { file: String },
    #[error(
        "the Hub does not allow {file}; accept the terms at {page} with your account and set \
         HF_TOKEN to a token of it that may read"
    )]
    Forbidden { file: String, page: String },
    #[error(
        "the Hub does not show the repository of {file}; check the name, and if it is private \
         set HF_TOKEN to a token that may read it"
    )]
    RepoNotFound { file: String },
    #[error("the Hub has no such revision of {file}; check --revision")]
    RevisionNotFound { file: String },
    #[error("the Hub has no file {file}; see what there is at {page}")]
    FileNotFound { file: String, page: String },
    #[error("the Hub has had too many requests; try again in {} s, or set HF_TOKEN", seconds(.retry_after))]
    RateLimited { retry_after: Option<Duration> },
    #[error("{host} answered {status} for {file}; try again later")]
    Server {
        host: String,
        file: String,
        status: u16,
        retry_after: Option<Duration>,
    },
    #[error("can't reach {host} ({cause}); check the network, HTTPS_PROXY and HF_ENDPOINT")]
    Network { host: String, cause: String },
    #[error(
        "the certificate of {host} can't be trusted ({cause}); install the system's CA \
         certificates, or name a file with the authority of a proxy in between in SSL_CERT_FILE"
    )]
    Certificate { host: String, cause: String },
    #[error(
        "{host} did not go on sending {file}; try again, what has come is kept \
         (HF_HUB_DOWNLOAD_TIMEOUT and HF_HUB_ETAG_TIMEOUT set the patience)"
    )]
    Timeout { host: String, file: String },
    #[error(
        "{file} is not what the Hub promised (expected {expected}, got {got}) and was not kept; \
         try again, and if it happens twice something in between is changing it"
    )]
    Mismatch {
        file: String,
        expected: String,
        got: String,
    },
    #[error("the answer for {file} is not the Hub's ({what}); check HF_ENDPOINT and HTTPS_PROXY")]
    Malformed { file: String, what: String },
    #[error("{file} is no name that the Hub allows; it should be like owner/name")]
    Name { file: String },
    // Not named `source`: whoever prints the chain would say it twice.
    #[error("can't keep downloads in {path} ({cause}); {hint}", path = path.display())]
    Cache {
        path: PathBuf,
        cause: io::Error,
        hint: &'static str,
    },
    #[error("the download was stopped; what has come is kept")]
    Cancelled,
}

fn seconds(wait: &Option<Duration>) -> u64 {
    wait.map_or(60, |wait| wait.as_secs())
}

impl HubError {
    pub(super) fn cache(path: &Path, cause: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let hint = match cause.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => {
                "make room and try again, what has come is kept"
            }
            _ => "set HF_HOME to a folder that can be written",
        };
        Self::Cache {
            path: path.to_path_buf(),
            cause,
            hint,
        }
    }

    /// The message without what to do.
    pub(super) fn happening(&self) -> String {
        let text = self.to_string();
        text.split("; ").next().unwrap_or(&text).to_owned()
    }

    /// Whether trying again may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Timeout { .. } | Self::RateLimited { .. } => true,
            Self::Server { status, .. } => {
                matches!(
                    status,
                    401 | 403 | 404 | 410 | 408 | 425 | 500 | 502 | 503 | 504
                )
            }
            _ => false,
        }
    }

    /// How long the server wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether an older file is better than none: the Hub could not be asked, or what answered
    /// was not the Hub. What the Hub itself says of the file, and a full disk, is told instead.
    pub(super) fn leaves_older_file(&self) -> bool {
        match self {
            Self::Server { .. } | Self::Certificate { .. } | Self::Malformed { .. } => true,
            Self::Offline { .. } => true,
            other => other.is_passing(),
        }
    }
}
