//! A body as far as it has come.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::digest::{Digest, Kind};
use super::error::HubError;
use super::version::Version;

/// `<etag>.incomplete`: its bytes, and their hash so far.
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    length: u64,
    /// What the Hub says, and what is known besides once a body has ended.
    promised: Option<u64>,
    size: Option<u64>,
    etag: String,
    digest: Digest,
}

impl Partial {
    /// Takes up what an earlier try left, if there is a hash that can tell whether it belongs.
    pub fn open(path: &Path, version: &Version) -> Result<Self, HubError> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(|e| HubError::cache(path, e))?;
        let mut partial = Self {
            path: path.to_path_buf(),
            file,
            length: 0,
            promised: version.size,
            size: version.size,
            etag: version.etag.clone(),
            digest: Digest::new(&version.etag, version.size),
        };
        partial.read_back()?;
        Ok(partial)
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Whether no byte is missing, as far as the size is known.
    pub fn is_whole(&self) -> bool {
        self.size == Some(self.length)
    }

    /// Hashes what is there.
    fn read_back(&mut self) -> Result<(), HubError> {
        let there = self.file.metadata().map_err(|e| self.failed(e))?.len();
        if !self.digest.is_known() || self.size.is_some_and(|size| there > size) {
            return self.restart();
        }
        self.seek_start()?;
        self.length = 0;
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    self.digest.update(&buffer[..count]);
                    self.length += count as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed(e)),
            }
        }
    }

    /// Forgets all bytes.
    pub fn restart(&mut self) -> Result<(), HubError> {
        self.file.set_len(0).map_err(|e| self.failed(e))?;
        self.seek_start()?;
        self.length = 0;
        self.size = self.promised;
        self.digest = Digest::new(&self.etag, self.size);
        Ok(())
    }

    fn seek_start(&mut self) -> Result<(), HubError> {
        let sought = self.file.seek(SeekFrom::Start(0));
        sought.map(|_| ()).map_err(|e| self.failed(e))
    }

    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(|e| self.failed(e))?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The body has ended, which tells a size that no header told.
    pub fn ended(&mut self) -> Result<(), HubError> {
        if self.size.is_some() {
            return Ok(());
        }
        self.size = Some(self.length);
        if Kind::of(&self.etag) == Kind::GitBlob {
            // Git's hash begins with the size, so it could not be computed on the way.
            self.digest = Digest::new(&self.etag, self.size);
            self.read_back()?;
        }
        Ok(())
    }

    /// Compares with what the etag promises, and makes it last.
    ///
    /// # Errors
    /// [`HubError::Mismatch`], naming `file`, if it is something else.
    pub fn check(&self, file: &str) -> Result<(), HubError> {
        let mismatch = |expected: String, got: String| HubError::Mismatch {
            file: file.to_owned(),
            expected,
            got,
        };
        if let Some(size) = self.size.filter(|size| *size != self.length) {
            let got = format!("{} bytes", self.length);
            return Err(mismatch(format!("{size} bytes"), got));
        }
        match self.digest.hex() {
            Some(hex) if !hex.eq_ignore_ascii_case(&self.etag) => {
                Err(mismatch(format!("hash {}", self.etag), hex))
            }
            // On the disk before it has a name, or a power cut could leave an empty file under it.
            _ => self.file.sync_all().map_err(|e| self.failed(e)),
        }
    }

    /// Removes it.
    pub fn discard(self) -> Result<(), HubError> {
        fs::remove_file(&self.path).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: io::Error) -> HubError {
        HubError::cache(&self.path, error)
    }
}
