//! Pictures as vectors, in files and on standard output.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::album::{album, star};
use crate::environment::{Environment, Run, repository};
use crate::features::{Features, metadata};
use crate::hub_server::{COMMIT, StandIn, sha256};
use crate::reference::{assert_close, reference_in};

const DEMO: [&str; 3] = ["embed", "--variant", "demo"];

fn embed(environment: &Environment, more: &[&str]) -> Run {
    environment.run([&DEMO[..], more].concat())
}

fn vector(record: &Value) -> Vec<f32> {
    let values = record["embedding"].as_array().expect("a vector");
    let values = values
        .iter()
        .map(|value| value.as_f64().expect("a number") as f32);
    values.collect()
}

/// The vector of each picture, embedded alone.
fn alone(environment: &Environment, path: &str) -> Vec<f32> {
    let run = embed(environment, &[path, "-q"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    vector(&run.records()[0])
}

/// All files whose names begin with `out.`, with their contents.
fn output(environment: &Environment) -> HashMap<String, Vec<u8>> {
    let files = fs::read_dir(environment.folder.path()).expect("a folder");
    let files = files.map(|file| file.expect("a file"));
    let named = files.map(|file| (file.file_name().into_string(), file.path()));
    let named = named.filter_map(|(name, path)| Some((name.ok()?, path)));
    let ours = named.filter(|(name, _)| name.starts_with("out."));
    ours.map(|(name, path)| (name, fs::read(path).expect("a file")))
        .collect()
}

#[test]
fn features_equal_timms_of_the_same_weights() {
    let environment = Environment::new();
    let star = star();
    for name in [
        "efficientnet_b0",
        "tf_efficientnet_b0",
        "efficientnet_lite0",
        "tf_efficientnetv2_b0",
        "tf_efficientnet_es",
    ] {
        let model = environment.model(name, name, 1000);
        let config = json!({
            "architecture": name,
            "num_classes": 1000,
            "pretrained_cfg": {
                "input_size": [3, 224, 224],
                "crop_pct": 0.875,
                "interpolation": "bicubic",
                "mean": [0.485, 0.456, 0.406],
                "std": [0.229, 0.224, 0.225],
            },
        });
        environment.write(&format!("{name}/config.json"), config.to_string());
        let file = environment.path(format!("{name}.npy"));
        let paths = ["--model".as_ref(), model.as_os_str(), star.as_os_str()];
        let words = ["embed".as_ref(), "-o".as_ref(), file.as_os_str()];
        let run = environment.run([&words[..], &paths].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let ours = Features::npy(&file);
        assert_eq!(ours.vectors.len(), 1);
        let theirs = reference_in("features.safetensors", name);
        assert_close(&ours.vectors[0], &theirs, name);
    }
}

#[test]
fn both_formats_hold_the_same_and_a_row_tells_its_picture() {
    let environment = Environment::new();
    album(&environment);
    for file in ["out.npy", "out.safetensors"] {
        let run = embed(&environment, &["-r", "album", "-o", file]);
        assert_eq!((run.code, &*run.stdout), (Some(0), ""), "{}", run.stderr);
    }
    let npy = Features::npy(&environment.path("out.npy"));
    let safetensors = Features::safetensors(&environment.path("out.safetensors"));
    assert_eq!(npy, safetensors);
    let expected = ["album/a.PNG", "album/b.jpg", "album/below/c.jpeg"];
    assert_eq!(npy.paths(), expected);
    let (width, height) = (278, 274);
    for (at, (row, path)) in npy.rows.iter().zip(expected).enumerate() {
        let bytes = fs::read(environment.path(path)).expect("the picture");
        assert_eq!(row["row"], at);
        assert_eq!(row["bytes"], bytes.len());
        assert_eq!(row["sha256"], sha256(&bytes));
        assert_eq!(npy.vectors[at], alone(&environment, path), "{path}");
    }
    assert_eq!(npy.rows[1]["width"], width);
    assert_eq!(npy.rows[1]["height"], height);
    // No other files are left behind.
    let mut files: Vec<_> = output(&environment).into_keys().collect();
    files.sort();
    assert_eq!(
        files,
        ["out.json", "out.jsonl", "out.npy", "out.safetensors"]
    );
}

#[test]
fn a_file_says_which_model_made_it_and_how() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let files = ["config.json", "model.safetensors"];
    let files = files.map(|file| {
        let content = fs::read(repository(&format!("assets/demo/{file}"))).expect("a file");
        (format!("someone/net/{file}"), content)
    });
    let weights = sha256(&files[1].1);
    let files = files
        .each_ref()
        .map(|(name, content)| (&**name, &**content));
    let server = StandIn::new(&files);
    for file in ["out.npy", "out.safetensors"] {
        let run = environment
            .command()
            .env("HF_ENDPOINT", server.url())
            .env("HF_HUB_OFFLINE", "0")
            .args(["embed", "--model", "someone/net", "star.jpg", "-o", file])
            .args(["--normalize", "--no-exif"])
            .output();
        let run = Run::of(run.expect("a run"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let text = fs::read(environment.path("out.json")).expect("the model");
    let about: Value = serde_json::from_slice(&text).expect("JSON");
    let transform = json!({
        "height": 96, "width": 96, "crop_pct": 1.0, "crop_mode": "center",
        "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225], "grey": false,
    });
    assert_eq!(
        about,
        json!({
            "model": "someone/net", "commit": COMMIT, "weights_sha256": weights,
            "features": 448, "normalized": true, "dtype": "f32", "transform": transform,
            "upright": false, "exact_decode": false,
        }),
    );
    let metadata = metadata(&environment.path("out.safetensors"));
    for (key, value) in about.as_object().expect("an object") {
        let text = value.as_str().map_or(value.to_string(), str::to_owned);
        let said: &str = &metadata[key];
        let is_same =
            said == text || serde_json::from_str::<Value>(said).ok().as_ref() == Some(value);
        assert!(is_same, "{key}: {said}");
    }
    // The commit is asked for when the file is searched, and no other.
    let run = environment.run(["similar", "star.jpg", "--in", "out.npy", "--no-exif", "-0"]);
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(0), "star.jpg\0"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_failed_picture_does_not_shift_the_rows_of_others() {
    let environment = Environment::new();
    album(&environment);
    let mut paths = Vec::new();
    for number in 0..9 {
        let path = format!("{number}.jpg");
        match number % 3 {
            0 => environment.write(&path, "damaged"),
            1 => environment.copy(&star(), &path),
            _ => environment.copy(&repository("assets/pictures/car.jpg"), &path),
        };
        paths.push(path);
    }
    paths.insert(4, "none.jpg".to_owned());
    paths.insert(5, String::new());
    let list = paths.join("\n");
    for (file, read) in [
        ("out.npy", Features::npy as fn(&Path) -> Features),
        ("out.safetensors", Features::safetensors),
    ] {
        let words = ["--files-from", "-", "-o", file, "--batch-size", "4"];
        let run = environment.run_with(list.as_bytes(), &[&DEMO[..], &words].concat());
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains("out.failed.jsonl"), "{}", run.stderr);
        let features = read(&environment.path(file));
        let good = ["1.jpg", "2.jpg", "4.jpg", "5.jpg", "7.jpg", "8.jpg"];
        assert_eq!(features.paths(), good);
        for (at, path) in good.iter().enumerate() {
            assert_eq!(features.rows[at]["row"], at);
            assert_eq!(features.vectors[at], alone(&environment, path), "{path}");
        }
        let failed = fs::read_to_string(environment.path("out.failed.jsonl")).expect("a list");
        let failed = failed
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object"));
        let failed: Vec<Value> = failed.collect();
        let paths: Vec<_> = failed.iter().map(|line| line["path"].as_str()).collect();
        let bad = ["0.jpg", "3.jpg", "none.jpg", "", "6.jpg"].map(Some);
        assert_eq!(paths, bad);
        assert_eq!(failed[0]["error"]["kind"], "unsupported");
        assert_eq!(failed[2]["error"]["kind"], "read");
    }
    // What is repaired is no failure any more.
    for path in ["0.jpg", "3.jpg", "6.jpg", "none.jpg"] {
        environment.copy(&star(), path);
    }
    let words = ["--files-from", "-", "-o", "out.npy", "--resume"];
    let list = list.replace("\n\n", "\n");
    let run = environment.run_with(list.as_bytes(), &[&DEMO[..], &words].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let paths = Features::npy(&environment.path("out.npy"));
    assert_eq!(paths.paths()[6..], ["0.jpg", "3.jpg", "none.jpg", "6.jpg"]);
    assert!(!environment.path("out.failed.jsonl").exists());
}

#[test]
fn standard_output_is_a_record_for_each_picture() {
    let environment = Environment::new();
    album(&environment);
    let run = embed(
        &environment,
        &["album/b.jpg", "album/note.txt", "album/a.PNG"],
    );
    assert_eq!(run.code, Some(1));
    let records = run.records();
    for record in &records {
        let keys: Vec<_> = record.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["path", "model", "embedding", "error"]);
        assert_eq!(record["model"], "demo");
    }
    assert_eq!(records[0]["path"], "album/b.jpg");
    assert_eq!(vector(&records[0]).len(), 448);
    assert!(records[1]["embedding"].is_null());
    assert_eq!(records[1]["error"]["kind"], "unsupported");
    assert!(records[2]["error"].is_null());
}

#[test]
fn normalized_vectors_have_the_length_one_and_the_same_direction() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let plain = alone(&environment, "star.jpg");
    let run = embed(&environment, &["star.jpg", "--normalize"]);
    let normal = vector(&run.records()[0]);
    let length = |vector: &[f32]| vector.iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt();
    assert!((length(&normal) - 1.0).abs() < 1e-6);
    let scale = length(&plain) as f32;
    assert!(scale > 2.0, "{scale}");
    let scaled: Vec<_> = normal.iter().map(|x| x * scale).collect();
    assert_close(&scaled, &plain, "the direction");
}

#[test]
fn a_file_is_the_same_whatever_the_number_of_threads() {
    let environment = Environment::new();
    album(&environment);
    environment.write("album/bad.jpg", "damaged");
    let mut files = Vec::new();
    for more in [
        &["--threads", "1"][..],
        &["--threads", "3"],
        &["--batch-size", "7"],
    ] {
        let words = [&["-r", "album", "-o", "out.safetensors"], more].concat();
        assert_eq!(embed(&environment, &words).code, Some(1));
        files.push(output(&environment));
    }
    assert!(files.windows(2).all(|pair| pair[0] == pair[1]));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_comes_back_and_is_known_by_a_resumed_run() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let environment = Environment::new();
    for name in [&b"a\xff.jpg"[..], b"a\xfe.jpg", "ü.jpg".as_bytes()] {
        fs::create_dir_all(environment.path("odd")).expect("a folder");
        let to = environment.path("odd").join(OsStr::from_bytes(name));
        fs::copy(star(), to).expect("a copy");
    }
    let run = embed(&environment, &["odd", "-o", "out.npy"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let features = Features::npy(&environment.path("out.npy"));
    assert_eq!(
        features.paths(),
        ["odd/a\u{fffd}.jpg", "odd/a\u{fffd}.jpg", "odd/ü.jpg"]
    );
    // `odd/a\xfe.jpg` in base64.
    assert_eq!(features.rows[0]["path_base64"], "b2RkL2H+LmpwZw==");
    let run = embed(&environment, &["odd", "-o", "out.npy", "--resume"]);
    assert!(
        run.stderr.contains("0 pictures, 3 already done"),
        "{}",
        run.stderr
    );
    let run = environment.run_raw(&["similar", "--in", "out.npy", "odd/ü.jpg", "-0", "-k", "3"]);
    let expected = b"odd/a\xfe.jpg\0odd/a\xff.jpg\0odd/\xc3\xbc.jpg\0";
    assert_eq!(run, expected);
}

/// Waits until it is so.
fn wait(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what} does not happen"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// A run into `out.npy` that waits for names, and where they go.
fn reading_names(environment: &Environment) -> (Child, ChildStdin) {
    let mut child = environment
        .command()
        .args(DEMO)
        .args(["--files-from", "-", "-o", "out.npy"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let list = child.stdin.take().expect("its standard input");
    (child, list)
}

#[test]
fn a_vector_is_written_before_the_next_picture_is_named() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let (mut child, mut list) = reading_names(&environment);
    let part = environment.path("out.npy.part");
    for rows in 1..=3 {
        list.write_all(b"star.jpg\n").expect("a name");
        let expected = 128 + rows * 448 * 4;
        wait("a row", || length(&part) == expected);
    }
    // The file has its name when it is whole, and not before.
    assert!(!environment.path("out.npy").exists());
    drop(list);
    assert!(child.wait().expect("an end").success());
    let features = Features::npy(&environment.path("out.npy"));
    assert_eq!(features.paths(), ["star.jpg"; 3]);
    assert!(!part.exists());
}

/// Two hundred pictures, some of them damaged.
#[cfg(unix)]
fn hundreds(environment: &Environment) {
    let names = ["star", "fish", "car", "house"];
    for number in 0..200 {
        let to = format!("album/{number:03}.jpg");
        match number % 20 {
            19 => environment.write(&to, "nothing"),
            _ => environment.copy(
                &repository(&format!("assets/pictures/{}.jpg", names[number % 4])),
                &to,
            ),
        };
    }
}

/// What an uninterrupted run makes, after many that were killed.
#[cfg(unix)]
fn survives_kills(file: &str) {
    use crate::random::Random;
    let environment = Environment::new();
    hundreds(&environment);
    assert_eq!(embed(&environment, &["album", "-o", file]).code, Some(1));
    let whole = output(&environment);
    for name in whole.keys() {
        fs::remove_file(environment.path(name)).expect("a removed file");
    }
    let part = environment.path(format!("{file}.part"));
    let journal = environment.path(format!("{file}.part.jsonl"));
    let mut random = Random(5);
    let mut kills = 0;
    for step in 1..=6 {
        let mut child = environment
            .command()
            .args(DEMO)
            .args(["album", "-q", "-o", file, "--resume"])
            .spawn()
            .expect("a run");
        let enough = step * 28 * 448 * 4;
        while length(&part) < enough && child.try_wait().expect("a process").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("a kill");
        kills += usize::from(child.wait().expect("an end").code().is_none());
        assert!(!environment.path(file).exists());
        // A disk that went away would leave less of either.
        for file in [&part, &journal] {
            let torn = length(file).saturating_sub(random.below(3000) as u64);
            let kept = fs::OpenOptions::new().write(true).open(file);
            kept.expect("a file").set_len(torn).expect("a torn file");
        }
    }
    assert!(kills >= 4, "only {kills} of 6 kills came in time");
    let last = embed(&environment, &["album", "-o", file, "--resume"]);
    assert_eq!(last.code, Some(1), "{}", last.stderr);
    assert!(last.stderr.contains("already done"), "{}", last.stderr);
    assert!(output(&environment) == whole, "another file");
}

#[cfg(unix)]
#[test]
fn a_npy_is_the_same_after_runs_that_were_killed() {
    survives_kills("out.npy");
}

#[cfg(unix)]
#[test]
fn a_safetensors_is_the_same_after_runs_that_were_killed() {
    survives_kills("out.safetensors");
}

#[cfg(unix)]
#[test]
fn what_is_done_is_kept_at_ctrl_c_and_gone_on_with() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let (child, mut list) = reading_names(&environment);
    list.write_all(b"star.jpg\n").expect("a name");
    let part = environment.path("out.npy.part");
    wait("a row", || length(&part) == 128 + 448 * 4);
    let kill = environment
        .command_of("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("a kill").success());
    let ended = Run::of(child.wait_with_output().expect("an end"));
    assert_eq!(ended.code, None, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("out.npy.part; --resume goes on"),
        "{}",
        ended.stderr
    );
    drop(list);
    let run = embed(&environment, &["star.jpg", "-o", "out.npy", "--resume"]);
    assert!(
        run.stderr.contains("0 pictures, 1 already done"),
        "{}",
        run.stderr
    );
    assert_eq!(
        Features::npy(&environment.path("out.npy")).paths(),
        ["star.jpg"]
    );
}

#[test]
fn a_second_writer_is_refused_until_the_first_has_ended() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let (mut first, mut list) = reading_names(&environment);
    list.write_all(b"star.jpg\n").expect("a name");
    let part = environment.path("out.npy.part");
    wait("a row", || length(&part) == 128 + 448 * 4);
    for more in [&[][..], &["--resume"]] {
        let run = embed(
            &environment,
            &[&["star.jpg", "-o", "out.npy"], more].concat(),
        );
        assert_eq!(run.code, Some(2), "{more:?}");
        assert!(run.stderr.contains("another run"), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert_eq!(length(&part), 128 + 448 * 4);
    }
    first.kill().expect("a kill");
    first.wait().expect("an end");
    let run = embed(&environment, &["star.jpg", "-o", "out.npy", "--resume"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("1 already done"), "{}", run.stderr);
}

#[test]
fn a_whole_file_is_added_to_and_a_picture_named_twice_has_two_rows() {
    let environment = Environment::new();
    album(&environment);
    for file in ["out.npy", "out.safetensors"] {
        embed(&environment, &["album/b.jpg", "-o", file]);
        let words = [
            "album/a.PNG",
            "album/b.jpg",
            "album/b.jpg",
            "-o",
            file,
            "--resume",
        ];
        let run = embed(&environment, &words);
        assert!(
            run.stderr.contains("2 pictures, 1 already done"),
            "{}",
            run.stderr
        );
    }
    let npy = Features::npy(&environment.path("out.npy"));
    assert_eq!(npy.paths(), ["album/b.jpg", "album/a.PNG", "album/b.jpg"]);
    assert_eq!(npy.vectors[0], npy.vectors[2]);
    assert_eq!(npy.vectors[1], alone(&environment, "album/a.PNG"));
    assert_eq!(
        npy,
        Features::safetensors(&environment.path("out.safetensors"))
    );
    // Without --resume it begins anew.
    embed(&environment, &["album/a.PNG", "-o", "out.npy"]);
    let npy = Features::npy(&environment.path("out.npy"));
    assert_eq!(npy.paths(), ["album/a.PNG"]);
}

/// A folder with the demonstration's model and one changed weight.
fn other_weights(environment: &Environment) {
    environment.copy(&repository("assets/demo/config.json"), "other/config.json");
    let from = repository("assets/demo/model.safetensors");
    let mut weights = fs::read(from).expect("the weights");
    let last = weights.len() - 1;
    weights[last] ^= 1;
    environment.write("other/model.safetensors", weights);
}

#[test]
fn vectors_of_another_model_or_another_kind_are_not_mixed() {
    let environment = Environment::new();
    album(&environment);
    other_weights(&environment);
    embed(&environment, &["album/b.jpg", "-o", "out.npy"]);
    let before = output(&environment);
    let of_demo = |words: &'static [&str], part: &'static str| {
        ([&["--variant", "demo"], words].concat(), part)
    };
    for (words, part) in [
        (
            vec!["--model", "other"],
            "of demo, and this run's are of other",
        ),
        // It is not looked for.
        (
            vec!["--variant", "b0"],
            "of demo, and this run's would be of timm/",
        ),
        of_demo(&["--normalize"], "--normalize"),
        of_demo(&["--no-exif"], "--no-exif"),
        of_demo(&["--exact-decode"], "--exact-decode"),
    ] {
        let words = [&["embed", "album", "-o", "out.npy", "--resume"], &words[..]].concat();
        let run = environment.run(&words);
        assert_eq!(run.code, Some(2), "{words:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(part), "{words:?}: {}", run.stderr);
        assert!(output(&environment) == before, "{words:?}");
    }
}

#[test]
fn what_is_no_file_of_features_is_not_written_over() {
    let environment = Environment::new();
    album(&environment);
    let weights = repository("assets/demo/model.safetensors");
    environment.copy(&weights, "model.safetensors");
    environment.write("array.npy", "something");
    environment.write("labels.jsonl", "{\"path\":\"a\"}\n");
    environment.write("notes.json", "{}");
    for (name, beside) in [
        ("model.safetensors", "model.safetensors"),
        ("array.npy", "array.npy"),
        ("labels.npy", "labels.jsonl"),
        ("notes.npy", "notes.json"),
    ] {
        let before = fs::read(environment.path(beside)).expect("a file");
        for more in [&[][..], &["--resume"]] {
            let run = embed(&environment, &[&["album", "-o", name], more].concat());
            assert_eq!(run.code, Some(2), "{name}: {}", run.stderr);
            assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
            assert!(run.stderr.contains("another name"), "{}", run.stderr);
            assert_eq!(fs::read(environment.path(beside)).expect("a file"), before);
        }
    }
    for (name, part) in [
        ("out.txt", ".npy or .safetensors"),
        ("out", ".npy or .safetensors"),
        ("none/out.npy", "no folder none"),
    ] {
        let run = embed(&environment, &["album", "-o", name]);
        assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1));
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert!(output(&environment).is_empty());
}

#[test]
fn a_part_of_a_list_is_embedded_and_gone_on_with() {
    let environment = Environment::new();
    let names: Vec<_> = (0..12).map(|number| format!("{number}.jpg")).collect();
    for name in &names {
        environment.copy(&star(), name);
    }
    environment.write("list", names.join("\n"));
    let shard = |part: &str, file: &str, more: &[&str]| {
        let arguments = ["--files-from", "list", "--shard", part, "-o", file];
        let run = embed(&environment, &[&arguments, more].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let features = Features::npy(&environment.path(file));
        features
            .paths()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let first = shard("1/2", "1.npy", &[]);
    assert_eq!(shard("1/2", "1.npy", &["--resume"]), first);
    let mut all = [first, shard("2/2", "2.npy", &[])].concat();
    all.sort();
    let mut sorted = names;
    sorted.sort();
    assert_eq!(all, sorted);
}
