//! A client of the Hub with a cache of its own, for the tests of the stand-in.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use effnet::hub::settings::Settings;
use effnet::hub::{Hub, HubError, Progress};
use tempfile::TempDir;

use crate::hub_server::{Reply, Request, StandIn, sha256};

pub const REPO: &str = "someone/model";
pub const FILE: &str = "model.safetensors";
pub const KEY: &str = "someone/model/model.safetensors";

/// The content of [`KEY`].
pub fn body() -> Vec<u8> {
    (0..100_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// A server of [`KEY`], with each good reply changed by `fault`.
pub fn serving(fault: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> StandIn {
    StandIn::with(&[(KEY, &body())], fault)
}

/// What a download said of itself.
#[derive(Default)]
pub struct Watched {
    bytes: AtomicU64,
    notes: Mutex<Vec<String>>,
}

impl Progress for Watched {
    fn start(&self, _: &str, _: Option<u64>, _: u64) {}
    fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
    fn note(&self, message: &str) {
        let mut notes = self.notes.lock().expect("no poisoned lock");
        notes.push(message.to_owned());
    }
    fn finish(&self) {}
}

impl Watched {
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The notes, a line each.
    pub fn notes(&self) -> String {
        self.notes.lock().expect("no poisoned lock").join("\n")
    }
}

pub struct Client {
    pub settings: Settings,
    pub folder: TempDir,
    pub progress: Watched,
}

impl Client {
    pub fn of(endpoint: String) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let settings = Settings {
            endpoint,
            token: Some("hf_secret".to_owned()),
            cache: folder.path().to_path_buf(),
            offline: false,
            answer_timeout: Duration::from_secs(1),
            stall_timeout: Duration::from_secs(1),
        };
        Self {
            settings,
            folder,
            progress: Watched::default(),
        }
    }

    pub fn new(server: &StandIn) -> Self {
        Self::of(server.url())
    }

    pub fn hub(&self) -> Hub {
        Hub::new(self.settings.clone())
    }

    pub fn get(&self) -> Result<PathBuf, HubError> {
        self.hub().get(REPO, "main", FILE, &self.progress)
    }

    pub fn refresh(&self) -> Result<PathBuf, HubError> {
        self.hub().refresh(REPO, "main", FILE, &self.progress)
    }

    pub fn repo(&self) -> PathBuf {
        self.folder.path().join("models--someone--model")
    }

    pub fn blob(&self) -> PathBuf {
        self.repo().join("blobs").join(sha256(&body()))
    }

    pub fn partial(&self) -> PathBuf {
        self.blob().with_added_extension("incomplete")
    }

    pub fn leave_partial(&self, bytes: &[u8]) {
        fs::create_dir_all(self.repo().join("blobs")).expect("a folder");
        fs::write(self.partial(), bytes).expect("a part");
    }

    #[track_caller]
    pub fn assert_whole(&self) {
        let path = self.get().expect("the file");
        assert_eq!(fs::read(path).expect("its bytes"), body());
        assert!(!self.partial().exists());
    }

    /// Nothing has a good name.
    #[track_caller]
    pub fn assert_fails(&self) -> HubError {
        let error = self.get().expect_err("a failure");
        assert_eq!(self.hub().cached(REPO, "main", FILE), None);
        let blobs = fs::read_dir(self.repo().join("blobs"))
            .into_iter()
            .flatten();
        for blob in blobs.flatten() {
            let name = blob.file_name().to_string_lossy().into_owned();
            assert!(name.ends_with(".incomplete"), "{name}");
        }
        let message = error.to_string();
        assert!(
            !message.contains('\n') && !message.contains("hf_secret"),
            "{message}"
        );
        error
    }
}
