//! `--template` and `--label-only`.

use crate::album::{demo, star};
use crate::environment::{Environment, repository};

fn printed(environment: &Environment, more: &[&str]) -> String {
    let run = environment.run(demo(more));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout
}

#[test]
fn a_template_prints_fields_of_the_record() {
    let environment = Environment::new();
    environment.copy(&star(), "my photos/star.one.jpg");
    let path = "my photos/star.one.jpg";
    for (template, line) in [
        ("{path}", path),
        (
            "{dir}|{name}|{stem}|{ext}",
            "my photos|star.one.jpg|star.one|jpg",
        ),
        ("{label} {score:.2} {score:.1%}", "star 1.00 100.0%"),
        (r"{label}\t{index}\t{wnid}\\", "star\t0\t\\"),
        ("{model}: {{{0.label}}}", "demo: {star}"),
        ("{error}{error.kind}", ""),
    ] {
        let line = format!("{line}\n");
        assert_eq!(printed(&environment, &[path, "--template", template]), line);
    }
}

#[test]
fn a_numbered_field_is_of_that_prediction_however_few_are_asked_for() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let all = printed(
        &environment,
        &["star.jpg", "--csv", "--no-header", "-k", "all"],
    );
    let rows: Vec<Vec<_>> = all.lines().map(|row| row.split(',').collect()).collect();
    let line = printed(
        &environment,
        &[
            "star.jpg",
            "-k",
            "1",
            "--template",
            "{1.label} {11.label} {11.score}",
        ],
    );
    assert_eq!(
        line,
        format!("{} {} {}\n", rows[1][2], rows[11][2], rows[11][3])
    );
    // There are sixteen classes.
    let beyond = printed(&environment, &["star.jpg", "--template", "<{16.label}>"]);
    assert_eq!(beyond, "<>\n");
}

#[test]
fn label_only_prints_a_line_for_each_picture() {
    let environment = Environment::new();
    environment.copy(&star(), "a.jpg");
    environment.copy(&repository("assets/pictures/car.jpg"), "c.jpg");
    environment.write("b.jpg", "no picture");
    let run = environment.run(demo(&["a.jpg", "b.jpg", "c.jpg", "--label-only"]));
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), "star\n\ncar\n"));
    assert!(run.stderr.contains("warning: b.jpg: "), "{}", run.stderr);
    let line = printed(&environment, &["a.jpg", "c.jpg", "--label-only", "-0"]);
    assert_eq!(line, "star\0car\0");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_no_text_is_printed_byte_for_byte() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let environment = Environment::new();
    let name = OsStr::from_bytes(b"caf\xe9\n.jpg");
    std::fs::copy(star(), environment.path(name)).expect("a copy");
    let mut command = environment.command();
    command
        .args(demo(&["--template", "{path}", "-0"]))
        .arg(name);
    let output = command.output().expect("a run");
    assert_eq!(output.stdout, b"caf\xe9\n.jpg\0");
}

#[test]
fn a_template_that_can_not_be_is_refused_with_the_reason() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    for (template, why) in [
        ("{lable}", "the fields are path"),
        ("{label", "without its `}`"),
        ("label}", "without its `{`"),
        (r"\q", "comes t, n, r, 0"),
        ("{label:.2}", "a score does"),
        ("{score:2}", "{score:.2}"),
        ("{1.path}", "numbered"),
        ("{sure.label}", "--sure 0.9"),
    ] {
        let run = environment.run(demo(&["star.jpg", "--template", template]));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{template}");
        assert!(run.stderr.contains(why), "{template}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    let run = environment.run(demo(&["star.jpg", "-0"]));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--template"), "{}", run.stderr);
}
