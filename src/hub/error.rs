//! What can go wrong between here and the Hub, each in one line with the next step.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a file of the Hub could not be had. Its text is never more than one line, and never has
/// the token in it.
#[derive(Debug)]
// The names of the fields say what they hold.
#[allow(missing_docs)]
pub enum HubError {
    /// It is not in the cache, and connecting is forbidden.
    Offline { file: String },
    /// The token is not valid.
    Unauthorized { file: String },
    /// The token's account may not read it.
    Forbidden { file: String, page: String },
    /// No such repository, or one that is not shown without a token.
    RepoNotFound { file: String },
    /// The repository has no such branch, tag or commit.
    RevisionNotFound { file: String },
    /// The revision has no such file.
    FileNotFound { file: String, page: String },
    /// Too many requests.
    RateLimited { retry_after: Option<Duration> },
    /// Another status than the Hub gives for a file.
    Server {
        host: String,
        file: String,
        status: u16,
        retry_after: Option<Duration>,
    },
    /// No connection, or one that broke.
    Network { host: String, cause: String },
    /// The server could not show that it is who it should be.
    Certificate { host: String, cause: String },
    /// Nothing came for too long.
    Timeout { host: String, file: String },
    /// Other bytes than the Hub described.
    Mismatch {
        file: String,
        expected: String,
        got: String,
    },
    /// An answer that is not one of the Hub's.
    Malformed { file: String, what: String },
    /// The user's name of it is not one that the Hub can have.
    Name { file: String },
    /// The cache could not be read or written. The cause is not named `source`: whoever prints
    /// the chain of errors would print it twice.
    Cache { path: PathBuf, cause: io::Error },
    /// The user stopped it.
    Cancelled,
}

impl fmt::Display for HubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for HubError {}

impl HubError {
    pub(super) fn malformed(file: &impl fmt::Display, what: &str) -> Self {
        Self::Malformed {
            file: file.to_string(),
            what: what.to_owned(),
        }
    }

    pub(super) fn cache(path: &Path, cause: io::Error) -> Self {
        Self::Cache {
            path: path.to_path_buf(),
            cause,
        }
    }

    /// What happened, and to what.
    pub fn what(&self) -> String {
        match self {
            Self::Offline { file } => format!(
                "{file} was not downloaded before, and offline mode (--offline or \
                 HF_HUB_OFFLINE) forbids connecting"
            ),
            Self::Unauthorized { file } => {
                format!("the Hub does not accept the token that was sent for {file}")
            }
            Self::Forbidden { file, .. } => format!("the Hub does not allow {file}"),
            Self::RepoNotFound { file } => {
                format!("the Hub does not show the repository of {file}")
            }
            Self::RevisionNotFound { file } => {
                format!("the Hub has no such revision of {file}")
            }
            Self::FileNotFound { file, .. } => format!("the Hub has no file {file}"),
            Self::RateLimited { .. } => "the Hub has had too many requests".to_owned(),
            Self::Server {
                host, file, status, ..
            } => format!("{host} answered {status} for {file}"),
            Self::Network { host, cause } => format!("can't reach {host} ({cause})"),
            Self::Certificate { host, cause } => {
                format!("the certificate of {host} can't be trusted ({cause})")
            }
            Self::Timeout { host, file } => format!("{host} did not go on sending {file}"),
            Self::Mismatch {
                file,
                expected,
                got,
            } => format!(
                "{file} is not what the Hub promised (expected {expected}, got {got}) and was \
                 not kept"
            ),
            Self::Malformed { file, what } => {
                format!("the answer for {file} is not the Hub's ({what})")
            }
            Self::Name { file } => format!("{file} is no name that the Hub allows"),
            Self::Cache { path, cause } => {
                format!("can't keep downloads in {} ({cause})", path.display())
            }
            Self::Cancelled => "the download was stopped".to_owned(),
        }
    }

    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Offline { .. } => return None,
            Self::Forbidden { page, .. } => {
                return Some(format!(
                    "accept the terms at {page} with your account and set HF_TOKEN to a token of \
                     it that may read"
                ));
            }
            Self::FileNotFound { page, .. } => {
                return Some(format!("see what there is at {page}"));
            }
            Self::RateLimited { retry_after } => {
                let seconds = retry_after.map_or(60, |wait| wait.as_secs());
                return Some(format!("try again in {seconds} s, or set HF_TOKEN"));
            }
            Self::Unauthorized { .. } => "check HF_TOKEN",
            Self::RepoNotFound { .. } => {
                "check the name, and if it is private set HF_TOKEN to a token that may read it"
            }
            Self::RevisionNotFound { .. } => "check --revision",
            Self::Server { .. } => "try again later",
            Self::Network { .. } => "check the network, HTTPS_PROXY and HF_ENDPOINT",
            Self::Certificate { .. } => {
                "install the system's CA certificates, or name a file with the authority of a \
                 proxy in between in SSL_CERT_FILE"
            }
            Self::Timeout { .. } => {
                "try again, what has come is kept (HF_HUB_DOWNLOAD_TIMEOUT and \
                 HF_HUB_ETAG_TIMEOUT set the patience)"
            }
            Self::Mismatch { .. } => {
                "try again, and if it happens twice something in between is changing it"
            }
            Self::Malformed { .. } => "check HF_ENDPOINT and HTTPS_PROXY",
            Self::Name { .. } => "it should be like owner/name",
            Self::Cache { cause, .. } if is_full(cause) => {
                "make room and try again, what has come is kept"
            }
            Self::Cache { .. } => "set HF_HOME to a folder that can be written",
            Self::Cancelled => "what has come is kept",
        };
        Some(fixed.to_owned())
    }

    /// Whether the same request may succeed later.
    pub(super) fn is_transient(&self) -> bool {
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

    /// How long the server asks to wait before the next request.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether to use the file that is in the cache: the Hub could not be reached, or something
    /// else answered in its place. What the Hub itself says about the file is reported instead,
    /// and so is a full disk.
    pub(super) fn falls_back_to_cache(&self) -> bool {
        match self {
            Self::Server { .. } | Self::Certificate { .. } | Self::Malformed { .. } => true,
            other => other.is_transient(),
        }
    }
}

/// Whether there was no room to write.
fn is_full(cause: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(cause.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests;
