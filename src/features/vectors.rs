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
pub struct Vectors {
    count: usize,
    features: usize,
    /// `(1, count, 1, features)`.
    all: Tensor,
    runtime: Runtime,
}

/// Some vectors, laid out to be compared with others.
pub struct Block<'a> {
    vectors: &'a Vectors,
    packed: Pointwise,
}

impl Vectors {
    /// Divides each of `count` vectors, one after the other in `values`, by its length.
    ///
    /// # Errors
    /// If they are not alike.
    pub fn new(mut values: Vec<f32>, count: usize) -> Result<Self> {
        let features = values.len() / count.max(1);
        if features > 0 {
            values.par_chunks_mut(features).for_each(normalize);
        }
        let runtime = Runtime::new(device::backend(&Device::Cpu), &Device::Cpu);
        Ok(Self {
            count,
            features,
            all: Tensor::from_vec(values, (1, count, 1, features), &Device::Cpu)?,
            runtime,
        })
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
        let values = self.all.narrow(1, range.start, range.len())?;
        self.against(values.flatten_all()?.to_vec1()?, range.len())
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
        let weights = Folded {
            weight: values,
            bias: vec![0.0; count],
        };
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
        let others = self.vectors.all.narrow(1, others.start, others.len())?; // (1, others, 1, features)
        let products = self.packed.forward(&others)?; // (1, others, 1, block)
        Ok(products.flatten_all()?.to_vec1()?)
    }
}

/// Divides a vector by its length; one of zeros stays.
pub fn normalize(vector: &mut [f32]) {
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    let length = vector.iter().map(square).sum::<f64>().sqrt();
    if length > 0.0 {
        let scaled = |value: &mut f32| *value = (f64::from(*value) / length) as f32;
        vector.iter_mut().for_each(scaled);
    }
}
