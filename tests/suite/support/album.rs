//! The demonstration's pictures, and runs of its model.

use serde_json::Value;

use super::environment::{Environment, repository};

pub fn star() -> std::path::PathBuf {
    repository("assets/pictures/star.jpg")
}

/// A folder with two good pictures, a damaged one, a note, and one more below.
pub fn album(environment: &Environment) {
    environment.copy(&star(), "album/b.jpg");
    environment.copy(&repository("assets/pictures/fish.jpg"), "album/a.PNG");
    environment.copy(&repository("assets/pictures/car.jpg"), "album/below/c.jpeg");
    environment.copy(&star(), "album/.hidden.jpg");
    environment.write("album/note.txt", "not a picture");
}

pub const DEMO: [&str; 3] = ["classify", "--variant", "demo"];

pub fn demo<'a>(more: &[&'a str]) -> Vec<&'a str> {
    DEMO.into_iter().chain(more.iter().copied()).collect()
}

pub fn paths(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|r| r["path"].as_str().expect("a path"))
        .collect()
}

/// The demonstration's pictures of things, each at a path.
pub fn things(environment: &Environment, pictures: &[(String, &str)]) {
    for (path, thing) in pictures {
        environment.copy(&repository(&format!("assets/pictures/{thing}.jpg")), path);
    }
}
