//! What may go wrong on a GPU, on the stand-in for one (tests/emulated_gpu), which does so on demand.
//! A real GPU skips these.

use effnet::device::Precision;
use effnet::{Choice, Classifier, Pixels};

use crate::environment::{Environment, Run, repository};
use crate::gpu::{Gpu, assert_near, gpu};

/// The stand-in, for one test at a time.
fn stand_in() -> Option<Gpu> {
    let place = gpu(Precision::F32)?;
    if place.hardware != "emulated GPU" {
        println!("skipped: {} does not fail on demand", place.hardware);
        return None;
    }
    Some(place)
}

/// The binary with these variables, and what the stand-in reports of it.
fn run(variables: &[(&str, &str)], arguments: &[&str]) -> (Run, Vec<String>) {
    let environment = Environment::new();
    let report = environment.path("report");
    let mut command = environment.command();
    command.args(arguments).env("EMULATED_REPORT", &report);
    command.envs(variables.iter().copied());
    let run = Run::of(command.output().expect("a run"));
    let report = std::fs::read_to_string(report).unwrap_or_default();
    (run, report.lines().map(str::to_owned).collect())
}

/// Six pictures in batches of `batch_size`, with these variables.
fn classify(variables: &[(&str, &str)], batch_size: &str) -> (Run, Vec<String>) {
    let pictures = repository("assets/pictures");
    let pictures = pictures.to_str().expect("a path");
    let arguments = ["classify", "--variant", "demo", pictures, "--jsonl"];
    let place = ["--device", "cuda", "--batch-size", batch_size];
    run(variables, &[&arguments[..], &place].concat())
}

fn count(report: &[String], what: &str) -> usize {
    report.iter().filter(|line| *line == what).count()
}

const NAMES: [&str; 6] = ["car", "fish", "flower", "house", "star", "umbrella"];

#[test]
fn a_pass_that_cannot_be_recorded_runs_as_it_comes_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let (whole, report) = classify(&[], "1");
    assert_eq!(whole.labels(), NAMES, "{}", whole.stderr);
    assert!(count(&report, "replay") > 0, "{report:?}");
    for steps in ["0", "1", "40"] {
        let (run, report) = classify(&[("EMULATED_FAIL_RECORDING", steps)], "1");
        assert_eq!(run.labels(), NAMES, "{steps}: {}", run.stderr);
        assert_eq!(run.stdout, whole.stdout, "{steps}");
        assert_eq!(count(&report, "invalidated"), 1, "{report:?}");
        assert_eq!(count(&report, "replay"), 0, "{report:?}");
    }
}

#[test]
fn the_kernels_are_loaded_once_whatever_the_threads_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let arguments = [
        "bench",
        "b0",
        "--device",
        "cuda",
        "--runs",
        "1",
        "--threads",
        "4",
    ];
    let (run, report) = run(&[("EMULATED_HOLLOW", "1")], &arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(count(&report, "module"), 1, "{report:?}");
}

#[test]
fn a_driver_older_than_the_toolkit_is_passed_over_by_auto_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let old = [("EMULATED_OLD_DRIVER", "1")];
    let picture = repository("assets/pictures/star.jpg");
    let picture = picture.to_str().expect("a path");
    let arguments = ["classify", "--variant", "demo", picture, "--jsonl", "-v"];
    let (auto, _) = run(&old, &arguments);
    assert_eq!(auto.labels(), ["star"], "{}", auto.stderr);
    let reason = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
    assert!(auto.stderr.contains(reason), "{}", auto.stderr);
    assert!(auto.stderr.contains("on cpu"), "{}", auto.stderr);
    let (named, _) = run(&old, &[&arguments[..5], &["--device", "cuda"]].concat());
    assert_eq!(named.code, Some(2), "{}", named.stderr);
    assert_eq!(named.stderr.lines().count(), 1, "{}", named.stderr);
    assert!(named.stderr.contains(reason), "{}", named.stderr);
}

#[test]
fn a_batch_that_the_memory_has_no_room_for_is_halved_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let (run, report) = classify(&[("EMULATED_MEMORY", "35500000")], "6");
    assert_eq!(run.labels(), NAMES, "{} {}", run.stdout, run.stderr);
    assert!(count(&report, "refused") > 0, "{report:?}");
    // With room for no picture at all each has its record.
    let (run, _) = classify(&[("EMULATED_MEMORY", "34500000")], "6");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let kinds: Vec<_> = run.records();
    assert_eq!(kinds.len(), 6);
    assert!(
        kinds
            .iter()
            .all(|record| record["error"]["kind"] == "model")
    );
}

#[test]
fn an_error_that_stays_ends_the_run_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let (run, _) = classify(&[("EMULATED_LOST_AFTER", "300")], "1");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let last = run.stderr.lines().last().expect("a line");
    assert!(last.contains("a new run is needed"), "{}", run.stderr);
    assert!(
        last.contains("CUDA_ERROR_ILLEGAL_ADDRESS"),
        "{}",
        run.stderr
    );
    // What was answered stays, and nothing is said of the rest.
    let labels = run.labels();
    assert!((1..6).contains(&labels.len()), "{labels:?}");
    assert_eq!(labels, NAMES[..labels.len()]);
}

#[test]
fn batches_of_every_size_share_few_recordings_on_a_gpu() {
    let Some(place) = stand_in() else { return };
    let graphs = || {
        let report = std::env::var("EMULATED_REPORT").expect("run.sh names a file");
        let report = std::fs::read_to_string(report).unwrap_or_default();
        report.lines().filter(|line| *line == "graph").count()
    };
    let classifier = Classifier::of(&Choice::named("demo"), place.clone(), &());
    let classifier = classifier.expect("the demo model");
    let picture = |name: &str| {
        let file = repository(&format!("assets/pictures/{name}.jpg"));
        let bytes = std::fs::read(file).expect("a picture");
        classifier.prepare(&bytes).expect("a prepared picture")
    };
    let pictures: Vec<_> = NAMES
        .iter()
        .cycle()
        .take(16)
        .map(|name| picture(name))
        .collect();
    let logits = |pictures: &[Pixels]| classifier.logits(pictures).expect("logits");
    let alone: Vec<_> = pictures[..6]
        .iter()
        .flat_map(|p| logits(std::slice::from_ref(p)))
        .collect();
    let before = graphs();
    for count in (1..=16).chain(1..=16) {
        let together = logits(&pictures[16 - count..]);
        assert_eq!(together.len(), count);
        for (number, ours) in together.iter().enumerate() {
            assert_near(ours, &alone[(16 - count + number) % 6]);
        }
    }
    // Of 2, 4, 8 and 16; that of 1 is older.
    assert_eq!(graphs() - before, 4);
}

#[test]
fn pictures_are_sent_in_8_bits_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    let (run, report) = classify(&[], "1");
    assert_eq!(run.labels(), NAMES, "{}", run.stderr);
    // What they stand for comes with each.
    let bytes = 3 * 256 * size_of::<f32>() + 96 * 96 * 3;
    assert_eq!(count(&report, &format!("pictures {bytes}")), 6);
}

#[test]
fn products_without_an_algorithm_are_computed_all_the_same_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    for variable in ["EMULATED_NO_BIAS", "EMULATED_NO_PRODUCT"] {
        let (run, _) = classify(&[(variable, "1")], "2");
        assert_eq!(run.labels(), NAMES, "{variable}: {}", run.stderr);
    }
}

#[test]
fn products_of_more_than_two_billion_values_are_cut_on_a_gpu() {
    let Some(_place) = stand_in() else { return };
    // Of 300 x 300 x 192 values a picture.
    let arguments = [
        "bench",
        "b7",
        "--device",
        "cuda",
        "--runs",
        "1",
        "--batch-size",
        "128",
    ];
    let (run, _) = run(&[("EMULATED_HOLLOW", "1")], &arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}
