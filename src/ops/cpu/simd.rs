//! The instruction set, loads and stores, and the activations in registers.

use std::sync::OnceLock;

use pulp::{Arch, Simd};

use super::super::Activation;

/// The widest instruction set that this processor has; `EFFNET_SIMD=avx2` or `scalar` asks for a
/// narrower one, to compare or to test.
pub(super) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| match std::env::var("EFFNET_SIMD").as_deref() {
        Ok("scalar") => Arch::Scalar,
        #[cfg(target_arch = "x86_64")]
        Ok("avx2") => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
        _ => Arch::new(),
    })
}

/// The name of the instruction set in use.
pub fn instruction_set() -> &'static str {
    match arch() {
        Arch::Scalar => "scalar",
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => "avx2",
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => "avx512",
        #[allow(unreachable_patterns)]
        _ => "neon",
    }
}

/// Values in one vector register of the instruction set in use.
pub(super) fn lanes() -> usize {
    struct Lanes;
    impl pulp::WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    arch().dispatch(Lanes)
}

/// Reads one vector.
///
/// # Safety
/// `from` must be valid for reading `S::F32_LANES` values; any alignment will do.
#[inline(always)]
pub(super) unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: the caller vouches for the range, and the vector type is plain data.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// Writes one vector.
///
/// # Safety
/// `to` must be valid for writing `S::F32_LANES` values; any alignment will do.
#[inline(always)]
pub(super) unsafe fn store<S: Simd>(to: *mut f32, values: S::f32s) {
    // SAFETY: the caller vouches for the range.
    unsafe { to.cast::<S::f32s>().write_unaligned(values) }
}

/// A pointer that tasks share, each writing a range of its own.
#[derive(Clone, Copy)]
pub(super) struct Shared(pub *mut f32);

// SAFETY: every user hands disjoint ranges to different tasks.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// Taking `self` makes a closure capture the wrapper and not the bare pointer inside it.
    pub fn pointer(self) -> *mut f32 {
        self.0
    }
}

/// `exp(x)` for `x` in [-87, 87], relative error below 2 ulp.
///
/// `x` is a multiple of ln 2, which goes into the exponent bits, and a rest in [-0.347, 0.347],
/// which goes through `1 + r + r^2 q(r)` with the `q` of degree 4 whose largest relative error is
/// least (3e-9).
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
    let magic = simd.splat_f32s(12_582_912.0);
    let log2_e = simd.splat_f32s(std::f32::consts::LOG2_E);
    let shifted = simd.mul_add_e_f32s(x, log2_e, magic);
    let twos = simd.sub_f32s(shifted, magic);
    // ln 2 in two parts, the first short enough that its multiples are exact.
    let rest = simd.mul_add_e_f32s(twos, simd.splat_f32s(-355.0 / 512.0), x);
    let rest = simd.mul_add_e_f32s(twos, simd.splat_f32s(2.121_944_4e-4), rest);
    let mut power = simd.splat_f32s(0.001_381_454);
    for coefficient in [
        0.008_368_745,
        0.041_668_39,
        0.166_665_21,
        0.499_999_94,
        1.0,
        1.0,
    ] {
        power = simd.mul_add_e_f32s(power, rest, simd.splat_f32s(coefficient));
    }
    let exponent = simd.wrapping_dyn_shl_u32s(
        simd.transmute_u32s_f32s(shifted),
        simd.splat_u32s(f32::MANTISSA_DIGITS - 1),
    );
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(power), exponent))
}

/// `1 / (1 + exp(-x))`, within 3 ulp; anything for NaN.
#[inline(always)]
fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // Beyond +-87 the result is 0 or 1 to within the smallest normal number.
    let limit = 87.0;
    let one = simd.splat_f32s(1.0);
    let x = simd.min_f32s(simd.splat_f32s(limit), x);
    let x = simd.max_f32s(simd.splat_f32s(-limit), x);
    let negated = simd.sub_f32s(simd.splat_f32s(0.0), x);
    simd.div_f32s(one, simd.add_f32s(one, exp(simd, negated)))
}

/// Applies `activation` to each lane of each vector; NaN stays NaN. The choice is made once, so
/// that the vectors' long chains of arithmetic overlap.
#[inline(always)]
pub(super) fn activate<S: Simd, const N: usize>(
    simd: S,
    values: &mut [S::f32s; N],
    activation: Activation,
) {
    match activation {
        Activation::Identity => {}
        Activation::Silu => {
            for x in values {
                *x = simd.mul_f32s(*x, sigmoid(simd, *x));
            }
        }
        Activation::Sigmoid => {
            for x in values {
                *x = simd.select_f32s(simd.equal_f32s(*x, *x), sigmoid(simd, *x), *x);
            }
        }
    }
}
