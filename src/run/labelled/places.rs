//! Which line of a file means a picture.

use std::collections::HashMap;
use std::path::{Component, Path};

/// The paths that a file names, to be found by the paths of pictures.
pub struct Places {
    whole: HashMap<String, Found>,
    names: HashMap<String, Found>,
    stems: HashMap<String, Found>,
}

/// Where a picture is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// At the path of this number.
    At(usize),
    /// At several, of which none is more like it.
    Several,
}

/// The first place with a name, and whether there are more.
struct Found {
    first: usize,
    is_alone: bool,
}

impl Places {
    /// The places of `paths`, numbered in their order.
    pub fn new<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut places = Self {
            whole: HashMap::new(),
            names: HashMap::new(),
            stems: HashMap::new(),
        };
        for (index, path) in paths.enumerate() {
            let parts = parts(Path::new(&path.replace('\\', "/")));
            let name = parts.last().cloned().unwrap_or_default();
            let is_name = parts.len() == 1;
            put(&mut places.whole, parts.join("/"), index);
            put(&mut places.stems, stem(&name).to_owned(), index);
            if !is_name {
                put(&mut places.names, name, index);
            }
        }
        places
    }

    /// Where the picture at `path` is: at the longest path that its own ends with; else at the only
    /// one with its base name; else at the only one that is the same but for the ending.
    pub fn find(&self, path: &Path) -> Place {
        let parts = parts(path);
        let ends = (0..parts.len()).map(|from| parts[from..].join("/"));
        let whole = ends.filter_map(|end| self.whole.get(&end)).next();
        let name = parts.last().map_or("", String::as_str);
        let found = whole
            .or_else(|| self.names.get(name))
            .or_else(|| self.stems.get(stem(name)));
        match found {
            None => Place::Nowhere,
            Some(found) if found.is_alone => Place::At(found.first),
            Some(_) => Place::Several,
        }
    }
}

fn put(places: &mut HashMap<String, Found>, name: String, index: usize) {
    let found = Found {
        first: index,
        is_alone: true,
    };
    places
        .entry(name)
        .and_modify(|found| found.is_alone = false)
        .or_insert(found);
}

/// The names along a path, without `.`; the root is an empty one.
fn parts(path: &Path) -> Vec<String> {
    let part = |component| match component {
        Component::CurDir => None,
        Component::RootDir => Some(String::new()),
        other => Some(other.as_os_str().to_string_lossy().into_owned()),
    };
    path.components().filter_map(part).collect()
}

/// A base name without its ending.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.chars().all(char::is_alphanumeric) => {
            stem
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_found_by_as_much_of_its_path_as_is_written() {
        let places = Places::new(["a/x.jpg", "b/x.jpg", "./c/y.png", "z", "d\\w.jpg"].into_iter());
        let found = |path: &str| places.find(Path::new(path));
        assert_eq!(found("a/x.jpg"), Place::At(0));
        assert_eq!(found("/photos/b/x.jpg"), Place::At(1));
        assert_eq!(found("x.jpg"), Place::Several);
        assert_eq!(found("elsewhere/y.png"), Place::At(2));
        assert_eq!(found("folder/z.jpeg"), Place::At(3));
        assert_eq!(found("d/w.jpg"), Place::At(4));
        assert_eq!(found("a/v.jpg"), Place::Nowhere);
    }
}
