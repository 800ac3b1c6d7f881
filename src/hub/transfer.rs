//! The requests that Python's client makes (huggingface_hub/file_download.py): HEAD to learn which
//! bytes a file has, then GET until they have arrived and are verified.

use std::io::{self, Read};

use super::backoff::Backoff;
use super::cache::Entry;
use super::error::HubError;
use super::headers::{check_length, continues, read_version, stays_on_the_hub};
use super::http::{Answer, Http, body_failure};
use super::partial::Partial;
use super::progress::Progress;
use super::settings::Settings;
use super::url::{Url, encode_path, encode_segment};
use super::version::Version;

/// About as many as browsers follow.
const MOST_REDIRECTS: usize = 10;

pub(super) struct Transfer {
    http: Http,
    endpoint: String,
}

impl Transfer {
    /// # Errors
    /// If the endpoint is no address.
    pub fn new(settings: &Settings) -> Result<Self, HubError> {
        Ok(Self {
            http: Http::new(settings)?,
            endpoint: settings.endpoint.trim_end_matches('/').to_owned(),
        })
    }

    /// The address of the file on the Hub.
    fn address(&self, entry: &Entry, revision: &str) -> Result<Url, HubError> {
        let text = format!(
            "{}/{}/resolve/{}/{}",
            self.endpoint,
            encode_path(&entry.repo),
            encode_segment(revision),
            encode_path(&entry.file),
        );
        Url::parse(&text).ok_or_else(|| HubError::Name {
            file: entry.to_string(),
        })
    }

    /// Asks which bytes the file has.
    ///
    /// # Errors
    /// If the Hub can't be asked, or has no such file.
    pub fn version(
        &self,
        entry: &Entry,
        mut backoff: Backoff,
        progress: &dyn Progress,
    ) -> Result<Version, HubError> {
        loop {
            match self.ask(entry) {
                Err(error) => backoff.pause_after(error, progress)?,
                version => return version,
            }
        }
    }

    fn ask(&self, entry: &Entry) -> Result<Version, HubError> {
        let mut url = self.address(entry, entry.revision())?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.http.head(entry, &url)?;
            let Some(target) = answer.redirect(entry)? else {
                self.http.check_status(entry, &answer)?;
                let url = answer.url.clone();
                return read_version(entry, &answer, answer.length(), url);
            };
            if !stays_on_the_hub(&answer, &target) {
                // The target has the bytes, and this answer describes them. Only its length is not
                // theirs: that is the length of the redirect's own message.
                return read_version(entry, &answer, None, target);
            }
            url = target;
        }
        Err(too_many_redirects(entry))
    }

    /// Fetches the bytes that `partial` does not have yet, until size and hash are those that the
    /// Hub described.
    ///
    /// # Errors
    /// If that does not succeed; what has arrived is kept unless it is wrong.
    pub fn body(
        &self,
        entry: &Entry,
        version: &Version,
        mut partial: Partial,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let mut url = version.url.clone();
        let mut backoff = Backoff::long();
        let mut restarted = false;
        loop {
            let before = partial.length();
            if let Err(error) = self.fetch(entry, &url, &mut partial, progress) {
                if partial.length() > before {
                    backoff.reset();
                }
                backoff.pause_after(error, progress)?;
                // Links to the bytes expire, so the Hub is asked for a new one. By commit: the
                // branch may have another commit by now.
                url = self.address(entry, &version.commit)?;
                continue;
            }
            let Err(error) = partial.check(&entry.to_string()) else {
                return Ok(());
            };
            if !matches!(error, HubError::Mismatch { .. }) {
                return Err(error);
            }
            if restarted {
                partial.discard()?;
                return Err(error);
            }
            // The damaged bytes may be those of an earlier attempt.
            progress.note(&format!("{}; trying again from the start", error.what()));
            restarted = true;
            partial.restart()?;
        }
    }

    /// Fetches what is missing, in one attempt.
    fn fetch(
        &self,
        entry: &Entry,
        url: &Url,
        partial: &mut Partial,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        if partial.is_whole() {
            return Ok(());
        }
        let mut answer = self.rest(entry, url, partial)?;
        progress.start(&entry.to_string(), partial.size(), partial.length());
        let copied = copy(entry, &mut answer, partial, progress);
        progress.finish();
        copied?;
        partial.ended()
    }

    /// An answer whose body begins where `partial` ends. If the server sends only the whole file,
    /// `partial` is emptied first.
    fn rest(&self, entry: &Entry, url: &Url, partial: &mut Partial) -> Result<Answer, HubError> {
        let start = partial.length();
        let mut answer = self.follow(entry, url, start)?;
        if start > 0 && continues(&answer, start, partial.size()) {
            return Ok(answer);
        }
        if answer.status() != 200 {
            // It sent another range than it was asked for, or refused the range.
            answer = self.follow(entry, url, 0)?;
        }
        if answer.status() != 200 {
            return Err(HubError::malformed(
                entry,
                "it sends a part where the whole was asked for",
            ));
        }
        // Checked before the bytes that are there are removed for it.
        check_length(entry, &answer, partial.size())?;
        if start > 0 {
            partial.restart()?;
        }
        Ok(answer)
    }

    /// GET from byte `start` on, following redirects.
    fn follow(&self, entry: &Entry, url: &Url, start: u64) -> Result<Answer, HubError> {
        let mut url = url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.http.get(entry, &url, start)?;
            match answer.redirect(entry)? {
                Some(target) => url = target,
                None if answer.status() == 416 && start > 0 => return Ok(answer),
                None => {
                    self.http.check_status(entry, &answer)?;
                    return Ok(answer);
                }
            }
        }
        Err(too_many_redirects(entry))
    }
}

/// Appends the body to `partial`.
fn copy(
    entry: &Entry,
    answer: &mut Answer,
    partial: &mut Partial,
    progress: &dyn Progress,
) -> Result<(), HubError> {
    let url = answer.url.clone();
    let mut stream = answer.body();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        if progress.cancelled() {
            return Err(HubError::Cancelled);
        }
        let count = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(body_failure(entry, &url, &e)),
        };
        partial.append(&buffer[..count])?;
        progress.advance(count as u64);
        // A body that is too long ends here, and does not fill the disk.
        if partial.size().is_some_and(|size| partial.length() > size) {
            return Ok(());
        }
    }
    match partial.size() {
        Some(size) if partial.length() < size => Err(HubError::Network {
            host: url.host(),
            cause: format!("it stopped after {} of {size} bytes", partial.length()),
        }),
        _ => Ok(()),
    }
}

fn too_many_redirects(entry: &Entry) -> HubError {
    let what = format!("it redirects more than {MOST_REDIRECTS} times");
    HubError::malformed(entry, &what)
}
