//! Files of features: read without the code that wrote them, and made up.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::{Value, json};

use super::environment::{Environment, repository};

/// What a file holds.
#[derive(Debug, PartialEq)]
pub struct Features {
    pub vectors: Vec<Vec<f32>>,
    /// The lines about them.
    pub rows: Vec<Value>,
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (values, rest) = bytes.as_chunks::<4>();
    assert_eq!(rest.len(), 0);
    values
        .iter()
        .map(|&value| f32::from_le_bytes(value))
        .collect()
}

fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).expect("UTF-8");
    let line = |line| serde_json::from_str(line).expect("an object per line");
    text.lines().map(line).collect()
}

impl Features {
    fn of(values: &[f32], shape: &[usize], text: &[u8]) -> Self {
        let &[count, width] = shape else {
            panic!("no matrix: {shape:?}");
        };
        assert_eq!(values.len(), count * width);
        Self {
            vectors: values.chunks(width).map(<[f32]>::to_vec).collect(),
            rows: lines(text),
        }
    }

    /// Of `x.npy` and `x.jsonl`.
    pub fn npy(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a .npy");
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0");
        let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!(end % 64, 0);
        let header = std::str::from_utf8(&bytes[10..end]).expect("ASCII");
        assert!(header.ends_with('\n'), "{header}");
        let rest = header
            .trim_end()
            .strip_prefix("{'descr': '<f4', 'fortran_order': False, ");
        let shape = rest.and_then(|rest| rest.strip_prefix("'shape': ("));
        let shape = shape
            .and_then(|rest| rest.strip_suffix("), }"))
            .expect(header);
        let number = |text: &str| text.parse().expect("a number");
        let shape: Vec<usize> = shape.split(", ").map(number).collect();
        let text = std::fs::read(path.with_extension("jsonl")).expect("the rows");
        Self::of(&floats(&bytes[end..]), &shape, &text)
    }

    /// Of `x.safetensors`.
    pub fn safetensors(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a .safetensors");
        let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let features = file.tensor("features").expect("the vectors");
        let rows = file.tensor("rows").expect("the rows");
        Self::of(&floats(features.data()), features.shape(), rows.data())
    }

    pub fn paths(&self) -> Vec<&str> {
        let paths = self.rows.iter().map(|row| row["path"].as_str());
        paths.map(|path| path.expect("a path")).collect()
    }
}

/// What is said of a safetensors file.
pub fn metadata(path: &Path) -> std::collections::HashMap<String, String> {
    let bytes = std::fs::read(path).expect("a .safetensors");
    let (_, metadata) = SafeTensors::read_metadata(&bytes).expect("a header");
    metadata.metadata().clone().expect("metadata")
}

/// A picture that there is not, as `effnet embed` would have described it.
#[derive(Clone, Debug)]
pub struct MadeUp {
    pub path: String,
    pub vector: Vec<f32>,
    /// Its difference hash.
    pub look: u64,
    pub width: usize,
}

impl MadeUp {
    pub fn new(path: &str, vector: &[f32]) -> Self {
        Self {
            path: path.to_owned(),
            vector: vector.to_vec(),
            look: 0,
            width: 100,
        }
    }
}

/// Writes them to a file of the demonstration's features.
pub fn make_up(environment: &Environment, name: &str, pictures: &[MadeUp]) {
    let width = pictures[0].vector.len();
    let star = repository("assets/pictures/star.jpg");
    let demo = ["embed", "--variant", "demo", "-q", "-o", "real.npy"];
    let demo = demo
        .map(Into::into)
        .into_iter()
        .chain([star.into_os_string()]);
    assert_eq!(environment.run(demo).code, Some(0));
    let about = std::fs::read(environment.path("real.json")).expect("what it is");
    let mut about: Value = serde_json::from_slice(&about).expect("JSON");
    about["features"] = json!(width);
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {width}), }}",
        pictures.len(),
    );
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut npy = b"\x93NUMPY\x01\0".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    let values = pictures.iter().flat_map(|picture| &picture.vector);
    npy.extend(values.flat_map(|value| value.to_le_bytes()));
    let line = |(row, picture): (usize, &MadeUp)| {
        let line = json!({
            "row": row,
            "path": picture.path,
            "bytes": 1000,
            "sha256": format!("{row:064x}"),
            "width": picture.width,
            "height": 100,
            "dhash": format!("{:016x}", picture.look),
        });
        format!("{line}\n")
    };
    let rows: String = pictures.iter().enumerate().map(line).collect();
    environment.write(&format!("{name}.npy"), npy);
    environment.write(&format!("{name}.jsonl"), rows);
    environment.write(&format!("{name}.json"), about.to_string());
}
