//! The contract of records: one per input, all keys always, and files that can be resumed.

use std::fs;

use serde_json::Value;

use crate::environment::{Environment, Run, repository};

/// A folder with a star, a fish, and a file that is no picture.
fn environment() -> Environment {
    let environment = Environment::new();
    for name in ["star.jpg", "fish.jpg"] {
        environment.copy(&repository(&format!("assets/pictures/{name}")), name);
    }
    environment.write("bad.jpg", b"no picture");
    environment
}

fn classify(environment: &Environment, arguments: &[&str]) -> Run {
    let words = ["classify", "--variant", "demo", "-k", "1"];
    environment.run(words.iter().chain(arguments))
}

fn paths(run: &Run) -> Vec<Value> {
    run.records()
        .iter()
        .map(|record| record["path"].clone())
        .collect()
}

#[test]
fn every_record_has_all_four_keys_in_order() {
    let environment = environment();
    for format in ["--json", "--jsonl"] {
        let run = classify(&environment, &["star.jpg", "bad.jpg", "none.jpg", format]);
        let records = match format {
            "--json" => serde_json::from_str(&run.stdout).expect("an array"),
            _ => run.records(),
        };
        assert_eq!(records.len(), 3);
        for record in records {
            let keys: Vec<_> = record
                .as_object()
                .expect("an object")
                .keys()
                .cloned()
                .collect();
            assert_eq!(keys, ["path", "model", "predictions", "error"]);
            assert_eq!(record["predictions"].is_null(), !record["error"].is_null());
            assert_eq!(record["model"], "demo");
        }
    }
}

#[test]
fn a_list_has_a_record_per_entry_and_empty_names_count() {
    let environment = environment();
    for (list, arguments) in [
        (&b"star.jpg\n\nfish.jpg\n"[..], &["--files-from", "-"][..]),
        (b"star.jpg\r\n\r\nfish.jpg", &["--files-from", "-"]),
        (b"star.jpg\0\0fish.jpg\0", &["--files-from", "-", "-0"]),
        (
            b"\xef\xbb\xbfstar.jpg\n\nfish.jpg\n",
            &["--files-from", "-"],
        ),
    ] {
        let words = [&["classify", "--variant", "demo", "--jsonl"], arguments].concat();
        let run = environment.run_with(list, &words);
        assert_eq!(paths(&run), ["star.jpg", "", "fish.jpg"], "{}", run.stderr);
        let error = &run.records()[1]["error"];
        assert_eq!((error["kind"].as_str(), run.code), (Some("read"), Some(1)));
    }
}

#[test]
fn lists_of_powershell_are_read_in_either_byte_order() {
    let environment = environment();
    environment.copy(&repository("assets/pictures/star.jpg"), "\u{661f}.jpg");
    let text = "\u{feff}star.jpg\r\n\u{661f}.jpg\r\n";
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let list: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        environment.write("list", &list);
        let run = classify(&environment, &["--files-from", "list", "--jsonl"]);
        assert_eq!(run.labels(), ["star", "star"], "{}", run.stdout);
    }
}

#[test]
fn what_was_meant_otherwise_is_told_how_to_say_it() {
    let environment = environment();
    let run = |input: &[u8], arguments: &[&str]| {
        let words = [&["classify", "--variant", "demo", "--jsonl"], arguments].concat();
        let run = environment.run_with(input, &words);
        format!("{}{}", run.stdout, run.stderr)
    };
    let nul = run(b"star.jpg\0fish.jpg\0", &["--files-from", "-"]);
    assert!(nul.contains("say so with -0"), "{nul}");
    let text = run(b"star.jpg\nfish.jpg\n", &["-"]);
    assert!(text.contains("--files-from -"), "{text}");
    let picture = run(b"", &["--files-from", "star.jpg"]);
    assert!(picture.contains("give it as an argument"), "{picture}");
    let address = run(b"", &["https://example.org/cat.jpg"]);
    assert!(address.contains("curl"), "{address}");
}

#[test]
fn nothing_to_do_is_an_error_unless_it_is_allowed_or_a_list_is_empty() {
    let environment = environment();
    fs::create_dir(environment.path("empty")).expect("a folder");
    environment.write("list", b"");
    assert_eq!(classify(&environment, &["empty", "--json"]).code, Some(2));
    for arguments in [
        &["empty", "--allow-empty", "--json"][..],
        &["--files-from", "list", "--json"],
        &["empty", "--files-from", "list", "--json"],
    ] {
        let run = classify(&environment, arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(0), "[]\n"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("pictures/s"), "{}", run.stderr);
    }
}

#[test]
fn keep_going_ends_with_0_and_quiet_still_says_what_failed() {
    let environment = environment();
    let arguments = ["star.jpg", "bad.jpg", "--jsonl", "-q"];
    let run = classify(&environment, &arguments);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stderr, "effnet: 1 of 2 pictures failed\n");
    let run = classify(&environment, &[&arguments[..], &["--keep-going"]].concat());
    assert_eq!((run.code, run.records().len()), (Some(0), 2));
}

#[test]
fn tables_can_come_without_a_header_and_name_the_kind_of_an_error() {
    let environment = environment();
    let run = classify(
        &environment,
        &["bad.jpg", "star.jpg", "--tsv", "--no-header"],
    );
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(
        lines[0].starts_with("bad.jpg\t\t\t\t\t\tunsupported\t"),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with("star.jpg\t1\tstar\t"), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

#[test]
fn the_format_is_that_of_the_files_ending_unless_one_is_named() {
    let environment = environment();
    for (file, flag, start) in [
        ("out.csv", "", "path,rank"),
        ("out.TSV", "", "path\trank"),
        ("out.json", "", "[\n{"),
        ("out.jsonl", "", "{\"path\""),
        ("out.ndjson", "", "{\"path\""),
        ("out", "", "star.jpg\n"),
        ("named.csv", "--jsonl", "{\"path\""),
    ] {
        let flags: Vec<_> = [flag].into_iter().filter(|flag| !flag.is_empty()).collect();
        let run = classify(
            &environment,
            &[&["star.jpg", "-o", file][..], &flags].concat(),
        );
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let text = fs::read_to_string(environment.path(file)).expect("the output");
        assert!(text.starts_with(start), "{file}: {text}");
    }
}

#[test]
fn the_output_never_takes_the_place_of_what_the_run_reads() {
    let environment = environment();
    let list = environment.write("list.txt", b"star.jpg\n");
    let labels = environment.write("labels.txt", ["a label\n"; 16].concat());
    let config = environment.copy(&repository("assets/demo/config.json"), "m/config.json");
    let from = repository("assets/demo/model.safetensors");
    let weights = environment.copy(&from, "m/model.safetensors");
    fs::hard_link(&weights, environment.path("link")).expect("a link");
    for (arguments, file) in [
        (&["--files-from", "list.txt", "-o", "list.txt"][..], &list),
        (
            &["star.jpg", "--labels", "labels.txt", "-o", "./labels.txt"],
            &labels,
        ),
        (
            &["star.jpg", "--model", "m", "-o", "m/model.safetensors"],
            &weights,
        ),
        (
            &["star.jpg", "--model", "m", "-o", "m/config.json"],
            &config,
        ),
        (&["star.jpg", "--model", "m", "-o", "link"], &weights),
        (
            &["star.jpg", "bad.jpg", "-o", "bad.jpg"],
            &environment.path("bad.jpg"),
        ),
    ] {
        let before = fs::read(file).expect("the file");
        let variant: &[&str] = if arguments.contains(&"m") {
            &[]
        } else {
            &["--variant", "demo"]
        };
        let run = environment.run([&["classify"], variant, arguments].concat());
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("read by this run"), "{}", run.stderr);
        assert_eq!(fs::read(file).expect("the file"), before, "{arguments:?}");
    }
}

#[test]
fn an_output_that_can_not_be_written_is_told_before_a_download() {
    let environment = environment();
    for (arguments, word) in [
        (&["star.jpg", "-o", "none/out.csv"][..], "no folder none"),
        (&["star.jpg", "-o", "."], "it is a folder"),
        (&["star.jpg", "--labels", "none.txt"], "none.txt"),
    ] {
        // B0 is not downloaded, and offline it can't be: that would be said next.
        let run = environment.run([&["classify"], arguments].concat());
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
    let run = environment.run(["classify", "none.jpg", "nor-this.jpg", "--jsonl"]);
    assert_eq!(
        (run.code, run.records().len()),
        (Some(1), 2),
        "{}",
        run.stderr
    );
    assert_eq!(
        run.records()[0]["model"],
        "timm/tf_efficientnet_b0.ns_jft_in1k"
    );
}

#[test]
fn resuming_counts_what_is_done_and_fails_while_errors_remain() {
    let environment = environment();
    let all = ["star.jpg", "bad.jpg", "fish.jpg"];
    let resume = ["-o", "out.jsonl", "--resume"];
    let first = classify(&environment, &[&all[..2], &resume].concat());
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    let second = classify(&environment, &[&all[..], &resume].concat());
    assert_eq!(second.code, Some(1), "an error remains");
    assert!(
        second.stderr.contains("1 picture, 2 already done"),
        "{}",
        second.stderr
    );
    assert!(
        second.stderr.contains("--retry-failed"),
        "{}",
        second.stderr
    );
    // Mended meanwhile.
    environment.copy(&repository("assets/pictures/car.jpg"), "bad.jpg");
    let retry = [&all[..], &resume, &["--retry-failed"]].concat();
    let third = classify(&environment, &retry);
    assert_eq!(third.code, Some(0), "{}", third.stderr);
    let text = fs::read_to_string(environment.path("out.jsonl")).expect("the output");
    let records: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let mut paths: Vec<_> = records
        .iter()
        .map(|r| r["path"].as_str().expect("a path"))
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["bad.jpg", "fish.jpg", "star.jpg"]);
    assert!(records.iter().all(|record| record["error"].is_null()));
    let fourth = classify(&environment, &retry);
    assert_eq!(fourth.code, Some(0));
    assert!(
        fourth.stderr.contains("0 pictures, 3 already done"),
        "{}",
        fourth.stderr
    );
}

#[test]
fn resuming_with_another_model_is_refused() {
    let environment = environment();
    environment.copy(&repository("assets/demo/config.json"), "m/config.json");
    let from = repository("assets/demo/model.safetensors");
    environment.copy(&from, "m/model.safetensors");
    let resume = ["-o", "out.jsonl", "--resume"];
    assert_eq!(
        classify(&environment, &[&["star.jpg"], &resume[..]].concat()).code,
        Some(0)
    );
    let before = fs::read(environment.path("out.jsonl")).expect("the output");
    // It is known before the other model is there: b0 would be downloaded first.
    for model in [["--model", "m"], ["--variant", "b0"]] {
        let words = [&["classify", "fish.jpg"], &model[..], &resume[..]].concat();
        let run = environment.run(&words);
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.contains("of demo"), "{}", run.stderr);
    }
    assert_eq!(
        fs::read(environment.path("out.jsonl")).expect("the output"),
        before
    );
}

#[test]
fn two_runs_do_not_write_one_file() {
    let environment = environment();
    let file = fs::File::create(environment.path("out.jsonl")).expect("a file");
    file.lock().expect("a lock");
    for more in [&[][..], &["--resume"]] {
        let run = classify(
            &environment,
            &[&["star.jpg", "-o", "out.jsonl"], more].concat(),
        );
        assert_eq!(run.code, Some(2), "{more:?}");
        assert!(run.stderr.contains("another run"), "{}", run.stderr);
    }
    drop(file);
    let run = classify(&environment, &["star.jpg", "-o", "out.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[cfg(not(feature = "heic"))]
#[test]
fn a_folder_says_what_it_holds_and_is_not_read() {
    let environment = environment();
    let star = repository("assets/pictures/star.jpg");
    for name in [
        "a/one.HEIC",
        "a/two.jpg",
        "a/@eaDir/two.jpg",
        "a/.hidden.jpg",
        "b/c/deep.jpg",
    ] {
        environment.copy(&star, name);
    }
    for name in ["a/three.heic", "a/four.HEIC", "a/five.crw"] {
        environment.write(name, b"\0\0\0\x18ftypheic");
    }
    let run = classify(&environment, &["a", "-r", "--jsonl", "-v"]);
    // A JPEG with another's ending is one all the same.
    assert_eq!(paths(&run), ["a/one.HEIC", "a/two.jpg"]);
    let left_out = "3 of formats that are not read (1 .crw, 2 .heic)";
    assert!(run.stderr.contains(left_out), "{}", run.stderr);
    assert!(
        run.stderr.contains("1 hidden left out; --hidden"),
        "{}",
        run.stderr
    );
    let run = classify(&environment, &["a", "--hidden", "--jsonl"]);
    assert_eq!(paths(&run), ["a/.hidden.jpg", "a/one.HEIC", "a/two.jpg"]);
    environment.write("raw/one.x3f", b"FOVb\0\0\x02\0");
    let run = classify(&environment, &["raw"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("1 .x3f"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn linked_folders_are_followed_when_asked_for_and_never_in_a_circle() {
    let environment = environment();
    environment.copy(&repository("assets/pictures/star.jpg"), "a/one.jpg");
    environment.copy(&repository("assets/pictures/star.jpg"), "other/two.jpg");
    let link = std::os::unix::fs::symlink::<std::path::PathBuf, _>;
    link(environment.path("other"), environment.path("a/link")).expect("a link");
    link(environment.path("a"), environment.path("a/up")).expect("a link");
    let run = classify(&environment, &["a", "-r", "--jsonl", "-v"]);
    assert_eq!(paths(&run), ["a/one.jpg"]);
    assert!(
        run.stderr.contains("2 linked folders left out"),
        "{}",
        run.stderr
    );
    let run = classify(&environment, &["a", "-r", "--follow", "--jsonl"]);
    assert_eq!(paths(&run), ["a/link/two.jpg", "a/one.jpg"]);
}

#[test]
fn labels_come_as_lines_with_or_without_numbers_and_as_json() {
    let environment = environment();
    let names: Vec<String> = (0..16).map(|i| format!("thing {i}")).collect();
    let lines = |line: &dyn Fn(usize, &str) -> String| -> String {
        names
            .iter()
            .enumerate()
            .map(|(i, name)| line(i, name))
            .collect()
    };
    let table: serde_json::Map<_, _> = (0..16)
        .map(|i| (i.to_string(), names[i].clone().into()))
        .collect();
    let pairs: serde_json::Map<_, _> = (0..16)
        .map(|i| {
            (
                i.to_string(),
                serde_json::json!([format!("n{i:08}"), names[i]]),
            )
        })
        .collect();
    let utf16: Vec<u8> = lines(&|_, name| format!("{name}\r\n"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (what, content) in [
        ("lines", lines(&|_, name| format!("{name}\n")).into_bytes()),
        (
            "numbered",
            lines(&|i, name| format!("{i} {name}\n")).into_bytes(),
        ),
        (
            "numbered with colons",
            lines(&|i, name| format!("{i}: {name}\n")).into_bytes(),
        ),
        (
            "wnids",
            lines(&|i, name| format!("n{i:08} {name}\n")).into_bytes(),
        ),
        ("json list", serde_json::to_vec(&names).expect("JSON")),
        ("json table", serde_json::to_vec(&table).expect("JSON")),
        ("json pairs", serde_json::to_vec(&pairs).expect("JSON")),
        ("utf-16", [&[0xff, 0xfe], &utf16[..]].concat()),
    ] {
        environment.write("labels", &content);
        let run = classify(&environment, &["star.jpg", "--labels", "labels", "--jsonl"]);
        assert_eq!(run.code, Some(0), "{what}: {}", run.stderr);
        let prediction = &run.records()[0]["predictions"][0];
        let index = prediction["index"].as_u64().expect("an index");
        assert_eq!(prediction["label"], format!("thing {index}"), "{what}");
        let wnid = (what == "wnids" || what == "json pairs").then(|| format!("n{index:08}"));
        assert_eq!(prediction["wnid"].as_str(), wnid.as_deref(), "{what}");
    }
}

#[test]
fn labels_in_json_are_read_as_those_of_a_configuration() {
    let environment = environment();
    let with = |first: serde_json::Value| {
        let mut names = vec![serde_json::Value::Null; 16];
        names[0] = first;
        serde_json::Value::from(names)
    };
    let ids: serde_json::Map<_, _> = (0..16).map(|i| (format!("n{i}"), i.into())).collect();
    let label = |names: &serde_json::Value| {
        environment.write("labels", names.to_string().as_bytes());
        let words = ["classify", "star.jpg", "--variant", "demo", "-k", "all"];
        let run = environment.run(words.iter().chain(&["--labels", "labels", "--jsonl"]));
        assert_eq!(run.code, Some(0), "{names}: {}", run.stderr);
        let predictions = run.records()[0]["predictions"].clone();
        let predictions = predictions.as_array().expect("an array").clone();
        let of = |index: u64| {
            let found = predictions.iter().find(|p| p["index"] == index);
            found.expect("a class")["label"]
                .as_str()
                .expect("text")
                .to_owned()
        };
        (of(0), of(15))
    };
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(label(&with(7.into())), pair("7", "15"));
    assert_eq!(label(&with(true.into())), pair("true", "15"));
    assert_eq!(label(&ids.into()), pair("n0", "n15"));
    let few = serde_json::json!({"0": "first", "15": null});
    assert_eq!(label(&few), pair("first", "15"));
    for (names, reason) in [
        (r#"["a", "b"]"#, "holds 2 labels"),
        (r#"{"0": {}}"#, "no name"),
        (r#"{"5000000000": "a"}"#, "names class 5000000000"),
        ("[1, 2", "is no JSON"),
        ("{}", "holds 0 labels"),
    ] {
        environment.write("labels", names.as_bytes());
        let run = classify(&environment, &["star.jpg", "--labels", "labels"]);
        assert_eq!(run.code, Some(2), "{names}");
        assert!(run.stderr.contains(reason), "{names}: {}", run.stderr);
    }
}

#[test]
fn a_model_that_can_not_be_loaded_leaves_the_output_as_it_was() {
    let environment = environment();
    environment.write("out.csv", b"an earlier answer");
    environment.copy(&repository("assets/demo/config.json"), "m/config.json");
    environment.write("m/model.safetensors", b"not weights");
    let run = environment.run(["classify", "star.jpg", "--model", "m", "-o", "out.csv"]);
    assert_eq!(run.code, Some(2));
    let text = fs::read_to_string(environment.path("out.csv")).expect("the output");
    assert_eq!(text, "an earlier answer");
    let run = classify(&environment, &["star.jpg", "-o", "out.csv"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let text = fs::read_to_string(environment.path("out.csv")).expect("the output");
    assert!(
        text.starts_with("path,rank") && !text.contains("earlier"),
        "{text}"
    );
}

#[test]
fn missing_files_are_named_as_others_are_and_have_one_record_however_often_they_are_resumed() {
    let environment = environment();
    // Nothing is downloaded for them, and yet the model has its own name and not the one typed.
    let words = ["classify", "none.jpg", "--model", "EfficientNet-B4"];
    for _ in 0..2 {
        let run = environment.run(words.iter().chain(&["-o", "out.jsonl", "--resume"]));
        assert_eq!(run.code, Some(1), "{}", run.stderr);
    }
    let text = fs::read_to_string(environment.path("out.jsonl")).expect("the output");
    assert_eq!(text.lines().count(), 1, "{text}");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["model"], "timm/tf_efficientnet_b4.ns_jft_in1k");
}
