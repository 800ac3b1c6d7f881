//! A label to the name of its folder.

use std::collections::HashMap;

use crate::printable::steers;

/// What folders are called, on every system: no separators, nothing hidden, nothing that looks like
/// a flag, none of Windows' devices.
pub struct Folders {
    /// Of names that several things share, as a system without case sees them: nothing; of others
    /// the one thing.
    things: HashMap<String, Option<String>>,
}

/// The folder of pictures that nothing sure can be said of. No label's folder begins with `_`.
pub const UNSURE: &str = "_unsure";

/// The longest name in bytes, so that an id still fits behind it on every system.
const LONGEST: usize = 120;

impl Folders {
    /// For things of these labels and ids, such as `crane` and its WordNet id.
    pub fn of(things: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut known = HashMap::new();
        for (label, id) in things {
            let thing = known
                .entry(safe(&label).to_lowercase())
                .or_insert_with(|| Some(id.clone()));
            if thing.as_ref() != Some(&id) {
                *thing = None;
            }
        }
        Self { things: known }
    }

    /// The folder of a thing; what shares its name with another has its id behind it.
    pub fn name(&self, label: &str, id: &str) -> String {
        let name = safe(label);
        match self.things.get(&name.to_lowercase()) {
            Some(None) => format!("{name} ({id})"),
            _ => name,
        }
    }
}

/// A label as a file system takes it.
fn safe(label: &str) -> String {
    let is_unsafe = |c: char| c.is_control() || steers(c) || r#"<>:"/\|?*"#.contains(c);
    let kept = label.replace(is_unsafe, "_");
    let kept = kept.trim_start_matches(|c: char| c.is_whitespace() || "._-~".contains(c));
    let kept = &kept[..kept.floor_char_boundary(LONGEST)];
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    match kept {
        "" => "no name".to_owned(),
        _ if is_device(kept) => format!("{kept}_"),
        _ => kept.to_owned(),
    }
}

/// Names that Windows keeps for devices, whatever stands behind a dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let is_port = |port: &str| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|n| n.len() == 1 && ("1"..="9").contains(&n))
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || is_port("COM") || is_port("LPT")
}

#[cfg(test)]
mod tests {
    use super::{Folders, LONGEST, safe};

    #[test]
    fn a_folders_name_is_safe_on_every_system() {
        for (label, name) in [
            ("tabby", "tabby"),
            ("plate, dish / bowl", "plate, dish _ bowl"),
            ("../../etc", "_.._etc".trim_start_matches(['_', '.'])),
            ("-rf", "rf"),
            (".hidden", "hidden"),
            ("_unsure", "unsure"),
            ("St. Bernard.", "St. Bernard"),
            ("con", "con_"),
            ("Lpt1.txt", "Lpt1.txt_"),
            ("console", "console"),
            ("a\nb\u{202e}c", "a_b_c"),
            ("...", "no name"),
            ("", "no name"),
            ("虎斑猫", "虎斑猫"),
        ] {
            assert_eq!(safe(label), name, "{label:?}");
        }
        assert!(safe(&"é".repeat(200)).len() <= LONGEST);
    }

    #[test]
    fn things_of_one_name_have_their_ids_behind_it() {
        let things = [("crane", "1"), ("Crane", "2"), ("tabby", "3"), ("a/b", "4")];
        let folders = Folders::of(things.map(|(label, id)| (label.to_owned(), id.to_owned())));
        assert_eq!(folders.name("crane", "1"), "crane (1)");
        assert_eq!(folders.name("Crane", "2"), "Crane (2)");
        assert_eq!(folders.name("tabby", "3"), "tabby");
        assert_eq!(folders.name("a/b", "4"), "a_b");
    }
}
