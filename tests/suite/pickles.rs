//! PyTorch's files of weights: read as data in all the forms in which they are saved, and never run.

use effnet::model::weights::{Parameter, Source};
use effnet::model::weights_file::WeightsFile;
use serde_json::json;

use crate::corpus::damaged;
use crate::environment::{Environment, Run, fixture, repository};
use crate::fuzz;
use crate::hub_server::StandIn;
use crate::pickle::{Saved, dict, pickle, tensor, text, zip};
use crate::random::Random;

fn demo() -> Vec<u8> {
    std::fs::read(repository("assets/demo/model.safetensors")).expect("the demo model")
}

fn star() -> String {
    let star = repository("assets/pictures/star.jpg");
    star.to_str().expect("a path").to_owned()
}

/// Classifies a picture by the weights `file`.
fn classify(file: &[u8]) -> Run {
    let environment = Environment::new();
    environment.write("weights", file);
    let model = ["--model=weights", "--variant=demo"];
    environment.run([&["classify", &star(), "--jsonl", "-k=all"], &model[..]].concat())
}

/// The one line with which a run with these weights ends.
fn refusal(file: &[u8]) -> String {
    let run = classify(file);
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.stderr
}

#[test]
fn every_form_in_which_torch_saves_gives_the_same_values() {
    let six = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5];
    let turned = [0.5, 2.5, 4.5, 1.5, 3.5, 5.5];
    let sixteen: Vec<f32> = (0_u8..16).map(f32::from).collect();
    let expected: &[(&str, &[usize], &[f32])] = &[
        ("f32", &[2, 3], &six),
        ("f16", &[2, 3], &six),
        ("bf16", &[2, 3], &six),
        ("f64", &[2, 3], &six),
        ("shared", &[2, 3], &six),
        ("last_row", &[3], &six[3..]),
        ("transposed", &[2, 3], &turned),
        ("half_transposed", &[2, 3], &turned),
        ("channels_last", &[2, 2, 2, 2], &sixteen),
        ("column", &[3], &[1.0, 5.0, 9.0]),
        ("every_other", &[2, 2], &[0.0, 2.0, 8.0, 10.0]),
        ("parameter", &[2, 3], &six),
        ("number", &[], &[2.5]),
        ("empty", &[0, 3], &[]),
    ];
    let protocols = (2..=5).flat_map(|p| [format!("protocol_{p}.pth"), format!("legacy_{p}.pth")]);
    let others = ["training.ckpt", "tutorial.pt", "nested.pt"].map(str::to_owned);
    for file in protocols.chain(others) {
        check(&file, expected);
    }
    let network: &[(&str, &[usize], &[f32])] = &[
        ("inner.0.weight", &[2, 2, 1, 1], &[0.0, 1.0, 2.0, 3.0]),
        ("inner.1.weight", &[2], &[0.0, 1.0]),
        ("inner.1.running_var", &[2], &[0.0, 1.0]),
    ];
    check("module.pt", network);
}

fn check(file: &str, expected: &[(&str, &[usize], &[f32])]) {
    let path = fixture(&format!("pickles/{file}"));
    let weights = WeightsFile::open(&path).expect("a file of weights");
    for &(name, shape, values) in expected {
        let parameter = Parameter {
            name: name.to_owned(),
            shape: shape.to_vec(),
        };
        let read = weights.read(&parameter).expect("a tensor");
        assert_eq!(read, values, "{file} {name}");
    }
}

#[test]
fn the_same_weights_as_safetensors_and_as_pickles_give_the_same_bytes() {
    let demo = demo();
    let expected = classify(&demo);
    assert_eq!(expected.code, Some(0), "{}", expected.stderr);
    let saved = Saved::of(&demo);
    let size = 2; // The type of its values.
    let under = |name: &'static str| saved.clone().around(|weights| dict(&[(name, weights)]));
    let wrapped = |prefix| Saved::renamed(&demo, |name| format!("{prefix}{name}"));
    for (form, file) in [
        ("an archive", saved.archive()),
        ("the legacy form", saved.legacy(size)),
        ("state_dict", under("state_dict").archive()),
        ("model, legacy", under("model").legacy(size)),
        ("an unknown name", under("whatever").archive()),
        ("of several devices", wrapped("module.").archive()),
        ("compiled", wrapped("_orig_mod.").archive()),
        ("both", wrapped("module._orig_mod.").archive()),
        ("a module of old", module_of_old(&demo).legacy(size)),
    ] {
        let run = classify(&file);
        assert_eq!(run.code, Some(0), "{form}: {}", run.stderr);
        assert_eq!(run.stdout, expected.stdout, "{form}");
    }
}

/// The weights in a module that was saved whole, as old versions did: with its source.
fn module_of_old(file: &[u8]) -> Saved {
    let named = [
        text("module"),
        b"cnet\nNet\n".to_vec(),
        text("net.py"),
        text("class Net: ..."),
    ];
    let class = [b"(", &named.concat()[..], b"tQ"].concat();
    Saved::of(file).around(|weights| {
        let state = dict(&[
            ("training", vec![0x88]),
            ("_parameters", weights),
            ("_modules", dict(&[])),
        ]);
        [&class[..], b")\x81", &state, b"b"].concat()
    })
}

#[test]
fn folders_with_pytorchs_files_alone_are_models() {
    let demo = demo();
    let environment = Environment::new();
    let folder = |name: &str| std::fs::create_dir(environment.path(name)).expect("a folder");
    let config = repository("assets/demo/config.json");
    let run = |model: &str| {
        let run = environment.run(["classify", &star(), "--jsonl", "--model", model]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.records()[0]["predictions"].clone()
    };
    for name in ["safe", "whole", "parts"] {
        folder(name);
        environment.copy(&config, &format!("{name}/config.json"));
    }
    environment.write("safe/model.safetensors", &demo);
    environment.write("whole/pytorch_model.bin", Saved::of(&demo).archive());
    // The same in two files.
    let file = safetensors::SafeTensors::deserialize(&demo).expect("the demo model");
    let mut names: Vec<_> = file.names();
    names.sort_unstable();
    let mut map = serde_json::Map::new();
    for (number, names) in names.chunks(names.len().div_ceil(2)).enumerate() {
        let part = format!("pytorch_model-0000{}-of-00002.bin", number + 1);
        let views = names
            .iter()
            .map(|name| (*name, file.tensor(name).expect("a tensor")));
        let bytes = safetensors::serialize(views, None).expect("a file");
        environment.write(&format!("parts/{part}"), Saved::of(&bytes).archive());
        map.extend(names.iter().map(|name| ((*name).to_owned(), json!(part))));
    }
    let index = json!({"metadata": {}, "weight_map": map}).to_string();
    environment.write("parts/pytorch_model.bin.index.json", index);
    let expected = run("safe");
    assert_eq!(run("whole"), expected);
    assert_eq!(run("parts"), expected);
    // What is safe comes first.
    environment.write("safe/pytorch_model.bin", b"nothing");
    assert_eq!(run("safe"), expected);
    let onto = [
        "classify",
        &star(),
        "--model=whole",
        "-o",
        "whole/pytorch_model.bin",
    ];
    let run = environment.run(onto);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

#[test]
fn a_repository_with_pytorchs_file_alone_is_a_model() {
    let config = std::fs::read(repository("assets/demo/config.json")).expect("a file");
    let weights = Saved::of(&demo()).archive();
    let server = StandIn::new(&[
        ("someone/old/config.json", &config),
        ("someone/old/pytorch_model.bin", &weights),
    ]);
    let environment = Environment::new();
    let mut command = environment.command();
    command
        .env("HF_ENDPOINT", server.url())
        .env("HF_HUB_OFFLINE", "0");
    command.args(["classify", &star(), "--model", "someone/old", "-k=1"]);
    let run = Run::of(command.output().expect("a run"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("star"), "{}", run.stdout);
}

/// A file of two values that are seen with this shape and these strides.
fn seen_as(shape: &[usize], strides: &[usize], offset: usize) -> Vec<u8> {
    let tensor = tensor("FloatStorage", 0, 2, offset, shape, strides);
    let saved = Saved {
        pickle: dict(&[("conv_stem.weight", tensor)]),
        storages: vec![vec![0; 8]],
    };
    saved.archive()
}

/// An archive with this pickle and nothing else.
fn alone(opcodes: &[u8]) -> Vec<u8> {
    let saved = Saved {
        pickle: opcodes.to_vec(),
        storages: Vec::new(),
    };
    saved.archive()
}

/// Lists of lists, each twice in the next: with copies it would be 8 GiB.
fn doubled() -> Vec<u8> {
    let mut opcodes = b"]q\0".to_vec();
    for place in 1..60 {
        opcodes.extend([
            b']',
            b'(',
            b'h',
            place - 1,
            b'h',
            place - 1,
            b'e',
            b'q',
            place,
        ]);
    }
    opcodes
}

#[test]
fn what_a_pickle_would_have_run_is_not_run() {
    let environment = Environment::new();
    let path = environment.path("was-here");
    let command = format!("touch {}", path.display());
    let system = [b"cposix\nsystem\n", &text(&command)[..], b"\x85R"].concat();
    let weights = Saved::of(&demo());
    // As a value beside the weights: they are read. As all there is: there is nothing.
    let beside = weights
        .clone()
        .around(|weights| dict(&[("first", system.clone()), ("state_dict", weights)]));
    let run = classify(&beside.archive());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(refusal(&alone(&system)).contains("there are no weights in it"));
    // As the class of a tensor, of a storage, and as what is given a state.
    for opcodes in [
        [&dict(&[("w", system.clone())])[..], b""].concat(),
        [&system[..], &dict(&[]), b"b"].concat(),
        [
            b"c__builtin__\neval\n",
            &text("open('was-here', 'w')")[..],
            b"\x85R",
        ]
        .concat(),
    ] {
        refusal(&alone(&opcodes));
    }
    assert!(!path.exists());
}

#[test]
fn hostile_pickles_end_with_one_line() {
    let nested = |opcode: &[u8], count: usize| [b"N", &opcode.repeat(count)[..]].concat();
    let repeated = |opcodes: &[u8], count: usize| opcodes.repeat(count);
    for (what, file, expected) in [
        (
            "nested tuples",
            alone(&nested(b"\x85", 3 << 20)),
            "over 4000000 values",
        ),
        (
            "nested lists",
            alone(&repeated(b"](", 1 << 20)),
            "nested deeply",
        ),
        (
            "only marks",
            alone(&repeated(b"(", 2 << 20)),
            "nested deeply",
        ),
        (
            "values on values",
            alone(&nested(b"2", 2 << 20)),
            "nested deeply",
        ),
        ("doubled lists", alone(&doubled()), "no weights"),
        ("a list in itself", alone(b"]q\0h\0a"), "no weights"),
        (
            "a dictionary in itself",
            alone(&[b"}q\0", &text("model")[..], b"h\0s"].concat()),
            "too deep",
        ),
        (
            "4 GB of text",
            alone(b"X\xff\xff\xff\xff"),
            "goes on behind",
        ),
        (
            "2^63 bytes",
            alone(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"),
            "goes on behind",
        ),
        ("an empty stack", alone(b"R"), "empty stack"),
        ("below a mark", alone(b"N(R"), "empty stack"),
        ("no mark", alone(b"t"), "a mark that it never set"),
        ("no memory", alone(b"h\x05"), "which it never kept"),
        ("another opcode", alone(b"\xff"), "0xff"),
        (
            "few arguments",
            alone(b"ctorch._utils\n_rebuild_tensor_v2\nN\x85R"),
            "1 arguments",
        ),
        (
            "no arguments",
            alone(b"ctorch._utils\n_rebuild_tensor_v2\nNR"),
            "without arguments",
        ),
        ("no storage", alone(b"NQ"), "no storage"),
        (
            "a name without end",
            alone(&[b"c", &[b'x'; 5000][..]].concat()),
            "no end",
        ),
        (
            "no pickle",
            zip(&[("archive/version".to_owned(), vec![b'3'])], 0),
            "no torch.save made it",
        ),
        (
            "a program",
            zip(
                &["a/data.pkl", "a/constants.pkl"].map(|name| (name.to_owned(), pickle(b"}"))),
                0,
            ),
            "TorchScript",
        ),
        (
            "a big-endian machine",
            zip(
                &[
                    ("a/data.pkl", pickle(b"}")),
                    ("a/byteorder", b"big".to_vec()),
                ]
                .map(|(name, bytes)| (name.to_owned(), bytes)),
                0,
            ),
            "big-endian",
        ),
        (
            "compressed",
            zip(&[("a/data.pkl".to_owned(), pickle(b"}"))], 8),
            "zip -0",
        ),
        ("another pickle", pickle(b"}"), "torch.save did not write"),
        (
            "cut",
            Saved::of(&demo()).archive()[..5000].to_vec(),
            "not a whole PyTorch file",
        ),
        (
            "cut, legacy",
            Saved::of(&demo()).legacy(4)[..5000].to_vec(),
            "not a whole PyTorch file",
        ),
        (
            "behind the storage",
            seen_as(&[3], &[1], 0),
            "behind its storage",
        ),
        (
            "from behind it",
            seen_as(&[1], &[1], 2),
            "behind its storage",
        ),
        (
            "steps behind it",
            seen_as(&[2], &[2], 0),
            "behind its storage",
        ),
        (
            "steps beyond numbers",
            seen_as(&[2, 2], &[usize::MAX, 1], 0),
            "no shape",
        ),
        (
            "repeated",
            seen_as(&[1 << 30], &[0], 0),
            "repeats its values",
        ),
        (
            "rows without values",
            seen_as(&[1 << 30, 0], &[0, 0], 0),
            "shape",
        ),
        ("a lost storage", lost(), "no file archive/data/7"),
        (
            "two networks",
            Saved::of(&demo())
                .around(|weights| dict(&[("one", weights.clone()), ("two", weights)]))
                .archive(),
            "both `one` and `two`",
        ),
    ] {
        let message = refusal(&file);
        assert!(message.contains(expected), "{what}: {message}");
    }
}

/// A tensor of a storage that the archive does not have.
fn lost() -> Vec<u8> {
    let tensor = tensor("FloatStorage", 7, 2, 0, &[2], &[1]);
    alone(&dict(&[("conv_stem.weight", tensor)]))
}

#[test]
fn a_small_part_of_a_large_storage_is_refused() {
    let count = 8 << 20;
    let tensor = tensor("ByteStorage", 0, count, 0, &[2], &[count - 1]);
    let saved = Saved {
        pickle: dict(&[("conv_stem.weight", tensor)]),
        storages: vec![vec![0; count]],
    };
    assert!(refusal(&saved.archive()).contains(".clone()"));
}

#[test]
fn modules_within_each_other_without_end_are_refused() {
    let object = b"cnet\nNet\n)\x81".to_vec();
    let inside =
        |modules: Vec<u8>| [&object[..], b"q\0", &dict(&[("_modules", modules)]), b"b"].concat();
    // Itself, twice: names would double at every step.
    let itself = dict(&[("a", b"h\0".to_vec()), ("b", b"h\0".to_vec())]);
    assert!(refusal(&alone(&inside(itself))).contains("without end"));
}

#[test]
fn damage_is_survived() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let rounds = std::env::var("EFFNET_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    let folder = std::fs::read_dir(fixture("pickles")).expect("a folder");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    for path in paths {
        let seed = std::fs::read(path).expect("a file");
        for _ in 0..rounds.unwrap_or(300) {
            fuzz::weights(&damaged(&seed, &mut random));
        }
    }
}
