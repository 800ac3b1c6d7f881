//! What the headers of an answer say about a file.

use super::cache::Entry;
use super::digest::Kind;
use super::error::HubError;
use super::http::Answer;
use super::url::Url;
use super::version::{Version, is_commit, is_safe_name};

/// Whether a redirect leads to the same file on the Hub (of a renamed repository, or from a
/// mirror) and not to its bytes on a CDN.
pub(super) fn stays_on_the_hub(answer: &Answer, target: &Url) -> bool {
    let location = answer.header("Location").unwrap_or_default();
    let is_described = answer.header("X-Repo-Commit").is_some() && etag(answer).is_some();
    let may_be_hub = target.same_origin(&answer.url) || target.is_public_hub();
    Url::is_relative(location) || (may_be_hub && !is_described)
}

/// The etag of the bytes. The Hub puts it in a header of its own where the answer is a redirect
/// to them.
fn etag(answer: &Answer) -> Option<&str> {
    let etag = answer
        .header("X-Linked-Etag")
        .or_else(|| answer.header("ETag"))?;
    Some(etag.trim().trim_start_matches("W/").trim_matches('"'))
}

/// What an answer says about the file: `length` is that of its body, if it has the bytes, and `url`
/// is where they are.
///
/// # Errors
/// If a header is missing or is not one of the Hub's.
pub(super) fn read_version(
    entry: &Entry,
    answer: &Answer,
    length: Option<u64>,
    url: Url,
) -> Result<Version, HubError> {
    let commit = answer
        .header("X-Repo-Commit")
        .ok_or_else(|| HubError::malformed(entry, "it has no X-Repo-Commit header"))?;
    let etag = etag(answer).ok_or_else(|| HubError::malformed(entry, "it has no ETag header"))?;
    // Both become parts of paths.
    if !is_commit(commit) || !is_safe_name(etag) {
        return Err(HubError::malformed(
            entry,
            "its ETag or X-Repo-Commit is none of the Hub's",
        ));
    }
    let linked = answer
        .header("X-Linked-Size")
        .map(|size| size.trim().parse());
    let size = match linked {
        Some(Ok(size)) => Some(size),
        Some(Err(_)) => return Err(HubError::malformed(entry, "its X-Linked-Size is no number")),
        None => length,
    };
    if size.is_none() && Kind::of(etag) == Kind::Unknown {
        return Err(HubError::malformed(
            entry,
            "it tells neither a size nor a hash",
        ));
    }
    Ok(Version {
        commit: commit.to_ascii_lowercase(),
        etag: etag.to_owned(),
        size,
        url,
    })
}

/// Whether the body begins exactly where the part ends. A server that ignores `Range` answers 200
/// and sends the whole file.
pub(super) fn continues(answer: &Answer, start: u64, size: Option<u64>) -> bool {
    let expected = |range: &str| {
        let (from, rest) = range.strip_prefix("bytes ")?.split_once('-')?;
        let (_, total) = rest.split_once('/')?;
        let total: u64 = total.parse().ok()?;
        Some(from.parse() == Ok(start) && size.is_none_or(|size| size == total))
    };
    answer.status() == 206 && answer.header("Content-Range").and_then(expected) == Some(true)
}

/// Refuses a body of another length than the file's, such as a log-in page, before a byte is
/// written.
///
/// # Errors
/// [`HubError::Mismatch`].
pub(super) fn check_length(
    entry: &Entry,
    answer: &Answer,
    size: Option<u64>,
) -> Result<(), HubError> {
    match (size, answer.length()) {
        (Some(size), Some(length)) if size != length => Err(HubError::Mismatch {
            file: entry.to_string(),
            expected: format!("{size} bytes"),
            got: format!("{length}"),
        }),
        _ => Ok(()),
    }
}
