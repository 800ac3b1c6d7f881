//! What a file is that is no file of weights, and what to do with it.

use std::path::Path;

use anyhow::anyhow;

/// How many of a file's first bytes [`what_it_is`] looks at.
pub const LOOKED_AT: usize = 512;

/// What to do with the weights of other programs.
const EXPORT: &str =
    "only safetensors and PyTorch files are read; save the model again from PyTorch";

/// The first bytes that tell other formats, and what they are.
const MAGICS: &[(&[u8], &str)] = &[
    (b"\x89HDF\r\n\x1a\n", "a Keras or HDF5 file (.h5)"),
    (b"GGUF", "a GGUF file"),
    (b"\x93NUMPY", "a NumPy file (.npy)"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\x28\xb5\x2f\xfd", "a compressed archive"),
];

/// What browsers and downloaders append to a file's name until it is whole.
const UNFINISHED: &[&str] = &[
    "incomplete",
    "part",
    "partial",
    "crdownload",
    "download",
    "aria2",
];

/// What the file at `path` is, which begins with the bytes `start` and has no header of
/// safetensors, with the next step; nothing if it can't be told.
pub fn what_it_is(path: &Path, start: &[u8]) -> Option<String> {
    if is_unfinished(path) {
        return Some(UNFINISHED_ADVICE.to_owned());
    }
    if start.is_empty() {
        return Some("is empty; download or export it again".to_owned());
    }
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(with_advice(what));
    }
    if let Some(what) = archive(start) {
        return Some(with_advice(what));
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some(with_advice("a compressed archive"));
    }
    if start.get(4..8) == Some(b"TFL3") {
        return Some(with_advice("a TensorFlow Lite file"));
    }
    text_kind(&String::from_utf8_lossy(start))
        .or_else(|| by_ending(path, start).map(with_advice))
        .or_else(|| all_zeros(start))
}

/// What is said of a file that is still being written.
pub const UNFINISHED_ADVICE: &str =
    "is the unfinished part of a download; wait until the download is done, or download it again";

/// What is said of a file of `format` that is not as such files are.
pub fn damaged(path: &Path, format: &str, what: &str) -> anyhow::Error {
    let shown = path.display();
    match is_unfinished(path) {
        true => anyhow!("{shown} {UNFINISHED_ADVICE}"),
        false => {
            anyhow!("{shown} is not a whole {format} file ({what}); download or export it again")
        }
    }
}

/// Whether its name is one that downloaders give before a file is whole.
pub fn is_unfinished(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| UNFINISHED.contains(&ending))
}

fn with_advice(what: &str) -> String {
    match what {
        "a picture" => "is a picture and no model; name it without --model".to_owned(),
        "a compressed archive" => "is an archive; unpack it, and name the file in it".to_owned(),
        _ => format!("is {what}; {EXPORT}"),
    }
}

/// Zip archives that are not PyTorch's, by the name of the first file in them.
pub(super) fn archive(start: &[u8]) -> Option<&'static str> {
    if !start.starts_with(b"PK\x03\x04") {
        return None;
    }
    let length = start
        .get(26..28)
        .map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let name = start.get(30..).unwrap_or_default();
    let name = &name[..name.len().min(length.into())];
    match name {
        b"metadata.json" | b"config.json" | b"model.weights.h5" => Some("a Keras file (.keras)"),
        _ if name.ends_with(b".npy") => Some("a NumPy archive (.npz)"),
        _ => None,
    }
}

/// Formats without a magic number. ONNX and TensorFlow's graphs are protobuf messages whose first
/// field is a small version (onnx.proto, `ModelProto.ir_version`; saved_model.proto,
/// `saved_model_schema_version`, which is 1).
fn by_ending(path: &Path, start: &[u8]) -> Option<&'static str> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "onnx" => return Some("an ONNX file"),
        "pb" => return Some("a TensorFlow graph"),
        "msgpack" => return Some("a Flax file (.msgpack)"),
        "mlmodel" => return Some("a Core ML file"),
        "engine" | "plan" | "trt" => return Some("a TensorRT engine"),
        "ckpt" | "index" => return Some("a TensorFlow checkpoint"),
        "h5" | "hdf5" | "keras" => return Some("a Keras file"),
        "npz" | "npy" => return Some("a NumPy file"),
        "tflite" => return Some("a TensorFlow Lite file"),
        "gguf" | "ggml" => return Some("a GGUF file"),
        _ => {}
    }
    match start {
        [0x08, 1, 0x12, ..] => Some("a TensorFlow graph"),
        [
            0x08,
            2..=32,
            0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42,
            ..,
        ] => Some("an ONNX file"),
        _ => None,
    }
}

fn all_zeros(start: &[u8]) -> Option<String> {
    // Eight are the length of an empty header.
    let is_zeros = start.len() > 8 && start.iter().all(|&byte| byte == 0);
    is_zeros.then(|| "begins with nothing but zeros; download it again".to_owned())
}

/// What a text is that stands where a file of a model should be: a pointer of git-LFS, a page that
/// a browser saved, a server's message. Nothing if it is no text.
pub fn text_kind(text: &str) -> Option<String> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("version https://git-lfs.github.com/")
        || start.starts_with("# xet version")
    {
        return Some(
            "is a git-LFS pointer and not the file itself; run `git lfs pull` in its folder"
                .to_owned(),
        );
    }
    let lower: String = start
        .chars()
        .take(16)
        .collect::<String>()
        .to_ascii_lowercase();
    if ["<!doctype", "<html", "<?xml", "<head", "<error"]
        .iter()
        .any(|tag| lower.starts_with(tag))
    {
        return Some(
            "is a web page and not the file itself; on the Hub, take the address with /resolve/ \
             and not /blob/"
                .to_owned(),
        );
    }
    let is_text =
        |c: char| !c.is_control() && c != char::REPLACEMENT_CHARACTER || c.is_whitespace();
    let line = start.lines().next().unwrap_or_default();
    let whole = !start.is_empty() && start.chars().all(is_text);
    whole.then(|| {
        let shown: String = line.chars().take(40).collect();
        format!("is a text that begins `{shown}`; download it again")
    })
}
