//! Single requests: where the token is sent, the timeouts, what an answer's status means.

use std::io;
use std::time::{Duration, SystemTime};

use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::cache::Entry;
use super::error::HubError;
use super::settings::Settings;
use super::url::Url;
use crate::printable::one_line;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("effnet/", env!("CARGO_PKG_VERSION"));

/// Its connections stay open from one request to the next.
pub(super) struct Http {
    agent: Agent,
    endpoint: Url,
    settings: Settings,
}

/// An answer, and the address that gave it.
pub(super) struct Answer {
    pub url: Url,
    response: Response<Body>,
}

impl Http {
    /// # Errors
    /// If the endpoint is no address.
    pub fn new(settings: &Settings) -> Result<Self, HubError> {
        let endpoint = Url::parse(&settings.endpoint).ok_or_else(|| {
            let what = "its address is not http:// or https:// and a host";
            HubError::malformed(&"the Hub", what)
        })?;
        // The system's certificates, for networks whose proxy signs with its own.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed by hand: the token must not follow everywhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            // The size and the hash are those of the file, not of something compressed.
            .accept_encoding("identity")
            .tls_config(tls)
            .timeout_connect(Some(CONNECT_TIMEOUT));
        if endpoint.is_loopback() {
            // A proxy elsewhere can't reach this machine's own addresses.
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().new_agent(),
            endpoint,
            settings: settings.clone(),
        })
    }

    /// Asks for the headers of the file, which describe it.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn head(&self, entry: &Entry, url: &Url) -> Result<Answer, HubError> {
        let request = self
            .agent
            .head(url.as_str())
            .config()
            .timeout_recv_response(Some(self.settings.answer_timeout))
            .build();
        self.send(entry, url, request)
    }

    /// Asks for the bytes from `start` on.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn get(&self, entry: &Entry, url: &Url, start: u64) -> Result<Answer, HubError> {
        let request = self
            .agent
            .get(url.as_str())
            .config()
            .timeout_recv_response(Some(self.settings.stall_timeout))
            .timeout_per_read(Some(self.settings.stall_timeout))
            .build();
        let request = match start {
            0 => request,
            start => request.header("Range", format!("bytes={start}-")),
        };
        self.send(entry, url, request)
    }

    fn send(
        &self,
        entry: &Entry,
        url: &Url,
        request: ureq::RequestBuilder<ureq::typestate::WithoutBody>,
    ) -> Result<Answer, HubError> {
        let request = match &self.settings.token {
            // Never to a CDN, nor to another port of the same host.
            Some(token) if url.same_origin(&self.endpoint) => {
                request.header("Authorization", format!("Bearer {token}"))
            }
            _ => request,
        };
        let response = request.call().map_err(|e| failure(entry, url, &e))?;
        Ok(Answer {
            url: url.clone(),
            response,
        })
    }

    /// The web page of the file's repository.
    fn page(&self, entry: &Entry) -> String {
        format!(
            "{}/{}",
            self.endpoint.shown().trim_end_matches('/'),
            entry.repo
        )
    }

    /// Accepts an answer that has the file, or describes it.
    ///
    /// # Errors
    /// The error that any other status means.
    pub fn check_status(&self, entry: &Entry, answer: &Answer) -> Result<(), HubError> {
        let file = entry.to_string();
        let status = answer.status();
        let code = answer.header("X-Error-Code").unwrap_or_default();
        let message = answer.header("X-Error-Message").unwrap_or_default();
        let page = || self.page(entry);
        let own = answer.url.same_origin(&self.endpoint) || answer.url.is_public_hub();
        Err(match (status, code) {
            (200 | 206, _) => return Ok(()),
            (429, _) => HubError::RateLimited {
                retry_after: answer.retry_after(),
            },
            // A CDN stores bytes and knows no repositories, so its 404 or 403 says nothing about
            // the file: the link to it may have expired.
            _ if !own => answer.server_error(file),
            (_, "RevisionNotFound") => HubError::RevisionNotFound { file },
            (_, "EntryNotFound") => HubError::FileNotFound { file, page: page() },
            (_, "GatedRepo") => HubError::Forbidden { file, page: page() },
            (_, "RepoNotFound") => HubError::RepoNotFound { file },
            (401, _) if message.starts_with("Invalid credentials") => {
                HubError::Unauthorized { file }
            }
            // Without a token the Hub gives the same answer for a private repository and for one
            // that does not exist.
            (401, _) if self.settings.token.is_none() => HubError::RepoNotFound { file },
            (401, _) => HubError::Unauthorized { file },
            (403, _) => HubError::Forbidden { file, page: page() },
            (404 | 410, _) => HubError::FileNotFound { file, page: page() },
            _ => answer.server_error(file),
        })
    }
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The length of the body, as the headers say it.
    pub fn length(&self) -> Option<u64> {
        self.header("Content-Length")?.trim().parse().ok()
    }

    pub fn body(&mut self) -> impl io::Read {
        self.response.body_mut().as_reader()
    }

    /// The address that it redirects to, if it is a redirect.
    ///
    /// # Errors
    /// If that is not an http or https address.
    pub fn redirect(&self, entry: &Entry) -> Result<Option<Url>, HubError> {
        if !matches!(self.status(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let target = self.header("Location").and_then(|to| self.url.join(to));
        let target = target.ok_or_else(|| HubError::malformed(entry, "it redirects to nowhere"))?;
        Ok(Some(target))
    }

    /// The header may give seconds or a date.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.header("Retry-After")?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default())
    }

    fn server_error(&self, file: String) -> HubError {
        HubError::Server {
            host: self.url.host(),
            file,
            status: self.status(),
            retry_after: self.retry_after(),
        }
    }
}

/// What it means that there was no answer.
fn failure(entry: &Entry, url: &Url, error: &ureq::Error) -> HubError {
    let (host, cause) = (url.host(), one_line(&error.to_string()));
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            let cause = "no answer".to_owned();
            HubError::Network { host, cause }
        }
        ureq::Error::Timeout(_) => HubError::Timeout {
            host,
            file: entry.to_string(),
        },
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => HubError::Certificate { host, cause },
        // In this form ureq reports what rustls refuses in a handshake.
        ureq::Error::Io(e) if e.kind() == io::ErrorKind::InvalidData => {
            HubError::Certificate { host, cause }
        }
        ureq::Error::Http(_) | ureq::Error::BadUri(_) | ureq::Error::LargeResponseHeader(..) => {
            HubError::malformed(entry, &cause)
        }
        _ => HubError::Network { host, cause },
    }
}

/// What it means that a body could not be read to its end.
pub(super) fn body_failure(entry: &Entry, url: &Url, error: &io::Error) -> HubError {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<ureq::Error>());
    let waited = matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    );
    match inner {
        Some(error @ ureq::Error::Timeout(_)) => failure(entry, url, error),
        _ if waited => HubError::Timeout {
            host: url.host(),
            file: entry.to_string(),
        },
        _ => HubError::Network {
            host: url.host(),
            cause: one_line(&error.to_string()),
        },
    }
}
