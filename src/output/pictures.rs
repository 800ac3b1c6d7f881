//! Pictures that are written: what they are called.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::destination;
use crate::picture::Picture;
use crate::picture::encode::{description, png};

/// Where pictures go. Nothing is ever overwritten but what this program made of the same input.
pub struct Pictures {
    place: Place,
    /// Whether names say which class a picture explains.
    with_labels: bool,
    /// The folders and archives that inputs may have been found in.
    folders: Vec<PathBuf>,
    /// What this run must not overwrite.
    inputs: Vec<PathBuf>,
    /// Their real paths, once they are needed.
    real_inputs: OnceCell<HashSet<PathBuf>>,
    /// The last input, and what was made of it, in small letters: some file systems do not tell them
    /// from large ones.
    last: (PathBuf, Vec<String>),
}

/// The longest name of an input in the name of an output, in bytes: with a label, a number and an ending
/// it fits every file system.
const LONGEST_STEM: usize = 160;
const LONGEST_LABEL: usize = 60;

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
    /// Pictures to `path`, which is a file or a folder as [`is_file`] says; a folder is made. What is
    /// made of `inputs` in `folders` keeps its place there.
    ///
    /// # Errors
    /// If they can't be written there, or would destroy something.
    pub fn open(
        path: &Path,
        with_labels: bool,
        folders: Vec<PathBuf>,
        inputs: Vec<PathBuf>,
    ) -> Result<Self> {
        let shown = path.display();
        let place = match is_file(path)? {
            true => {
                if description(path).is_none() {
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
                make(path)?;
                Place::Folder(path.to_path_buf())
            }
        };
        let pictures = Self {
            place,
            with_labels,
            folders,
            inputs,
            real_inputs: OnceCell::new(),
            last: (PathBuf::new(), Vec::new()),
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
        if self.last.0 != input {
            self.last = (input.to_path_buf(), Vec::new());
        }
        let path = match &self.place {
            Place::File(path) => path.clone(),
            Place::Folder(folder) => {
                let folder = folder.join(self.below(input));
                make(&folder)?;
                self.free(&folder, &self.stem(input, label), input)
            }
        };
        self.last.1.push(lowercase(&path));
        let description = format!("{label}{}", made_of(input));
        let written = replace(&path).and_then(|file| {
            let mut to = BufWriter::new(file);
            png(picture, &description, &mut to)?;
            to.flush()
        });
        written.with_context(|| format!("can't write {}", path.display()))?;
        Ok(path)
    }

    /// The folder of an input, seen from the folder that it was found in. The names in an archive may
    /// be anything, and never lead up.
    fn below(&self, input: &Path) -> String {
        let parent = input.parent().unwrap_or(input);
        let folders = self.folders.iter();
        let below = folders.filter_map(|folder| parent.strip_prefix(folder).ok());
        let nearest = below.min_by_key(|below| below.as_os_str().len());
        let parts = nearest.into_iter().flat_map(Path::components);
        let names = parts.filter(|part| matches!(part, Component::Normal(_)));
        names.collect::<PathBuf>().to_string_lossy().into_owned()
    }

    /// The name without its ending and number.
    fn stem(&self, input: &Path, label: &str) -> String {
        let stem = match input.file_stem() {
            Some(stem) if input != Path::new("-") => stem.to_string_lossy().into_owned(),
            _ => "stdin".to_owned(),
        };
        let stem = &stem[..stem.floor_char_boundary(LONGEST_STEM)];
        match self.with_labels {
            true => format!("{stem}.{}", in_name(label)),
            false => stem.to_owned(),
        }
    }

    /// The first of `stem.png`, `stem-2.png`, ... that destroys nothing.
    fn free(&self, folder: &Path, stem: &str, input: &Path) -> PathBuf {
        let name = |number: usize| match number {
            1 => format!("{stem}.png"),
            _ => format!("{stem}-{number}.png"),
        };
        let mut paths = (1..).map(|number| folder.join(name(number)));
        let free = paths.find(|path| {
            let is_new = || fs::symlink_metadata(path).is_err();
            let is_old = || {
                let made = description(path).is_some_and(|text| text.ends_with(&made_of(input)));
                made && !self.is_input(path)
            };
            !self.last.1.contains(&lowercase(path)) && (is_new() || is_old())
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

/// What descriptions end with: `./a` is `a`.
fn made_of(input: &Path) -> String {
    format!(" in {}", input.strip_prefix(".").unwrap_or(input).display())
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))
}

/// A new file in the place of an old one: what else the old one is called keeps what it holds.
fn replace(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => File::create_new(path),
    }
}

/// A label as a part of a file's name.
fn in_name(label: &str) -> String {
    let letter = |c: char| match c.is_alphanumeric() || c == '-' {
        true => c,
        false => '_',
    };
    let name: String = label.chars().map(letter).collect();
    name[..name.floor_char_boundary(LONGEST_LABEL)].to_owned()
}
