//! Paths, folders, lists and standard input to one ordered stream of inputs.

mod archive;
mod endings;
mod folder;
mod input;
mod list;
mod shard;
mod uri;
mod zstd;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use folder::Walk;
pub use input::{Input, MORE_ON_STDIN};
pub use shard::{Shard, Which};

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
    /// Whether links to folders are followed.
    pub follow: bool,
    /// Whether files and folders whose names begin with a dot are taken too.
    pub hidden: bool,
    /// Whether finding nothing is as good as finding something.
    pub allow_empty: bool,
    /// What a picture on standard input is called.
    pub stdin_name: Option<PathBuf>,
    /// Files that are tar archives, whatever they are called; `-` is standard input.
    pub tar: Vec<PathBuf>,
    /// The largest member that is taken of an archive, in bytes.
    pub max_bytes: u64,
    /// Which part of all these, if not all.
    pub shard: Option<Shard>,
    /// A folder that is passed by where it is found in another.
    pub except: Option<PathBuf>,
}

/// The inputs that a selection comes to.
#[derive(Default)]
pub struct Inputs {
    /// Those that are known at once: paths as given, a folder's pictures sorted by name.
    pub named: Vec<Input>,
    /// Those of a list, which is read as it grows.
    pub listed: Option<Box<dyn Iterator<Item = Input> + Send>>,
    /// What folders hold and is not taken.
    pub left_out: LeftOut,
    /// What is asked of those of a list and of archives, once they come.
    wanted: Vec<Wanted>,
    /// What is taken of archives.
    taken: archive::Taken,
}

type Wanted = Box<dyn FnMut(&Input) -> bool + Send>;

impl Inputs {
    /// Without those that are not to be taken. Each is asked of once; of archives, the members are.
    pub fn only(mut self, mut is_taken: impl FnMut(&Input) -> bool + Send + 'static) -> Self {
        self.named
            .retain(|input| matches!(input, Input::Archive(_)) || is_taken(input));
        self.wanted.push(Box::new(is_taken));
        self
    }

    /// One after the other, archives as their members, and their number where it is known before the
    /// last has come.
    pub fn counted(self) -> (impl Iterator<Item = Input> + Send + use<>, Option<u64>) {
        let is_counted = self.listed.is_none() && !self.has_archives();
        let Self {
            named,
            listed,
            mut wanted,
            taken,
            ..
        } = self;
        let count = is_counted.then_some(named.len() as u64);
        let named = named.into_iter().map(|input| (input, true));
        let listed = listed.into_iter().flatten().map(|input| (input, false));
        let all = named.chain(listed).flat_map(move |(input, is_asked)| {
            let one: Box<dyn Iterator<Item = _> + Send> = match input {
                Input::Archive(path) => {
                    let members = archive::members(path, taken);
                    Box::new(members.map(|member| (member, false)))
                }
                input => Box::new(std::iter::once((input, is_asked))),
            };
            one
        });
        let all = all.filter_map(move |(input, is_asked)| {
            let is_wanted = is_asked || wanted.iter_mut().all(|is_wanted| is_wanted(&input));
            is_wanted.then_some(input)
        });
        (all, count)
    }

    /// Whether some are known to be archives.
    pub fn has_archives(&self) -> bool {
        let is_archive = |input: &Input| matches!(input, Input::Archive(_));
        self.named.iter().any(is_archive)
    }

    /// Refuses what can't come to anything, before a model is downloaded for it.
    ///
    /// # Errors
    /// If there is nothing but files that do not exist.
    pub fn ensure_some_there(&self) -> Result<()> {
        ensure!(
            !self.are_all_missing(),
            "none of the pictures is there; the first is {}",
            self.named[0].path().display(),
        );
        Ok(())
    }

    /// Whether there is nothing but files that do not exist.
    pub fn are_all_missing(&self) -> bool {
        let is_missing = |input: &Input| match input {
            Input::File(path) => !path.exists(),
            Input::Archive(path) => path != Path::new("-") && !path.exists(),
            Input::Address(_, path) => !path.exists(),
            Input::Stdin(_) | Input::Member(..) => false,
            Input::Failed(..) => true,
        };
        self.listed.is_none() && !self.named.is_empty() && self.named.iter().all(is_missing)
    }
}

/// What folders hold and is not taken, as numbers of files and folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Files that are pictures by their ending and of no format that is read, by ending.
    pub unread: BTreeMap<String, u64>,
    /// Files and folders whose names begin with a dot.
    pub hidden: u64,
    /// Links to folders.
    pub linked: u64,
}

impl LeftOut {
    /// The files that are not read, such as `3 of formats that are not read (2 .heic, 1 .cr2)`.
    pub fn unread(&self) -> Option<String> {
        let count: u64 = self.unread.values().sum();
        let kinds: Vec<_> = self
            .unread
            .iter()
            .map(|(ending, n)| format!("{n} .{ending}"))
            .collect();
        let kinds = kinds.join(", ");
        (count > 0).then(|| format!("{count} of formats that are not read ({kinds})"))
    }
}

impl Selection {
    /// Looks into the folders and opens the list.
    ///
    /// # Errors
    /// If there is nothing to do, or standard input is asked for twice.
    pub fn inputs(&self) -> Result<Inputs> {
        let stdin = Path::new("-");
        let pictures = self.paths.iter().chain(&self.tar);
        let pictures = pictures.filter(|path| *path == stdin).count();
        if pictures + usize::from(self.files_from.as_deref() == Some(stdin)) > 1 {
            bail!("standard input can be read only once");
        }
        let (named, left_out) = self.named();
        let listed = match &self.files_from {
            Some(list) => Some(list::inputs(list, self.null)?),
            None if self.paths.is_empty() && self.tar.is_empty() => {
                bail!("no pictures given; name files or folders, or - for standard input")
            }
            None if named.is_empty() && !self.allow_empty => bail!(self.nothing_found(&left_out)),
            None => None,
        };
        let inputs = Inputs {
            named,
            listed,
            left_out,
            wanted: Vec::new(),
            taken: archive::Taken {
                max_bytes: self.max_bytes,
                hidden: self.hidden,
            },
        };
        // A part of pictures may well be empty.
        Ok(match self.shard {
            Some(shard) => inputs.only(move |input| shard.takes(input.path())),
            None => inputs,
        })
    }

    fn named(&self) -> (Vec<Input>, LeftOut) {
        let mut walk = Walk::new(self);
        for path in &self.paths {
            if path == Path::new("-") {
                let shown = self.stdin_name.as_deref().unwrap_or(path);
                walk.inputs.push(Input::Stdin(shown.to_path_buf()));
            } else if path.is_dir() {
                walk.folder(path);
            } else {
                walk.inputs.push(Input::of(path.clone()));
            }
        }
        let archives = self.tar.iter().cloned().map(Input::Archive);
        walk.inputs.extend(archives);
        (walk.inputs, walk.left_out)
    }

    fn nothing_found(&self, left_out: &LeftOut) -> String {
        let shown: Vec<_> = self.paths.iter().map(|p| p.display().to_string()).collect();
        let left_out = left_out.unread().map(|unread| format!(", but {unread}"));
        let deeper = match self.recursive {
            true => "",
            false => "; -r also looks into its subfolders",
        };
        format!(
            "no pictures found in {}{}{deeper}",
            shown.join(", "),
            left_out.unwrap_or_default(),
        )
    }
}
