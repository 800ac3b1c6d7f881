//! The left matrix of a product in 8 bits: rows of activations, each with a scale and a zero point
//! of its own.

use pulp::Simd;

use crate::ops::cpu::dot::{self, Dot, WithDot};
use crate::ops::cpu::memory::grow;
use crate::ops::cpu::simd::{Vectors, load};
use crate::ops::quantised::{LARGEST_ACTIVATION, LEAST_RANGE};

/// Words before a row's inputs: its scale, and its zero point as [`Dot::zero`] has it.
pub const HEADER: usize = 2;

/// Quantised rows, kept as words of 32 bits.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// `(count, words)`.
    words: &'a [f32],
    count: usize,
}

/// Rows of f32 that are to be quantised.
#[derive(Clone, Copy)]
pub struct Unquantised<'a> {
    /// `(count, inputs)`.
    pub x: &'a [f32],
    pub inputs: usize,
    /// Scales each input; `(inputs)`.
    pub gates: Option<&'a [f32]>,
}

/// Words of a row of `inputs`: whole vectors, and whole groups.
pub fn words(vectors: Vectors, inputs: usize) -> usize {
    let stored = inputs.next_multiple_of(vectors.lanes.max(4));
    // A group fills a word.
    HEADER + stored / dot::group(vectors)
}

impl<'a> Rows<'a> {
    /// `words` are `count` rows that [`Unquantised::quantise`] wrote.
    pub fn new(words: &'a [f32], count: usize) -> Self {
        assert!(count > 0 && words.len().is_multiple_of(count));
        Self { words, count }
    }

    /// Some of the rows.
    pub fn part(self, first: usize, count: usize) -> Self {
        let step = self.step();
        Self::new(&self.words[first * step..][..count * step], count)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Words from one row to the next.
    pub fn step(&self) -> usize {
        self.words.len() / self.count
    }

    /// The first row.
    pub fn pointer(&self) -> *const f32 {
        self.words.as_ptr()
    }
}

impl Unquantised<'_> {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// The quantised rows, in `memory`.
    pub fn quantised_in(self, vectors: Vectors, memory: &mut Vec<f32>) -> Rows<'_> {
        let words = self.count() * words(vectors, self.inputs);
        grow(memory, words);
        // SAFETY: there is room.
        unsafe { self.quantise(vectors, memory.as_mut_ptr()) };
        Rows::new(&memory[..words], self.count())
    }

    /// Writes the quantised rows.
    ///
    /// # Safety
    /// `to` must be valid for writing [`words`] for each.
    pub unsafe fn quantise(self, vectors: Vectors, to: *mut f32) {
        assert!(self.gates.is_none_or(|gates| gates.len() == self.inputs));
        dot::dispatch(
            vectors,
            Quantise {
                rows: self,
                step: words(vectors, self.inputs),
                to,
            },
        );
    }
}

/// What a task does.
struct Quantise<'a> {
    rows: Unquantised<'a>,
    /// Words from one row to the next.
    step: usize,
    to: *mut f32,
}

impl WithDot for Quantise<'_> {
    #[inline(always)]
    fn with_dot<D: Dot>(self, dot: D) {
        for (number, x) in self.rows.x.chunks_exact(self.rows.inputs).enumerate() {
            // SAFETY: the caller of `quantise` vouches for the place.
            unsafe {
                let to = self.to.add(number * self.step);
                match self.rows.gates {
                    None => self.row::<D, false>(dot, x, x, to),
                    Some(gates) => self.row::<D, true>(dot, x, gates, to),
                }
            }
        }
    }
}

impl Quantise<'_> {
    /// One row; `gates` are read if it is `GATED`.
    ///
    /// # Safety
    /// `gates` must be as long as `x`, and `to` valid for writing a row.
    #[inline(always)]
    unsafe fn row<D: Dot, const GATED: bool>(
        &self,
        dot: D,
        x: &[f32],
        gates: &[f32],
        to: *mut f32,
    ) {
        let simd = dot.simd();
        let lanes = D::Simd::F32_LANES;
        let whole = x.len() / lanes * lanes;
        let zero = simd.splat_f32s(0.0);
        let (mut lowest, mut highest, mut sum) = (zero, zero, zero);
        let mut at = 0;
        while at < x.len() {
            // SAFETY: `at` is in the row, and before `whole` if there is a whole vector.
            let value = unsafe { value::<D::Simd, GATED>(simd, x, gates, at, at < whole) };
            lowest = simd.min_f32s(lowest, value);
            highest = simd.max_f32s(highest, value);
            sum = simd.add_f32s(sum, value);
            at += lanes;
        }
        let lowest = simd.reduce_min_f32s(lowest);
        let range = simd.reduce_max_f32s(highest) - lowest;
        let per_unit = match range > LEAST_RANGE {
            true => LARGEST_ACTIVATION / range,
            false => 0.0,
        };
        let zero_point = (-lowest * per_unit).round_ties_even() as i32;
        // What is not finite, which minima and maxima may hide, makes it NaN.
        let scale = range / LARGEST_ACTIVATION + simd.reduce_sum_f32s(sum) * 0.0;
        let per_unit = simd.splat_f32s(per_unit);
        // SAFETY: the caller vouches for the place; a group fills a word, and past the inputs
        // there are zeros up to the row's end.
        unsafe {
            to.write(scale);
            to.add(1).cast::<i32>().write(D::zero(zero_point));
            let mut to = to.add(HEADER).cast::<u8>();
            let stored = (self.step - HEADER) * D::GROUP;
            let mut at = 0;
            while at < stored {
                let value = match at < x.len() {
                    true => value::<D::Simd, GATED>(simd, x, gates, at, at < whole),
                    false => zero,
                };
                dot.store(to, simd.mul_f32s(value, per_unit), zero_point);
                to = to.add(lanes * 4 / D::GROUP);
                at += lanes;
            }
        }
    }
}

/// A vector of the row from `at` on, with zeros behind its end.
///
/// # Safety
/// `gates` must be as long as `x`, and there must be a whole vector if it is `whole`.
#[inline(always)]
unsafe fn value<S: Simd, const GATED: bool>(
    simd: S,
    x: &[f32],
    gates: &[f32],
    at: usize,
    whole: bool,
) -> S::f32s {
    // SAFETY: the caller vouches for the ranges.
    let value = unsafe { vector(simd, x, at, whole) };
    match GATED {
        // SAFETY: as above.
        true => simd.mul_f32s(value, unsafe { vector(simd, gates, at, whole) }),
        false => value,
    }
}

/// A vector from `at` on, with zeros behind the end unless it is `whole`.
///
/// # Safety
/// There must be a whole vector if it is `whole`.
#[inline(always)]
unsafe fn vector<S: Simd>(simd: S, from: &[f32], at: usize, whole: bool) -> S::f32s {
    match whole {
        // SAFETY: the caller vouches for the range.
        true => unsafe { load::<S>(from.as_ptr().add(at)) },
        false => simd.partial_load_f32s(&from[at..]),
    }
}
