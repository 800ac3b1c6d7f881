//! Addresses: where a `Location` leads, and which addresses are the same server.
//!
//! They are parsed with the `http::Uri` that ureq itself uses, on purpose, and not with a crate
//! such as `url`. Whether the token is sent is decided by the host that is read here, and ureq
//! connects to the host that it reads. Two parsers that read a crafted address differently (a
//! backslash, a second `@`, an odd port) would send the token to a host that was never checked.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

use crate::printable::one_line;

/// An http or https address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url(String);

/// Scheme, host and port: what makes two addresses the same server.
type Origin = (String, String, u16);

impl Url {
    /// `None` if the text is no http or https address.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Self(text.split('#').next().unwrap_or(text).to_owned());
        url.origin().map(|_| url)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn origin(&self) -> Option<Origin> {
        let uri: Uri = self.0.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        let port = uri.port_u16().unwrap_or(default_port);
        Some((scheme, host.to_ascii_lowercase(), port))
    }

    /// Whether both have the same scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        self.origin() == other.origin()
    }

    /// Whether this is the public Hub, to which mirrors redirect.
    pub fn is_public_hub(&self) -> bool {
        self.origin().is_some_and(|(scheme, host, port)| {
            scheme == "https" && port == 443 && matches!(&*host, "huggingface.co" | "hf.co")
        })
    }

    /// Whether this is an address of the machine itself.
    pub fn is_loopback(&self) -> bool {
        self.origin().is_some_and(|(_, host, _)| {
            let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host == "localhost" || address.is_ok_and(|address| address.is_loopback())
        })
    }

    /// The host, for messages: no password, no signature of a query, no control characters.
    pub fn host(&self) -> String {
        let host = self.origin().map(|(_, host, _)| host);
        one_line(&host.unwrap_or_default())
    }

    /// Scheme, host, port and path, for messages: no password, no control characters.
    pub fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or(authority);
        one_line(&format!("{scheme}://{host}{path}"))
    }

    /// Whether a `Location` names no host.
    pub fn is_relative(location: &str) -> bool {
        !has_scheme(location) && !location.starts_with("//")
    }

    /// The address that a `Location` header in an answer from here means.
    pub fn join(&self, location: &str) -> Option<Self> {
        if has_scheme(location) {
            return Self::parse(location);
        }
        let (scheme, rest) = self.0.split_once("://")?;
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        if location.starts_with('/') {
            return Self::parse(&format!("{scheme}://{authority}{location}"));
        }
        let path = rest.split('?').next().unwrap_or(rest);
        if location.starts_with('?') {
            return Self::parse(&format!("{scheme}://{path}{location}"));
        }
        let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        Self::parse(&format!("{scheme}://{folder}/{location}"))
    }
}

/// Whether it begins with a scheme, such as `https:`; a `:` further on belongs to a path or a
/// query.
fn has_scheme(location: &str) -> bool {
    let scheme = location.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// All that is not unreserved in RFC 3986, as Python's client encodes a revision.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same but for `/`, which separates segments.
const IN_PATH: &AsciiSet = &IN_SEGMENT.remove(b'/');

/// Encodes a text that is to be one segment of a path.
pub(super) fn encode_segment(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, IN_SEGMENT)
}

/// Encodes a text of segments.
pub(super) fn encode_path(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, IN_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, location: &str) -> Option<String> {
        Url::parse(base)?.join(location).map(|url| url.0)
    }

    #[test]
    fn a_location_is_seen_from_where_it_was_given() {
        let base = "https://hub.example:8443/a/b/file?x=1";
        for (location, expected) in [
            ("/c/d", "https://hub.example:8443/c/d"),
            (
                "/c?u=http://evil.example/",
                "https://hub.example:8443/c?u=http://evil.example/",
            ),
            ("d", "https://hub.example:8443/a/b/d"),
            ("?y=2", "https://hub.example:8443/a/b/file?y=2"),
            ("//cdn.example/d", "https://cdn.example/d"),
            ("http://cdn.example/d#part", "http://cdn.example/d"),
        ] {
            assert_eq!(
                joined(base, location).as_deref(),
                Some(expected),
                "{location}"
            );
        }
        for location in ["file:///etc/passwd", "ftp://cdn.example/", "http://", "//"] {
            assert_eq!(joined(base, location), None, "{location}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |a, b| {
            Url::parse(a)
                .zip(Url::parse(b))
                .is_some_and(|(a, b)| a.same_origin(&b))
        };
        assert!(same("https://hub.example/a", "HTTPS://HUB.example:443/b"));
        assert!(!same("https://hub.example/", "http://hub.example/"));
        assert!(!same("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
        assert!(!same("http://127.0.0.1:1/", "http://localhost:1/"));
        assert!(!same(
            "https://hub.example/",
            "https://hub.example@evil.example/"
        ));
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let is_own = |text| Url::parse(text).is_some_and(|url| url.is_loopback());
        for own in [
            "http://localhost:1/",
            "http://127.1.2.3/",
            "http://[::1]:1/",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "http://127.example/",
            "http://localhost.example/",
            "http://10.0.0.1/",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn a_shown_address_has_no_password() {
        let url = Url::parse("https://me:secret@hub.example/a").expect("an address");
        assert_eq!(url.shown(), "https://hub.example/a");
    }

    #[test]
    fn what_is_not_unreserved_is_encoded() {
        let text = "refs/a-b._~\u{e4}#?% +";
        let (segment, path) = (encode_segment(text), encode_path(text));
        assert_eq!(segment.to_string(), "refs%2Fa-b._~%C3%A4%23%3F%25%20%2B");
        assert_eq!(path.to_string(), "refs/a-b._~%C3%A4%23%3F%25%20%2B");
    }
}
