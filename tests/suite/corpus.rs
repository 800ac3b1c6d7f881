//! The fuzzers' seed corpus, made here and put through the fuzzers' own functions, whole, cut and
//! damaged (tests/fuzz/README.md).

use std::path::Path;

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::Generated;
use effnet::model::weights::{Parameter, Source, parameters};
use safetensors::{Dtype, tensor::TensorView};

use crate::environment::{Environment, exif, fixture, repository};
use crate::formats::formats;
#[cfg(feature = "heic")]
use crate::formats::stored;
use crate::fuzz;
use crate::pickle::Saved;
use crate::random::Random;
use crate::raw;

/// One fuzz target: its name, its function, and what it starts from.
struct Target {
    name: &'static str,
    run: fn(&[u8]),
    seeds: Vec<Vec<u8>>,
}

fn targets() -> [Target; 5] {
    [
        Target {
            name: "picture",
            run: fuzz::picture,
            seeds: pictures(),
        },
        Target {
            name: "weights",
            run: fuzz::weights,
            seeds: weights(),
        },
        Target {
            name: "config",
            run: fuzz::config,
            seeds: configs(),
        },
        Target {
            name: "labels",
            run: fuzz::labels,
            seeds: labels(),
        },
        Target {
            name: "list",
            run: fuzz::list,
            seeds: lists(),
        },
    ]
}

fn pictures() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = formats().into_iter().map(|format| format.file).collect();
    #[cfg(feature = "heic")]
    seeds.extend(
        stored("heic.safetensors")
            .into_iter()
            .map(|format| format.file),
    );
    seeds.extend(unsupported());
    seeds.extend(raw::files().map(|(_, file)| file));
    // An EXIF segment with an orientation that there is not.
    seeds.push([b"\xff\xd8\xff\xe1\0\x22", &*exif(9), b"\xff\xd9"].concat());
    seeds
}

/// The beginnings of formats that are named and not read.
pub fn unsupported() -> Vec<Vec<u8>> {
    [
        &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..],
        b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"%PDF-1.7\n1 0 obj\n",
        b"8BPS\0\x02\0\0\0\0\0\0\0\x03",
        b"IIU\0\x08\0\0\0",
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"not a picture",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

/// Files of weights: of the first tensors of the demonstration model, whole and dishonest.
fn weights() -> Vec<Vec<u8>> {
    let (scaling, convention) = architecture("efficientnet_demo").expect("an architecture");
    let config = Config::new(scaling, convention, 16);
    let few: Vec<Parameter> = parameters(&config).take(3).collect();
    let whole = [Dtype::F32, Dtype::F16].map(|dtype| {
        let tensors = few.iter().map(|parameter| {
            let values = Generated.read(parameter).expect("generated values");
            let bytes: Vec<u8> = match dtype {
                Dtype::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                _ => values
                    .iter()
                    .flat_map(|v| half::f16::from_f32(*v).to_le_bytes())
                    .collect(),
            };
            (parameter, bytes)
        });
        let tensors: Vec<_> = tensors.collect();
        let views = tensors.iter().map(|(parameter, bytes)| {
            let view = TensorView::new(dtype, parameter.shape.clone(), bytes);
            (&parameter.name, view.expect("a whole tensor"))
        });
        safetensors::serialize(views, None).expect("a file")
    });
    let lies = LIES.map(|(header, data)| safetensors_file(header, data));
    // Of the first tensors as PyTorch saves them, and of other forms of tensors.
    let saved = Saved::of(&whole[0]);
    let saved = [saved.archive(), saved.legacy(4)];
    let forms = [
        "legacy_2.pth",
        "protocol_4.pth",
        "training.ckpt",
        "module.pt",
    ];
    let forms = forms.map(|file| fixture(&format!("pickles/{file}")));
    let forms = forms.map(|path| std::fs::read(path).expect("a file"));
    [
        whole.to_vec(),
        lies.to_vec(),
        saved.to_vec(),
        forms.to_vec(),
    ]
    .concat()
}

/// Headers that do not keep their word, and how many bytes follow.
pub const LIES: [(&str, usize); 12] = [
    // Overlapping, with a gap, backwards, beyond the end.
    (
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
        12,
    ),
    (
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}"#,
        20,
    ),
    (
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
        8,
    ),
    (
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,800]}}"#,
        8,
    ),
    // More elements than bytes, more than can be counted.
    (
        r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
        8,
    ),
    (
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}}"#,
        8,
    ),
    (
        r#"{"a":{"dtype":"F32","shape":[18446744073709551615,2],"data_offsets":[0,8]}}"#,
        8,
    ),
    // A head of very many classes that take no bytes.
    (
        r#"{"classifier.weight":{"dtype":"F32","shape":[1000000000000,0],"data_offsets":[0,0]}}"#,
        0,
    ),
    // One name twice.
    (
        r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#,
        16,
    ),
    (
        r#"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#,
        8,
    ),
    (r#"{"a":[]}"#, 0),
    (r#"[]"#, 0),
];

/// A safetensors file with this header.
pub fn safetensors_file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn configs() -> Vec<Vec<u8>> {
    let demo = std::fs::read(repository("assets/demo/config.json")).expect("an asset");
    let few = [
        r#"{"architecture":"efficientnet_b0","num_classes":3,"label_names":["a","b","c"]}"#,
        r#"{"architecture":"tf_efficientnet_b7.ns_jft_in1k","num_features":2560,"pretrained_cfg":{"input_size":[3,600,600],"interpolation":"bicubic","crop_pct":0.949,"crop_mode":"center","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],"num_classes":1000}}"#,
        r#"{"architecture":"efficientnet_b1","num_classes":3,"label_names":{"0":"a","2":"c"},"model_args":{"bn_eps":0.001,"in_chans":3,"global_pool":"avg"}}"#,
        r#"{"architecture":"efficientnet_b0","num_classes":1000000000000000000}"#,
        r#"{"architecture":"efficientnet_b0","input_size":[3,32,32],"crop_pct":1e-300}"#,
        r#"{"architecture":"efficientnet_b0","std":[0,0,0],"mean":[1e39,-1e39,1]}"#,
        r#"{"architecture":"tf_efficientnetv2_s","num_classes":2,"id2label":{"1":"b"},"pretrained_cfg":{"test_input_size":[3,384,384],"test_crop_pct":1}}"#,
        "{\"model_type\":\"efficientnet\",\"width_coefficient\":1.0,\"depth_coefficient\":1.1,\"depthwise_padding\":[16],\"id2label\":{\"0\":\"a\"}}\0{\"size\":{\"height\":240,\"width\":240},\"resample\":0,\"image_std\":[0,0,0]}",
        "{\"model_type\":\"efficientnet\"}\0{\"size\":{\"shortest_edge\":40},\"do_center_crop\":true,\"crop_size\":4096,\"rescale_factor\":0}",
        "null",
    ];
    let few = few.map(|text| text.as_bytes().to_vec());
    [vec![demo], few.to_vec()].concat()
}

fn labels() -> Vec<Vec<u8>> {
    [
        &b"\x03cat\ndog\nowl\n"[..],
        b"\x02\xef\xbb\xbfwnid\tlabel\r\nn02123045\ttabby\r\nn02012849\tcrane\r\n",
        b"\x02n02123045\ntabby\tcat",
        b"\x01\xff\xfe",
        b"\0",
        b"\x02\n\n \na\n\tb",
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}

fn lists() -> Vec<Vec<u8>> {
    let long = vec![b'a'; 100_000];
    let few = [
        &b"a.jpg\nb.png\r\n\nc d.gif"[..],
        b"a.jpg\0new\nline.png\0\0last",
        b"\xff\xfe\n\xc3\n-\n/\n..\n\x1b[31m.jpg\n",
        b"",
    ];
    let few = few.map(<[u8]>::to_vec);
    [few.to_vec(), vec![long]].concat()
}

/// How many of `count` damaged pictures fail, each in a record of its own. They are in the folder
/// `damaged`, with a whole one behind them, which does not.
pub fn failed_of(environment: &Environment, count: usize) -> usize {
    let run = environment.run(["classify", "--variant=demo", "--jsonl", "damaged"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let records = run.records();
    assert_eq!(records.len(), count + 1);
    let is_failed = |record: &&serde_json::Value| !record["error"].is_null();
    let failed = records.iter().filter(is_failed).count();
    assert!(records[count]["error"].is_null(), "{}", records[count]);
    failed
}

/// What a fuzzer might make of a seed: bits turned, bytes replaced, parts removed or repeated.
pub fn damaged(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 0xff, 0x7f, 0x80, 1][random.below(5)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// How often each seed is damaged.
const ROUNDS: usize = 100;

#[test]
fn the_seed_corpus_and_damage_to_it_are_survived_by_every_fuzz_target() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for target in targets() {
        for seed in &target.seeds {
            (target.run)(seed);
            for _ in 0..ROUNDS {
                (target.run)(&damaged(seed, &mut random));
            }
        }
    }
}

/// `EFFNET_FUZZ_CORPUS=FOLDER cargo test --release seed_corpus_is_written` fills a folder per
/// target, for the fuzzers to start from.
#[test]
fn the_seed_corpus_is_written_where_it_is_asked_for() {
    let folder = std::env::var_os("EFFNET_FUZZ_CORPUS");
    let temporary = tempfile::TempDir::new().expect("a temporary folder");
    let folder = folder.as_deref().map_or(temporary.path(), Path::new);
    for target in targets() {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in target.seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed");
        }
        assert!(!target.seeds.is_empty(), "{} has no seeds", target.name);
    }
}
