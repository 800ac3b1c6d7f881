//! Numbers, help and what is said of a wrong command line.

use crate::environment::{Environment, Run, repository};

fn star() -> String {
    let star = repository("assets/pictures/star.jpg");
    star.to_str().expect("UTF-8").to_owned()
}

fn demo(arguments: &[&str]) -> Run {
    let star = star();
    let start = ["classify", &star, "--variant", "demo", "--jsonl"];
    Environment::new().run([&start, arguments].concat())
}

fn scores(run: &Run) -> usize {
    let records = run.records();
    let predictions = records.first().map(|record| &record["predictions"]);
    predictions.and_then(|p| p.as_array()).map_or(0, Vec::len)
}

const COMMANDS: [&str; 16] = [
    "classify",
    "find",
    "explain",
    "embed",
    "similar",
    "eval",
    "train",
    "undo",
    "check",
    "report",
    "models",
    "info",
    "download",
    "bench",
    "completions",
    "man",
];

#[test]
fn numbers_are_understood_as_people_write_them() {
    assert_eq!(scores(&demo(&["-k", "all"])), 16);
    assert_eq!(scores(&demo(&["-k", "ALL"])), 16);
    let same = |a: &[&str], b: &[&str]| assert_eq!(demo(a).stdout, demo(b).stdout, "{a:?}");
    same(&["--min-score", "80%"], &["--min-score", "0.8"]);
    same(&["--min-score", "0.01%"], &["--min-score", "0.0001"]);
    let bytes = std::fs::metadata(star()).expect("the picture").len();
    assert!((1024..20 << 10).contains(&bytes), "{bytes}");
    for (flag, good, bad) in [
        ("--max-bytes", "20K", "1K"),
        ("--max-bytes", "20KiB", "0.5k"),
        ("--max-bytes", "10M", "1KB"),
        ("--max-bytes", "1.5MiB", "1000B"),
        ("--max-bytes", "1G", "1000"),
        ("--max-pixels", "50M", "1K"),
        ("--max-pixels", "0.5MP", "0.001M"),
    ] {
        assert_eq!(demo(&[flag, good]).code, Some(0), "{flag} {good}");
        let refused = demo(&[flag, bad]);
        assert_eq!(
            refused.records()[0]["error"]["kind"],
            "limit",
            "{flag} {bad}"
        );
    }
}

#[test]
fn a_wrong_number_is_answered_in_one_line_with_what_is_wanted() {
    for (flag, value, wanted) in [
        ("-k", "some", "or `all`"),
        ("-k", "0", "or `all`"),
        ("--min-score", "80", "80%"),
        ("--min-score", "0,8", "80%"),
        ("--min-score", "nan", "80%"),
        ("--max-bytes", "10X", "1GiB"),
        ("--max-bytes", "lots", "1GiB"),
        ("--max-pixels", "1e", "50M"),
        ("--threads", "0", "from 1 to 1024"),
        ("--threads", "two", "from 1 to 1024"),
        ("--batch-size", "5000", "from 1 to 4096"),
        ("--format", "xml", "text, json"),
        ("--device", "tpu", "auto, cpu"),
        ("--dtype", "f64", "f32"),
    ] {
        let run = demo(&[flag, value]);
        assert_eq!(run.code, Some(2), "{flag} {value}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        for part in [value, wanted] {
            assert!(run.stderr.contains(part), "{flag} {value}: {}", run.stderr);
        }
        assert!(!run.stderr.contains("invalid"), "{}", run.stderr);
    }
}

#[test]
fn a_flag_without_its_value_says_so() {
    for flag in [
        "--variant",
        "--weights",
        "--model",
        "--top-k",
        "--files-from",
    ] {
        let run = Environment::new().run(["classify", flag]);
        assert_eq!(run.code, Some(2), "{flag}");
        assert_eq!(run.stderr, format!("effnet: {flag} needs a value\n"));
    }
    let format = Environment::new().run(["classify", "--format"]);
    assert!(
        format.stderr.contains("it must be one of text"),
        "{}",
        format.stderr
    );
}

#[test]
fn every_wrong_command_line_is_answered_in_one_line() {
    for (words, parts) in [
        (
            &["classify", "--json", "--jsonl", "x"][..],
            &["--json'", "--jsonl'"][..],
        ),
        (&["classify", "-q", "-v", "x"], &["--quiet", "--verbose"]),
        (
            &["classify", "-k", "1", "-k", "2", "x"],
            &["--top-k", "multiple times"],
        ),
        (&["classify", "--resume", "x"], &["--output <FILE>"]),
        (&["classify", "--jsn", "x"], &["'--jsn'", "'--json'"]),
        (&["download"], &["<MODEL>"]),
        (&["completions"], &["<SHELL>"]),
        (&["info", "a", "b"], &["'b'", "--help"]),
        (&["clasify", "x"], &["'clasify'", "'classify'"]),
    ] {
        let run = Environment::new().run(words);
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{words:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.starts_with("effnet: "), "{}", run.stderr);
        for part in parts {
            assert!(run.stderr.contains(part), "{words:?}: {}", run.stderr);
        }
    }
    // Help is no error.
    let help = Environment::new().run(["classify", "--help"]);
    assert_eq!((help.code, &*help.stderr), (Some(0), ""));
    assert!(help.stdout.lines().count() > 20);
}

#[test]
fn a_picture_in_the_place_of_a_command_is_answered_with_classify() {
    let environment = Environment::new();
    environment.write("photo", "");
    std::fs::create_dir(environment.path("album")).expect("a folder");
    for (word, shown) in [
        ("photo.jpg", "photo.jpg"),
        ("photo", "photo"),
        ("album", "album"),
        ("*.jpg", "'*.jpg'"),
        ("my album/it's.jpg", r"'my album/it'\''s.jpg'"),
    ] {
        for arguments in [&[word][..], &[word, "other.jpg"], &["-q", word]] {
            let run = environment.run(arguments);
            assert_eq!(run.code, Some(2), "{arguments:?}");
            assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
            let expected = format!("did you mean `effnet classify {shown}`?");
            assert!(run.stderr.contains(&expected), "{}", run.stderr);
        }
    }
    for arguments in [
        ["--variant", "b4", "photo"],
        ["photo", "--variant", "b4"],
        ["-r", "-q", "album"],
    ] {
        let run = environment.run(arguments);
        assert_eq!(run.code, Some(2));
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("`effnet classify "), "{}", run.stderr);
    }
    #[cfg(unix)]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let run = environment.run([OsStr::new("--json"), OsStr::from_bytes(b"\xff.jpg")]);
        assert!(
            run.stderr.contains("`effnet classify --json"),
            "{}",
            run.stderr
        );
    }
    let other = environment.run(["clasify"]);
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("'classify'"), "{}", other.stderr);
}

/// Lines that are wider than a terminal.
fn wide(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.chars().count() > 80)
        .collect()
}

#[test]
fn long_help_begins_with_examples_and_groups_the_flags() {
    let environment = Environment::new();
    let help = environment.run(["classify", "--help"]).stdout;
    let parts = [
        "Usage: effnet classify",
        "Examples:",
        "Input:",
        "Model:",
        "Output:",
        "Work:",
        "Pictures:",
        "General:",
        "Exit status:",
        "Environment:",
        "Files:",
    ];
    let places = parts.map(|part| {
        help.find(part)
            .unwrap_or_else(|| panic!("{part} in {help}"))
    });
    assert!(places.is_sorted(), "{places:?}");
    assert!(!help.contains("Options:"), "{help}");
    // What stands behind the flags is not wrapped, so that its columns stay.
    let behind = &help[help.find("Environment:").expect("a part")..];
    assert_eq!(wide(behind), [""; 0]);
    let variants = help
        .lines()
        .filter(|line| line.contains("b0..b8, l2"))
        .count();
    assert_eq!(variants, 1);
    let short = environment.run(["classify", "-h"]).stdout;
    assert!(!short.contains("Examples:") && !short.contains("Exit status:"));
    assert!(short.lines().count() < 80, "{short}");
    for command in COMMANDS {
        let help = environment.run([command, "--help"]).stdout;
        assert!(help.contains("Examples:"), "{command}");
    }
}

#[test]
fn every_example_of_the_help_can_be_parsed() {
    let environment = Environment::new();
    let mut tried = 0;
    for command in [""].into_iter().chain(COMMANDS) {
        let arguments: Vec<_> = [command, "--help"]
            .into_iter()
            .filter(|a| !a.is_empty())
            .collect();
        let help = environment.run(&arguments).stdout;
        let examples = help.split("Examples:\n").nth(1).expect("examples");
        for line in examples.lines().take_while(|line| !line.is_empty()) {
            let line = line.split(" #").next().unwrap_or(line);
            let call = &line[line.find("effnet ").expect("a call")..];
            let call = call.split(['|', '>']).next().unwrap_or(call);
            let words: Vec<_> = call.split_whitespace().skip(1).collect();
            let run = environment.run([&words[..], &["--color", "none"]].concat());
            // The only thing that is wrong is what was added.
            assert!(
                run.stderr.starts_with("effnet: --color none:"),
                "{line}: {}",
                run.stderr
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn the_manual_page_has_its_sections_and_is_short() {
    let page = Environment::new().run(["man"]).stdout;
    let sections: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix(".SH "))
        .collect();
    assert_eq!(
        sections,
        [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "COMMANDS",
            "OPTIONS",
            "EXAMPLES",
            "EXIT STATUS",
            "ENVIRONMENT",
            "FILES"
        ],
    );
    // One line of text for each flag and one for its meaning.
    assert!(page.lines().count() < 670, "{}", page.lines().count());
    let readme = std::fs::read_to_string(repository("README.md")).expect("the README");
    let table = readme.split("## Environment").nth(1).expect("a section");
    let table = table.split("\n## ").next().expect("its end");
    let names = table
        .split('`')
        .filter(|word| word.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    for name in names.filter(|name| !name.is_empty()) {
        assert!(page.contains(name), "{name}");
    }
}

#[test]
fn the_table_of_models_fits_a_terminal() {
    let environment = Environment::new();
    let table = environment.run(["models", "--all"]).stdout;
    assert_eq!(wide(&table), [""; 0]);
    assert!(table.contains("v2-xl"));
}

#[test]
fn models_are_found_by_what_their_tags_mean() {
    let environment = Environment::new();
    let found = |words: &[&str]| {
        let run = environment.run([&["models", "--json", "--search"], words].concat());
        let rows: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap_or_default();
        let name = |row: &serde_json::Value| format!("{}.{}", row["variant"], row["tag"]);
        rows.iter()
            .map(|row| name(row).replace('"', ""))
            .collect::<Vec<_>>()
    };
    let noisy = found(&["Noisy"]);
    assert_eq!(noisy.len(), 10, "{noisy:?}");
    assert!(
        noisy.iter().all(|name| name.contains("ns_jft")),
        "{noisy:?}"
    );
    assert_eq!(found(&["noisy student", "b4"]), ["b4.ns_jft_in1k"]);
    assert_eq!(found(&["demo"]), ["demo.built-in"]);
    assert!(
        found(&["AutoAugment"])
            .iter()
            .all(|name| name.contains("aa_"))
    );
    assert!(found(&["AdvProp", "b8"]) == ["b8.ap_in1k"]);
    assert!(
        found(&["EdgeTPU", "small"])
            .iter()
            .all(|name| name.starts_with("es"))
    );
    assert_eq!(found(&["resnet"]), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_reader_of_json_that_goes_away_is_no_failure() {
    use std::io::Read;
    use std::process::Stdio;
    let environment = Environment::new();
    for arguments in [["info", "b0", "--json"], ["models", "--all", "--json"]].repeat(20) {
        let mut child = environment
            .command()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a run");
        let mut stdout = child.stdout.take().expect("its output");
        stdout.read_exact(&mut [0; 10]).expect("ten bytes");
        drop(stdout);
        let run = Run::of(child.wait_with_output().expect("an end"));
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{arguments:?}");
    }
}
