//! Which class each picture teaches, by the folder that it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail, ensure};

/// What the pictures to learn from are in where others are kept apart from them.
const TAUGHT: [&str; 2] = ["train", "training"];
/// What the others are in.
const HELD_OUT: [&str; 5] = ["val", "valid", "validation", "test", "testing"];

/// How many classes are told of in a message.
const TOLD: usize = 3;

/// Pictures by class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sets {
    /// In the order of their bytes, as torchvision's `ImageFolder` numbers them.
    pub classes: Vec<String>,
    /// Those to learn from: which picture, and its class.
    pub taught: Vec<(usize, usize)>,
    /// Those to be measured on only, by the folder that they are in.
    pub held_out: BTreeMap<String, Vec<(usize, usize)>>,
    /// Those that are in no class's folder, or in one that there is nothing to learn of.
    pub left_out: Vec<usize>,
}

impl Sets {
    /// The sets of `paths`, all of them below `root`: a folder for each class, or such folders within
    /// `train`, and perhaps within `val`, `test` and the like beside it.
    ///
    /// # Errors
    /// If there are no two classes of two pictures each.
    pub fn of(root: &Path, paths: &[PathBuf]) -> Result<Self> {
        let below: Vec<_> = paths.iter().map(|path| folders(root, path)).collect();
        let tops: BTreeSet<String> = below
            .iter()
            .filter_map(|names| Some(names.first()?.to_lowercase()))
            .collect();
        let is = |names: &[&str], top: &String| names.contains(&top.as_str());
        let is_split = !tops.is_empty()
            && tops
                .iter()
                .all(|top| is(&TAUGHT, top) || is(&HELD_OUT, top));
        let shown = root.display();
        ensure!(
            !is_split || tops.iter().any(|top| is(&TAUGHT, top)),
            "{shown} has no folder `train` to learn from",
        );
        let mut named: BTreeMap<Option<String>, Vec<(usize, String)>> = BTreeMap::new();
        let mut sets = Self::default();
        for (picture, names) in below.into_iter().enumerate() {
            let place = names.into_iter();
            let mut place = place.map(|name| (name.to_lowercase(), name));
            let part = match is_split {
                true => place.next().map(|(part, _)| part),
                false => None,
            };
            let part = part.filter(|part| is(&HELD_OUT, part));
            match place.next() {
                Some((_, class)) => named.entry(part).or_default().push((picture, class)),
                None => sets.left_out.push(picture),
            }
        }
        let taught = named.remove(&None).unwrap_or_default();
        let classes: BTreeSet<&String> = taught.iter().map(|(_, class)| class).collect();
        sets.classes = classes.into_iter().cloned().collect();
        let class = |name: &String| sets.classes.binary_search(name).ok();
        let numbered = |(picture, name): &(usize, String)| Some((*picture, class(name)?));
        sets.taught = taught.iter().filter_map(numbered).collect();
        for (part, pictures) in named {
            let known = pictures.iter().filter_map(numbered).collect();
            let unknown = pictures.iter().filter(|(_, name)| class(name).is_none());
            sets.left_out.extend(unknown.map(|(picture, _)| picture));
            sets.held_out.insert(part.unwrap_or_default(), known);
        }
        ensure!(
            sets.classes.len() > 1,
            "{shown} holds {}; a folder for each class is wanted, two at least",
            match &sets.classes[..] {
                [] => "no folder of a class with pictures".to_owned(),
                [one, ..] => format!("pictures of one class, `{one}`"),
            },
        );
        Ok(sets)
    }

    /// The sets of pictures that have the name `of` among `names`, or none.
    ///
    /// # Errors
    /// If there are no two classes.
    pub fn named(names: &[String], of: &[Option<usize>]) -> Result<Self> {
        let classes: BTreeSet<&String> = names.iter().collect();
        let mut sets = Self {
            classes: classes.into_iter().cloned().collect(),
            ..Self::default()
        };
        for (picture, name) in of.iter().enumerate() {
            let class = name.and_then(|name| sets.classes.binary_search(&names[name]).ok());
            match class {
                Some(class) => sets.taught.push((picture, class)),
                None => sets.left_out.push(picture),
            }
        }
        ensure!(
            sets.classes.len() > 1,
            "it says of {}; pictures of two classes at least are wanted",
            match &sets.classes[..] {
                [] => "none of the pictures what it shows".to_owned(),
                [one, ..] => format!("all of them that they show one class, `{one}`"),
            },
        );
        Ok(sets)
    }

    /// How many pictures each class has to learn from.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.taught
            .iter()
            .for_each(|&(_, class)| counts[class] += 1);
        counts
    }

    /// The classes with fewer than `least` pictures, a few of them by name; nothing if there are none.
    pub fn small(&self, least: usize) -> Option<String> {
        let counts = self.counts();
        let small = self.classes.iter().zip(counts);
        let small = small.filter(|&(_, count)| count < least);
        let small: Vec<_> = small
            .map(|(name, count)| format!("`{name}` ({count})"))
            .collect();
        let more = match small.len().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let told = &small[..small.len().min(TOLD)];
        (!small.is_empty()).then(|| told.join(", ") + &more)
    }

    /// Refuses classes that can't be both learnt and judged.
    ///
    /// # Errors
    /// Names them.
    pub fn check(&self) -> Result<()> {
        match self.small(2) {
            Some(small) => bail!(
                "too few pictures that can be read, two are needed of each class: {small}; add some \
                 or take the folder away"
            ),
            None => Ok(()),
        }
    }
}

/// The folder that all `paths` are below.
pub fn root(paths: &[PathBuf]) -> PathBuf {
    let mut folders = paths.iter().filter_map(|path| path.parent());
    let Some(first) = folders.next() else {
        return PathBuf::new();
    };
    folders.fold(first.to_path_buf(), |root, folder| {
        let same = root.components().zip(folder.components());
        let same = same.take_while(|(a, b)| a == b);
        same.map(|(name, _)| name).collect()
    })
}

/// The names of the folders from `root` down to the picture at `path`.
fn folders(root: &Path, path: &Path) -> Vec<String> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let folders = below.parent().into_iter().flat_map(Path::components);
    let names = folders.filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(paths: &[&str]) -> Result<Sets> {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        Sets::of(Path::new("set"), &paths)
    }

    #[test]
    fn folders_are_classes_and_their_subfolders_are_not() {
        let sets = sets(&["set/cat/1", "set/dog/a/2", "set/cat/b/3", "set/4"]).expect("sets");
        assert_eq!(sets.classes, ["cat", "dog"]);
        assert_eq!(sets.taught, [(0, 0), (1, 1), (2, 0)]);
        assert_eq!(sets.left_out, [3]);
    }

    #[test]
    fn a_class_may_be_called_train_where_others_are_not_parts() {
        let trains = sets(&["set/train/1", "set/bus/2"]).expect("sets");
        assert_eq!(trains.classes, ["bus", "train"]);
        let parts = sets(&[
            "set/Train/bus/1",
            "set/train/car/2",
            "set/Valid/bus/3",
            "set/test/x/4",
        ]);
        let parts = parts.expect("sets");
        assert_eq!(parts.classes, ["bus", "car"]);
        assert_eq!(parts.held_out["valid"], [(2, 0)]);
        assert_eq!(parts.left_out, [3]);
    }

    #[test]
    fn names_from_elsewhere_are_classes_too() {
        let names = ["dog", "cat"].map(str::to_owned);
        let sets = Sets::named(&names, &[Some(0), None, Some(1)]).expect("sets");
        assert_eq!(sets.classes, ["cat", "dog"]);
        assert_eq!(sets.taught, [(0, 1), (2, 0)]);
        assert_eq!(sets.left_out, [1]);
        assert!(Sets::named(&names[..1], &[Some(0)]).is_err());
    }

    #[test]
    fn what_holds_no_two_classes_is_refused() {
        for paths in [
            &["set/1"][..],
            &["set/a/1"],
            &["set/test/a/1", "set/val/b/2"],
        ] {
            assert!(sets(paths).is_err(), "{paths:?}");
        }
        let sets = sets(&["set/a/1", "set/a/2", "set/b/3"]).expect("sets");
        let why = sets.check().expect_err("a class of one").to_string();
        assert!(why.contains("`b` (1)"), "{why}");
    }

    #[test]
    fn the_root_is_what_all_paths_have_in_common() {
        let paths = ["x/set/a/1", "x/set/b/c/2"].map(PathBuf::from);
        assert_eq!(root(&paths), Path::new("x/set"));
    }
}
