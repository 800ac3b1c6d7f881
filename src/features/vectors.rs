//! Cosines of many vectors with many, in blocks: never all of them at once.

use std::ops::Range;

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::device;
use crate::ops::{Activation, Folded, Pointwise, Runtime};

/// Vectors that are compared at a time with all others. Packing them costs as much as one of the
/// others' products.
pub const BLOCK: usize = 256;

/// How many others at a time: their products with a block take 2 MB, and a band of them for each
/// thread keeps the processor busy.
pub const OTHERS: usize = 2048;

/// Vectors of length 1, in main memory.
pub struct Vectors<'a> {
    count: usize,
    features: usize,
    rows: Rows<'a>,
    runtime: Runtime,
}

/// Where vectors are.
enum Rows<'a> {
    /// Here, `(1, count, 1, features)`, of length 1.
    Divided(Tensor),
    /// Elsewhere, each with its length, by which it is divided whenever it is compared.
    Whole(Vec<(&'a [f32], f64)>),
}

/// Some vectors, laid out to be compared with others.
pub struct Block<'a> {
    vectors: &'a Vectors<'a>,
    packed: Pointwise,
}

impl<'a> Vectors<'a> {
    /// Divides each of `count` vectors, one after the other in `values`, by its length.
    ///
    /// # Errors
    /// If they are not alike.
    pub fn new(mut values: Vec<f32>, count: usize) -> Result<Self> {
        let features = values.len() / count.max(1);
        if features > 0 {
            values.par_chunks_mut(features).for_each(normalize);
        }
        Ok(Self {
            count,
            features,
            rows: Rows::Divided(tensor(values, count)?),
            runtime: runtime(),
        })
    }

    /// Vectors that stay where they are and as they are, since they are needed so.
    pub fn of(rows: Vec<&'a [f32]>) -> Self {
        let with_length = |row: &'a [f32]| (row, length(row));
        Self {
            count: rows.len(),
            features: rows.first().map_or(0, |row| row.len()),
            rows: Rows::Whole(rows.into_par_iter().map(with_length).collect()),
            runtime: runtime(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The vectors of `range` as a block.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn block(&self, range: Range<usize>) -> Result<Block<'_>> {
        let count = range.len();
        self.against(self.divided(range)?.flatten_all()?.to_vec1()?, count)
    }

    /// The vectors of `range`, `(1, range, 1, features)`.
    fn divided(&self, range: Range<usize>) -> Result<Tensor> {
        let rows = match &self.rows {
            Rows::Divided(all) => return Ok(all.narrow(1, range.start, range.len())?),
            Rows::Whole(rows) => &rows[range],
        };
        let mut values = vec![0.0; rows.len() * self.features];
        let to = values.par_chunks_mut(self.features.max(1));
        to.zip(rows).for_each(|(to, (row, length))| {
            to.copy_from_slice(row);
            divide(to, *length);
        });
        tensor(values, rows.len())
    }

    /// Vectors from elsewhere, `count` of them one after the other, as a block.
    ///
    /// # Errors
    /// If they have another number of features.
    pub fn against(&self, mut values: Vec<f32>, count: usize) -> Result<Block<'_>> {
        let features = self.features;
        ensure!(
            self.count == 0 || values.len() == count * features,
            "vectors of {} values and of {features}",
            values.len() / count,
        );
        values.chunks_mut(features.max(1)).for_each(normalize);
        let weights = Folded::new(values, vec![0.0; count]);
        Ok(Block {
            vectors: self,
            packed: self.runtime.pointwise(&weights, Activation::Identity)?,
        })
    }

    /// The range `start..` in steps of [`OTHERS`].
    pub fn steps(&self, start: usize) -> impl Iterator<Item = Range<usize>> {
        let end = self.count;
        let starts = (start..end).step_by(OTHERS);
        starts.map(move |start| start..end.min(start + OTHERS))
    }
}

impl Block<'_> {
    /// The cosines of `others` with this block: `(others, block)`, row by row. Each is the same to
    /// the bit in whichever order the two come.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn cosines(&self, others: Range<usize>) -> Result<Vec<f32>> {
        let others = self.vectors.divided(others)?; // (1, others, 1, features)
        let products = self.packed.forward(&others)?; // (1, others, 1, block)
        Ok(products.flatten_all()?.to_vec1()?)
    }
}

/// Divides a vector by its length; one of zeros stays.
pub fn normalize(vector: &mut [f32]) {
    divide(vector, length(vector));
}

fn length(vector: &[f32]) -> f64 {
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    vector.iter().map(square).sum::<f64>().sqrt()
}

fn divide(vector: &mut [f32], length: f64) {
    if length > 0.0 {
        let scaled = |value: &mut f32| *value = (f64::from(*value) / length) as f32;
        vector.iter_mut().for_each(scaled);
    }
}

/// `count` vectors, one after the other.
fn tensor(values: Vec<f32>, count: usize) -> Result<Tensor> {
    let features = values.len() / count.max(1);
    Ok(Tensor::from_vec(
        values,
        (1, count, 1, features),
        &Device::Cpu,
    )?)
}

fn runtime() -> Runtime {
    Runtime::new(device::backend(&Device::Cpu), &Device::Cpu)
}
