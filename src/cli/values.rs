//! What a flag's value may be, and what is said of others.

use crate::checkpoint::name;
use crate::model::architectures::{ARCHITECTURES, Architecture};

/// All variants in one line: `b0..b8, l2, ...`.
pub fn all_variants() -> String {
    let parts = |variant: &'static str| {
        let digit = variant.rfind(|c: char| c.is_ascii_digit())?;
        let number: u32 = variant[digit..=digit].parse().ok()?;
        Some((&variant[..digit], number, &variant[digit + 1..]))
    };
    let follows = |a: &Architecture, b: &Architecture| match (parts(a.variant), parts(b.variant)) {
        (Some((before, number, after)), Some(next)) => next == (before, number + 1, after),
        _ => false,
    };
    let runs = ARCHITECTURES.chunk_by(follows).map(|run| match run {
        [first, .., last] => format!("{}..{}", first.variant, last.variant),
        _ => run[0].variant.to_owned(),
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// What `--variant` takes: the text stays as it is, for what it says of the weights too.
pub fn variant_or_weights(text: &str) -> Result<String, String> {
    name::variant(text).map(|_| text.to_owned())
}

/// The same where only the network's shape matters.
pub fn variant(text: &str) -> Result<&'static str, String> {
    name::variant(text).map(|named| named.variant)
}

/// A whole number from 1 to `most`.
fn at_most(most: usize, text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        _ => Err(format!("it must be a whole number from 1 to {most}")),
    }
}

/// How many labels: all of them are more than any model has.
pub fn label_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ if text.eq_ignore_ascii_case("all") => Ok(usize::MAX),
        _ => Err("it must be a whole number from 1 on, or `all`".to_owned()),
    }
}

/// More threads than any machine has cores would only take memory.
pub fn thread_count(text: &str) -> Result<usize, String> {
    at_most(1024, text)
}

pub fn batch_size(text: &str) -> Result<usize, String> {
    at_most(4096, text)
}

pub fn run_count(text: &str) -> Result<usize, String> {
    at_most(1_000_000, text)
}

/// `0.8` or `80%`.
pub fn probability(text: &str) -> Result<f32, String> {
    let parsed = match text.strip_suffix('%') {
        Some(percent) => percent
            .trim_end()
            .parse()
            .map(|percent: f64| percent / 100.0),
        None => text.parse(),
    };
    match parsed {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p as f32),
        _ => Err("it must be from 0 to 1, or a percentage: 0.8, 80%".to_owned()),
    }
}

/// A number of bytes; a letter alone is a power of 1024, as for `head` and `dd`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("KiB", 10),
        ("MiB", 20),
        ("GiB", 30),
        ("K", 10),
        ("M", 20),
        ("G", 30),
    ];
    let binary = units.map(|(unit, power)| (unit, 1 << power));
    let decimal = [("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let units: Vec<_> = binary
        .into_iter()
        .chain(decimal)
        .chain([("B", 1)])
        .collect();
    scaled(text, &units).ok_or_else(|| "it must be a size: 500K, 10M, 1GiB, 10MB, 1000".to_owned())
}

/// A number of pixels; M are megapixels.
pub fn pixels(text: &str) -> Result<u64, String> {
    let units = [
        ("K", 1_000),
        ("MP", 1_000_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    scaled(text, &units).ok_or_else(|| "it must be a number of pixels: 50M, 500K, 1000".to_owned())
}

/// A number, perhaps with a fraction, times a unit's size, in either case.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let is_unit = |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(unit);
    let size = units.iter().find(is_unit)?.1 as f64;
    let number: f64 = number.trim_end().parse().ok()?;
    let scaled = number * size;
    (0.0..=u64::MAX as f64)
        .contains(&scaled)
        .then_some(scaled as u64)
}
