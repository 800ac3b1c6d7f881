//! Pictures that are written: what they are called.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::destination;
use crate::picture::Picture;
use crate::picture::encode::{is_ours, png};

/// Where pictures go. Nothing is ever overwritten but what this program wrote in an earlier run.
pub struct Pictures {
    place: Place,
    /// Whether names say which class a picture explains.
    with_labels: bool,
    /// What this run must not overwrite.
    inputs: Vec<PathBuf>,
    /// Their real paths, once they are needed.
    real_inputs: OnceCell<HashSet<PathBuf>>,
    /// What this run wrote, in small letters: some file systems do not tell them from large ones.
    written: HashSet<String>,
}

enum Place {
    File(PathBuf),
    Folder(PathBuf),
}

/// Whether `path` is to be a file, and no folder.
///
/// # Errors
/// If it can be neither.
pub fn is_file(path: &Path) -> Result<bool> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let is_png = ending.is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    let is_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let shown = path.display();
    ensure!(
        is_folder || is_png || !path.exists(),
        "{shown} is a file; -o takes a folder, or a name that ends in .png",
    );
    ensure!(
        is_folder || is_png || ending.is_none(),
        "-o {shown}: pictures are PNG; give a name that ends in .png, or {shown}/ for a folder",
    );
    Ok(is_png && !is_folder)
}

impl Pictures {
    /// Pictures to `path`, which is a file or a folder as [`is_file`] says; a folder is made.
    ///
    /// # Errors
    /// If they can't be written there, or would destroy something.
    pub fn open(path: &Path, with_labels: bool, inputs: Vec<PathBuf>) -> Result<Self> {
        let shown = path.display();
        let place = match is_file(path)? {
            true => {
                let is_old = path.exists() && is_ours(path).unwrap_or_default();
                if !is_old {
                    destination::check(path, &[])?;
                    ensure!(
                        !path.is_file(),
                        "{shown} is there already, and no picture of an earlier run; give -o another \
                         name",
                    );
                }
                Place::File(path.to_path_buf())
            }
            false => {
                fs::create_dir_all(path).with_context(|| format!("can't make {shown}"))?;
                Place::Folder(path.to_path_buf())
            }
        };
        let pictures = Self {
            place,
            with_labels,
            inputs,
            real_inputs: OnceCell::new(),
            written: HashSet::new(),
        };
        if let Place::File(path) = &pictures.place
            && pictures.is_input(path)
        {
            bail!("{shown} is read by this run; give -o another name");
        }
        Ok(pictures)
    }

    /// Writes the picture that explains `label` in the one at `input`; returns its path.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&mut self, input: &Path, label: &str, picture: &Picture) -> Result<PathBuf> {
        let path = match &self.place {
            Place::File(path) => path.clone(),
            Place::Folder(folder) => self.free(folder, &self.stem(input, label)),
        };
        self.written.insert(lowercase(&path));
        let description = format!("{label} in {}", input.display());
        let written = fs::write(&path, png(picture, &description));
        written.with_context(|| format!("can't write {}", path.display()))?;
        Ok(path)
    }

    /// The name without its ending and number.
    fn stem(&self, input: &Path, label: &str) -> String {
        let stem = match input.file_stem() {
            Some(stem) if input != Path::new("-") => stem.to_string_lossy().into_owned(),
            _ => "stdin".to_owned(),
        };
        match self.with_labels {
            true => format!("{stem}.{}", in_name(label)),
            false => stem,
        }
    }

    /// The first of `stem.png`, `stem-2.png`, ... that destroys nothing.
    fn free(&self, folder: &Path, stem: &str) -> PathBuf {
        let name = |number: usize| match number {
            1 => format!("{stem}.png"),
            _ => format!("{stem}-{number}.png"),
        };
        let mut paths = (1..).map(|number| folder.join(name(number)));
        let free = paths.find(|path| {
            let is_new = || fs::symlink_metadata(path).is_err();
            let is_old = || is_ours(path).unwrap_or_default() && !self.is_input(path);
            !self.written.contains(&lowercase(path)) && (is_new() || is_old())
        });
        free.expect("numbers do not end")
    }

    fn is_input(&self, path: &Path) -> bool {
        let real = |path: &PathBuf| fs::canonicalize(path).ok();
        let inputs = self
            .real_inputs
            .get_or_init(|| self.inputs.iter().filter_map(real).collect());
        fs::canonicalize(path).is_ok_and(|path| inputs.contains(&path))
    }
}

fn lowercase(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}

/// A label as a part of a file's name.
fn in_name(label: &str) -> String {
    const LONGEST: usize = 60;
    let letter = |c: char| match c.is_alphanumeric() || c == '-' {
        true => c,
        false => '_',
    };
    label.chars().map(letter).take(LONGEST).collect()
}
