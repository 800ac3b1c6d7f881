//! A list of paths, read as it grows: one per line or NUL, in UTF-8 or whatever the system's paths
//! are, or in UTF-16 as PowerShell writes it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::input::{Input, read_failure};
use crate::paths::path_of;
use crate::picture::decode;

/// Longer than any system's paths.
const MAX_PATH: usize = 1 << 16;

/// The inputs that the file `list` names, or standard input where it is `-`. An empty name is an
/// input too, so that who writes names and reads records keeps count.
///
/// # Errors
/// If the file can't be read, or is no list.
pub(super) fn inputs(list: &Path, null: bool) -> Result<Box<dyn Iterator<Item = Input> + Send>> {
    let separator = if null { b'\0' } else { b'\n' };
    let mut entries = Entries {
        reader: open(list)?,
        separator,
        encoding: None,
    };
    let list = list.to_path_buf();
    let mut failed = false;
    Ok(Box::new(std::iter::from_fn(move || {
        // What can't be read now can't be read the next time either.
        if failed {
            return None;
        }
        entries.next().transpose().map(|entry| match entry {
            Ok(bytes) => input(bytes, null),
            Err(e) => {
                failed = true;
                Input::unreadable(list.clone(), read_failure(&e))
            }
        })
    })))
}

fn open(list: &Path) -> Result<Box<dyn BufRead + Send>> {
    if list == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let shown = list.display();
    let file = File::open(list).with_context(|| format!("can't read the list {shown}"))?;
    let metadata = file.metadata()?;
    ensure!(
        !metadata.is_dir(),
        "{shown} is a folder and not a list of paths; give it as an argument",
    );
    let mut reader = BufReader::new(file);
    // A pipe's first bytes may be long in coming, and are no picture.
    if metadata.is_file() {
        // What can't be read is told as a record.
        ensure!(
            !decode::is_picture(reader.fill_buf().unwrap_or_default()),
            "{shown} is a picture and not a list of paths; give it as an argument",
        );
    }
    Ok(Box::new(reader))
}

fn input(bytes: Vec<u8>, null: bool) -> Input {
    let has_null = bytes.contains(&b'\0');
    let path = path_of(bytes);
    match has_null && !null {
        true => {
            let message = "the list separates its paths by NUL; say so with -0";
            let shown = path.to_string_lossy().replace('\0', "\u{fffd}");
            Input::unreadable(shown.into(), message)
        }
        false => Input::of(path),
    }
}

/// How a list is written, as its first bytes tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Bytes, which need not be UTF-8.
    Bytes,
    Utf16([u8; 2]),
}

/// Low byte first, as on Windows, and high byte first.
const LITTLE: [u8; 2] = [0xff, 0xfe];
const BIG: [u8; 2] = [0xfe, 0xff];

struct Entries {
    reader: Box<dyn BufRead + Send>,
    separator: u8,
    /// Unknown before the first entry: whoever writes names may be waited for.
    encoding: Option<Encoding>,
}

impl Entries {
    /// The next entry without its separator and, of lines, without a carriage return.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => *self.encoding.insert(skip_mark(&mut self.reader)?),
        };
        let entry = match encoding {
            Encoding::Bytes => self.bytes()?,
            Encoding::Utf16(mark) => self.utf16(mark)?,
        };
        Ok(entry.map(|mut bytes| {
            if self.separator == b'\n' && bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
            bytes
        }))
    }

    fn bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_PATH as u64 + 1);
        limited.read_until(self.separator, &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() == Some(&self.separator) {
            bytes.pop();
        } else if bytes.len() > MAX_PATH {
            return Err(too_long());
        }
        Ok(Some(bytes))
    }

    fn utf16(&mut self, mark: [u8; 2]) -> io::Result<Option<Vec<u8>>> {
        let mut units = Vec::new();
        let mut pair = [0; 2];
        loop {
            match self.reader.read_exact(&mut pair) {
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof && units.is_empty() => {
                    return Ok(None);
                }
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => break,
                read => read?,
            }
            let unit = match mark {
                LITTLE => u16::from_le_bytes(pair),
                _ => u16::from_be_bytes(pair),
            };
            if unit == u16::from(self.separator) {
                break;
            }
            units.push(unit);
            if units.len() > MAX_PATH {
                return Err(too_long());
            }
        }
        Ok(Some(String::from_utf16_lossy(&units).into_bytes()))
    }
}

fn too_long() -> io::Error {
    io::Error::other("it is no list of paths: an entry is too long")
}

/// Takes a byte order mark away and tells what it means.
fn skip_mark(reader: &mut impl BufRead) -> io::Result<Encoding> {
    let start = reader.fill_buf()?;
    let (length, encoding) = match start {
        [0xef, 0xbb, 0xbf, ..] => (3, Encoding::Bytes),
        [0xff, 0xfe, ..] => (2, Encoding::Utf16(LITTLE)),
        [0xfe, 0xff, ..] => (2, Encoding::Utf16(BIG)),
        _ => (0, Encoding::Bytes),
    };
    reader.consume(length);
    Ok(encoding)
}
