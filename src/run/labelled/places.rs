//! Which line of a file means a picture.

use std::collections::HashMap;
use std::path::{Component, Path};

use anyhow::{Result, bail};

/// The paths that a file names, to be found by the paths of pictures.
pub struct Places {
    /// Each path's names with `/` between them.
    paths: Vec<String>,
    /// By base name, and by that without its ending.
    names: HashMap<String, Vec<usize>>,
    stems: HashMap<String, Vec<usize>>,
}

/// How much of two paths is the same: how many folders above the base name, and whether that is all
/// that the file says.
type Likeness = (usize, bool);

impl Places {
    /// The places of `paths`, numbered in their order; of the same ones only the first.
    pub fn new<'a>(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut places = Self {
            paths: Vec::new(),
            names: HashMap::new(),
            stems: HashMap::new(),
        };
        for (row, path) in paths.enumerate() {
            let path = plain(Path::new(&path.replace('\\', "/")));
            let name = base(&path);
            let alike = places.names.entry(name.to_owned()).or_default();
            if alike.iter().all(|&other| places.paths[other] != path) {
                alike.push(row);
                places
                    .stems
                    .entry(stem(name).to_owned())
                    .or_default()
                    .push(row);
            }
            places.paths.push(path);
        }
        places
    }

    /// For each picture, the number of the path that means it: the one whose last names are the same
    /// as far up as can be, at least the base name or, where none has it, that without its ending.
    /// A path means only the picture that is most like it.
    ///
    /// # Errors
    /// If two paths may mean a picture, or a path may mean two.
    pub fn assign<'a>(
        &self,
        pictures: impl Iterator<Item = &'a Path> + Clone,
    ) -> Result<Vec<Option<usize>>> {
        let found = pictures.clone().map(|picture| self.find(picture));
        let found = found.collect::<Result<Vec<_>>>()?;
        let mut best: HashMap<usize, (Likeness, &Path)> = HashMap::new();
        for (picture, found) in pictures.clone().zip(&found) {
            let Some((row, likeness)) = *found else {
                continue;
            };
            let most = best.entry(row).or_insert((likeness, picture));
            if likeness > most.0 {
                *most = (likeness, picture);
            }
        }
        let assigned = pictures.zip(found).map(|(picture, found)| {
            let Some((row, likeness)) = found else {
                return Ok(None);
            };
            let (most, other) = best[&row];
            if likeness == most && picture != other {
                bail!(
                    "{} may mean {} and {}; it must say more of the path",
                    self.paths[row],
                    other.display(),
                    picture.display(),
                );
            }
            Ok((likeness == most).then_some(row))
        });
        assigned.collect()
    }

    fn find(&self, picture: &Path) -> Result<Option<(usize, Likeness)>> {
        let path = plain(picture);
        let name = base(&path);
        let rows = self.names.get(name).or_else(|| self.stems.get(stem(name)));
        let rows = rows.map_or(&[][..], Vec::as_slice).iter();
        let alike = rows.map(|&row| (row, likeness(&self.paths[row], &path)));
        let Some(best) = alike.clone().max_by_key(|(_, likeness)| *likeness) else {
            return Ok(None);
        };
        if alike.filter(|(_, likeness)| *likeness == best.1).count() > 1 {
            bail!(
                "several of its lines may mean {}; they must say more of their paths",
                picture.display(),
            );
        }
        Ok(Some(best))
    }
}

/// Of two paths whose base names are alike.
fn likeness(path: &str, picture: &str) -> Likeness {
    let above = |path| str::rsplit(path, '/').skip(1);
    let same = above(path).zip(above(picture)).take_while(|(a, b)| a == b);
    let same = same.count();
    (same, same == above(path).count())
}

/// The names along a path, without `.`; the root is an empty one.
fn plain(path: &Path) -> String {
    let part = |component| match component {
        Component::CurDir => None,
        Component::RootDir => Some(String::new()),
        other => Some(other.as_os_str().to_string_lossy().into_owned()),
    };
    let parts: Vec<_> = path.components().filter_map(part).collect();
    parts.join("/")
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
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

    fn assigned(paths: &[&str], pictures: &[&str]) -> Option<Vec<Option<usize>>> {
        let places = Places::new(paths.iter().copied());
        places.assign(pictures.iter().map(Path::new)).ok()
    }

    #[test]
    fn a_picture_is_found_by_as_much_of_its_path_as_is_written() {
        let paths = ["a/x.jpg", "b/x.jpg", "./c/y.png", "z", "d\\w.jpg"];
        let found = |picture: &str| Some(assigned(&paths, &[picture])?[0]);
        assert_eq!(found("a/x.jpg"), Some(Some(0)));
        assert_eq!(found("/photos/b/x.jpg"), Some(Some(1)));
        assert_eq!(found("x.jpg"), None);
        assert_eq!(found("elsewhere/y.png"), Some(Some(2)));
        assert_eq!(found("folder/z.jpeg"), Some(Some(3)));
        assert_eq!(found("d/w.jpg"), Some(Some(4)));
        assert_eq!(found("a/v.jpg"), Some(None));
    }

    #[test]
    fn a_path_under_another_root_means_the_picture_that_is_most_like_it() {
        let paths = ["/data/star/1.jpg", "/data/fish/1.jpg"];
        let pictures = ["set/fish/1.jpg", "set/star/1.jpg"];
        assert_eq!(assigned(&paths, &pictures), Some(vec![Some(1), Some(0)]));
        // What it lacks is not found at what another picture is meant by.
        let found = assigned(&paths[..1], &pictures);
        assert_eq!(found, Some(vec![None, Some(0)]));
        assert_eq!(assigned(&["1.jpg"], &pictures), None);
        assert_eq!(
            assigned(&["1.jpg", "1.jpg"], &pictures[..1]),
            Some(vec![Some(0)])
        );
    }
}
