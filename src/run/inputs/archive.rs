//! The pictures of a tar archive, as they stream by: nothing is searched for, and nothing is written to
//! a disk.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;

use crossbeam_channel::{Sender, bounded};
use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry};

use super::endings::is_called_picture;
use super::input::{Input, read_failure, too_long};
use super::zstd::Frames;
use crate::paths::path_of;

/// What is taken of archives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// No member with more bytes.
    pub max_bytes: u64,
    /// Also those whose names begin with a dot.
    pub hidden: bool,
}

/// The pictures of the archive at `path`, or on standard input where that is `-`: a member `a/b.jpg`
/// of `x.tar` is `x.tar/a/b.jpg`; on standard input it is what it is called there. Members that are no pictures by their
/// names, as WebDataset's `.cls` and `.json`, are passed by. What is wrong with an archive is an input
/// that can't be read, called like the archive, behind the members before it.
pub(super) fn members(path: PathBuf, taken: Taken) -> impl Iterator<Item = Input> {
    let (to, members) = bounded(1);
    // The members borrow the archive that they are read from; here it stays where it is.
    thread::spawn(move || {
        let mut last = None;
        if let Err(error) = send(&path, taken, &to, &mut last) {
            let why = what_is_wrong(&error, last.as_deref());
            // A closed channel means that the run is over.
            let _ = to.send(Input::unreadable(path, why));
        }
    });
    members.into_iter()
}

/// Sends the pictures, and notes the last member that was there as a whole.
fn send(
    path: &Path,
    taken: Taken,
    to: &Sender<Input>,
    last: &mut Option<PathBuf>,
) -> io::Result<()> {
    let zeros = Rc::new(Cell::new(0));
    let mut archive = Archive::new(Watched {
        reader: unpacked(open(path)?)?,
        zeros: Rc::clone(&zeros),
    });
    // Archives that were joined have ends within.
    archive.set_ignore_zeros(true);
    for member in archive.entries()? {
        let mut member = member?;
        let kind = member.header().entry_type();
        let name = path_of(member.path_bytes().into_owned());
        if (kind.is_file() || kind.is_gnu_sparse()) && is_taken(&name, taken) {
            let input = input(path, &name, &mut member, taken)?;
            if to.send(input).is_err() {
                return Ok(());
            }
        }
        *last = Some(name);
    }
    // POSIX, pax, "ustar Interchange Format": two blocks of zeros end an archive. One will do, and
    // padding is shorter.
    match zeros.get() >= BLOCK {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A block of a tar archive in bytes.
const BLOCK: usize = 512;

fn what_is_wrong(error: &io::Error, last: Option<&Path>) -> String {
    let behind = last.map(|last| format!("behind its member {}", last.display()));
    match (error.kind(), behind) {
        _ if error.raw_os_error().is_some() => read_failure(error),
        (io::ErrorKind::UnexpectedEof, Some(behind)) => {
            format!("the archive is cut off {behind}")
        }
        (_, Some(behind)) => format!("the archive is damaged {behind}"),
        (_, None) => "it is no tar archive, or cut off or damaged in its first member".to_owned(),
    }
}

/// Counts the zeros at the end of what was read.
struct Watched<R> {
    reader: R,
    zeros: Rc<Cell<usize>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(to)?;
        let zeros = to[..count].iter().rev().take_while(|byte| **byte == 0);
        let zeros = zeros.count();
        let before = if zeros == count { self.zeros.get() } else { 0 };
        self.zeros.set(before + zeros);
        Ok(count)
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    match path == Path::new("-") {
        true => Ok(Box::new(io::stdin())),
        false => Ok(Box::new(File::open(path)?)),
    }
}

/// The archive's own bytes, whatever it was packed by; its first bytes tell.
fn unpacked(mut file: Box<dyn Read + Send>) -> io::Result<Box<dyn Read>> {
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    let is_gzip = start.starts_with(&[0x1f, 0x8b]);
    let is_zstandard = start == [0x28, 0xb5, 0x2f, 0xfd];
    let whole = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(file));
    Ok(match (is_gzip, is_zstandard) {
        (true, _) => Box::new(MultiGzDecoder::new(whole)),
        (_, true) => Box::new(Frames::new(whole)),
        _ => Box::new(whole),
    })
}

/// Whether a member is a picture by its name.
fn is_taken(name: &Path, taken: Taken) -> bool {
    let is_hidden = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".");
    let mut parts = name.iter().filter(|part| *part != "." && *part != "..");
    is_called_picture(name) && (taken.hidden || !parts.any(is_hidden))
}

fn input(
    path: &Path,
    name: &Path,
    member: &mut Entry<impl Read>,
    taken: Taken,
) -> io::Result<Input> {
    let name = match path == Path::new("-") {
        // Who writes a stream knows its pictures by the names that it gave them.
        true => name.to_path_buf(),
        false => {
            // A member's name may begin at the root; here it is below its archive all the same.
            let name = name.strip_prefix("/").unwrap_or(name);
            path.join(name.strip_prefix(".").unwrap_or(name))
        }
    };
    let length = member.size();
    if length > taken.max_bytes {
        return Ok(Input::Failed(name, too_long(taken.max_bytes)));
    }
    let mut bytes = Vec::with_capacity(length.min(1 << 20) as usize);
    member.read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(Input::Member(name, bytes)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
