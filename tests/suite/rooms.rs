//! Imports go down through the rooms, in the order that lib.rs states, and never round in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::environment::repository;

/// A file of src/ as the path of its module: `picture/decode/mod.rs` is `picture::decode`.
fn module(file: &Path) -> String {
    let name = file.with_extension("");
    let parts = name.iter().filter_map(|part| part.to_str());
    let parts: Vec<_> = parts.filter(|part| *part != "mod").collect();
    parts.join("::")
}

/// Every `.rs` file below `folder`, relative to `root`.
fn sources(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(root, &path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path.strip_prefix(root).expect("below the root").into());
        }
    }
}

/// The text without comments, doc comments too, and without the tests behind `#[cfg(test)]`.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// `a::{b, c::{d, e}}` to `a::b`, `a::c::d`, `a::c::e`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        return vec![tree.split(" as ").next().unwrap_or(tree).trim().to_owned()];
    };
    let inside = &tree[open + 1..tree.rfind('}').expect("a closed brace")];
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    let prefixed = |part: &str| {
        let inner = paths(part).into_iter();
        inner
            .map(|path| format!("{}{path}", &tree[..open]))
            .collect::<Vec<_>>()
    };
    parts.flat_map(prefixed).collect()
}

/// What follows each `crate::`, `super::` and, in main.rs, `effnet::` in the code of `module`, as
/// paths from the crate's root. Paths within expressions count as imports too.
fn imports(module: &str, is_mod: bool, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = code(text);
    let parent = |levels: usize| {
        let parts: Vec<_> = module.split("::").collect();
        let kept = parts.len().saturating_sub(levels - usize::from(is_mod));
        parts[..kept].join("::")
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for (at, _) in code.match_indices("::") {
        let before = &code[..at];
        let start = before.rfind(|c: char| !is_name(c)).map_or(0, |at| at + 1);
        let root = match &before[start..] {
            "crate" | "effnet" => String::new(),
            supers if supers.split("::").all(|part| part == "super") => {
                if code[at + 2..].starts_with("super::") {
                    continue;
                }
                parent(supers.split("::").count())
            }
            _ => continue,
        };
        let rest = &code[at + 2..];
        let is_use = before[..start].trim_end().ends_with("use");
        let tree = match is_use {
            true => &rest[..rest.find(';').unwrap_or(rest.len())],
            false => &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())],
        };
        for path in paths(tree) {
            let path = format!("{root}::{path}");
            found.push(path.trim_matches(':').replace("::self", ""));
        }
    }
    found
}

/// Which files each file imports, by module; what a room re-exports counts as the room's.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let root = repository("src");
    let mut files = Vec::new();
    sources(&root, &root, &mut files);
    let modules: BTreeSet<String> = files.iter().map(|file| module(file)).collect();
    let target = |path: &str| {
        // The longest part of the path that is a file.
        let mut path = path;
        loop {
            if modules.contains(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let mut graph = BTreeMap::new();
    for file in &files {
        let name = module(file);
        let text = std::fs::read_to_string(root.join(file)).expect("a source file");
        let imported = imports(&name, file.ends_with("mod.rs"), &text);
        let targets = imported.iter().filter_map(|path| target(path));
        let targets = targets.filter(|target| *target != name).collect();
        graph.insert(name, targets);
    }
    graph
}

/// The rooms of each floor, the highest first, as lib.rs lists them.
fn floors() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(repository("src/lib.rs")).expect("lib.rs");
    let list = text.split("```text").nth(1).expect("the list of rooms");
    let list = list.split("```").next().expect("its end");
    let rooms = |line: &str| {
        // Words as far as the first wide gap; a line that begins with one goes on describing.
        let line = line.trim_start_matches("//!").strip_prefix(' ')?;
        let rooms = line.split("   ").next().unwrap_or(line);
        let rooms: Vec<_> = rooms.split_whitespace().map(str::to_owned).collect();
        (!rooms.is_empty()).then_some(rooms)
    };
    list.lines().filter_map(rooms).collect()
}

#[test]
fn no_import_goes_up_and_rooms_of_one_floor_do_not_import_each_other() {
    let floors = floors();
    let floor = |module: &str| {
        let room = module.split("::").next().unwrap_or(module);
        let of_room = floors
            .iter()
            .position(|rooms| rooms.iter().any(|r| r == room));
        of_room.unwrap_or_else(|| panic!("lib.rs does not list `{room}`"))
    };
    let room = |module: &str| module.split("::").next().unwrap_or(module).to_owned();
    let mut wrong = Vec::new();
    for (from, targets) in graph().iter().filter(|(from, _)| *from != "lib") {
        for to in targets.iter().filter(|to| *to != "lib") {
            if room(from) != room(to) && floor(from) >= floor(to) {
                wrong.push(format!("{from} imports {to}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against lib.rs' order:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let mut graph = graph();
    // A file may import its own mod.rs, which names it.
    for (from, targets) in &mut graph {
        targets.retain(|to| !from.starts_with(&format!("{to}::")));
    }
    // Whatever imports nothing that is left is in no circle.
    loop {
        let left: BTreeSet<String> = graph.keys().cloned().collect();
        let free = |targets: &BTreeSet<String>| targets.is_disjoint(&left);
        let done: Vec<_> = graph.iter().filter(|(_, targets)| free(targets)).collect();
        let done: Vec<String> = done.into_iter().map(|(name, _)| name.clone()).collect();
        if done.is_empty() {
            break;
        }
        graph.retain(|name, _| !done.contains(name));
    }
    assert!(graph.is_empty(), "in circles, or above one: {graph:#?}");
}

#[test]
fn the_reader_of_imports_sees_trees_supers_and_paths() {
    let text = "use crate::{a, b::{self, c}};\nuse super::super::d::E; // use crate::no;\n\
                fn f() { crate::g::h(1) }\n#[cfg(test)]\nmod tests { use crate::z; }";
    let found = imports("x::y::w", false, text);
    assert_eq!(found, ["a", "b", "b::c", "x::d::E", "g::h"]);
    assert!(graph().values().map(BTreeSet::len).sum::<usize>() > 200);
}
