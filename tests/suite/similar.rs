//! Similar pictures, and copies.

use std::collections::BTreeSet;
use std::fs;

use effnet::picture::Picture;
use effnet::picture::decode::{Limits, Reading, decode};
use serde_json::{Value, json};

use crate::album::star;
use crate::environment::{Environment, Run, repository};
use crate::features::{MadeUp, make_up};
use crate::random::Random;
use crate::values::values;

fn similar(environment: &Environment, more: &[&str]) -> Run {
    environment.run([&["similar", "-q"], more].concat())
}

fn read(name: &str) -> Picture {
    let bytes = fs::read(repository(&format!("assets/pictures/{name}.jpg"))).expect("a picture");
    decode(&bytes, Limits::default(), Reading::WHOLE).expect("a picture")
}

/// Writes a picture as PPM, whose pixels are those of `at`.
fn draw(
    environment: &Environment,
    name: &str,
    (width, height): (usize, usize),
    at: impl Fn(usize, usize) -> [u8; 3],
) {
    let mut bytes = format!("P6 {width} {height} 255\n").into_bytes();
    for y in 0..height {
        bytes.extend((0..width).flat_map(|x| at(x, y)));
    }
    environment.write(name, bytes);
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 3] {
    let row = picture.row(y).as_chunks::<3>().0;
    row[x]
}

/// Copies of the star in all grades, a picture of its own, and a damaged one.
fn copies(environment: &Environment) {
    environment.copy(&star(), "p/star.jpg");
    environment.copy(&star(), "p/below/again.jpg");
    environment.copy(&repository("assets/pictures/car.jpg"), "p/car.jpg");
    environment.write("p/bad.jpg", "damaged");
    let star = read("star");
    let (width, height) = (star.width, star.height);
    draw(environment, "p/pixels.ppm", (width, height), |x, y| {
        pixel(&star, x, y)
    });
    draw(environment, "p/mirror.ppm", (width, height), |x, y| {
        pixel(&star, width - 1 - x, y)
    });
    draw(environment, "p/bright.ppm", (width, height), |x, y| {
        pixel(&star, x, y).map(|value| value.saturating_add(15))
    });
    draw(
        environment,
        "p/half.ppm",
        (width / 2, height / 2),
        |x, y| pixel(&star, 2 * x, 2 * y),
    );
}

/// `keep`, and the others with their grades.
fn group(record: &Value) -> (&str, Vec<(&str, &str)>) {
    let keep = record["keep"]["path"].as_str().expect("a path");
    let others = record["others"].as_array().expect("a list");
    let others = others.iter().map(|other| {
        let [path, grade] = ["path", "grade"].map(|key| other[key].as_str().expect("a text"));
        (path, grade)
    });
    (keep, others.collect())
}

const SEARCH: [&str; 5] = ["--duplicates", "--variant", "demo", "-r", "p"];

#[test]
fn copies_are_told_by_bytes_by_pixels_and_by_looks() {
    let environment = Environment::new();
    copies(&environment);
    let run = similar(&environment, &[&SEARCH[..], &["--jsonl"]].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), 1, "{}", run.stdout);
    // The largest area, and the longest file of those.
    let (keep, others) = group(&records[0]);
    let expected = [
        ("p/mirror.ppm", "near"),
        ("p/pixels.ppm", "near"),
        ("p/below/again.jpg", "near"),
        ("p/star.jpg", "near"),
        ("p/half.ppm", "near"),
    ];
    assert_eq!((keep, others), ("p/bright.ppm", expected.to_vec()));
    for name in ["p/bright.ppm", "p/mirror.ppm"] {
        fs::remove_file(environment.path(name)).expect("a removed file");
    }
    let run = similar(&environment, &[&SEARCH[..], &["--jsonl"]].concat());
    let records = run.records();
    let (keep, others) = group(&records[0]);
    let expected = [
        ("p/below/again.jpg", "same pixels"),
        ("p/star.jpg", "same pixels"),
        ("p/half.ppm", "near"),
    ];
    assert_eq!((keep, others), ("p/pixels.ppm", expected.to_vec()));
    fs::remove_file(environment.path("p/pixels.ppm")).expect("a removed file");
    let run = similar(&environment, &[&SEARCH[..], &["--jsonl"]].concat());
    let records = run.records();
    let (keep, others) = group(&records[0]);
    let expected = [("p/star.jpg", "same bytes"), ("p/half.ppm", "near")];
    assert_eq!((keep, others), ("p/below/again.jpg", expected.to_vec()));
    let keys = |value: &Value| {
        value
            .as_object()
            .map(|o| o.keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(
        keys(&records[0]),
        Some(vec!["keep".into(), "others".into()])
    );
    let other = &records[0]["others"][0];
    let expected = ["path", "grade", "cosine"].map(str::to_owned).to_vec();
    assert_eq!(keys(other), Some(expected));
    assert!(
        other["cosine"]
            .as_f64()
            .is_some_and(|cosine| cosine > 0.999_999)
    );
}

#[test]
fn a_folder_a_list_of_pictures_and_a_file_of_features_give_the_same_groups() {
    let environment = Environment::new();
    copies(&environment);
    let expected = similar(&environment, &SEARCH).stdout;
    let lines: Vec<_> = expected.lines().collect();
    assert_eq!(lines.len(), 6, "{expected}");
    assert_eq!(lines[0], "p/bright.ppm");
    assert!(lines[1].starts_with("  near "), "{expected}");
    let names = [
        "p/star.jpg",
        "p/half.ppm",
        "p/car.jpg",
        "p/below/again.jpg",
        "p/pixels.ppm",
        "p/bright.ppm",
        "p/mirror.ppm",
    ];
    let demo = ["--variant", "demo"];
    for paths in [&["--in", "p", "-r"][..], &names, &["p", "p/below"]] {
        let run = similar(
            &environment,
            &[&["--duplicates"], &demo[..], paths].concat(),
        );
        assert_eq!(run.stdout, expected, "{paths:?}");
    }
    for (file, threads) in [("a.npy", "1"), ("b.safetensors", "3")] {
        let mut names = names.to_vec();
        names.reverse();
        names.rotate_left(threads.len() + 1);
        let embed = [&["embed", "-o", file], &demo[..], &names].concat();
        assert_eq!(environment.run(&embed).code, Some(0));
        // No model is needed, nor looked for.
        for words in [&[file][..], &["--in", file], &[file, "--threads", threads]] {
            let run = similar(&environment, &[&["--duplicates"], words].concat());
            assert_eq!((run.code, &*run.stdout), (Some(0), &*expected), "{words:?}");
        }
    }
}

#[test]
fn the_others_go_to_another_program_with_nul_and_nothing_is_deleted() {
    let environment = Environment::new();
    copies(&environment);
    environment.copy(&star(), "p/a name\nof two lines.jpg");
    let files = || {
        let files = fs::read_dir(environment.path("p")).expect("a folder");
        files
            .map(|file| file.expect("a file").file_name())
            .collect::<BTreeSet<_>>()
    };
    let before = files();
    let run = similar(&environment, &[&SEARCH[..], &["-0"]].concat());
    let paths: Vec<_> = run.stdout.split_terminator('\0').collect();
    let expected = [
        "p/mirror.ppm",
        "p/pixels.ppm",
        "p/a name\nof two lines.jpg",
        "p/below/again.jpg",
        "p/star.jpg",
        "p/half.ppm",
    ];
    assert_eq!(paths, expected);
    assert!(run.stdout.ends_with('\0'));
    assert_eq!(files(), before);
}

#[cfg(unix)]
#[test]
fn a_file_is_no_copy_of_itself_by_another_name() {
    let environment = Environment::new();
    let star = environment.copy(&star(), "p/star.jpg");
    fs::hard_link(&star, environment.path("p/hard.jpg")).expect("a link");
    std::os::unix::fs::symlink("star.jpg", environment.path("p/soft.jpg")).expect("a link");
    let words = ["p", "p/star.jpg", "./p/star.jpg", "p/../p/hard.jpg"];
    let words = [&["--duplicates", "--variant", "demo"], &words[..]].concat();
    let run = similar(&environment, &words);
    assert_eq!((run.code, &*run.stdout), (Some(0), ""), "{}", run.stderr);
    environment.copy(&star, "p/a copy.jpg");
    let run = similar(&environment, &words);
    let expected = "./p/star.jpg\n  same bytes   p/a copy.jpg\n";
    assert_eq!(run.stdout, expected);
}

/// At so many degrees from the first axis.
fn at(path: &str, degrees: f32) -> MadeUp {
    let radians = degrees.to_radians();
    MadeUp::new(path, &[3.0 * radians.cos(), 3.0 * radians.sin()])
}

fn groups_of(pictures: &[MadeUp], more: &[&str]) -> Vec<Vec<String>> {
    let environment = Environment::new();
    make_up(&environment, "made", pictures);
    let run = similar(
        &environment,
        &[&["--duplicates", "made.npy", "--jsonl"], more].concat(),
    );
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let records = run.records();
    let paths = |record| {
        let (keep, others) = group(record);
        let others = others.into_iter().map(|(path, _)| path);
        [keep]
            .into_iter()
            .chain(others)
            .map(str::to_owned)
            .collect()
    };
    records.iter().map(paths).collect()
}

#[test]
fn all_of_a_group_are_near_to_the_one_that_is_kept_and_there_are_no_chains() {
    // Neighbours are near, 35 degrees apart; others are not.
    let mut pictures = vec![at("a", 0.0), at("b", 35.0), at("c", 70.0), at("d", 105.0)];
    for _ in 0..4 {
        pictures.rotate_left(1);
        assert_eq!(groups_of(&pictures, &[]), [["a", "b"], ["c", "d"]]);
    }
    // The largest is kept, with all that are near to it.
    pictures
        .iter_mut()
        .find(|p| p.path == "b")
        .expect("b")
        .width = 200;
    assert_eq!(groups_of(&pictures, &[]), [["b", "a", "c"]]);
    // As near as is asked for.
    assert_eq!(groups_of(&pictures, &["--min-cosine", "0.9"]), [[""; 0]; 0]);
    let wide = groups_of(&pictures, &["--min-cosine", "30%"]);
    assert_eq!(wide, [["b", "a", "c", "d"]]);
}

#[test]
fn what_the_network_finds_alike_must_look_alike() {
    let near = |degrees: f32, look: u64| {
        let pictures = [
            at("a", 0.0),
            MadeUp {
                look,
                ..at("b", degrees)
            },
        ];
        let groups = groups_of(&pictures, &[]);
        assert!(groups.is_empty() || groups == [["a", "b"]]);
        !groups.is_empty()
    };
    let bits = |count: u32| (1_u64 << count) - 1;
    // A cosine of 0.77, of 0.74 and of 0.91.
    for (degrees, bits_apart, is_near) in [
        (40.0, 12, true),
        (40.0, 13, false),
        (42.3, 0, false),
        (24.0, 20, true),
        (24.0, 21, false),
        (0.0, 32, false),
    ] {
        assert_eq!(
            near(degrees, bits(bits_apart)),
            is_near,
            "{degrees} {bits_apart}"
        );
    }
    // The mirror image: rows backwards, and what got brighter gets darker.
    assert!(near(30.0, u64::MAX));
    let pictures = [
        MadeUp {
            look: 0x0102_0408_1020_4080,
            ..at("a", 0.0)
        },
        MadeUp {
            look: 0x7fbf_dfef_f7fb_fdfe,
            ..at("b", 0.0)
        },
    ];
    assert_eq!(groups_of(&pictures, &[]), [["a", "b"]]);
}

/// Five thousand pictures whose vectors have six values of -1, 0 or 1: many are near to each other,
/// and a cosine is never between 0.895 and 0.91.
fn crowd() -> Vec<MadeUp> {
    let mut random = Random(7);
    let numbers: Vec<_> = values(5000 * 6, 3)
        .iter()
        .map(|x| (x * 1.5).round())
        .collect();
    let vectors = numbers.as_chunks::<6>().0;
    let picture = |(at, vector): (usize, &[f32; 6])| MadeUp {
        look: 1 << random.below(64),
        width: 100 + random.below(2),
        ..MadeUp::new(&format!("{:04}", at * 1777 % 5000), vector)
    };
    vectors.iter().enumerate().map(picture).collect()
}

/// The cosine, in double precision.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn many_pictures_are_grouped_as_one_pair_after_the_other_would_be() {
    let crowd = crowd();
    let mut order: Vec<&MadeUp> = crowd.iter().collect();
    order.sort_by_key(|picture| (std::cmp::Reverse(picture.width), &picture.path));
    let mut kept: Vec<(&MadeUp, Vec<String>)> = Vec::new();
    for picture in order {
        let near = |other: &MadeUp| cosine(&picture.vector, &other.vector) >= 0.9;
        let first = kept.iter_mut().find(|(other, _)| near(other));
        match first {
            Some((_, others)) => others.push(picture.path.clone()),
            None => kept.push((picture, vec![picture.path.clone()])),
        }
    }
    let expected = kept.into_iter().map(|(_, group)| group);
    let expected: Vec<_> = expected.filter(|group| group.len() > 1).collect();
    assert!(expected.len() > 100, "{}", expected.len());
    let mut shuffled = crowd.clone();
    let mut random = Random(9);
    for at in (1..shuffled.len()).rev() {
        shuffled.swap(at, random.below(at + 1));
    }
    for (pictures, threads) in [(&crowd, "1"), (&shuffled, "3")] {
        let found = groups_of(pictures, &["--min-cosine", "0.9", "--threads", threads]);
        assert!(
            found == expected,
            "{} groups of {}",
            found.len(),
            expected.len()
        );
    }
}

#[test]
fn the_most_similar_are_found_among_many() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.copy(&repository("assets/pictures/car.jpg"), "car.jpg");
    let embedded = environment.run(["embed", "--variant", "demo", "star.jpg", "car.jpg"]);
    let vectors = embedded.records().into_iter().map(|record| {
        let values = record["embedding"].as_array().cloned().expect("a vector");
        let values = values
            .into_iter()
            .map(|x| x.as_f64().expect("a number") as f32);
        values.collect::<Vec<_>>()
    });
    let queries: Vec<Vec<f32>> = vectors.collect();
    let numbers = values(3000 * 448, 5);
    let rows = numbers.chunks(448).enumerate();
    let mut pictures: Vec<_> = rows
        .map(|(at, row)| MadeUp::new(&format!("{at:04}"), row))
        .collect();
    pictures[2999].vector = queries[1].iter().map(|x| x * 0.25).collect();
    pictures[17].vector = pictures[2999].vector.clone();
    make_up(&environment, "made", &pictures);
    for k in ["5", "all"] {
        let words = [
            "star.jpg", "car.jpg", "--in", "made.npy", "--jsonl", "-k", k,
        ];
        let run = similar(&environment, &words);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let records = run.records();
        assert_eq!(records.len(), 2);
        let count = k.parse().unwrap_or(3000);
        for ((record, query), path) in records.iter().zip(&queries).zip(["star.jpg", "car.jpg"]) {
            let keys: Vec<_> = record.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["path", "model", "similar", "error"]);
            assert_eq!(record["path"], path);
            let found = record["similar"].as_array().expect("a list");
            assert_eq!(found.len(), count);
            let mut expected: Vec<_> = pictures
                .iter()
                .map(|picture| cosine(query, &picture.vector))
                .collect();
            for hit in found {
                let at: usize = hit["path"]
                    .as_str()
                    .expect("a path")
                    .parse()
                    .expect("a row");
                let cosine = hit["cosine"].as_f64().expect("a number");
                assert!((cosine - expected[at]).abs() < 1e-5, "{path} {at}");
            }
            expected.sort_by(|a, b| b.total_cmp(a));
            let found: Vec<_> = found.iter().map(|hit| hit["cosine"].as_f64()).collect();
            for (cosine, expected) in found.iter().zip(expected) {
                assert!((cosine.expect("a number") - expected).abs() < 1e-5);
            }
        }
        // Of two alike the first.
        let best = [0, 1].map(|at| records[1]["similar"][at]["path"].clone());
        assert_eq!(best, ["0017", "2999"].map(|path| json!(path)));
    }
}

#[test]
fn a_query_need_not_be_in_the_file_and_one_that_fails_is_a_record() {
    let environment = Environment::new();
    copies(&environment);
    let embed = [
        "embed",
        "--variant",
        "demo",
        "p/star.jpg",
        "p/car.jpg",
        "-o",
        "f.safetensors",
    ];
    assert_eq!(environment.run(embed).code, Some(0));
    // The model is the file's.
    let words = [
        "p/mirror.ppm",
        "p/bad.jpg",
        "p/none.jpg",
        "--in",
        "f.safetensors",
    ];
    let run = similar(
        &environment,
        &[&words[..], &["--jsonl", "-k", "1"]].concat(),
    );
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let records = run.records();
    let paths: Vec<_> = records
        .iter()
        .map(|record| record["path"].as_str())
        .collect();
    assert_eq!(paths, ["p/mirror.ppm", "p/bad.jpg", "p/none.jpg"].map(Some));
    assert_eq!(records[0]["similar"][0]["path"], "p/star.jpg");
    assert_eq!(records[0]["model"], "demo");
    let cosine = records[0]["similar"][0]["cosine"]
        .as_f64()
        .expect("a number");
    assert!((0.75..0.9999).contains(&cosine), "{cosine}");
    for record in &records[1..] {
        assert!(record["similar"].is_null());
        assert!(record["error"]["message"].is_string());
    }
    let run = similar(&environment, &words);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], "p/mirror.ppm");
    assert_eq!(lines[1], format!("  {cosine:.4}  p/star.jpg"));
    assert!(lines[2].ends_with("  p/car.jpg"), "{}", run.stdout);
    assert_eq!(lines[3], "p/bad.jpg");
    assert!(lines[4].starts_with("  error: "), "{}", run.stdout);
    // None is near enough; a picture on standard input.
    let words = [
        "similar",
        "-",
        "--in",
        "f.safetensors",
        "--min-cosine",
        "0.9",
        "-q",
    ];
    let car = fs::read(environment.path("p/car.jpg")).expect("a picture");
    let run = environment.run_with(&car, &words);
    assert_eq!(run.stdout, "-\n  1.0000  p/car.jpg\n");
    let run = environment.run_with(
        &fs::read(repository("assets/pictures/fish.jpg")).expect("a picture"),
        &words,
    );
    assert_eq!(run.stdout, "-\n  no picture reaches --min-cosine\n");
    // A folder is searched as it is.
    let run = similar(
        &environment,
        &[
            "p/mirror.ppm",
            "--in",
            "p",
            "--variant",
            "demo",
            "-k",
            "2",
            "-0",
        ],
    );
    assert_eq!(
        run.stdout.split_terminator('\0').next(),
        Some("p/mirror.ppm")
    );
    assert_eq!(run.stdout.split_terminator('\0').count(), 2);
}

#[test]
fn a_file_of_another_model_is_refused_in_one_line() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.copy(&repository("assets/demo/config.json"), "other/config.json");
    let from = repository("assets/demo/model.safetensors");
    let mut weights = fs::read(from).expect("the weights");
    let last = weights.len() - 1;
    weights[last] ^= 1;
    environment.write("other/model.safetensors", weights);
    let embed = ["embed", "--model", "other", "star.jpg", "-o", "f.npy"];
    assert_eq!(environment.run(embed).code, Some(0));
    let search = |more: &[&str]| {
        let run = similar(
            &environment,
            &[&["star.jpg", "--in", "f.npy"], more].concat(),
        );
        assert_eq!(
            run.stderr.lines().count(),
            usize::from(run.code != Some(0)),
            "{}",
            run.stderr
        );
        (run.code, run.stderr)
    };
    assert_eq!(search(&[]), (Some(0), String::new()));
    assert_eq!(
        search(&["--model", "./other/model.safetensors", "--variant", "demo"]).0,
        Some(0)
    );
    let (code, message) = search(&["--variant", "demo"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("are of other, and this run's are of demo"),
        "{message}"
    );
    let (code, message) = search(&["--no-exif"]);
    assert!(
        code == Some(2) && message.contains("--no-exif"),
        "{message}"
    );
    // The same name, and other weights.
    let from = repository("assets/demo/model.safetensors");
    environment.copy(&from, "other/model.safetensors");
    let (code, message) = search(&[]);
    assert_eq!(code, Some(2));
    assert!(message.contains("other weights of that name"), "{message}");
    fs::remove_dir_all(environment.path("other")).expect("a removed folder");
    let (code, message) = search(&[]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("was made with other; --model"),
        "{message}"
    );
    // The published one is not looked for to be refused.
    let embed = ["embed", "--variant", "demo", "star.jpg", "-o", "f.npy"];
    assert_eq!(environment.run(embed).code, Some(0));
    let (code, message) = search(&["--variant", "b4"]);
    assert_eq!(code, Some(2));
    assert!(
        message.contains("are of demo, and this run's would be of timm/"),
        "{message}"
    );
}

#[test]
fn two_pictures_have_a_cosine_and_a_verdict() {
    let environment = Environment::new();
    copies(&environment);
    let pair = |more: &[&str]| {
        let run = similar(
            &environment,
            &[&["--variant", "demo", "p/star.jpg"], more].concat(),
        );
        (run.code, run.stdout)
    };
    let is = |code, text: &str| (Some(code), text.to_owned());
    assert_eq!(pair(&["p/pixels.ppm"]), is(0, "1.0000\n"));
    assert_eq!(pair(&["p/pixels.ppm", "--min-cosine", "0.999"]).0, Some(0));
    let (code, text) = pair(&["p/car.jpg", "--min-cosine", "0.9"]);
    assert_eq!(code, Some(1));
    assert!(
        text.trim().parse::<f32>().expect("a number") < 0.5,
        "{text}"
    );
    assert_eq!(pair(&["p/car.jpg", "--min-cosine", "0.9", "-0"]), is(1, ""));
    assert_eq!(
        pair(&["p/pixels.ppm", "--min-cosine", "0.9", "-0"]),
        is(0, "p/pixels.ppm\0")
    );
    assert_eq!(pair(&["p/bad.jpg"]), is(2, ""));
}

#[test]
fn pictures_that_are_gone_are_near_and_that_is_said() {
    let environment = Environment::new();
    copies(&environment);
    let embed = [
        "embed",
        "--variant",
        "demo",
        "p/star.jpg",
        "p/pixels.ppm",
        "-o",
        "f.npy",
    ];
    assert_eq!(environment.run(embed).code, Some(0));
    let search = || environment.run(["similar", "--duplicates", "f.npy"]);
    let run = search();
    assert_eq!(run.stdout, "p/pixels.ppm\n  same pixels  p/star.jpg\n");
    assert_eq!(run.stderr, "effnet: 1 copy in 1 group of 2 pictures\n");
    // Another picture by the same name is not what was embedded.
    environment.copy(&repository("assets/pictures/car.jpg"), "p/star.jpg");
    let run = search();
    assert_eq!(run.stdout, "p/pixels.ppm\n  near 1.0000  p/star.jpg\n");
    assert!(
        run.stderr.contains("gone or not what they were"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_can_not_be_searched_is_told_in_one_line() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    environment.copy(
        &repository("assets/demo/model.safetensors"),
        "model.safetensors",
    );
    let embed = ["embed", "--variant", "demo", "star.jpg", "-o", "f.npy"];
    assert_eq!(environment.run(embed).code, Some(0));
    let whole = fs::read(environment.path("f.npy")).expect("a file");
    environment.write("cut.npy", &whole[..whole.len() - 1]);
    environment.write(
        "cut.json",
        fs::read(environment.path("f.json")).expect("a file"),
    );
    environment.write("lone.npy", &whole);
    for name in ["short.npy", "short.json"] {
        let from = environment.path(name.replace("short", "f"));
        environment.copy(&from, name);
    }
    environment.write("short.jsonl", "");
    for (words, part) in [
        (&["star.jpg"][..], "--in"),
        (&[], "no picture given"),
        (&["--in", "f.npy"], "no picture given"),
        (&["star.jpg", "--in", "none"], "the first is none"),
        (&["none.jpg", "--in", "f.npy"], "the first is none.jpg"),
        (
            &["star.jpg", "--in", "f.jsonl"],
            "f.jsonl is no folder, no picture",
        ),
        (&["star.jpg", "--in", "none.npy"], "none.npy"),
        (
            &["star.jpg", "--in", "model.safetensors"],
            "`effnet embed` writes one",
        ),
        (&["star.jpg", "--in", "cut.npy"], "cut short"),
        (&["star.jpg", "--in", "lone.npy"], "lone.json"),
        (&["star.jpg", "--in", "short.npy"], "1 vectors and 0 paths"),
        (&["--duplicates"], "--duplicates FOLDER"),
        (
            &["--duplicates", "star.jpg", "--in", "f.npy"],
            "either with --in",
        ),
        (
            &["--duplicates", "star.jpg", "f.npy"],
            "not together with others",
        ),
        (&["star.jpg", "--in", "f.npy", "--jsonl", "-0"], "--null"),
    ] {
        let run = environment.run([&["similar"], words].concat());
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(2), ""),
            "{words:?}: {}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{words:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{words:?}: {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_written_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let environment = Environment::new();
    for name in [&b"a\xff.jpg"[..], b"a\xfe.jpg"] {
        fs::create_dir_all(environment.path("odd")).expect("a folder");
        let to = environment.path("odd").join(OsStr::from_bytes(name));
        fs::copy(star(), to).expect("a copy");
    }
    let embed = ["embed", "--variant", "demo", "odd", "-o", "f.safetensors"];
    assert_eq!(environment.run(embed).code, Some(0));
    for words in [&["odd", "--variant", "demo"][..], &["f.safetensors"]] {
        let words = [&["similar", "--duplicates", "-0"], words].concat();
        assert_eq!(environment.run_raw(&words), b"odd/a\xff.jpg\0");
    }
    let run = similar(&environment, &["--duplicates", "f.safetensors", "--jsonl"]);
    let record = &run.records()[0];
    assert_eq!(record["keep"]["path_base64"], "b2RkL2H+LmpwZw==");
    assert_eq!(record["others"][0]["path_base64"], "b2RkL2H/LmpwZw==");
}
