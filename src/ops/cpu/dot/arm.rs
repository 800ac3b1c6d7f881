//! 64-bit Arm: `sdot`, four products of signed bytes a lane.
//!
//! Inputs are stored less 128, which makes them signed; the sums begin with what that takes away.

use std::arch::aarch64::*;
use std::arch::asm;
use std::mem::transmute;

use pulp::aarch64::Neon;
use pulp::f32x4;

use super::{Dot, WithDot};

/// What makes an unsigned byte signed.
const OFFSET: i32 = 128;

/// Does `work` with `sdot`.
///
/// # Safety
/// The processor must have it.
#[target_feature(enable = "neon,dotprod")]
pub unsafe fn dotprod(simd: Neon, work: impl WithDot) {
    work.with_dot(Dotprod(simd));
}

/// With `sdot`.
#[derive(Clone, Copy)]
pub struct Dotprod(Neon);

/// `sums + inputs . weights`; the standard library's name for it is not stable yet.
///
/// # Safety
/// The processor must have the instruction.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn sdot(mut sums: int32x4_t, inputs: int8x16_t, weights: int8x16_t) -> int32x4_t {
    // SAFETY: it reads and writes these registers alone.
    unsafe {
        asm!(
            "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b",
            inout(vreg) sums,
            in(vreg) inputs,
            in(vreg) weights,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

// SAFETY: the dispatcher alone makes one.
unsafe impl Dot for Dotprod {
    type Simd = Neon;
    type Sums = int32x4_t;
    type Inputs = int8x16_t;
    type Weights = int8x16_t;

    const GROUP: usize = 4;

    #[inline(always)]
    fn simd(self) -> Neon {
        self.0
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: f32x4, zero_point: i32) {
        // SAFETY: the caller vouches for the place.
        unsafe {
            let rounded = vcvtnq_s32_f32(transmute::<f32x4, float32x4_t>(values));
            let stored = vaddq_s32(rounded, vdupq_n_s32(zero_point - OFFSET));
            let words = vmovn_s32(vminq_s32(stored, vdupq_n_s32(255 - OFFSET)));
            let bytes = vmovn_s16(vcombine_s16(words, words));
            to.cast::<i32>()
                .write_unaligned(vget_lane_s32::<0>(vreinterpret_s32_s8(bytes)));
        }
    }

    #[inline(always)]
    fn zero(zero_point: i32) -> i32 {
        OFFSET - zero_point
    }

    #[inline(always)]
    unsafe fn weight_sums(self, from: *const i32) -> int32x4_t {
        // SAFETY: the caller vouches for the range.
        unsafe { vld1q_s32(from) }
    }

    #[inline(always)]
    unsafe fn start(self, zero: *const i32, weight_sums: int32x4_t) -> int32x4_t {
        // SAFETY: the caller vouches for it.
        unsafe { vmulq_n_s32(weight_sums, *zero) }
    }

    #[inline(always)]
    unsafe fn inputs(self, from: *const u8) -> int8x16_t {
        // SAFETY: the caller vouches for the range.
        unsafe { vreinterpretq_s8_s32(vdupq_n_s32(from.cast::<i32>().read_unaligned())) }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> int8x16_t {
        // SAFETY: the caller vouches for the range.
        unsafe { vld1q_s8(from) }
    }

    #[inline(always)]
    fn add(self, sums: int32x4_t, inputs: int8x16_t, weights: int8x16_t) -> int32x4_t {
        // SAFETY: `self` is proof of the instruction.
        unsafe { sdot(sums, inputs, weights) }
    }

    #[inline(always)]
    fn to_f32s(self, sums: int32x4_t) -> f32x4 {
        // SAFETY: NEON is part of the architecture.
        unsafe { transmute(vcvtq_f32_s32(sums)) }
    }
}
