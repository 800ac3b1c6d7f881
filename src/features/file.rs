//! A whole file of features: what it is, its vectors, and the text of its rows.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::about::About;
use super::{npy, safetensors};

/// How features are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NumPy's, with the rows in `x.jsonl` and what is said of them in `x.json`.
    Npy,
    /// All in one file.
    Safetensors,
}

impl Format {
    /// As a file's ending says.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "npy" => Some(Self::Npy),
            "safetensors" => Some(Self::Safetensors),
            _ => None,
        }
    }
}

/// A whole file of features.
pub struct Opened {
    /// See [`About`].
    pub about: About,
    file: File,
    /// How many vectors.
    pub rows: u64,
    features_at: u64,
    text: Text,
}

/// Where the rows are written.
enum Text {
    /// In the same file, from here, so many bytes.
    Within(u64, u64),
    Beside(PathBuf),
}

impl Opened {
    /// Opens the file at `path` and reads its header.
    ///
    /// # Errors
    /// If it is no file of features, or not whole.
    pub fn read(path: &Path, format: Format) -> Result<Self> {
        let read = match format {
            Format::Npy => Self::npy(path),
            Format::Safetensors => Self::safetensors(path),
        };
        let read = read.and_then(Self::whole);
        read.with_context(|| format!("can't read the features in {}", path.display()))
    }

    fn whole(self) -> Result<Self> {
        let bytes = self.rows.checked_mul(4 * self.about.features as u64);
        let end = bytes.and_then(|bytes| bytes.checked_add(self.features_at));
        let length = self.file.metadata()?.len();
        ensure!(end.is_some_and(|end| end <= length), "it is cut short");
        Ok(self)
    }

    fn npy(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let ((rows, features), features_at) = npy::read(&mut file)?;
        let beside = about_path(path);
        let about = std::fs::read(&beside);
        let shown = beside.display();
        let about = about.with_context(|| format!("what they are stands in {shown}"))?;
        let about: About =
            serde_json::from_slice(&about).with_context(|| format!("{shown} is damaged"))?;
        ensure!(about.features == features, "{shown} is of another file");
        Ok(Self {
            about,
            file,
            rows,
            features_at,
            text: Text::Beside(text_path(path)),
        })
    }

    fn safetensors(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let contents = safetensors::read(&mut file)?;
        let (start, length) = contents.text_at;
        Ok(Self {
            about: contents.about,
            file,
            rows: contents.rows,
            features_at: contents.features_at,
            text: Text::Within(start, length),
        })
    }

    /// The bytes of all vectors.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn vectors(&mut self) -> Result<Take<&mut File>> {
        self.file.seek(SeekFrom::Start(self.features_at))?;
        Ok((&mut self.file).take(self.rows * self.about.features as u64 * 4))
    }

    /// The rows, a line each.
    ///
    /// # Errors
    /// If they can't be read.
    pub fn text(&mut self) -> Result<Vec<u8>> {
        match &self.text {
            Text::Beside(path) => std::fs::read(path)
                .with_context(|| format!("the paths stand in {}", path.display())),
            &Text::Within(start, length) => {
                self.file.seek(SeekFrom::Start(start))?;
                let mut text = Vec::new();
                let read = (&mut self.file).take(length).read_to_end(&mut text)?;
                ensure!(read as u64 == length, "it is cut short");
                Ok(text)
            }
        }
    }
}

/// `x.jsonl`, the rows of `x.npy`.
pub fn text_path(path: &Path) -> PathBuf {
    path.with_extension("jsonl")
}

/// `x.json`, what the vectors in `x.npy` are.
pub fn about_path(path: &Path) -> PathBuf {
    path.with_extension("json")
}
