//! `explain`: what is said of pictures, and shown on them.

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::Generated;
use effnet::model::weights::{Source, parameters};
use serde_json::Value;

use crate::album::star;
use crate::drawing::Drawing;
use crate::environment::{Environment, Run, exif, repository, save};

/// A folder with pictures of several shapes, that are no files of the repository.
fn drawings() -> Environment {
    let environment = Environment::new();
    environment.write("square.png", Drawing::scene(96, 96).png(None));
    environment.write("wide.png", Drawing::scene(400, 120).png(None));
    environment.copy(&star(), "star.jpg");
    environment
}

fn explain(environment: &Environment, more: &[&str]) -> Run {
    environment.run([&["explain", "--variant", "demo"], more].concat())
}

/// The explanations of the first picture, of a run that went well.
fn told(environment: &Environment, more: &[&str]) -> Vec<Value> {
    let run = explain(environment, &[more, &["--jsonl"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let record = &run.records()[0];
    let explanations = record["explanations"].as_array();
    explanations
        .unwrap_or_else(|| panic!("no explanations: {record}"))
        .clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap_or_else(|| panic!("{value}"));
    values.iter().map(number).collect()
}

/// The logits of a map, row by row.
fn logits(explanation: &Value) -> Vec<f64> {
    let rows = explanation["map"]["logits"].as_array().expect("a map");
    rows.iter().flat_map(numbers).collect()
}

#[test]
fn the_mean_of_a_map_is_the_logit_and_all_logits_make_the_scores() {
    let environment = drawings();
    let explanations = told(&environment, &["star.jpg", "-k", "all", "--raw"]);
    assert_eq!(explanations.len(), 16);
    let scores = |explanation: &Value| number(&explanation["score"]).ln();
    let best = &explanations[0];
    for explanation in &explanations {
        let logits = logits(explanation);
        assert_eq!(logits.len(), 9);
        let mean = logits.iter().sum::<f64>() / 9.0;
        assert!((mean - number(&explanation["logit"])).abs() < 1e-5);
        // Scores are as far apart as logits are.
        let apart = number(&best["logit"]) - number(&explanation["logit"]);
        let expected = scores(best) - scores(explanation);
        assert!((apart - expected).abs() < 1e-4, "{apart} {expected}");
    }
    let run = environment.run(["classify", "star.jpg", "--variant", "demo", "--jsonl"]);
    let classified = &run.records()[0]["predictions"];
    for (explanation, prediction) in explanations.iter().zip(classified.as_array().expect("5")) {
        for key in ["label", "score", "index", "wnid"] {
            assert_eq!(explanation[key], prediction[key]);
        }
    }
}

#[test]
fn records_have_all_their_keys_in_order() {
    let environment = drawings();
    let run = explain(&environment, &["star.jpg", "none.jpg", "--jsonl"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let lines: Vec<_> = run.stdout.lines().collect();
    let start = r#"{"path":"star.jpg","model":"demo","explanations":[{"label":"star","score":"#;
    assert!(lines[0].starts_with(start), "{}", lines[0]);
    let keys = [
        "index", "wnid", "logit", "against", "box", "share", "file", "check",
    ];
    let places = keys.map(|key| lines[0].find(&format!("\"{key}\":")).expect(key));
    assert!(places.is_sorted(), "{}", lines[0]);
    assert!(!lines[0].contains("\"map\""));
    assert!(lines[0].ends_with(r#""error":null}"#), "{}", lines[0]);
    let failed = r#"{"path":"none.jpg","model":"demo","explanations":null,"error":{"kind":"read""#;
    assert!(lines[1].starts_with(failed), "{}", lines[1]);
    let array = explain(&environment, &["star.jpg", "none.jpg", "--json"]).stdout;
    assert_eq!(array, format!("[\n{},\n{}\n]\n", lines[0], lines[1]));
}

#[test]
fn the_text_says_what_the_json_does() {
    let environment = drawings();
    let more = ["star.jpg", "--check", "--against", "sun", "-o", "heat.png"];
    let text = explain(&environment, &more).stdout;
    let explanation = &told(&environment, &more)[0];
    let region = &explanation["box"];
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|key| number(&region[key]));
    let percent = |value: &Value| format!("{:.2}%", number(value) * 100.0);
    let [before, after] = ["before", "after"].map(|key| percent(&explanation["check"][key]));
    assert_eq!(
        text,
        format!(
            "star.jpg\n  {before}  star\n           \
             against sun ({}): {:+.2} logits\n           \
             {width}x{height} pixels at {x},{y}: {:.0}% of what speaks for it\n           \
             with the strongest fifth of the picture blurred: {after}, was {before}\n           \
             heat.png\n",
            percent(&explanation["against"]["score"]),
            number(&explanation["logit"]),
            number(&explanation["share"]) * 100.0,
        ),
    );
}

#[test]
fn the_box_holds_the_strongest_place_and_lies_in_the_picture() {
    let environment = drawings();
    for name in ["square.png", "wide.png", "star.jpg"] {
        for explanation in told(&environment, &[name, "-k", "all", "--raw"]) {
            let strongest = logits(&explanation).into_iter().fold(f64::MIN, f64::max);
            let region = &explanation["box"];
            // Between the middles of places nothing is stronger than at one of them.
            assert_eq!(region.is_null(), strongest <= 0.0, "{explanation}");
            assert_eq!(explanation["share"].is_null(), region.is_null());
            if region.is_null() {
                let label = explanation["label"].as_str().expect("a label");
                let text = explain(&environment, &[name, "--label", label]).stdout;
                assert!(text.contains("nothing speaks for it"), "{text}");
                continue;
            }
            let [xs, ys] = ["x", "y"].map(|side| numbers(&explanation["map"][side]));
            // Or one that is nearly as strong: it is looked for in steps.
            let is_inside = |at: usize| {
                let place = [("x", "width", xs[at % 3]), ("y", "height", ys[at / 3])];
                place.into_iter().all(|(key, length, place)| {
                    let start = number(&region[key]);
                    (start..=start + number(&region[length])).contains(&place)
                })
            };
            let logits = logits(&explanation);
            let mut strong = (0..9).filter(|&at| logits[at] > 0.9 * strongest);
            assert!(strong.any(is_inside), "{name} {explanation}");
            let share = number(&explanation["share"]);
            assert!(share > 0.0 && share <= 1.0 + 1e-6, "{share}");
        }
    }
    // The network sees no more than the middle.
    let middle = told(&environment, &["wide.png"]).remove(0);
    let region = &middle["box"];
    assert!(number(&region["x"]) >= 140.0, "{region}");
    assert!(number(&region["x"]) + number(&region["width"]) <= 260.0);
}

#[test]
fn a_picture_that_is_stored_turned_is_explained_upright() {
    let environment = Environment::new();
    let upright = Drawing::scene(120, 200);
    let (width, height) = (upright.width, upright.height);
    // What has to be turned by a quarter to the right, and by a half.
    let quarter = Drawing::new(height, width, |x, y| upright.at(width - 1 - y, x));
    let half = Drawing::new(width, height, |x, y| {
        upright.at(width - 1 - x, height - 1 - y)
    });
    environment.write("upright/a.png", upright.png(None));
    let exif = |orientation| Some(exif(orientation)[6..].to_vec());
    environment.write("quarter/a.png", quarter.png(exif(6)));
    environment.write("half/a.png", half.png(exif(3)));
    let told = |folder: &str| {
        let picture = format!("{folder}/a.png");
        let heat = format!("{folder}/heat.png");
        let mut told = told(&environment, &[&picture, "-o", &heat, "--raw"]).remove(0);
        told["file"] = Value::Null;
        (told, Drawing::read(&environment.path(heat)))
    };
    let expected = told("upright");
    assert_eq!((expected.1.width, expected.1.height), (width, height));
    assert_eq!(told("quarter"), expected);
    assert_eq!(told("half"), expected);
}

#[test]
fn what_the_network_never_saw_is_dark_and_the_rest_is_where_it_was() {
    let environment = drawings();
    let label = told(&environment, &["wide.png", "-k", "all", "--raw"])
        .into_iter()
        .find(|explanation| explanation["box"].is_null())
        .expect("a label that nothing speaks for");
    let label = label["label"].as_str().expect("a label");
    told(
        &environment,
        &["wide.png", "--label", label, "-o", "heat.png"],
    );
    let heat = Drawing::read(&environment.path("heat.png"));
    let scene = Drawing::scene(400, 120);
    // The middle square of 120 pixels, as far as 96 pixels of 320 show it.
    let expected = Drawing::new(400, 120, |x, y| match (140..260).contains(&x) {
        true => scene.at(x, y),
        false => scene
            .at(x, y)
            .map(|value| (u32::from(value) * 90 / 256) as u8),
    });
    assert!(heat == expected);
}

#[test]
fn colours_mean_the_same_in_all_pictures() {
    let environment = Environment::new();
    // On black there are the colours alone. Pixels are those of the network's input.
    environment.write("black.png", Drawing::new(96, 96, |_, _| [0; 3]).png(None));
    let more = ["black.png", "-k", "all", "--raw", "--signed", "-o", "heat"];
    let explanations = told(&environment, &more);
    // The logit that makes one of 16 classes 99 % likely where the others' are 0.
    let half = (99.0_f64 * 15.0).ln();
    let mut signs = [0, 0];
    for explanation in &explanations {
        let path = explanation["file"].as_str().expect("a picture");
        let heat = Drawing::read(&environment.path(path));
        let map = &explanation["map"];
        let [xs, ys] = ["x", "y"].map(|side| numbers(&map[side]));
        for (at, logit) in logits(explanation).into_iter().enumerate() {
            let (x, y) = (xs[at % 3] as usize, ys[at / 3] as usize);
            let strength = logit.abs() / (logit.abs() + half);
            let full = match logit > 0.0 {
                true => [178.0, 24.0, 43.0],
                false => [5.0, 48.0, 97.0],
            };
            signs[usize::from(logit > 0.0)] += 1;
            for (seen, full) in heat.at(x, y).into_iter().zip(full) {
                let expected = full * strength;
                assert!((f64::from(seen) - expected).abs() < 1.5, "{explanation}");
            }
        }
    }
    assert!(signs.iter().all(|&count| count > 10), "{signs:?}");
}

#[test]
fn without_signed_the_heat_grows_with_the_evidence_and_nothing_shows_what_speaks_against() {
    let environment = Environment::new();
    environment.write("black.png", Drawing::new(96, 96, |_, _| [0; 3]).png(None));
    let mut shades = Vec::new();
    for explanation in told(
        &environment,
        &["black.png", "-k", "all", "--raw", "-o", "heat"],
    ) {
        let path = explanation["file"].as_str().expect("a picture");
        let heat = Drawing::read(&environment.path(path));
        let [xs, ys] = ["x", "y"].map(|side| numbers(&explanation["map"][side]));
        for (at, logit) in logits(&explanation).into_iter().enumerate() {
            let pixel = heat.at(xs[at % 3] as usize, ys[at / 3] as usize);
            let [r, g, b] = pixel.map(f64::from);
            let light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            shades.push((logit, light));
            assert!(logit > 0.0 || pixel == [0; 3], "{logit} {pixel:?}");
        }
    }
    shades.sort_by(|a, b| a.0.total_cmp(&b.0));
    let brighter = shades.windows(2).all(|pair| pair[1].1 > pair[0].1 - 1.5);
    assert!(brighter, "{shades:?}");
    let (strongest, light) = shades[shades.len() - 1];
    assert!(strongest > 3.0 && light > 10.0, "{strongest} {light}");
}

#[test]
fn against_explains_the_difference_of_two_logits() {
    let environment = drawings();
    let one = |label: &str| told(&environment, &["star.jpg", "--label", label, "--raw"]).remove(0);
    let (star, sun) = (one("star"), one("sun"));
    let against = ["star.jpg", "--label", "star", "--against", "sun", "--raw"];
    let difference = told(&environment, &against).remove(0);
    for ((a, b), both) in logits(&star)
        .into_iter()
        .zip(logits(&sun))
        .zip(logits(&difference))
    {
        assert!((a - b - both).abs() < 1e-4);
    }
    let logit = number(&star["logit"]) - number(&sun["logit"]);
    assert!((logit - number(&difference["logit"])).abs() < 1e-4);
    assert_eq!(difference["against"]["label"], "sun");
    assert_eq!(difference["against"]["score"], sun["score"]);
    assert_eq!(difference["score"], star["score"]);
    // Of the best labels it is the next one that is compared with the best.
    let best = told(&environment, &["star.jpg", "--against", "star"]);
    assert_eq!(
        (best.len(), &best[0]["against"]["label"]),
        (1, &"star".into())
    );
    assert_ne!(best[0]["label"], "star");
    assert!(number(&best[0]["logit"]) < 0.0);
}

#[test]
fn check_tells_how_the_score_falls() {
    let environment = drawings();
    environment.copy(&repository("assets/pictures/flower.jpg"), "flower.jpg");
    for name in ["flower.jpg", "star.jpg"] {
        let explanation = told(&environment, &[name, "--check"]).remove(0);
        let [before, after] = ["before", "after"].map(|key| number(&explanation["check"][key]));
        assert_eq!(before, number(&explanation["score"]));
        assert!(after < before, "{explanation}");
    }
    // What is of one colour stays as it is.
    environment.write("grey.png", Drawing::new(50, 70, |_, _| [90; 3]).png(None));
    let more = ["grey.png", "--check", "-k", "all"];
    for explanation in told(&environment, &more) {
        let [before, after] = ["before", "after"].map(|key| number(&explanation["check"][key]));
        assert!((before - after).abs() < 1e-4, "{explanation}");
    }
}

#[test]
fn labels_are_found_by_name_id_and_index_and_a_wrong_one_is_answered_with_the_nearest() {
    let environment = drawings();
    let more = [
        "star.jpg", "--label", "Star", "--label", "0", "--label", "13",
    ];
    let explanations = told(&environment, &more);
    let labels: Vec<_> = explanations.iter().map(|e| &e["label"]).collect();
    assert_eq!(labels, ["star", "car"]);
    for (more, parts) in [
        (&["--label", "umbrela"][..], &["umbrela", "umbrella"][..]),
        (&["--label", "16"], &["16", "counted from 0"]),
        (&["--label", "star", "--against", "star"], &["itself"]),
        (&["--label", "star", "-k", "2"], &["--label", "--top-k"]),
        (&["--raw"], &["--raw", "--json"]),
        (&["--signed"], &["--output"]),
        (&["-0"], &["-0", "--files-from"]),
        (&["-o", "heat.jpg"], &["heat.jpg", ".png"]),
        (&["-o", "star.jpg"], &["star.jpg", ".png"]),
        (&["-o", "heat.png", "wide.png"], &["heat.png", "folder"]),
        (&["-o", "heat.png", "-k", "2"], &["heat.png", "folder"]),
        (&["-o", "none/heat.png"], &["none"]),
    ] {
        let run = explain(&environment, &[&["star.jpg"], more].concat());
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{more:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        for part in parts {
            assert!(run.stderr.contains(part), "{more:?}: {}", run.stderr);
        }
    }
}

/// The files below a folder, and what is in them.
fn files(environment: &Environment, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![environment.path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(environment.folder.path());
                    let name = name.expect("below").to_string_lossy().into_owned();
                    found.push((name, std::fs::read(path).expect("a file")));
                }
            }
        }
    }
    found.sort();
    found
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn pictures_keep_their_folders_and_a_second_run_changes_nothing() {
    let environment = Environment::new();
    environment.copy(&star(), "photos/a.jpg");
    environment.write("photos/a.png", Drawing::scene(50, 60).png(None));
    environment.copy(&star(), "photos/below/a.jpg");
    environment.write("photos/broken.png", "no picture");
    let before = files(&environment, "photos");
    let run = explain(&environment, &["-r", "photos", "-o", "heat", "--jsonl"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let made: Vec<_> = run
        .records()
        .iter()
        .map(|record| record["explanations"][0]["file"].clone())
        .collect();
    let expected = ["heat/a.png", "heat/a-2.png", "heat/below/a.png"].map(Value::from);
    assert_eq!(made[..3], expected);
    assert_eq!((made.len(), &made[3]), (4, &Value::Null));
    assert_eq!(files(&environment, "photos"), before);
    let heat = files(&environment, "heat");
    assert_eq!(
        names(&heat),
        ["heat/a-2.png", "heat/a.png", "heat/below/a.png"]
    );
    let again = explain(&environment, &["-r", "photos", "-o", "heat", "--jsonl"]);
    assert_eq!(again.stdout, run.stdout);
    assert_eq!(files(&environment, "heat"), heat);
    // What was made within the folder is not explained in turn.
    let more = ["-r", "photos", "-o", "photos/heat", "--jsonl"];
    let inside = explain(&environment, &more);
    assert_eq!(inside.records().len(), 4);
    assert_eq!(explain(&environment, &more).stdout, inside.stdout);
}

#[test]
fn pictures_of_an_archive_keep_their_folders_and_never_leave_that_of_the_output() {
    let environment = Environment::new();
    let picture = Drawing::scene(40, 40).png(None);
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["x/a.png", "b.png", "../../up/c.png"] {
        let mut header = tar::Header::new_old();
        // Set by hand: `..` is no name that it would take.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(picture.len() as u64);
        header.set_cksum();
        builder.append(&header, &*picture).expect("a member");
    }
    environment.write("in/a.tar", builder.into_inner().expect("an archive"));
    let run = explain(&environment, &["in/a.tar", "-o", "out/heat", "-q"]);
    let mut made = names(&files(&environment, "out")).join(" ");
    assert_eq!(
        made, "out/heat/b.png out/heat/up/c.png out/heat/x/a.png",
        "{}",
        run.stderr
    );
    made = names(&files(&environment, "in")).join(" ");
    assert_eq!(made, "in/a.tar");
    let one = explain(&environment, &["in/a.tar", "-o", "heat.png"]);
    assert_eq!(one.code, Some(2), "{}", one.stderr);
}

#[test]
fn nothing_is_overwritten_but_what_was_made_of_the_same_picture() {
    let environment = Environment::new();
    environment.write("a.png", Drawing::scene(60, 60).png(None));
    environment.copy(&star(), "other/a.jpg");
    environment.write("heat/a.png", "somebody's notes");
    environment.write("notes.png", "somebody's notes");
    let input = std::fs::read(environment.path("a.png")).expect("a file");
    for refused in ["a.png", "notes.png"] {
        let run = explain(&environment, &["a.png", "-o", refused]);
        assert_eq!(run.code, Some(2), "{refused}");
        assert!(run.stderr.contains(refused), "{}", run.stderr);
    }
    let file = |more: &[&str]| told(&environment, more)[0]["file"].clone();
    assert_eq!(file(&["a.png", "-o", "."]), "./a-2.png");
    assert_eq!(file(&["a.png", "-o", "heat"]), "heat/a-2.png");
    assert_eq!(file(&["other/a.jpg", "-o", "heat"]), "heat/a-3.png");
    assert_eq!(file(&["./a.png", "-o", "heat"]), "heat/a-2.png");
    // What an earlier run made, as an input: of the same name as what is made of it.
    let made = std::fs::read(environment.path("heat/a-2.png")).expect("a file");
    assert_eq!(file(&["heat/a-2.png", "-o", "heat"]), "heat/a-2-2.png");
    assert_eq!(
        file(&["a.png", "heat/a-2.png", "-o", "heat"]),
        "heat/a-4.png"
    );
    let run = explain(&environment, &["heat/a-2.png", "-o", "heat/a-2.png"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(
        std::fs::read(environment.path("heat/a-2.png")).expect("a file"),
        made
    );
    let notes = std::fs::read_to_string(environment.path("heat/a.png")).expect("a file");
    assert_eq!(notes, "somebody's notes");
    assert_eq!(
        std::fs::read(environment.path("a.png")).expect("a file"),
        input
    );
    // A picture of its own name is made anew.
    assert_eq!(file(&["a.png", "-o", "one.png"]), "one.png");
    assert_eq!(file(&["other/a.jpg", "-o", "one.png"]), "one.png");
}

#[test]
fn each_of_several_labels_has_its_picture_whatever_it_is_called() {
    let environment = drawings();
    // Two of one name, one that is no name of a file, and one that is too long.
    let mut labels: Vec<_> = (0..16).map(|i| format!("label {i}")).collect();
    labels[0] = "crane".to_owned();
    labels[1] = "Crane".to_owned();
    labels[2] = "../a/b".to_owned();
    labels[3] = "ü".repeat(200);
    environment.write("labels", labels.join("\n"));
    let long = format!("{}.png", "é".repeat(120));
    environment.write(&long, Drawing::scene(40, 40).png(None));
    for name in ["star.jpg", &long] {
        let more = [name, "-k", "all", "--labels", "labels", "-o", "heat"];
        let explanations = told(&environment, &more);
        let mut made: Vec<_> = explanations
            .iter()
            .map(|explanation| {
                explanation["file"]
                    .as_str()
                    .expect("a picture")
                    .to_lowercase()
            })
            .collect();
        for explanation in &explanations {
            let path = explanation["file"].as_str().expect("a picture");
            assert_eq!(path.matches('/').count(), 1, "{path}");
            assert!(environment.path(path).is_file(), "{path}");
        }
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 16);
    }
    assert!(environment.path("heat/star.label_4.png").is_file());
    assert!(environment.path("heat/star.___a_b.png").is_file());
}

#[test]
fn large_and_long_pictures_keep_their_proportions() {
    let environment = Environment::new();
    for (width, height, shown) in [
        (2000, 1500, (1024, 768)),
        (4000, 400, (2804, 280)),
        (3000, 1, (3000, 1)),
        (1, 1, (1, 1)),
        (7, 300, (7, 300)),
    ] {
        let picture = Drawing::new(width, height, |x, y| [x as u8, y as u8, 99]);
        environment.write("a.png", picture.png(None));
        told(&environment, &["a.png", "-o", "heat.png"]);
        let heat = Drawing::read(&environment.path("heat.png"));
        assert_eq!((heat.width, heat.height), shown);
    }
}

#[test]
fn standard_input_and_what_is_missing_are_told_as_by_classify() {
    let environment = drawings();
    let picture = std::fs::read(star()).expect("a picture");
    let arguments = ["explain", "-", "--variant", "demo", "-o", "heat"];
    let run = environment.run_with(&picture, &arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.ends_with("heat/stdin.png\n"), "{}", run.stdout);
    // No model is looked for.
    let run = environment.run(["explain", "none.jpg", "--variant", "b0", "-q"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stdout.starts_with("none.jpg\n  error: "),
        "{}",
        run.stdout
    );
}

/// A model whose depthwise filters weigh their middle most, so that what it sees at a place comes from
/// near its middle.
fn model(environment: &Environment, architecture_name: &str) {
    let folder = environment.model("model", architecture_name, 10);
    let (scaling, convention) = architecture(architecture_name).expect("an architecture");
    let config = Config::new(scaling, convention, 10);
    let weights = parameters(&config).map(|parameter| {
        let mut values = Generated.read(&parameter).expect("generated values");
        if let [_, 1, height, width] = parameter.shape[..] {
            let near = |at: usize, side: usize| 0.25_f32.powi(at.abs_diff(side / 2) as i32);
            for (at, value) in values.iter_mut().enumerate() {
                *value = near(at % width, width) * near(at / width % height, height);
            }
        }
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        (parameter.name, parameter.shape, bytes.collect())
    });
    save(
        &weights.collect::<Vec<_>>(),
        &folder.join("model.safetensors"),
    );
}

/// By how much a square of light at each of `places` moves the maps of all classes, and the middles
/// of their columns, which are those of the rows too. Two pixels of the picture are one that the
/// network sees.
fn moved(architecture: &str, places: &[[f64; 2]]) -> (Vec<Vec<f64>>, Vec<f64>) {
    const SIDE: usize = 512;
    let environment = Environment::new();
    model(&environment, architecture);
    let picture = |light: Option<[f64; 2]>| {
        let is_near = |at: usize, place: f64| (at as f64 + 0.5 - place).abs() <= 8.0;
        Drawing::new(SIDE, SIDE, |x, y| match light {
            Some(light) if is_near(x, light[0]) && is_near(y, light[1]) => [255; 3],
            _ => [100; 3],
        })
    };
    environment.write("pictures/000.png", picture(None).png(None));
    for (at, &place) in places.iter().enumerate() {
        let name = format!("pictures/{:03}.png", at + 1);
        environment.write(&name, picture(Some(place)).png(None));
    }
    let run = environment.run([
        "explain", "pictures", "--model", "model", "-k", "all", "--raw", "--jsonl",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let records = run.records();
    let maps = |record: &Value| {
        let mut found = record["explanations"].as_array().expect("all").clone();
        found.sort_by_key(|explanation| explanation["index"].as_u64());
        found.iter().flat_map(logits).collect::<Vec<_>>()
    };
    let still = maps(&records[0]);
    let [xs, ys] = ["x", "y"].map(|side| numbers(&records[0]["explanations"][0]["map"][side]));
    assert_eq!(xs, ys);
    let moved = records[1..].iter().map(|record| {
        let mut sums = vec![0.0; xs.len() * ys.len()];
        for (at, (now, still)) in maps(record).iter().zip(&still).enumerate() {
            sums[at % (xs.len() * ys.len())] += (now - still).powi(2);
        }
        sums
    });
    (moved.collect(), xs)
}

#[test]
fn light_moves_most_the_place_whose_middle_is_nearest() {
    for (architecture, first) in [
        // 16 pixels are cut off on each side of 256, and the first place is over the first pixel.
        ("efficientnet_lite0", 2.0 * 16.5),
        // Or the last over the last, of seven.
        ("tf_efficientnet_lite0", 2.0 * (256.0 - 16.5 - 6.0 * 32.0)),
    ] {
        // Around the middles of the inner places, which see no border: on either side of them.
        let middles = [2, 3, 4].map(|i| first + f64::from(i) * 64.0);
        let around = |middle: f64| [-12.0, -5.0, 5.0, 12.0].map(|by| middle + by);
        let lights: Vec<_> = middles.into_iter().flat_map(around).collect();
        let places: Vec<_> = (0..lights.len())
            .map(|i| [lights[i], lights[(i * 5 + 3) % lights.len()]])
            .collect();
        let (moved, middles) = moved(architecture, &places);
        let expected: Vec<_> = (0..7).map(|i| first + f64::from(i) * 64.0).collect();
        assert_eq!(middles, expected, "{architecture}");
        for (sums, place) in moved.iter().zip(&places) {
            let most = (0..sums.len()).max_by(|&a, &b| sums[a].total_cmp(&sums[b]));
            let most = most.expect("a place");
            let nearest = |place: f64| {
                let distance = |i: &usize| (middles[*i] - place).abs();
                let order = |a: &usize, b: &usize| distance(a).total_cmp(&distance(b));
                (0..7).min_by(order).expect("a middle")
            };
            let expected = (nearest(place[0]), nearest(place[1]));
            assert_eq!((most % 7, most / 7), expected, "{architecture} {place:?}");
        }
    }
}
