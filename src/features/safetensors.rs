//! The safetensors format (its header, then the tensors one after the other): `features` in f32 and
//! `rows`, the text of the rows in JSON Lines, with what is said about them in the metadata.

use std::collections::HashMap;
use std::io::Read;

use anyhow::{Context, Result, ensure};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::{Map, Value};

use super::about::About;

/// What is in a file, and where.
pub struct Contents {
    /// See [`About`].
    pub about: About,
    /// How many vectors.
    pub rows: u64,
    /// Where they begin.
    pub features_at: u64,
    /// Where the text of the rows begins, and its length.
    pub text_at: (u64, u64),
}

const FEATURES: &str = "features";
const ROWS: &str = "rows";

/// Keys of [`About`] whose values are text; the others are JSON in the metadata, where all is text.
const TEXTS: [&str; 4] = ["model", "commit", "weights_sha256", "dtype"];

/// A longer header is of no file of features.
const MAX_HEADER: u64 = 1_000_000;

/// The header of `rows` vectors and of `text` bytes about them. It is as long whatever they are, so
/// that it can be written last.
///
/// # Errors
/// If a path is no text.
pub fn header(about: &About, rows: u64, text: u64) -> Result<Vec<u8>> {
    let longest = content(
        about,
        u64::MAX / about.features.max(1) as u64 / 8,
        u64::MAX / 2,
    )?;
    let length = (longest.len() as u64).next_multiple_of(64);
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(content(about, rows, text)?);
    bytes.resize(8 + length as usize, b' ');
    Ok(bytes)
}

fn content(about: &About, rows: u64, text: u64) -> Result<Vec<u8>> {
    let end = rows * about.features as u64 * 4;
    let tensor = |dtype, shape: &[u64], start, end| serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]});
    let header = serde_json::json!({
        "__metadata__": metadata(about)?,
        FEATURES: tensor("F32", &[rows, about.features as u64], 0, end),
        ROWS: tensor("U8", &[text], end, end + text),
    });
    Ok(serde_json::to_vec(&header)?)
}

fn metadata(about: &About) -> Result<Map<String, Value>> {
    let Value::Object(fields) = serde_json::to_value(about)? else {
        unreachable!("a struct is an object");
    };
    let as_text = |value: Value| match value {
        Value::String(text) => Value::String(text),
        other => Value::String(other.to_string()),
    };
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    Ok(said.map(|(key, value)| (key, as_text(value))).collect())
}

fn about(metadata: &HashMap<String, String>) -> Result<About> {
    let value = |(key, text): (&String, &String)| {
        let value = match TEXTS.contains(&key.as_str()) {
            true => Value::String(text.clone()),
            false => serde_json::from_str(text)?,
        };
        Ok((key.clone(), value))
    };
    let fields: Result<Map<_, _>> = metadata.iter().map(value).collect();
    Ok(serde_json::from_value(Value::Object(fields?))?)
}

/// Reads a header.
///
/// # Errors
/// If it is not as [`header`] says.
pub fn read(file: &mut impl Read) -> Result<Contents> {
    let mut length = [0; 8];
    file.read_exact(&mut length).context("it is cut short")?;
    let length = u64::from_le_bytes(length);
    ensure!(
        length <= MAX_HEADER,
        "it holds no features: its header is too long"
    );
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text).context("it is cut short")?;
    let header: Metadata = serde_json::from_slice(&text).context("it is no safetensors file")?;
    let tensor = |name: &str, dtype: Dtype| {
        let found = header
            .info(name)
            .filter(|info: &&TensorInfo| info.dtype == dtype);
        found.with_context(|| {
            format!("it has no tensor `{name}` of {dtype:?}: `effnet embed` writes one")
        })
    };
    let (features, rows) = (tensor(FEATURES, Dtype::F32)?, tensor(ROWS, Dtype::U8)?);
    let metadata = header
        .metadata()
        .as_ref()
        .context("it does not say its model")?;
    let about = about(metadata).context("it does not say its model")?;
    ensure!(
        features.shape.len() == 2 && features.shape[1] == about.features,
        "its features have the shape {:?}",
        features.shape,
    );
    let start = 8 + length;
    let at = |info: &TensorInfo| start + info.data_offsets.0 as u64;
    Ok(Contents {
        rows: features.shape[0] as u64,
        features_at: at(features),
        text_at: (at(rows), (rows.data_offsets.1 - rows.data_offsets.0) as u64),
        about,
    })
}
