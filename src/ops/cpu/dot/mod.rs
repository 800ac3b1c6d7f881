//! Dot products of bytes: the instructions that [`pulp`] lacks, behind one small trait.
//!
//! Every form gives the same integers. Inputs come in groups that fill 32 bits, one group of a row
//! for every lane; weights in the same groups, one output a lane.

#[cfg(target_arch = "aarch64")]
mod arm;
mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

use pulp::{Arch, Simd};

use super::simd::{InstructionSet, Vectors};

/// Some instructions for products of bytes, and the vectors of f32 that go with them.
///
/// # Safety
/// A value exists only where the processor has the instructions. Methods must be called from
/// [`WithDot::with_dot`] alone, or be inlined there, so that they are compiled for them.
pub unsafe trait Dot: Copy {
    /// The vectors of f32, with as many lanes.
    type Simd: Simd;
    /// One sum of i32 a lane.
    type Sums: Copy;
    /// One group of a row, in every lane.
    type Inputs: Copy;
    /// One group of each lane's weights.
    type Weights: Copy;

    /// Inputs in a group: 4 stored as bytes, or 2 as words.
    const GROUP: usize;

    /// The vectors of f32.
    fn simd(self) -> Self::Simd;

    /// Stores a vector of activations, whole numbers but for their rounding to even, with
    /// `zero_point` added; what is above 255 becomes 255.
    ///
    /// # Safety
    /// `to` must be valid for writing as many stored inputs as there are lanes.
    unsafe fn store(self, to: *mut u8, values: <Self::Simd as Simd>::f32s, zero_point: i32);

    /// A row's zero point as [`Self::start`] wants it.
    fn zero(zero_point: i32) -> i32;

    /// Reads the sums of each lane's weights, as [`Self::start`] wants them.
    ///
    /// # Safety
    /// `from` must be valid for reading a value a lane.
    unsafe fn weight_sums(self, from: *const i32) -> Self::Sums;

    /// What a row's sums begin with, so that the zero point cancels out.
    ///
    /// # Safety
    /// `zero` must be valid for reading.
    unsafe fn start(self, zero: *const i32, weight_sums: Self::Sums) -> Self::Sums;

    /// Reads one group of a row.
    ///
    /// # Safety
    /// `from` must be valid for reading 4 bytes.
    unsafe fn inputs(self, from: *const u8) -> Self::Inputs;

    /// Reads one group of each lane's weights.
    ///
    /// # Safety
    /// `from` must be valid for reading a group a lane.
    unsafe fn weights(self, from: *const i8) -> Self::Weights;

    /// Adds a group's products.
    fn add(self, sums: Self::Sums, inputs: Self::Inputs, weights: Self::Weights) -> Self::Sums;

    /// Rounds the sums to f32.
    fn to_f32s(self, sums: Self::Sums) -> <Self::Simd as Simd>::f32s;
}

/// Something to do with the best of them.
pub trait WithDot {
    /// Does it. Must be `#[inline(always)]`.
    fn with_dot<D: Dot>(self, dot: D);
}

/// [`Dot::GROUP`] of what [`dispatch`] chooses.
pub fn group(vectors: Vectors) -> usize {
    struct Group<'a>(&'a mut usize);
    impl WithDot for Group<'_> {
        #[inline(always)]
        fn with_dot<D: Dot>(self, _: D) {
            *self.0 = D::GROUP;
        }
    }
    let mut group = 0;
    dispatch(vectors, Group(&mut group));
    group
}

/// Does `work` with the instructions of `vectors`.
pub fn dispatch(vectors: Vectors, work: impl WithDot) {
    match vectors.instructions() {
        // SAFETY: `Vectors` names only what this processor has.
        #[cfg(target_arch = "x86_64")]
        (Arch::V4(simd), InstructionSet::Avx512Vnni) => unsafe { x86::avx512_vnni(simd, work) },
        // SAFETY: `Vectors` names only what this processor has.
        #[cfg(target_arch = "x86_64")]
        (Arch::V4(simd), _) => unsafe { x86::avx512(simd, work) },
        // SAFETY: `Vectors` names only what this processor has.
        #[cfg(target_arch = "x86_64")]
        (Arch::V3(simd), InstructionSet::AvxVnni) => unsafe { x86::avx_vnni(simd, work) },
        // SAFETY: `Vectors` names only what this processor has.
        #[cfg(target_arch = "x86_64")]
        (Arch::V3(simd), _) => unsafe { x86::avx2(simd, work) },
        // SAFETY: `Vectors` names only what this processor has.
        #[cfg(target_arch = "aarch64")]
        (Arch::Neon(simd), InstructionSet::Dotprod) => unsafe { arm::dotprod(simd, work) },
        #[cfg(target_arch = "aarch64")]
        (Arch::Neon(simd), _) => work.with_dot(plain::Plain::<_, 4>(simd)),
        _ => work.with_dot(plain::Plain::<_, 1>(pulp::Scalar)),
    }
}
