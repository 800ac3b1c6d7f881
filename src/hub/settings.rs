//! The environment, as Python's huggingface_hub reads it (huggingface_hub/constants.py).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::expand::{expand_user, expand_variables};
use super::url::Url;
use crate::printable::one_line;

const PUBLIC: &str = "https://huggingface.co";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the Hub and its cache are, and how long to wait.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host and port of the Hub, and of some mirrors a path.
    pub endpoint: String,
    /// The access token.
    pub token: Option<String>,
    /// The folder of all repositories.
    pub cache: PathBuf,
    /// Never connect.
    pub offline: bool,
    /// How long to wait for an answer's headers.
    pub answer_timeout: Duration,
    /// How long to wait for the next bytes of a body.
    pub stall_timeout: Duration,
}

impl fmt::Debug for Settings {
    /// Does not show the token, nor a password in the endpoint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = Url::parse(&self.endpoint).map(|url| url.shown());
        f.debug_struct("Settings")
            .field("endpoint", &endpoint)
            .field("token", &self.token.as_ref().map(|_| "(set)"))
            .field("cache", &self.cache)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// If a variable has a value that is not valid, or there is no home folder to keep downloads
    /// in.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| env::var_os(name))
    }

    /// Reads variables that `look_up` finds by their name, so that a test needs no environment.
    ///
    /// # Errors
    /// If a variable has a value that is not valid, or there is no home folder to keep downloads
    /// in.
    pub fn from_variables(look_up: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let variables = Variables(&look_up);
        let home = variables
            .folder("HF_HOME")
            .or_else(|| Some(variables.folder("XDG_CACHE_HOME")?.join("huggingface")))
            .or_else(|| Some(env::home_dir()?.join(".cache").join("huggingface")));
        let cache = variables
            .folder("HF_HUB_CACHE")
            .or_else(|| variables.folder("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home.as_ref()?.join("hub")))
            .context("there is no home folder to keep downloads in; set HF_HOME")?;
        Ok(Self {
            endpoint: variables.endpoint()?,
            token: variables.token(home)?,
            cache,
            offline: variables.is_true("HF_HUB_OFFLINE"),
            answer_timeout: variables.seconds("HF_HUB_ETAG_TIMEOUT")?,
            stall_timeout: variables.seconds("HF_HUB_DOWNLOAD_TIMEOUT")?,
        })
    }
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl Variables<'_> {
    /// A variable's value; an empty one counts as unset.
    fn value(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?.into_string().ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// A variable's folder, with `~` and the variables in it replaced in the order in which Python's
    /// client does it: `os.path.expandvars(os.path.expanduser(value))`.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        let value = (self.0)(name).filter(|value| !value.is_empty())?;
        let Some(text) = value.to_str() else {
            return Some(PathBuf::from(value));
        };
        Some(PathBuf::from(expand_variables(
            &expand_user(text, self.0),
            self.0,
        )))
    }

    fn is_true(&self, name: &str) -> bool {
        let words = ["1", "ON", "YES", "TRUE"];
        let value = self.value(name).unwrap_or_default();
        words.iter().any(|word| word.eq_ignore_ascii_case(&value))
    }

    /// Fractions too, though Python's client takes only whole seconds; 0 means the default, as
    /// it does there.
    fn seconds(&self, name: &str) -> Result<Duration> {
        let Some(value) = self.value(name) else {
            return Ok(DEFAULT_TIMEOUT);
        };
        let seconds = value.trim().parse().ok();
        let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let timeout = timeout.with_context(|| {
            format!(
                "{name} is {}, which is no number of seconds",
                one_line(&value)
            )
        })?;
        Ok(if timeout.is_zero() {
            DEFAULT_TIMEOUT
        } else {
            timeout
        })
    }

    /// The message does not repeat the value: there may be a password in it.
    fn endpoint(&self) -> Result<String> {
        let endpoint = self.value("HF_ENDPOINT").unwrap_or(PUBLIC.to_owned());
        let endpoint = endpoint.trim().trim_end_matches('/');
        ensure!(
            Url::parse(endpoint).is_some() && !endpoint.contains(['?', '#']),
            "HF_ENDPOINT is no address like {PUBLIC}",
        );
        Ok(endpoint.to_owned())
    }

    fn token(&self, home: Option<PathBuf>) -> Result<Option<String>> {
        // HUGGING_FACE_HUB_TOKEN is its old name.
        let given = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
            .iter()
            .find_map(|name| self.value(name));
        let written = || {
            let path = self
                .folder("HF_TOKEN_PATH")
                .or_else(|| Some(home?.join("token")))?;
            std::fs::read_to_string(path).ok()
        };
        if self.is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            return Ok(None);
        }
        let token = given.or_else(written).unwrap_or_default();
        let token: String = token.trim().replace(['\r', '\n'], "");
        ensure!(
            token.bytes().all(|b| b.is_ascii_graphic()),
            "the Hub token (HF_TOKEN, or its file) has characters that no token has",
        );
        Ok((!token.is_empty()).then_some(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_variables(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[track_caller]
    fn good(variables: &[(&str, &str)]) -> Settings {
        with(variables).expect("settings")
    }

    #[test]
    fn the_cache_is_the_first_that_is_named() {
        let all = [
            ("HF_HUB_CACHE", "/a"),
            ("HUGGINGFACE_HUB_CACHE", "/b"),
            ("HF_HOME", "/c"),
            ("XDG_CACHE_HOME", "/d"),
        ];
        let expected = ["/a", "/b", "/c/hub", "/d/huggingface/hub"];
        for (first, expected) in expected.iter().enumerate() {
            assert_eq!(good(&all[first..]).cache, PathBuf::from(expected));
        }
    }

    #[test]
    fn variables_and_the_home_folder_are_replaced_in_a_path() {
        let variables = [("HF_HOME", "$X/a/${Y}/$NONE/b"), ("X", "/x"), ("Y", "y z")];
        let expected = PathBuf::from("/x/a/y z/$NONE/b/hub");
        assert_eq!(good(&variables).cache, expected);
        let home = good(&[("HF_HUB_CACHE", "~/cache"), ("HOME", "/home/me")]);
        assert_eq!(home.cache, PathBuf::from("/home/me/cache"));
    }

    #[test]
    fn an_empty_value_is_none() {
        let settings = good(&[
            ("HF_ENDPOINT", ""),
            ("HF_HOME", ""),
            ("XDG_CACHE_HOME", "/d"),
        ]);
        assert_eq!(settings.endpoint, PUBLIC);
        assert_eq!(settings.cache, PathBuf::from("/d/huggingface/hub"));
    }

    #[test]
    fn offline_is_said_in_pythons_words() {
        for (word, expected) in [("1", true), ("on", true), ("Yes", true), ("TRUE", true)]
            .into_iter()
            .chain([("0", false), ("", false), ("off", false), ("2", false)])
        {
            assert_eq!(
                good(&[("HF_HUB_OFFLINE", word)]).offline,
                expected,
                "{word}"
            );
        }
    }

    #[test]
    fn a_timeout_is_a_number_of_seconds() {
        let timeout = |value| with(&[("HF_HUB_DOWNLOAD_TIMEOUT", value)]).map(|s| s.stall_timeout);
        assert_eq!(timeout("30").ok(), Some(Duration::from_secs(30)));
        assert_eq!(timeout("0.5").ok(), Some(Duration::from_millis(500)));
        assert_eq!(timeout("0").ok(), Some(DEFAULT_TIMEOUT));
        for value in ["soon", "-1", "NaN", "inf"] {
            let message = timeout(value).expect_err("an error").to_string();
            assert!(message.contains("HF_HUB_DOWNLOAD_TIMEOUT"), "{message}");
        }
    }

    #[test]
    fn a_token_comes_from_its_variable_or_its_file_and_is_never_shown() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("token"), "hf_written\r\n").expect("a file");
        let home = folder.path().to_str().expect("UTF-8");
        let token = |more: &[_]| {
            let settings = good(&[&[("HF_HOME", home)], more].concat());
            assert!(!format!("{settings:?}").contains("hf_"));
            settings.token
        };
        assert_eq!(token(&[]).as_deref(), Some("hf_written"));
        assert_eq!(
            token(&[("HF_TOKEN", "hf_given\n")]).as_deref(),
            Some("hf_given")
        );
        assert_eq!(
            token(&[("HUGGING_FACE_HUB_TOKEN", "hf_old")]).as_deref(),
            Some("hf_old")
        );
        assert_eq!(token(&[("HF_TOKEN_PATH", "/nowhere")]), None);
        assert_eq!(token(&[("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]), None);
        let error = with(&[("HF_TOKEN", "hf_gi\u{7}ven")]).expect_err("an error");
        assert!(!error.to_string().contains("hf_"), "{error}");
    }

    #[test]
    fn an_endpoint_is_an_address_and_its_password_is_not_shown() {
        let settings = good(&[("HF_ENDPOINT", "https://me:secret@mirror.example/hub/")]);
        assert_eq!(settings.endpoint, "https://me:secret@mirror.example/hub");
        assert!(!format!("{settings:?}").contains("secret"));
        for endpoint in [
            "mirror.example",
            "file:///etc",
            "https://",
            "me:secret@mirror",
        ] {
            let error = with(&[("HF_ENDPOINT", endpoint)]).expect_err("an error");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
