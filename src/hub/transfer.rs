//! The requests that Python's client makes (huggingface_hub/file_download.py), carefully.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::cache::{Entry, is_commit, is_safe_name};
use super::digest::Digest;
use super::settings::Settings;
use super::{HubError, Progress};

/// How often a request is made, at most.
const ATTEMPTS: u32 = 5;
/// The pause after the first failed attempt; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a server may ask for before it is better to give up.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// As many redirects as browsers about follow.
const MOST_REDIRECTS: usize = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("effnet/", env!("CARGO_PKG_VERSION"));

pub(super) struct Transfer<'a> {
    agent: Agent,
    settings: &'a Settings,
}

/// Which bytes a revision's file has, and where they are.
pub(super) struct Version {
    pub commit: String,
    pub etag: String,
    size: Option<u64>,
    url: String,
}

impl<'a> Transfer<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        // The system's certificates, for networks whose proxy signs with its own.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed by hand: the token must not follow everywhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .tls_config(tls)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(settings.answer_timeout))
            .timeout_per_read(Some(settings.stall_timeout))
            .build();
        Self {
            agent: config.new_agent(),
            settings,
        }
    }

    /// Asks which bytes the file has.
    pub fn version(&self, entry: &Entry, progress: &dyn Progress) -> Result<Version, HubError> {
        let url = format!(
            "{}/{}/resolve/{}/{}",
            self.settings.endpoint,
            entry.repo,
            percent_encode(&entry.revision, ""),
            percent_encode(&entry.file, "/"),
        );
        retrying(progress, || self.version_once(entry, &url))
    }

    fn version_once(&self, entry: &Entry, url: &str) -> Result<Version, HubError> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.send(entry, true, &url, 0)?;
            if let Some(location) = redirect(&answer) {
                // A relative one is a renamed repository; an absolute one leads to the bytes,
                // and what they are is said here.
                if !location.contains("://") {
                    url = join(&url, &location);
                    continue;
                }
                return read_version(entry, &answer, location, true);
            }
            self.check_status(entry, &answer)?;
            return read_version(entry, &answer, url, false);
        }
        Err(too_many_redirects(entry))
    }

    /// Fetches the bytes into `partial` and checks them; what an earlier try left is gone on
    /// with.
    pub fn body(
        &self,
        entry: &Entry,
        version: &Version,
        partial: &Path,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let fetch = || {
            retrying(progress, || {
                self.body_once(entry, version, partial, progress)
            })
        };
        match fetch() {
            // What was there before may have been the damaged part: once more from the start.
            Err(HubError::Mismatch { .. }) => fetch(),
            result => result,
        }
    }

    fn body_once(
        &self,
        entry: &Entry,
        version: &Version,
        partial: &Path,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let failed = |e| HubError::cache(partial, e);
        let mut part = Part::open(partial, version).map_err(failed)?;
        if version.size != Some(part.length) || part.length == 0 {
            let mut answer = self.follow(entry, &version.url, part.length)?;
            if !continues(&answer, part.length, version.size) {
                part.restart(version).map_err(failed)?;
            }
            progress.start(&entry.file, version.size, part.length);
            let stream = answer.body_mut().as_reader();
            self.copy(entry, version, stream, &mut part, partial, progress)?;
        }
        progress.finish();
        let whole = version.size.is_none_or(|size| size == part.length);
        if whole && part.digest.matches(&version.etag) {
            return part.file.sync_all().map_err(failed);
        }
        std::fs::remove_file(partial).map_err(failed)?;
        Err(HubError::Mismatch {
            file: entry.to_string(),
            what: match whole {
                true => "its hash is wrong".to_owned(),
                false => format!("it is longer than {} bytes", version.size.unwrap_or(0)),
            },
        })
    }

    fn copy(
        &self,
        entry: &Entry,
        version: &Version,
        mut stream: impl Read,
        part: &mut Part,
        partial: &Path,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let mut buffer = vec![0; 128 * 1024];
        // Anything beyond the size is one read too many, not a full disk.
        while version.size.is_none_or(|size| part.length <= size) {
            if progress.cancelled() {
                return Err(HubError::Cancelled);
            }
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    part.append(&buffer[..count])
                        .map_err(|e| HubError::cache(partial, e))?;
                    progress.advance(count as u64);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.body_error(entry, &version.url, &e)),
            }
        }
        match version.size {
            Some(size) if part.length < size => Err(HubError::Network {
                host: host(&version.url),
                cause: format!("it closed after {} of {size} bytes", part.length),
            }),
            _ => Ok(()),
        }
    }

    fn body_error(&self, entry: &Entry, url: &str, error: &io::Error) -> HubError {
        let inner = error
            .get_ref()
            .and_then(|e| e.downcast_ref::<ureq::Error>());
        let timed_out = matches!(inner, Some(ureq::Error::Timeout(_)))
            || matches!(
                error.kind(),
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
            );
        match timed_out {
            true => HubError::Timeout {
                host: host(url),
                file: entry.to_string(),
            },
            false => HubError::Network {
                host: host(url),
                cause: error.to_string(),
            },
        }
    }

    /// GET, through redirects, from byte `start` on.
    fn follow(&self, entry: &Entry, url: &str, start: u64) -> Result<Response<Body>, HubError> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.send(entry, false, &url, start)?;
            match redirect(&answer) {
                Some(location) => url = join(&url, &location),
                // Nothing is left behind what was asked for: the part is no part of this file.
                None if answer.status() == 416 && start > 0 => {
                    return self.follow(entry, &url, 0);
                }
                None => return self.check_status(entry, &answer).map(|()| answer),
            }
        }
        Err(too_many_redirects(entry))
    }

    fn send(
        &self,
        entry: &Entry,
        head: bool,
        url: &str,
        start: u64,
    ) -> Result<Response<Body>, HubError> {
        let mut request = if head {
            self.agent.head(url)
        } else {
            self.agent.get(url)
        };
        if let Some(token) = &self.settings.token {
            // A CDN has no business with it.
            if origin(url).is_some_and(|to| Some(to) == origin(&self.settings.endpoint)) {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
        }
        if start > 0 {
            request = request.header("Range", format!("bytes={start}-"));
        }
        request.call().map_err(|error| match error {
            ureq::Error::Timeout(_) => HubError::Timeout {
                host: host(url),
                file: entry.to_string(),
            },
            error => HubError::Network {
                host: host(url),
                cause: error.to_string(),
            },
        })
    }

    fn check_status(&self, entry: &Entry, answer: &Response<Body>) -> Result<(), HubError> {
        let file = entry.to_string();
        let status = answer.status().as_u16();
        let code = header(answer, "X-Error-Code").unwrap_or_default();
        Err(match (status, code) {
            (200 | 206, _) => return Ok(()),
            (_, "RepoNotFound") => HubError::RepoNotFound { file },
            (_, "RevisionNotFound") => HubError::RevisionNotFound { file },
            (_, "EntryNotFound") => HubError::FileNotFound { file },
            (403, _) | (_, "GatedRepo") => HubError::Forbidden {
                file,
                page: format!("{}/{}", self.settings.endpoint, entry.repo),
            },
            (401, _) => HubError::Unauthorized { file },
            (404, _) => HubError::FileNotFound { file },
            (429, _) => HubError::RateLimited {
                retry_after: retry_after(answer).unwrap_or(FIRST_PAUSE),
            },
            (status, _) => HubError::Server { file, status },
        })
    }
}

/// A body as far as it has come, and its hash so far.
struct Part {
    file: File,
    length: u64,
    digest: Digest,
}

impl Part {
    fn open(path: &Path, version: &Version) -> io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut part = Self {
            length: 0,
            digest: Digest::of_etag(&version.etag, version.size),
            file,
        };
        let there = part.file.metadata()?.len();
        // Without a hash, nothing tells whether what is there belongs to it.
        if version.size.is_none_or(|size| there > size) || !part.digest.is_known() {
            part.restart(version)?;
            return Ok(part);
        }
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = part.file.read(&mut buffer)?;
            if count == 0 {
                return Ok(part);
            }
            part.digest.update(&buffer[..count]);
            part.length += count as u64;
        }
    }

    fn restart(&mut self, version: &Version) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.length = 0;
        self.digest = Digest::of_etag(&version.etag, version.size);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}

fn header<'r>(answer: &'r Response<Body>, name: &str) -> Option<&'r str> {
    answer.headers().get(name)?.to_str().ok()
}

fn read_version(
    entry: &Entry,
    answer: &Response<Body>,
    url: String,
    redirected: bool,
) -> Result<Version, HubError> {
    let malformed = |what: String| HubError::Malformed {
        file: entry.to_string(),
        what,
    };
    let commit = header(answer, "X-Repo-Commit")
        .ok_or_else(|| malformed("it has no X-Repo-Commit header".to_owned()))?;
    let etag = header(answer, "X-Linked-Etag")
        .or_else(|| header(answer, "ETag"))
        .ok_or_else(|| malformed("it has no ETag header".to_owned()))?;
    let etag = etag.trim_start_matches("W/").trim_matches('"');
    // Both become parts of paths.
    if !is_commit(commit) || !is_safe_name(etag) {
        return Err(malformed(
            "its ETag or X-Repo-Commit is none of the Hub's".to_owned(),
        ));
    }
    // A redirect's own length is that of its message.
    let own = || header(answer, "Content-Length").filter(|_| !redirected);
    let size = header(answer, "X-Linked-Size").or_else(own);
    let size = size.and_then(|size| size.parse().ok());
    if size.is_none() && !Digest::of_etag(etag, None).is_known() {
        return Err(malformed("it tells neither a size nor a hash".to_owned()));
    }
    Ok(Version {
        commit: commit.to_owned(),
        etag: etag.to_owned(),
        size,
        url,
    })
}

fn redirect(answer: &Response<Body>) -> Option<String> {
    let redirects = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    header(answer, "Location")
        .filter(|_| redirects)
        .map(str::to_owned)
}

/// Whether the body goes on exactly where the part ends. A server that ignores `Range` answers
/// 200 and starts over.
fn continues(answer: &Response<Body>, start: u64, size: Option<u64>) -> bool {
    let expected = |range: &str| {
        let (from, rest) = range.strip_prefix("bytes ")?.split_once('-')?;
        let (_, total) = rest.split_once('/')?;
        let total_fits = total == "*" || total.parse().ok() == size;
        Some(from.parse() == Ok(start) && total_fits)
    };
    start > 0
        && answer.status() == 206
        && header(answer, "Content-Range").and_then(expected) == Some(true)
}

/// Makes a request again while trying again may help, heeding what the server asks for.
fn retrying<T>(
    progress: &dyn Progress,
    mut request: impl FnMut() -> Result<T, HubError>,
) -> Result<T, HubError> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        let error = match request() {
            Err(error) if error.is_passing() && attempt < ATTEMPTS => error,
            result => return result,
        };
        let wait = match &error {
            HubError::RateLimited { retry_after } if *retry_after > LONGEST_PAUSE => {
                return Err(error);
            }
            HubError::RateLimited { retry_after } => pause.max(*retry_after),
            _ => pause,
        };
        progress.note(&format!(
            "{error}; trying again in {:.1} s",
            wait.as_secs_f64()
        ));
        wait_unless_cancelled(wait, progress)?;
        pause *= 2;
    }
    unreachable!("the last attempt returns")
}

fn wait_unless_cancelled(wait: Duration, progress: &dyn Progress) -> Result<(), HubError> {
    let step = Duration::from_millis(50);
    let mut left = wait;
    while !left.is_zero() {
        if progress.cancelled() {
            return Err(HubError::Cancelled);
        }
        sleep(left.min(step));
        left = left.saturating_sub(step);
    }
    Ok(())
}

/// Seconds, or a date.
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let text = header(answer, "Retry-After")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn too_many_redirects(entry: &Entry) -> HubError {
    HubError::Malformed {
        file: entry.to_string(),
        what: format!("it redirects more than {MOST_REDIRECTS} times"),
    }
}

/// Everything but letters, digits, `-._~` and what `keep` names.
fn percent_encode(text: &str, keep: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || keep.contains(c) {
            encoded.push(c);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_owned();
    let port = uri
        .port_u16()
        .unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

fn host(url: &str) -> String {
    origin(url).map_or_else(|| "the server".to_owned(), |(_, host, _)| host)
}

/// What a `Location` means, seen from `url`.
fn join(url: &str, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    if location.starts_with("//") {
        return format!("{scheme}:{location}");
    }
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    if location.starts_with('/') {
        return format!("{scheme}://{authority}{location}");
    }
    let path = rest.split('?').next().unwrap_or(rest);
    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
    format!("{scheme}://{folder}/{location}")
}
