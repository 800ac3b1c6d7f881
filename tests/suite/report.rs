//! `classify --report` and `report`.

use std::fs;

use sha2::{Digest, Sha256};

use crate::album::{album, demo, star};
use crate::environment::{Environment, repository};

fn page(environment: &Environment, more: &[&str]) -> String {
    let run = environment.run(demo(&[&["--report", "page.html"], more].concat()));
    assert!(run.code.is_some_and(|code| code < 2), "{}", run.stderr);
    read(environment)
}

fn read(environment: &Environment) -> String {
    fs::read_to_string(environment.path("page.html")).expect("a page")
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let parts = text.split(from).skip(1);
    parts.filter_map(|part| part.split(to).next()).collect()
}

#[test]
fn a_page_shows_each_picture_with_its_labels_and_each_error() {
    let environment = Environment::new();
    album(&environment);
    environment.write("album/damaged.jpg", "no picture");
    let page = page(&environment, &["-r", "album"]);
    let figures = between(&page, "<figure", "</figure>");
    assert_eq!(figures.len(), 4);
    let paths = between(&page, "<bdi title=\"", "\"");
    let expected = ["a.PNG", "b.jpg", "below/c.jpeg", "damaged.jpg"];
    assert_eq!(paths, expected.map(|name| format!("album/{name}")));
    let best: Vec<_> = figures
        .iter()
        .map(|figure| between(figure, " data-l=\"", "\"").concat())
        .collect();
    assert_eq!(best, ["fish", "star", "car", ""]);
    assert!(figures[1].contains("<p class=\"w100\"><i>100.0 %</i>star</p>"));
    assert!(figures[3].contains("<p class=error>not a picture"));
    assert_eq!(between(&page, " href=\"", "\"")[2], "./album/below/c.jpeg");
    assert!(page.contains("<footer>4 pictures, 1 failed;"));
    // A thumbnail is a JPEG that can be labelled.
    let data = between(figures[1], "data:image/jpeg;base64,", "\"")[0];
    assert!(data.starts_with("/9j/") && data.len() > 1000);
}

#[test]
fn a_page_asks_nobody_for_anything_and_runs_only_its_own_script() {
    let environment = Environment::new();
    let name = "<script>alert('1')<script>&\"quote\".jpg";
    environment.copy(&star(), name);
    let labels = vec!["</p><img src=x onerror=alert(1)>\n"; 16].concat();
    environment.write("labels.txt", labels);
    let page = page(&environment, &[name, "--labels", "labels.txt"]);
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<img").count(), 1);
    assert!(!page.contains("alert('1')") && !page.contains("http://"));
    assert!(!page.contains("https://") && !page.contains("src=x onerror=alert(1)>"));
    let policy = between(&page, "Content-Security-Policy content=\"", "\"")[0];
    assert!(policy.starts_with("default-src 'none'; img-src data:; style-src 'sha256-"));
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let text = between(&page, &format!("<{element}>"), &format!("</{element}>"))[0];
        let named = between(policy, &format!("{directive} 'sha256-"), "'")[0];
        assert_eq!(named, base64(&Sha256::digest(text)), "{element}");
    }
}

/// RFC 4648, by numbers and not as the program does it.
fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').collect();
    let digit = |value: usize| match value {
        62 => '+',
        63 => '/',
        value => alphabet[value],
    };
    let bits: Vec<usize> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| usize::from(byte >> bit & 1)))
        .collect();
    let digits = bits.chunks(6).map(|six| {
        let value = six.iter().fold(0, |value, bit| value << 1 | bit);
        digit(value << (6 - six.len()))
    });
    let mut text: String = digits.collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[test]
fn a_page_of_saved_records_is_the_page_of_the_run() {
    let environment = Environment::new();
    album(&environment);
    environment.write("album/damaged.jpg", "no picture");
    let now = page(&environment, &["-r", "album", "-o", "labels.jsonl"]);
    fs::remove_file(environment.path("page.html")).expect("a page");
    let report = ["report", "--from", "labels.jsonl", "-o", "page.html"];
    let run = environment.run(report);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(read(&environment), now);
    // A picture that is gone leaves its labels.
    fs::remove_file(environment.path("album/b.jpg")).expect("a picture");
    let run = environment.run(report);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr
            .contains("1 of the pictures can't be read any more")
    );
    let later = read(&environment);
    assert_eq!(later.matches("<figure").count(), 4);
    assert_eq!(later.matches("<img").count(), 2);
    assert!(later.contains("star</p>"));
}

#[test]
fn a_page_alone_prints_nothing_else_and_a_format_prints_as_ever() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let alone = environment.run(demo(&["star.jpg", "--report", "page.html"]));
    assert_eq!(alone.stdout, "");
    let records = environment.run(demo(&["star.jpg", "--report", "page.html", "--jsonl"]));
    assert_eq!(records.labels(), ["star"]);
    // A picture that failed is told of, since no record says so.
    let failed = environment.run(demo(&["none.jpg", "--report", "page.html"]));
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("none.jpg: there is no such file"));
}

#[test]
fn a_page_is_not_written_over_what_the_run_reads() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.write("list", "star.jpg\n");
    for (more, word) in [
        (&["star.jpg", "--report", "star.jpg"][..], "is a picture"),
        (&["--files-from", "list", "--report", "list"], "is read by"),
        (
            &["star.jpg", "--report", "none/page.html"],
            "no folder none",
        ),
        (
            &[
                "star.jpg", "--report", "p.html", "-o", "l.jsonl", "--resume",
            ],
            "--resume",
        ),
    ] {
        let run = environment.run(demo(more));
        assert_eq!(run.code, Some(2), "{more:?}");
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    let run = environment.run(["report", "--from", "list", "-o", "page.html"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("line 1 of list is no record"),
        "{}",
        run.stderr
    );
    assert!(!environment.path("page.html").exists());
}

#[test]
fn a_run_that_finds_no_model_leaves_the_page_of_an_earlier_one() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let before = page(&environment, &["star.jpg"]);
    let run = environment.run(["classify", "star.jpg", "--report", "page.html"]);
    assert_eq!(run.code, Some(2));
    assert_eq!(read(&environment), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_path_that_is_no_text_is_linked_and_copied_by_its_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let environment = Environment::new();
    fs::create_dir(environment.path("photos")).expect("a folder");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 it's.jpg");
    fs::copy(star(), environment.path("photos").join(name)).expect("a copy");
    let page = page(&environment, &["photos"]);
    let link = between(&page, " href=\"", "\"")[0];
    assert_eq!(link, "./photos/caf%E9%20it%27s.jpg");
    let quoted = between(&page, " data-q=\"", "\"")[0];
    assert_eq!(quoted, "$&#39;photos/caf\\xe9 it\\&#39;s.jpg&#39;");
}

#[test]
fn the_pages_script_needs_no_words_that_would_end_it() {
    for name in ["page.js", "page.css"] {
        let text = fs::read_to_string(repository("assets/report").join(name)).expect("a file");
        assert!(!text.contains("</") && !text.contains("<!--"), "{name}");
    }
}
