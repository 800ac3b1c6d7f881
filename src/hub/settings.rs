//! The environment, as Python's huggingface_hub reads it (huggingface_hub/constants.py).

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};

/// Where the Hub and its cache are, and how patient to be.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host and port of the Hub, without a slash at the end.
    pub endpoint: String,
    /// The access token.
    pub token: Option<String>,
    /// The folder of all repositories.
    pub cache: PathBuf,
    /// Never connect.
    pub offline: bool,
    /// How long to wait for an answer's headers.
    pub answer_timeout: Duration,
    /// How long a body may stand still.
    pub stall_timeout: Duration,
}

impl fmt::Debug for Settings {
    /// Does not show the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "(set)"))
            .field("cache", &self.cache)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

/// A variable's value; an empty one counts as unset.
fn value(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn folder(name: &str) -> Option<PathBuf> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    let path = PathBuf::from(value);
    match path.strip_prefix("~") {
        Ok(rest) => Some(env::home_dir()?.join(rest)),
        Err(_) => Some(path),
    }
}

fn is_true(name: &str) -> bool {
    let words = ["1", "ON", "YES", "TRUE"];
    value(name).is_some_and(|value| words.iter().any(|word| word.eq_ignore_ascii_case(&value)))
}

fn seconds(name: &str, default: u64) -> Duration {
    let given = value(name).and_then(|value| value.parse().ok());
    Duration::from_secs(given.unwrap_or(default).max(1))
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// If `HF_ENDPOINT` is no http or https address, or there is no home folder to keep
    /// downloads in.
    pub fn from_env() -> Result<Self> {
        let home = folder("HF_HOME")
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("huggingface")))
            .or_else(|| Some(env::home_dir()?.join(".cache").join("huggingface")));
        let cache = folder("HF_HUB_CACHE")
            .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home.as_ref()?.join("hub")));
        let Some(cache) = cache else {
            anyhow::bail!("there is no home folder to keep downloads in; set HF_HOME");
        };
        let endpoint = value("HF_ENDPOINT").unwrap_or("https://huggingface.co".to_owned());
        ensure!(
            endpoint.starts_with("http://") || endpoint.starts_with("https://"),
            "HF_ENDPOINT is {endpoint}, which does not start with http:// or https://",
        );
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: token(home),
            cache,
            offline: is_true("HF_HUB_OFFLINE"),
            answer_timeout: seconds("HF_HUB_ETAG_TIMEOUT", 10),
            stall_timeout: seconds("HF_HUB_DOWNLOAD_TIMEOUT", 10),
        })
    }
}

fn token(home: Option<PathBuf>) -> Option<String> {
    if is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        return None;
    }
    let written = || {
        let path = folder("HF_TOKEN_PATH").or_else(|| Some(home?.join("token")))?;
        std::fs::read_to_string(path).ok()
    };
    let token = value("HF_TOKEN").or_else(written)?;
    // A stray line break would end the header.
    let token: String = token.split_whitespace().collect();
    (!token.is_empty()).then_some(token)
}
