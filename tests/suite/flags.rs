//! No combination of flags makes the program panic.

use crate::environment::{Environment, repository};
use crate::random::Random;

/// Flags, each with values that are good, odd and wrong; an empty list is a switch.
const FLAGS: [(&str, &[&str]); 55] = [
    ("--variant", &["demo", "b0", "b9", ""]),
    ("--weights", &["ns", "in1k", "nothing", "-"]),
    (
        "--model",
        &[
            "model",
            "model/model.safetensors",
            "a/b",
            "../..",
            "\u{202e}",
            "star.jpg",
        ],
    ),
    ("--revision", &["main", "refs/pr/1", "..", "a\nb", ""]),
    (
        "--labels",
        &["labels", "star.jpg", "none", "/dev/null", "album"],
    ),
    ("--offline", &[]),
    (
        "--top-k",
        &["1", "16", "1000", "0", "-1", "18446744073709551616"],
    ),
    (
        "--min-score",
        &["0", "0.5", "1", "nan", "-0", "inf", "1e-50"],
    ),
    ("--format", &["text", "json", "jsonl", "csv", "tsv", "xml"]),
    ("--json", &[]),
    ("--jsonl", &[]),
    ("--csv", &[]),
    (
        "--output",
        &["out", "album", "none/out", "star.jpg", "/dev/null", "-"],
    ),
    ("--resume", &[]),
    (
        "--device",
        &["auto", "cpu", "cpu:1", "cuda:99999999999999999999", "tpu"],
    ),
    ("--batch-size", &["1", "3", "4096", "4097", "0"]),
    ("--threads", &["1", "3", "1024", "0"]),
    ("--no-exif", &[]),
    ("--exact-decode", &[]),
    (
        "--max-pixels",
        &["0", "1000", "18446744073709551615", "1e9"],
    ),
    ("--max-bytes", &["0", "1", "18446744073709551615"]),
    ("--recursive", &[]),
    ("--files-from", &["list", "-", "album", "none", "star.jpg"]),
    ("--null", &[]),
    ("--sigmoid", &[]),
    ("--sure", &["0.5", "0", "1.1"]),
    ("--only", &["star", "dog", "*", ""]),
    ("--template", &["{path}", "{9999.label}", "{", "", r"\0"]),
    ("--label-only", &[]),
    ("--sort-into", &["sorted", "star.jpg", "none/none", "", "-"]),
    ("--report", &["page.html", "album", "star.jpg", ""]),
    ("--shard", &["1/2", "2/2", "3/2", "auto", "auto/2", ""]),
    ("--tar", &["list", "-", "album", "none", ""]),
    ("--name", &["a.jpg", "", "-"]),
    ("--link", &[]),
    ("--copy", &[]),
    ("--move", &[]),
    ("--dry-run", &[]),
    ("--follow", &[]),
    ("--hidden", &[]),
    ("--allow-empty", &[]),
    ("--tsv", &[]),
    ("--no-header", &[]),
    ("--retry-failed", &[]),
    ("--keep-going", &[]),
    (
        "--dtype",
        &["auto", "f32", "f16", "bf16", "int8", "f64", ""],
    ),
    ("--test-size", &[]),
    ("--label", &["star", "0", "16", "strar", ""]),
    ("--against", &["sun", "star", "-1"]),
    ("--check", &[]),
    ("--signed", &[]),
    ("--raw", &[]),
    ("--quiet", &[]),
    ("--verbose", &[]),
    ("--color", &["auto", "always", "never", "red"]),
];

const PATHS: [&str; 8] = [
    "star.jpg",
    "album",
    "none.jpg",
    "-",
    "",
    "list",
    "/dev/null",
    "fish.png",
];

const OTHERS: [&[&str]; 28] = [
    &["find", "*", "album", "--variant", "demo"],
    &["find", "", "star.jpg", "--variant", "demo", "--not"],
    &["eval", "album", "--variant", "demo", "--ignore-unknown"],
    &[
        "eval",
        "album",
        "--variant",
        "demo",
        "--truth",
        "list",
        "--json",
    ],
    &["eval", "--from", "list", "--fail-under", "1"],
    &["explain", "star.jpg", "album", "--variant", "demo"],
    &["explain", "fish.png", "--variant", "demo", "--json"],
    &["embed", "album", "--variant", "demo"],
    &["embed", "star.jpg", "--variant", "demo", "--normalize"],
    &["embed", "-", "-o", "out.npy", "--variant", "demo"],
    &["similar", "star.jpg", "--in", "album", "--variant", "demo"],
    &["similar", "album", "--duplicates", "--variant", "demo"],
    &["similar", "star.jpg", "fish.png", "--min-cosine", "1"],
    &["train", "album", "-o", "taught", "--variant", "demo"],
    &["train", "--from", "list", "-o", "model", "--balance"],
    &["train", "album", "-o", "taught", "--truth", "list"],
    &["undo", "sorted"],
    &["check", "list", "--shards", "2"],
    &["report", "--from", "list", "--output", "page.html"],
    &["models"],
    &["models", "--json"],
    &["download", "b0", "--offline"],
    &["download", "a/b", "--offline", "--revision", ".."],
    &["bench", "--variant", "demo", "--runs", "1"],
    &["completions", "elvish"],
    &["man"],
    &["help", "classify"],
    &["--version"],
];

/// How many combinations are tried.
const RUNS: usize = 200;

fn combination(random: &mut Random) -> Vec<&'static str> {
    let mut arguments = match random.below(6) {
        0 => OTHERS[random.below(OTHERS.len())].to_vec(),
        _ => vec!["classify"],
    };
    // Most runs shall get as far as a picture.
    if arguments == ["classify"] && random.below(3) > 0 {
        arguments.push("--variant=demo");
    }
    for _ in 0..random.below(5) {
        let (flag, values) = FLAGS[random.below(FLAGS.len())];
        arguments.push(flag);
        if !values.is_empty() {
            arguments.push(values[random.below(values.len())]);
        }
    }
    if arguments[0] == "classify" {
        for _ in 0..=random.below(2) {
            arguments.push(PATHS[random.below(PATHS.len())]);
        }
    }
    arguments
}

#[test]
fn no_combination_of_flags_ends_in_a_panic() {
    let mut random = Random(2);
    let (mut answered, mut refused) = (0, 0);
    let environment = Environment::new();
    let star = repository("assets/pictures/star.jpg");
    for name in ["star.jpg", "album/star.jpg", "album/below/star.jpg"] {
        environment.copy(&star, name);
    }
    environment.copy(&repository("assets/pictures/fish.jpg"), "fish.png");
    environment.copy(&repository("assets/demo/config.json"), "model/config.json");
    environment.copy(
        &repository("assets/demo/model.safetensors"),
        "model/model.safetensors",
    );
    environment.write("list", "star.jpg\nnone.jpg\n\nalbum/star.jpg");
    environment.write("labels", ["a label\n"; 16].concat());
    for _ in 0..RUNS {
        let arguments = combination(&mut random);
        let run = environment.run_with(b"star.jpg\n", &arguments);
        let code = run
            .code
            .unwrap_or_else(|| panic!("{arguments:?} was killed"));
        assert!((0..=2).contains(&code), "{arguments:?}: {code}");
        for word in ["panicked", "this is a bug", "RUST_BACKTRACE"] {
            assert!(!run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
        }
        // Whoever is refused is told why, and gets no half answer.
        if code == 2 {
            assert_ne!(run.stderr, "", "{arguments:?}");
            refused += 1;
        } else {
            answered += 1;
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > RUNS / 8 && refused > RUNS / 8);
}

#[test]
fn every_flag_of_classify_is_tried() {
    let help = Environment::new().run(["classify", "--help"]).stdout;
    let listed = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'));
    let words = listed.flat_map(str::split_whitespace);
    let long = words.filter(|word| word.starts_with("--"));
    let tried = |flag: &&str| FLAGS.iter().any(|(name, _)| name == flag);
    let missing: Vec<_> = long
        .filter(|flag| !["--help", "--version"].contains(flag) && !tried(flag))
        .collect();
    assert_eq!(missing, [""; 0]);
    assert!(help.contains("--sigmoid"));
}
