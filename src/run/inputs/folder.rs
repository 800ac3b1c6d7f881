//! The pictures of a folder.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::endings::{ending, is_called_archive, is_called_picture, is_read};
use super::input::{Input, read_failure};
use super::{LeftOut, Selection};
use crate::picture::decode;

/// Folders of thumbnails that a Synology puts beside pictures.
const THUMBNAILS: &str = "@eaDir";

/// A walk through folders.
pub(super) struct Walk<'a> {
    selection: &'a Selection,
    pub inputs: Vec<Input>,
    pub left_out: LeftOut,
    /// The folders that the walk is in, where links could lead back up.
    entered: HashSet<PathBuf>,
}

impl<'a> Walk<'a> {
    pub fn new(selection: &'a Selection) -> Self {
        Self {
            selection,
            inputs: Vec::new(),
            left_out: LeftOut::default(),
            entered: HashSet::new(),
        }
    }

    /// Appends the pictures of a folder, sorted by name.
    pub fn folder(&mut self, path: &Path) {
        let real = match self.selection.follow {
            true => path.canonicalize().ok(),
            false => None,
        };
        if let Some(real) = &real
            && !self.entered.insert(real.clone())
        {
            return;
        }
        match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(mut entries) => {
                entries.sort_by_key(DirEntry::file_name);
                entries.iter().for_each(|entry| self.entry(entry));
            }
            Err(e) => {
                let unreadable = Input::unreadable(path.to_path_buf(), read_failure(&e));
                self.inputs.push(unreadable);
            }
        }
        if let Some(real) = real {
            self.entered.remove(&real);
        }
    }

    fn entry(&mut self, entry: &DirEntry) {
        let (name, path) = (entry.file_name(), entry.path());
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".") && !self.selection.hidden {
            self.left_out.hidden += 1;
            return;
        }
        let kind = entry.file_type();
        let is_link = kind.as_ref().is_ok_and(fs::FileType::is_symlink);
        let is_folder = kind.is_ok_and(|kind| kind.is_dir()) || (is_link && path.is_dir());
        if is_folder {
            if !self.selection.recursive || name == THUMBNAILS || self.is_excepted(&path) {
                return;
            }
            match is_link && !self.selection.follow {
                true => self.left_out.linked += 1,
                false => self.folder(&path),
            }
        } else {
            self.file(path);
        }
    }

    fn is_excepted(&self, path: &Path) -> bool {
        let except = self.selection.except.as_deref();
        let real = except.map(|except| (except.canonicalize(), path.canonicalize()));
        matches!(real, Some((Ok(except), Ok(path))) if except == path)
    }

    fn file(&mut self, path: PathBuf) {
        if self.selection.recursive && is_called_archive(&path) && path.is_file() {
            self.inputs.push(Input::Archive(path));
            return;
        }
        if !is_called_picture(&path) {
            return;
        }
        // A pipe or a device found on the way would be waited for without end; a link that leads
        // nowhere is for the record.
        if !fs::metadata(&path).map_or(true, |target| target.is_file()) {
            return;
        }
        if is_read(&path) || begins_as_picture(&path) {
            self.inputs.push(Input::File(path));
        } else if let Some(ending) = ending(&path) {
            *self.left_out.unread.entry(ending).or_default() += 1;
        }
    }
}

/// Whether a file's content is of a format that is read.
fn begins_as_picture(path: &Path) -> bool {
    decode::start_of(path).is_ok_and(|start| {
        // Cameras' own files begin as TIFF does, and hold a small preview.
        let is_tiff = start.starts_with(b"II*\0") || start.starts_with(b"MM\0*");
        !is_tiff && decode::check_start(&start).is_ok()
    })
}
