//! x86: VNNI's dot products of bytes, and products of words where it is missing.
//!
//! `vpdpbusd` multiplies unsigned by signed bytes and adds four products at a time. `vpmaddubsw`,
//! which AVX2 has for that, saturates at 16 bits; `vpmaddwd` on bytes widened to words does not, at
//! half the rate.
//!
//! A zero point times a sum of weights: no vector multiplication of 32 bits is as fast as
//! `vpmaddwd`, so the sum is split as `128 * high + low`, and the zero point comes as the pair
//! `(-128 * zero_point, -zero_point)`, both in 16 bits.

use std::arch::x86_64::*;
use std::mem::transmute;

use pulp::x86::{V3, V4};
use pulp::{f32x8, f32x16};

use super::{Dot, WithDot};

/// The zero point as `vpmaddwd` multiplies it.
#[inline(always)]
fn pair(zero_point: i32) -> i32 {
    ((-128 * zero_point) & 0xffff) | (-zero_point << 16)
}

macro_rules! dispatcher {
    ($name:ident, $features:literal, $simd:ident, $dot:ident) => {
        /// Does `work` with these instructions.
        ///
        /// # Safety
        /// The processor must have them.
        #[target_feature(enable = $features)]
        pub unsafe fn $name(simd: $simd, work: impl WithDot) {
            work.with_dot($dot(simd));
        }

        #[doc = concat!("With ", $features, ".")]
        #[derive(Clone, Copy)]
        pub struct $dot($simd);
    };
}

dispatcher!(
    avx512_vnni,
    "avx2,bmi1,bmi2,fma,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vnni",
    V4,
    Avx512Vnni
);
dispatcher!(
    avx512,
    "avx2,bmi1,bmi2,fma,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl",
    V4,
    Avx512
);
dispatcher!(
    avx_vnni,
    "avx2,bmi1,bmi2,fma,lzcnt,popcnt,avxvnni",
    V3,
    AvxVnni
);
dispatcher!(avx2, "avx2,bmi1,bmi2,fma,lzcnt,popcnt", V3, Avx2);

// What follows is right only inside a dispatcher, where everything is inlined; `Dot` says so.

/// What the two forms with vectors of 512 bits share.
macro_rules! dot_512 {
    () => {
        type Simd = V4;
        type Sums = __m512i;
        type Inputs = __m512i;
        type Weights = __m512i;

        #[inline(always)]
        fn simd(self) -> V4 {
            self.0
        }

        #[inline(always)]
        fn zero(zero_point: i32) -> i32 {
            pair(zero_point)
        }

        #[inline(always)]
        unsafe fn weight_sums(self, from: *const i32) -> __m512i {
            // SAFETY: the caller vouches for the range.
            unsafe {
                let sums = _mm512_loadu_si512(from.cast());
                let high = _mm512_srai_epi32::<7>(sums);
                let high = _mm512_and_si512(high, _mm512_set1_epi32(0xffff));
                let low = _mm512_and_si512(sums, _mm512_set1_epi32(127));
                _mm512_or_si512(high, _mm512_slli_epi32::<16>(low))
            }
        }

        #[inline(always)]
        unsafe fn start(self, zero: *const i32, weight_sums: __m512i) -> __m512i {
            // SAFETY: the caller vouches for it.
            unsafe { _mm512_madd_epi16(_mm512_set1_epi32(*zero), weight_sums) }
        }

        #[inline(always)]
        unsafe fn inputs(self, from: *const u8) -> __m512i {
            // SAFETY: the caller vouches for the range.
            unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
        }

        #[inline(always)]
        fn to_f32s(self, sums: __m512i) -> f32x16 {
            // SAFETY: both are 16 values of f32.
            unsafe { transmute(_mm512_cvtepi32_ps(sums)) }
        }
    };
}

// SAFETY: the dispatcher alone makes one.
unsafe impl Dot for Avx512Vnni {
    dot_512!();

    const GROUP: usize = 4;

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: f32x16, zero_point: i32) {
        // SAFETY: the caller vouches for the place.
        unsafe {
            let rounded = _mm512_cvtps_epi32(transmute::<f32x16, __m512>(values));
            let stored = _mm512_add_epi32(rounded, _mm512_set1_epi32(zero_point));
            _mm_storeu_si128(to.cast(), _mm512_cvtusepi32_epi8(stored));
        }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> __m512i {
        // SAFETY: the caller vouches for the range.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    fn add(self, sums: __m512i, inputs: __m512i, weights: __m512i) -> __m512i {
        // SAFETY: `self` is proof of the instruction.
        unsafe { _mm512_dpbusd_epi32(sums, inputs, weights) }
    }
}

// SAFETY: the dispatcher alone makes one.
unsafe impl Dot for Avx512 {
    dot_512!();

    const GROUP: usize = 2;

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: f32x16, zero_point: i32) {
        // SAFETY: the caller vouches for the place.
        unsafe {
            let rounded = _mm512_cvtps_epi32(transmute::<f32x16, __m512>(values));
            let stored = _mm512_add_epi32(rounded, _mm512_set1_epi32(zero_point));
            let stored = _mm512_min_epi32(stored, _mm512_set1_epi32(255));
            _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(stored));
        }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> __m512i {
        // SAFETY: the caller vouches for the range.
        unsafe { _mm512_cvtepi8_epi16(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    fn add(self, sums: __m512i, inputs: __m512i, weights: __m512i) -> __m512i {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm512_add_epi32(sums, _mm512_madd_epi16(inputs, weights)) }
    }
}

/// What the two forms with vectors of 256 bits share.
macro_rules! dot_256 {
    () => {
        type Simd = V3;
        type Sums = __m256i;
        type Inputs = __m256i;
        type Weights = __m256i;

        #[inline(always)]
        fn simd(self) -> V3 {
            self.0
        }

        #[inline(always)]
        fn zero(zero_point: i32) -> i32 {
            pair(zero_point)
        }

        #[inline(always)]
        unsafe fn weight_sums(self, from: *const i32) -> __m256i {
            // SAFETY: the caller vouches for the range.
            unsafe {
                let sums = _mm256_loadu_si256(from.cast());
                let high = _mm256_srai_epi32::<7>(sums);
                let high = _mm256_and_si256(high, _mm256_set1_epi32(0xffff));
                let low = _mm256_and_si256(sums, _mm256_set1_epi32(127));
                _mm256_or_si256(high, _mm256_slli_epi32::<16>(low))
            }
        }

        #[inline(always)]
        unsafe fn start(self, zero: *const i32, weight_sums: __m256i) -> __m256i {
            // SAFETY: the caller vouches for it.
            unsafe { _mm256_madd_epi16(_mm256_set1_epi32(*zero), weight_sums) }
        }

        #[inline(always)]
        unsafe fn inputs(self, from: *const u8) -> __m256i {
            // SAFETY: the caller vouches for the range.
            unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
        }

        #[inline(always)]
        fn to_f32s(self, sums: __m256i) -> f32x8 {
            // SAFETY: both are 8 values of f32.
            unsafe { transmute(_mm256_cvtepi32_ps(sums)) }
        }
    };
}

/// Eight activations as words, which fit bytes but for the saturation.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
unsafe fn words(values: f32x8, zero_point: i32) -> __m128i {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let rounded = _mm256_cvtps_epi32(transmute::<f32x8, __m256>(values));
        let stored = _mm256_add_epi32(rounded, _mm256_set1_epi32(zero_point));
        let stored = _mm256_min_epi32(stored, _mm256_set1_epi32(255));
        let halves = [
            _mm256_castsi256_si128(stored),
            _mm256_extracti128_si256::<1>(stored),
        ];
        _mm_packs_epi32(halves[0], halves[1])
    }
}

// SAFETY: the dispatcher alone makes one.
unsafe impl Dot for AvxVnni {
    dot_256!();

    const GROUP: usize = 4;

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: f32x8, zero_point: i32) {
        // SAFETY: the caller vouches for the place, `self` for the instructions.
        unsafe {
            let words = words(values, zero_point);
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
        }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> __m256i {
        // SAFETY: the caller vouches for the range.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    fn add(self, sums: __m256i, inputs: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` is proof of the instruction.
        unsafe { _mm256_dpbusd_avx_epi32(sums, inputs, weights) }
    }
}

// SAFETY: the dispatcher alone makes one.
unsafe impl Dot for Avx2 {
    dot_256!();

    const GROUP: usize = 2;

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: f32x8, zero_point: i32) {
        // SAFETY: the caller vouches for the place, `self` for the instructions.
        unsafe { _mm_storeu_si128(to.cast(), words(values, zero_point)) }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> __m256i {
        // SAFETY: the caller vouches for the range.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    fn add(self, sums: __m256i, inputs: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` is proof of the instructions.
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(inputs, weights)) }
    }
}
