//! An unfinished file: the bytes that have arrived, and whether they are the right ones.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::digest::{Digest, Kind};
use super::error::HubError;
use super::version::Version;

/// The file `<etag>.incomplete`, and the hash of its bytes so far.
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    length: u64,
    /// The size that the Hub's headers say.
    promised: Option<u64>,
    /// The same, or else the length of a body that has ended.
    size: Option<u64>,
    etag: String,
    digest: Digest,
}

impl Partial {
    /// Resumes what an earlier attempt left, if there is a hash that can tell whether it is a
    /// part of this file.
    ///
    /// # Errors
    /// If it can't be read or written.
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

    /// Whether the size is known and no byte is missing.
    pub fn is_whole(&self) -> bool {
        self.size == Some(self.length)
    }

    /// Hashes the bytes that are there.
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

    /// Removes all bytes.
    ///
    /// # Errors
    /// If it can't be written.
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

    /// Writes these bytes to its end.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(|e| self.failed(e))?;
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// To be called when a body has ended: if no header said the size, it is known now.
    ///
    /// # Errors
    /// If it can't be read back.
    pub fn ended(&mut self) -> Result<(), HubError> {
        if self.size.is_some() {
            return Ok(());
        }
        self.size = Some(self.length);
        if Kind::of(&self.etag) == Kind::GitBlob {
            // Git's hash begins with the size, so it could not be computed before.
            self.digest = Digest::new(&self.etag, self.size);
            self.read_back()?;
        }
        Ok(())
    }

    /// Compares size and hash with those of the Hub, then writes the bytes to the disk itself.
    ///
    /// # Errors
    /// [`HubError::Mismatch`], naming `file`, if they are others; or if it can't be written.
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
            // Before it gets its name: a power cut could otherwise leave an empty file with it.
            _ => self.file.sync_all().map_err(|e| self.failed(e)),
        }
    }

    /// Removes the file.
    ///
    /// # Errors
    /// If it can't be removed.
    pub fn discard(self) -> Result<(), HubError> {
        fs::remove_file(&self.path).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: io::Error) -> HubError {
        HubError::cache(&self.path, error)
    }
}
