//! `classify --sort-into` and `undo`.

use std::fs;
use std::path::Path;

use crate::album::{demo, star};
use crate::environment::{Environment, Run, repository};

fn car() -> std::path::PathBuf {
    repository("assets/pictures/car.jpg")
}

/// Two stars and two cars, of which one of each has the name of another, and a file that is none.
fn photos() -> Environment {
    let environment = Environment::new();
    environment.copy(&star(), "photos/a.jpg");
    environment.copy(&car(), "photos/b.jpg");
    environment.copy(&star(), "photos/below/b.jpg");
    environment.copy(&car(), "photos/below/c.jpg");
    // Not the same bytes as the other star.
    let mut bytes = fs::read(star()).expect("a picture");
    bytes.push(0);
    environment.write("photos/below/deeper/a.jpg", bytes);
    environment.write("photos/damaged.jpg", "no picture");
    environment
}

fn sort(environment: &Environment, more: &[&str]) -> Run {
    let sort = ["-r", "photos", "--sort-into", "sorted"];
    environment.run(demo(&[&sort, more].concat()))
}

/// All below a folder, and what it is: a path, and `/` behind a folder, `@` behind a link.
fn tree(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                found.push(format!("{name}/"));
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name + if kind.is_symlink() { "@" } else { "" });
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

const SORTED: [&str; 8] = [
    "_sorted.jsonl",
    "car/",
    "car/b.jpg",
    "car/c.jpg",
    "star/",
    "star/a.jpg",
    "star/a~2.jpg",
    "star/b.jpg",
];

#[test]
fn copies_of_pictures_go_to_a_folder_for_each_label_and_a_second_run_changes_nothing() {
    let environment = photos();
    let before = tree(&environment.path("photos"));
    let first = sort(&environment, &["--copy"]);
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    let line = "photos/below/deeper/a.jpg -> sorted/star/a~2.jpg\n";
    assert!(first.stdout.contains(line), "{}", first.stdout);
    assert_eq!(tree(&environment.path("sorted")), SORTED);
    assert_eq!(tree(&environment.path("photos")), before);
    let log = fs::read(environment.path("sorted/_sorted.jsonl")).expect("a log");
    let second = sort(&environment, &["--copy"]);
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(tree(&environment.path("sorted")), SORTED);
    assert_eq!(
        fs::read(environment.path("sorted/_sorted.jsonl")).expect("a log"),
        log
    );
}

#[test]
#[cfg(unix)]
fn links_lead_to_the_pictures_from_wherever_they_are_read() {
    let environment = photos();
    sort(&environment, &[]);
    let links = SORTED.map(|name| match name.ends_with(".jpg") {
        true => format!("{name}@"),
        false => name.to_owned(),
    });
    assert_eq!(tree(&environment.path("sorted")), links);
    let linked =
        fs::read(environment.path("sorted/car/b.jpg")).expect("a link that leads to a file");
    assert_eq!(linked, fs::read(car()).expect("a picture"));
    sort(&environment, &["--link"]);
    assert_eq!(tree(&environment.path("sorted")), links);
}

#[test]
fn undo_takes_back_links_copies_and_moves() {
    for how in ["--link", "--copy", "--move"] {
        let environment = photos();
        let before = tree(environment.folder.path());
        sort(&environment, &[how]);
        assert_ne!(tree(environment.folder.path()), before);
        let dry = environment.run(["undo", "--dry-run", "sorted"]);
        let undone = environment.run(["undo", "sorted"]);
        assert_eq!(undone.code, Some(0), "{}", undone.stderr);
        assert_eq!(dry.stdout, undone.stdout);
        assert_eq!(undone.stdout.lines().count(), 5);
        assert_eq!(tree(environment.folder.path()), before, "{how}");
    }
}

#[test]
fn undo_keeps_what_was_changed_and_what_would_be_written_over() {
    let environment = photos();
    sort(&environment, &["--copy"]);
    environment.write("sorted/star/a.jpg", "edited");
    let undone = environment.run(["undo", "sorted"]);
    assert_eq!(undone.code, Some(1));
    assert!(undone.stderr.contains("a.jpg stays: it is not the same"));
    let left = ["_sorted.jsonl", "star/", "star/a.jpg"];
    assert_eq!(tree(&environment.path("sorted")), left);
    // What is left can be taken back later.
    fs::copy(star(), environment.path("sorted/star/a.jpg")).expect("a copy");
    assert_eq!(environment.run(["undo", "sorted"]).code, Some(0));
    assert!(!environment.path("sorted").exists());

    let environment = photos();
    sort(&environment, &["--move"]);
    environment.write("photos/b.jpg", "another");
    let undone = environment.run(["undo", "sorted/_sorted.jsonl"]);
    assert_eq!(undone.code, Some(1));
    assert_eq!(
        fs::read(environment.path("photos/b.jpg")).expect("a file"),
        b"another"
    );
    assert!(environment.path("sorted/car/b.jpg").exists());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let environment = photos();
    let before = tree(environment.folder.path());
    let dry = sort(&environment, &["--move", "--dry-run"]);
    assert_eq!(tree(environment.folder.path()), before);
    assert_eq!(dry.stdout, sort(&environment, &["--move"]).stdout);
}

#[test]
fn nothing_that_stands_there_is_written_over() {
    let environment = photos();
    environment.write("sorted/star/a.jpg", "mine");
    sort(&environment, &["--move"]);
    let kept = fs::read(environment.path("sorted/star/a.jpg")).expect("a file");
    assert_eq!(kept, b"mine");
    let moved = fs::read(environment.path("sorted/star/a~2.jpg")).expect("a file");
    assert_eq!(moved, fs::read(star()).expect("a picture"));
    assert!(environment.path("sorted/star/a~3.jpg").exists());
}

#[test]
fn what_is_unsure_has_a_folder_of_its_own() {
    let environment = photos();
    let gray = [b"P5 64 64 255\n".to_vec(), vec![128; 64 * 64]].concat();
    environment.write("photos/none.pgm", gray);
    let run = sort(&environment, &["--min-score", "0.999", "--jsonl"]);
    let records = run.records();
    let record = records.iter().find(|r| r["path"] == "photos/none.pgm");
    let record = record.expect("a record");
    assert_eq!(record["to"], "sorted/_unsure/none.pgm", "{record}");
    assert_eq!(record["predictions"], serde_json::json!([]));
    assert!(environment.path("sorted/_unsure/none.pgm").exists());
}

#[test]
fn the_folder_of_pictures_may_be_the_folder_to_sort_into_or_hold_it() {
    let environment = photos();
    let in_place = ["-r", "photos", "--sort-into", "photos", "--move"];
    environment.run(demo(&in_place));
    let sorted = tree(&environment.path("photos"));
    assert!(sorted.contains(&"star/a~2.jpg".to_owned()), "{sorted:?}");
    environment.run(demo(&in_place));
    assert_eq!(tree(&environment.path("photos")), sorted);

    let environment = photos();
    let within = ["-r", "photos", "--sort-into", "photos/sorted", "--copy"];
    let first = environment.run(demo(&within));
    let second = environment.run(demo(&within));
    assert_eq!(first.stdout, second.stdout);
    assert!(!second.stdout.contains("photos/sorted/star/a.jpg ->"));
}

#[test]
fn notes_beside_a_picture_go_with_it_unless_another_file_needs_them() {
    let environment = photos();
    environment.write("photos/a.xmp", "of a");
    environment.write("photos/b.jpg.xmp", "of b");
    environment.write("photos/below/c.xmp", "of c");
    environment.write("photos/below/c.raw", "which may need it");
    sort(&environment, &["--move"]);
    let sorted = tree(&environment.path("sorted"));
    for there in ["star/a.xmp", "car/b.jpg.xmp"] {
        assert!(sorted.contains(&there.to_owned()), "{there}: {sorted:?}");
    }
    assert!(environment.path("photos/below/c.xmp").exists());
    environment.run(["undo", "sorted"]);
    assert!(environment.path("photos/a.xmp").exists());
}

#[test]
fn a_sure_answer_names_the_folder_and_two_classes_of_one_name_have_two() {
    let environment = Environment::new();
    let model = environment.model("model", "efficientnet_lite0", 1000);
    let names: Vec<_> = (0..1000).map(|_| "same/name\n").collect();
    let labels = environment.write("labels.txt", names.concat());
    environment.copy(&star(), "photos/a.jpg");
    let (model, labels) = (model.to_str().unwrap(), labels.to_str().unwrap());
    let with = ["classify", "photos", "--model", model, "--sort-into"];
    let run = environment.run([&with[..], &["named", "--labels", labels, "--jsonl"]].concat());
    let record = &run.records()[0];
    let wnid = record["predictions"][0]["wnid"].as_str().expect("a wnid");
    let folder = format!("named/same_name ({wnid})/a.jpg");
    assert_eq!(record["to"], folder.as_str());

    let run = environment.run([&with[..], &["sure", "--sure", "0.3", "--jsonl"]].concat());
    let record = &run.records()[0];
    let folder = match record["sure"]["score"].as_f64().expect("a score") >= 0.3 {
        true => record["sure"]["label"].as_str().expect("a label"),
        false => "_unsure",
    };
    assert_eq!(record["to"], format!("sure/{folder}/a.jpg").as_str());
}

#[test]
fn the_place_is_in_every_format() {
    let environment = photos();
    let csv = sort(&environment, &["--csv", "-k", "1"]);
    let header = csv.stdout.lines().next().expect("a header");
    assert!(header.ends_with(",error,to"), "{header}");
    assert!(
        csv.stdout.contains(",,,sorted/car/b.jpg\r\n"),
        "{}",
        csv.stdout
    );
    let template = sort(&environment, &["--template", "{path}|{to}"]);
    assert!(template.stdout.contains("photos/b.jpg|sorted/car/b.jpg\n"));
    let without = environment.run(demo(&["photos", "--template", "{to}"]));
    assert_eq!(without.code, Some(2));
    assert!(without.stderr.contains("--sort-into"));
}

#[test]
fn a_picture_that_cant_be_put_anywhere_is_an_error_of_its_own() {
    let environment = photos();
    // A file stands where a folder should be.
    environment.write("sorted/car", "a file");
    let run = sort(&environment, &["--copy", "--jsonl"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let records = run.records();
    let of = |path: &str| {
        records
            .iter()
            .find(|r| r["path"] == path)
            .expect("a record")
    };
    assert_eq!(of("photos/b.jpg")["error"]["kind"], "write");
    assert_eq!(of("photos/a.jpg")["to"], "sorted/star/a.jpg");
    assert!(
        run.stderr.contains("6 pictures, 3 failed"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_folder_that_is_none_and_a_picture_that_is_no_file_are_refused() {
    let environment = photos();
    environment.write("file", "");
    let run = environment.run(demo(&["photos", "--sort-into", "file"]));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("can't sort into file: it is no folder"));
    let bytes = fs::read(star()).expect("a picture");
    let run = environment.run_with(&bytes, &demo(&["-", "--sort-into", "sorted"]));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("standard input can't be sorted"));
    let run = environment.run(["undo", "photos"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("name the folder of --sort-into"));
    environment.write("odd.jsonl", "{\"path\":\"x\"}\n");
    assert_eq!(environment.run(["undo", "odd.jsonl"]).code, Some(2));
    let run = environment.run(demo(&["photos", "--move"]));
    assert_eq!(run.code, Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_no_text_are_sorted_and_taken_back() {
    use std::os::unix::ffi::OsStrExt;
    let environment = Environment::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.jpg");
    fs::create_dir(environment.path("photos")).expect("a folder");
    fs::copy(star(), environment.path("photos").join(name)).expect("a copy");
    sort(&environment, &["--move"]);
    assert!(environment.path("sorted/star").join(name).exists());
    assert_eq!(environment.run(["undo", "sorted"]).code, Some(0));
    assert!(environment.path("photos").join(name).exists());
}

#[test]
#[cfg(unix)]
fn a_relative_link_is_not_moved_to_where_it_leads_nowhere() {
    let environment = Environment::new();
    environment.copy(&star(), "there/a.jpg");
    fs::create_dir(environment.path("photos")).expect("a folder");
    std::os::unix::fs::symlink("../there/a.jpg", environment.path("photos/a.jpg")).expect("a link");
    let run = sort(&environment, &["--move", "--jsonl"]);
    assert_eq!(run.records()[0]["error"]["kind"], "write");
    assert_eq!(tree(&environment.path("photos")), ["a.jpg@"]);
    let run = sort(&environment, &["--copy", "--jsonl"]);
    assert_eq!(run.records()[0]["to"], "sorted/star/a.jpg");
    assert_eq!(tree(&environment.path("sorted/star")), ["a.jpg"]);
}

#[test]
fn a_log_that_was_cut_off_is_taken_back_as_far_as_it_goes() {
    let environment = photos();
    sort(&environment, &["--copy"]);
    let log = environment.path("sorted/_sorted.jsonl");
    let mut bytes = fs::read(&log).expect("a log");
    bytes.extend(b"{\"did\":\"file\",\"how");
    fs::write(&log, bytes).expect("a log");
    assert_eq!(environment.run(["undo", "sorted"]).code, Some(0));
    assert!(!environment.path("sorted").exists());
}
