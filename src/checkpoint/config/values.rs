//! Values that configurations write in several ways.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A mean or a standard deviation: a number for each of `channels`, or for all of them. Those of red,
/// green, blue and alpha, of which a network may see fewer.
///
/// Of another number of values all channels get the mean, as when timm validates
/// (timm/data/loader.py, `adapt_to_chs`).
///
/// # Errors
/// If it is no number, or none that can be computed with.
pub(super) fn by_channel(what: &str, value: &Value, channels: usize) -> Result<[f64; 4]> {
    let numbers: Option<Vec<f64>> = match value {
        Value::Array(values) => values.iter().map(Value::as_f64).collect(),
        value => value.as_f64().map(|number| vec![number]),
    };
    let numbers = numbers.filter(|numbers| !numbers.is_empty());
    let numbers = numbers.with_context(|| format!("its {what} is {value}, which is no number"))?;
    let all = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let numbers = match (channels, &numbers[..]) {
        (3, &[red, green, blue]) => [red, green, blue, all],
        (4, &[red, green, blue, alpha]) => [red, green, blue, alpha],
        _ => [all; 4],
    };
    ensure!(
        numbers.iter().all(|number| (*number as f32).is_finite()),
        "its {what} is {value}, which is too large",
    );
    Ok(numbers)
}

/// A standard deviation, which pictures are divided by.
///
/// # Errors
/// If it is no number, or zero.
pub(super) fn deviation(what: &str, value: &Value, channels: usize) -> Result<[f64; 4]> {
    let numbers = by_channel(what, value, channels)?;
    ensure!(
        numbers.iter().all(|&number| number as f32 != 0.0),
        "its {what} is {value}, and pictures can't be divided by 0",
    );
    Ok(numbers)
}

/// Whether Python takes a value for none: null, 0, an empty text or list.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(table) => table.is_empty(),
    }
}

/// What is said of a network that sees something else than colours, grey, or colours and alpha.
pub fn wrong_channels(channels: usize) -> String {
    format!(
        "takes {channels} channels; only networks that take 3 (colour), 1 (grey) or 4 (colour and alpha) \
         are supported"
    )
}
