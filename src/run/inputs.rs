//! Paths, folders, lists and standard input to one ordered stream of inputs.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::error::{ErrorKind, PictureError};
use crate::picture::decode;

/// Where one picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input, shown as `-`.
    Stdin,
    /// A folder or entry that could not be looked into.
    Unreadable(PathBuf, String),
}

impl Input {
    /// The path as it is shown.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Unreadable(path, _) => path,
            Self::Stdin => Path::new("-"),
        }
    }

    /// The encoded picture.
    ///
    /// # Errors
    /// If it can't be read, is longer than `max_bytes`, or does not begin as a picture.
    pub fn read(&self, max_bytes: u64) -> Result<Vec<u8>, PictureError> {
        let failed = |e: io::Error| PictureError::new(ErrorKind::Read, read_failure(&e));
        match self {
            Self::File(path) => {
                let file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                if metadata.is_dir() {
                    let message = "it is a folder; give the folder itself as an argument";
                    return Err(PictureError::new(ErrorKind::Read, message));
                }
                if metadata.len() > max_bytes {
                    return Err(too_long(max_bytes));
                }
                read_up_to(file, metadata.len(), max_bytes)
            }
            Self::Stdin => read_up_to(io::stdin().lock(), 0, max_bytes),
            Self::Unreadable(_, why) => Err(PictureError::new(ErrorKind::Read, why.clone())),
        }
    }
}

fn read_failure(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read (permission denied)".to_owned(),
        _ => error.to_string(),
    }
}

fn too_long(max_bytes: u64) -> PictureError {
    let message =
        format!("it is longer than the limit of {max_bytes} bytes; raise it with --max-bytes");
    PictureError::new(ErrorKind::Limit, message)
}

fn read_up_to(reader: impl Read, expected: u64, max_bytes: u64) -> Result<Vec<u8>, PictureError> {
    let failed = |e: io::Error| PictureError::new(ErrorKind::Read, read_failure(&e));
    let mut reader = reader.take(max_bytes.saturating_add(1));
    let mut bytes = Vec::with_capacity(expected as usize);
    let mut start = (&mut reader).take(decode::START_BYTES as u64);
    start.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_long(max_bytes));
    }
    // A film or a device without end is not read to find out that it is no picture.
    decode::check_start(&bytes)?;
    reader.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_long(max_bytes));
    }
    Ok(bytes)
}

/// What the command line names.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Files, folders and `-`.
    pub paths: Vec<PathBuf>,
    /// A file of paths, or `-`.
    pub files_from: Option<PathBuf>,
    /// Whether that file separates paths by NUL and not by line.
    pub null: bool,
    /// Whether folders are searched to the bottom.
    pub recursive: bool,
}

/// Endings that are looked at in a folder; a file that is named is tried whatever it is called.
const ENDINGS: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "jif", "mpo", "png", "apng", "gif", "webp", "tif", "tiff", "btf",
    "tf8", "bmp", "dib", "rle", "pnm", "ppm", "pgm", "pbm", "pam", "qoi", "ico", "cur",
];

impl Selection {
    /// The inputs in order: paths as given, a folder's pictures sorted by name.
    ///
    /// The second value is their number, where it is known before the last has come: it is not
    /// for `--files-from`, which is read line by line as it grows.
    ///
    /// # Errors
    /// If there is nothing to do, or standard input is asked for twice.
    pub fn inputs(&self) -> Result<(Box<dyn Iterator<Item = Input> + Send>, Option<u64>)> {
        let stdin = Path::new("-");
        let pictures = self.paths.iter().filter(|path| *path == stdin).count();
        if pictures + usize::from(self.files_from.as_deref() == Some(stdin)) > 1 {
            bail!("standard input can be read only once");
        }
        let named = self.named();
        match &self.files_from {
            Some(list) => {
                let lines = self.lines(list)?;
                Ok((Box::new(named.into_iter().chain(lines)), None))
            }
            None if self.paths.is_empty() => {
                bail!("no pictures given; name files or folders, or - for standard input")
            }
            None if named.is_empty() => bail!(
                "no pictures found in {}{}",
                shown(&self.paths),
                if self.recursive {
                    ""
                } else {
                    "; -r also looks into its subfolders"
                },
            ),
            None => {
                let count = named.len() as u64;
                Ok((Box::new(named.into_iter()), Some(count)))
            }
        }
    }

    fn named(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for path in &self.paths {
            if path == Path::new("-") {
                inputs.push(Input::Stdin);
            } else if path.is_dir() {
                folder(path, self.recursive, &mut inputs);
            } else {
                inputs.push(Input::File(path.clone()));
            }
        }
        inputs
    }

    fn lines(&self, list: &Path) -> Result<impl Iterator<Item = Input> + Send + use<>> {
        let mut reader: Box<dyn BufRead + Send> = if list == Path::new("-") {
            Box::new(BufReader::new(io::stdin()))
        } else {
            let shown = list.display();
            let file = File::open(list).with_context(|| format!("can't read the list {shown}"))?;
            ensure!(
                !file.metadata()?.is_dir(),
                "{shown} is a folder and not a list of paths; give it as an argument",
            );
            Box::new(BufReader::new(file))
        };
        let separator = if self.null { b'\0' } else { b'\n' };
        let list = list.to_path_buf();
        let mut failed = false;
        let entries = std::iter::from_fn(move || entry(&mut reader, separator).transpose());
        let entries = entries.map_while(move |entry| {
            // What can't be read now can't be read the next time either.
            let goes_on = !failed;
            failed = entry.is_err();
            goes_on.then_some(entry)
        });
        Ok(entries.filter_map(move |entry| match entry {
            Ok(mut bytes) => {
                if separator == b'\n' && bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
                (!bytes.is_empty()).then(|| Input::File(path_from(bytes)))
            }
            Err(e) => Some(Input::Unreadable(list.clone(), read_failure(&e))),
        }))
    }
}

/// Longer than any system's paths.
const MAX_PATH: u64 = 1 << 16;

/// The next entry without its separator, if there is one.
fn entry(reader: &mut impl BufRead, separator: u8) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_PATH + 1)
        .read_until(separator, &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() == Some(&separator) {
        bytes.pop();
    } else if bytes.len() as u64 > MAX_PATH {
        return Err(io::Error::other(
            "it is no list of paths: an entry is too long",
        ));
    }
    Ok(Some(bytes))
}

fn shown(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(", ")
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}

/// Appends the pictures of a folder, sorted by name; hidden entries are skipped, and links to
/// folders are not followed, so a link that leads back up ends nowhere.
fn folder(path: &Path, recursive: bool, inputs: &mut Vec<Input>) {
    let unreadable = |e: io::Error| Input::Unreadable(path.to_path_buf(), read_failure(&e));
    let mut entries: Vec<_> = match std::fs::read_dir(path).and_then(Iterator::collect) {
        Ok(entries) => entries,
        Err(e) => return inputs.push(unreadable(e)),
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && recursive {
            folder(&entry.path(), recursive, inputs);
        } else if has_picture_ending(&name) {
            // A pipe or a device found on the way would be waited for without end; a link that
            // leads nowhere is for the record.
            if std::fs::metadata(entry.path()).map_or(true, |target| target.is_file()) {
                inputs.push(Input::File(entry.path()));
            }
        }
    }
}

fn has_picture_ending(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|ending| ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(ending)))
}
