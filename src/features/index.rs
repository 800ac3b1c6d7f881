//! Pictures and their vectors, read from a file or made right now.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::about::About;
use super::file::{Format, Opened};
use super::fingerprint::Fingerprint;
use super::row::Row;
use super::vectors::Vectors;

/// Many pictures, to be compared.
#[derive(Default)]
pub struct Index {
    /// Their paths, as they were named.
    pub paths: Vec<PathBuf>,
    /// In the same order.
    pub fingerprints: Vec<Fingerprint>,
    /// Their vectors in the same order, one after the other, as they were written.
    pub values: Vec<f32>,
}

impl Index {
    /// Adds a picture.
    pub fn push(&mut self, path: PathBuf, fingerprint: Fingerprint, features: &[f32]) {
        self.paths.push(path);
        self.fingerprints.push(fingerprint);
        self.values.extend(features);
    }

    /// Reads the file at `path`, of 4 bytes per value and a few hundred per picture, and says what
    /// made it.
    ///
    /// # Errors
    /// If it is no file of features.
    pub fn read(path: &Path, format: Format) -> Result<(About, Self)> {
        let mut opened = Opened::read(path, format)?;
        let index = Self::of(&mut opened);
        Ok((
            opened.about,
            index.with_context(|| format!("can't read {}", path.display()))?,
        ))
    }

    fn of(opened: &mut Opened) -> Result<Self> {
        let mut index = Self::default();
        for line in opened.text()?.split_inclusive(|&b| b == b'\n') {
            let row: Row = serde_json::from_slice(line).context("a row can't be understood")?;
            index.paths.push(row.name.path());
            index.fingerprints.push(row.fingerprint);
        }
        let (rows, told) = (opened.rows, index.paths.len());
        ensure!(
            rows == told as u64,
            "it has {rows} vectors and {told} paths; embed the pictures again"
        );
        let features = opened.about.features;
        let mut bytes = BufReader::new(opened.vectors()?);
        index.values.reserve_exact(rows as usize * features);
        let mut chunk = vec![0_u8; 4 * features];
        for _ in 0..rows {
            bytes.read_exact(&mut chunk).context("it is cut short")?;
            let values = chunk.as_chunks::<4>().0.iter();
            index
                .values
                .extend(values.map(|&value| f32::from_le_bytes(value)));
        }
        Ok(index)
    }

    /// Puts the pictures in the order in which they are to be kept: the largest area first, then
    /// the longest file, then by path.
    pub fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.paths.len()).collect();
        order.sort_by_key(|&at| {
            let print = &self.fingerprints[at];
            let largest = std::cmp::Reverse((print.area(), print.bytes));
            (largest, &self.paths[at])
        });
        self.paths = order.iter().map(|&at| self.paths[at].clone()).collect();
        let prints = order.iter().map(|&at| self.fingerprints[at].clone());
        self.fingerprints = prints.collect();
        let features = self.values.len() / order.len().max(1);
        permute(&mut self.values, features, order);
    }

    /// The vectors, to be compared.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn vectors(&mut self) -> Result<Vectors<'static>> {
        Vectors::new(std::mem::take(&mut self.values), self.paths.len())
    }
}

/// Moves the row `order[i]` to the place `i`, without a second copy of all.
fn permute(values: &mut [f32], width: usize, mut order: Vec<usize>) {
    let mut first = vec![0.0; width];
    for start in 0..order.len() {
        if order[start] == start {
            continue;
        }
        first.copy_from_slice(&values[start * width..][..width]);
        let mut to = start;
        while order[to] != start {
            let from = order[to];
            values.copy_within(from * width..(from + 1) * width, to * width);
            order[to] = to;
            to = from;
        }
        values[to * width..][..width].copy_from_slice(&first);
        order[to] = to;
    }
}
