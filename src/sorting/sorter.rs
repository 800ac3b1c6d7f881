//! A picture, and what belongs to it, to a free name in its folder.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::log::{Entry, Log};
use super::place::{How, is_there, put};
use crate::paths::Name;

/// Puts pictures into folders.
pub struct Sorter {
    root: PathBuf,
    how: How,
    /// In a dry run, which does nothing: what would stand where.
    planned: Option<HashMap<PathBuf, PathBuf>>,
    /// Opened before the first picture.
    log: Option<Log>,
}

impl Sorter {
    /// Sorts into `root`, or only says what it would do.
    ///
    /// # Errors
    /// If `root` is there and no folder.
    pub fn new(root: &Path, how: How, is_dry: bool) -> Result<Self> {
        ensure!(
            root.is_dir() || fs::symlink_metadata(root).is_err(),
            "can't sort into {}: it is no folder",
            root.display(),
        );
        Ok(Self {
            root: root.to_path_buf(),
            how,
            planned: is_dry.then(HashMap::new),
            log: None,
        })
    }

    /// Puts a picture into the folder of this name, and says where it is now. A second time changes
    /// nothing; another picture of the same name gets `~2` behind its stem.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn sort(&mut self, picture: &Path, folder: &str) -> Result<PathBuf> {
        let folder = Path::new(folder);
        self.make(folder)?;
        let from = absolute(picture)?;
        let companions = companions(&from, self.how);
        for number in 1.. {
            let name = numbered(&from, number);
            let to = folder.join(&name);
            match self.stands(&from, &to)? {
                Stands::Free => {}
                Stands::This => return Ok(self.root.join(to)),
                Stands::Other => continue,
            }
            let belongings: Vec<_> = companions
                .iter()
                .map(|companion| (companion, folder.join(companion.name(&name))))
                .collect();
            let mut is_free = true;
            for (companion, to) in &belongings {
                is_free &= !matches!(self.stands(&companion.path, to)?, Stands::Other);
            }
            // Another program may take the name at this moment.
            if !is_free || !self.put(&from, &to)? {
                continue;
            }
            for (companion, to) in &belongings {
                self.put(&companion.path, to)?;
            }
            return Ok(self.root.join(to));
        }
        unreachable!("numbers end later than names")
    }

    /// Makes the folder `name` below the root, and the root, where they are not there.
    fn make(&mut self, name: &Path) -> Result<()> {
        if self.planned.is_some() {
            return Ok(());
        }
        if self.log.is_none() {
            let is_new = !self.root.is_dir();
            fs::create_dir_all(&self.root)
                .with_context(|| format!("can't make {}", self.root.display()))?;
            self.log = Some(Log::open(&self.root)?);
            if is_new {
                let to = Name::of(Path::new(""));
                self.note(&Entry::Folder { to })?;
            }
        }
        let folder = self.root.join(name);
        if !folder.is_dir() {
            let to = Name::of(name);
            self.note(&Entry::Folder { to })?;
            fs::create_dir(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry) -> Result<()> {
        let log = self.log.as_mut().map_or(Ok(()), |log| log.add(entry));
        log.with_context(|| format!("can't write the log in {}", self.root.display()))
    }

    /// What stands at `to`, below the root.
    fn stands(&self, from: &Path, to: &Path) -> Result<Stands> {
        if let Some(planned) = self.planned.as_ref().and_then(|planned| planned.get(to)) {
            return Ok(match planned == from {
                true => Stands::This,
                false => Stands::Other,
            });
        }
        let to = self.root.join(to);
        match fs::symlink_metadata(&to) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Stands::Free),
            Err(e) => Err(e).with_context(|| format!("can't look at {}", to.display())),
            Ok(_) => match is_there(self.how, from, &to) {
                Ok(true) => Ok(Stands::This),
                Ok(false) => Ok(Stands::Other),
                Err(e) => Err(e).with_context(|| format!("can't compare it with {}", to.display())),
            },
        }
    }

    /// Puts a file at `to`, below the root, and says whether the name was still free.
    fn put(&mut self, from: &Path, to: &Path) -> Result<bool> {
        if let Some(planned) = &mut self.planned {
            planned.insert(to.to_path_buf(), from.to_path_buf());
            return Ok(true);
        }
        self.note(&Entry::File {
            how: self.how,
            from: Name::of(from),
            to: Name::of(to),
        })?;
        let to = self.root.join(to);
        match put(self.how, from, &to) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e).with_context(|| match self.how {
                How::Link => format!("can't link {} to it", to.display()),
                How::Copy => format!("can't copy it to {}", to.display()),
                How::Move => format!("can't move it to {}", to.display()),
            }),
        }
    }
}

/// What has a name already.
enum Stands {
    Free,
    This,
    Other,
}

/// A file that goes where its picture goes: what photo programs note of it.
struct Companion {
    path: PathBuf,
    /// What stands behind the picture's name, or behind its stem.
    ending: OsString,
    /// Whether it is called `photo.jpg.xmp` and not `photo.xmp`.
    has_whole_name: bool,
}

impl Companion {
    /// What it is called beside a picture of this name.
    fn name(&self, picture: &OsStr) -> OsString {
        let picture = Path::new(picture);
        match self.has_whole_name {
            true => picture.with_added_extension(&self.ending),
            false => picture.with_extension(&self.ending),
        }
        .into_os_string()
    }
}

/// The files beside a picture that belong to it. What another file of the same stem may need too
/// is not moved away.
fn companions(picture: &Path, how: How) -> Vec<Companion> {
    let endings = ["xmp", "XMP"];
    let whole = endings.map(|ending| (picture.with_added_extension(ending), ending, true));
    let stem = endings.map(|ending| (picture.with_extension(ending), ending, false));
    let found = whole.into_iter().chain(stem);
    let mut found: Vec<_> = found
        .filter(|(path, ..)| path.is_file())
        .map(|(path, ending, has_whole_name)| Companion {
            path,
            ending: ending.into(),
            has_whole_name,
        })
        .collect();
    if how == How::Move {
        found.retain(|companion| companion.has_whole_name || is_only_picture(picture));
    }
    found
}

/// Whether no file but one with notes has a picture's stem.
fn is_only_picture(picture: &Path) -> bool {
    let is_other = |path: PathBuf| {
        let ending = path.extension().unwrap_or_default();
        path != picture
            && path.file_stem() == picture.file_stem()
            && !ending.eq_ignore_ascii_case("xmp")
    };
    let entries = picture
        .parent()
        .and_then(|folder| fs::read_dir(folder).ok());
    let mut entries = entries.into_iter().flatten().flatten();
    !entries.any(|entry| is_other(entry.path()))
}

/// A path from the root, without following the file itself where that is a link.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// `photo.jpg`, `photo~2.jpg`.
fn numbered(path: &Path, number: u32) -> OsString {
    let name = path.file_name().unwrap_or_default();
    if number == 1 {
        return name.to_owned();
    }
    let mut numbered = path.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!("~{number}"));
    if let Some(ending) = path.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered
}
