//! What can go wrong between here and the Hub, each in one line with the next step.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// See the variants' messages.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum HubError {
    #[error(
        "{file} was not downloaded before, and offline mode (--offline or HF_HUB_OFFLINE) \
         forbids connecting"
    )]
    Offline { file: String },
    #[error(
        "the Hub does not show {file}: the repository does not exist, or it is private and needs \
         a token; check the name, or set HF_TOKEN"
    )]
    Unauthorized { file: String },
    #[error(
        "the Hub does not allow {file}: accept the terms at {page} with your account and set \
         HF_TOKEN to its token"
    )]
    Forbidden { file: String, page: String },
    #[error("the Hub has no repository of {file}; check the name")]
    RepoNotFound { file: String },
    #[error("the Hub has no such revision of {file}; check --revision")]
    RevisionNotFound { file: String },
    #[error("the Hub has no file {file}")]
    FileNotFound { file: String },
    #[error("the Hub has had too many requests; try again in {} s, or set HF_TOKEN", retry_after.as_secs())]
    RateLimited { retry_after: Duration },
    #[error("the Hub answered {status} for {file}; try again later")]
    Server { file: String, status: u16 },
    #[error("can't reach {host} ({cause}); check the network, HTTPS_PROXY and HF_ENDPOINT")]
    Network { host: String, cause: String },
    #[error(
        "{host} did not go on sending {file}; try again, and what has come is kept \
         (HF_HUB_DOWNLOAD_TIMEOUT sets the patience)"
    )]
    Timeout { host: String, file: String },
    #[error(
        "{file} arrived damaged ({what}) and was thrown away; try again, and if it happens twice \
         a proxy in between is changing it"
    )]
    Mismatch { file: String, what: String },
    #[error("the answer for {file} is not the Hub's ({what}); check HF_ENDPOINT and HTTPS_PROXY")]
    Malformed { file: String, what: String },
    #[error("can't keep downloads in {path} ({source}){hint}", path = path.display())]
    Cache {
        path: PathBuf,
        source: io::Error,
        hint: &'static str,
    },
    #[error("the download was stopped; what has come is kept")]
    Cancelled,
}

impl HubError {
    pub(super) fn cache(path: &Path, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "; make room and try again, what has come is kept"
            }
            _ => "; set HF_HOME to a folder that can be written",
        };
        Self::Cache {
            path: path.to_path_buf(),
            source,
            hint,
        }
    }

    /// Whether trying again may help.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Timeout { .. } | Self::RateLimited { .. } => true,
            Self::Server { status, .. } => matches!(status, 408 | 425 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether the Hub could not be asked, so that an older file is the best there is.
    pub(super) fn is_out_of_reach(&self) -> bool {
        self.is_passing() || matches!(self, Self::Offline { .. })
    }
}
