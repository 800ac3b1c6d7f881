//! SiLU with AVX-512, which has what it takes to do without the divider: an estimate of the
//! reciprocal, and powers of two that reach both ends of the range.

use std::any::TypeId;
use std::arch::x86_64::*;

use pulp::Simd;
use pulp::x86::V4;

/// Lets the macros below stay short.
macro_rules! splat {
    ($value:expr) => {
        _mm512_set1_ps($value)
    };
}

/// `exp(-r)` for r in [-0.347, 0.347] is `1 - r + r^2 q(r)`; this is the `q` of degree 3 whose largest
/// relative error is least (1.1e-7), from the highest power on.
const EXACT: [f32; 6] = [
    -0.008_312_52,
    0.041_890_2,
    -0.166_671_15,
    0.499_992_3,
    -1.0,
    1.0,
];

/// The same of degree 1 (1.3e-4).
const ROUGH: [f32; 4] = [-0.166_628_05, 0.503_942_55, -1.0, 1.0];

/// Replaces `x` if these are the vectors of `S`, and says so: within 2.5e-7 of its magnitude, or
/// 2e-4 if it is `rough`.
#[inline(always)]
pub fn silu<S: Simd, const N: usize>(x: &mut [S::f32s; N], rough: bool) -> bool {
    // Known when it is compiled.
    if TypeId::of::<S>() != TypeId::of::<V4>() {
        return false;
    }
    let place = std::ptr::from_mut(x).cast::<[__m512; N]>();
    // SAFETY: the vectors are those of AVX-512, which `S` is proof of, if less aligned.
    unsafe {
        let x = place.read_unaligned();
        place.write_unaligned(match rough {
            true => silu_by::<N, 4>(x, &ROUGH, false),
            false => silu_by::<N, 6>(x, &EXACT, true),
        });
    }
    true
}

/// SiLU with the polynomial of these coefficients; `refined` adds a step of Newton to the reciprocal.
///
/// # Safety
/// The processor must have AVX-512.
#[inline(always)]
unsafe fn silu_by<const N: usize, const C: usize>(
    mut x: [__m512; N],
    coefficients: &[f32; C],
    refined: bool,
) -> [__m512; N] {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let magic = splat!(12_582_912.0);
        let (mut twos, mut rest) = (x, x);
        for n in 0..N {
            // The smaller magnitude with the sign of `x`: within 87, where f32's exponents end.
            let x = _mm512_range_ps::<2>(x[n], splat!(87.0));
            // Adding 1.5 * 2^23 rounds to an integer.
            let shifted = _mm512_fmadd_ps(x, splat!(-std::f32::consts::LOG2_E), magic);
            twos[n] = _mm512_sub_ps(shifted, magic);
            rest[n] = _mm512_fmadd_ps(twos[n], splat!(std::f32::consts::LN_2), x);
        }
        let mut power = [splat!(coefficients[0]); N];
        for &coefficient in &coefficients[1..] {
            for n in 0..N {
                power[n] = _mm512_fmadd_ps(power[n], rest[n], splat!(coefficient));
            }
        }
        for n in 0..N {
            let exp = _mm512_scalef_ps(power[n], twos[n]);
            let below = _mm512_add_ps(splat!(1.0), exp);
            let estimate = _mm512_rcp14_ps(below);
            let y = _mm512_mul_ps(x[n], estimate);
            x[n] = match refined {
                true => {
                    let error = _mm512_fnmadd_ps(below, estimate, splat!(1.0));
                    _mm512_fmadd_ps(y, error, y)
                }
                false => y,
            };
        }
        x
    }
}
