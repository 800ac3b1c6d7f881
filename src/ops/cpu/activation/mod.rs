//! The activations, in registers.

#[cfg(target_arch = "x86_64")]
mod x86;

use pulp::Simd;

use crate::ops::folded::Activation;
use crate::ops::quantised::Products;

/// An activation, as it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Identity,
    Silu,
    /// With an error of 2e-4 of its magnitude where that is faster: a step of 8 bits is 20 times as
    /// large.
    RoughSilu,
    Sigmoid,
    Relu,
    Relu6,
}

impl Function {
    /// `activation` in a network of these products.
    pub fn new(activation: Activation, products: Products) -> Self {
        match (activation, products) {
            (Activation::Identity, _) => Self::Identity,
            (Activation::Silu, Products::F32) => Self::Silu,
            (Activation::Silu, Products::Int8) => Self::RoughSilu,
            (Activation::Sigmoid, _) => Self::Sigmoid,
            (Activation::Relu, _) => Self::Relu,
            (Activation::Relu6, _) => Self::Relu6,
        }
    }
}

// Plain loops and no closures here: a closure that is not inlined would be compiled without the
// instruction set that its caller was dispatched to.

/// Vectors whose activations are computed side by side: enough that their chains of dependent
/// arithmetic overlap, few enough that all stay in registers.
const INTERLEAVE: usize = 4;

/// `1 + exp(-x)` for a few vectors, within 2 ulp for |x| < 8 and 6 ulp anywhere; the clamp at 87,
/// where the exponent's bits end, changes a sigmoid by less than the smallest normal number.
///
/// `-x` is a multiple of ln 2, which goes into the exponent bits, less a rest `r` in
/// [-0.347, 0.347], for which `exp(-r)` is `1 - r + r^2 q(r)` with the `q` of degree 4 whose largest
/// relative error is least (3e-9).
#[inline(always)]
fn one_plus_exp_of_negated<S: Simd, const N: usize>(simd: S, x: &[S::f32s; N]) -> [S::f32s; N] {
    let limit = 87.0;
    // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits of the sum.
    let magic = simd.splat_f32s(12_582_912.0);
    let minus_log2_e = simd.splat_f32s(-std::f32::consts::LOG2_E);
    let ln_2 = simd.splat_f32s(std::f32::consts::LN_2);
    let (mut shifted, mut rest) = (*x, *x);
    for n in 0..N {
        let x = simd.min_f32s(simd.splat_f32s(limit), x[n]);
        let x = simd.max_f32s(simd.splat_f32s(-limit), x);
        shifted[n] = simd.mul_add_e_f32s(x, minus_log2_e, magic);
        let twos = simd.sub_f32s(shifted[n], magic);
        // Fused even where that is slow: most of the product cancels.
        rest[n] = simd.mul_add_f32s(twos, ln_2, x);
    }
    let mut power = [simd.splat_f32s(0.001_381_454); N];
    for coefficient in [
        -0.008_368_745,
        0.041_668_39,
        -0.166_665_21,
        0.499_999_94,
        -1.0,
        1.0,
    ] {
        let coefficient = simd.splat_f32s(coefficient);
        for n in 0..N {
            power[n] = simd.mul_add_e_f32s(power[n], rest[n], coefficient);
        }
    }
    for n in 0..N {
        let exponent = simd.wrapping_dyn_shl_u32s(
            simd.transmute_u32s_f32s(shifted[n]),
            simd.splat_u32s(f32::MANTISSA_DIGITS - 1),
        );
        let bits = simd.add_u32s(simd.transmute_u32s_f32s(power[n]), exponent);
        power[n] = simd.add_f32s(simd.splat_f32s(1.0), simd.transmute_f32s_u32s(bits));
    }
    power
}

/// `x / (1 + exp(-x))`; NaN stays NaN.
#[inline(always)]
fn silu<S: Simd, const N: usize>(simd: S, x: &mut [S::f32s; N], rough: bool) {
    #[cfg(target_arch = "x86_64")]
    if x86::silu::<S, N>(x, rough) {
        return;
    }
    let _ = rough;
    let below = one_plus_exp_of_negated(simd, x);
    for (x, below) in x.iter_mut().zip(below) {
        *x = simd.div_f32s(*x, below);
    }
}

/// `1 / (1 + exp(-x))`; NaN stays NaN.
#[inline(always)]
fn sigmoid<S: Simd, const N: usize>(simd: S, x: &mut [S::f32s; N]) {
    let below = one_plus_exp_of_negated(simd, x);
    for (x, below) in x.iter_mut().zip(below) {
        let gate = simd.div_f32s(simd.splat_f32s(1.0), below);
        *x = simd.select_f32s(simd.equal_f32s(*x, *x), gate, *x);
    }
}

/// `max(x, 0)`; NaN stays NaN, as it would not in a maximum.
#[inline(always)]
fn relu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    simd.select_f32s(simd.less_than_f32s(x, zero), zero, x)
}

/// The same for any number of vectors.
#[inline(always)]
fn silu_of_all<S: Simd>(simd: S, values: &mut [S::f32s], rough: bool) {
    let (interleaved, rest) = values.as_chunks_mut::<INTERLEAVE>();
    for x in interleaved {
        silu(simd, x, rough);
    }
    for x in rest.as_chunks_mut::<1>().0 {
        silu(simd, x, rough);
    }
}

/// Applies `function` to each lane of each vector.
#[inline(always)]
pub(super) fn activate<S: Simd>(simd: S, values: &mut [S::f32s], function: Function) {
    match function {
        Function::Identity => {}
        Function::Silu => silu_of_all(simd, values, false),
        Function::RoughSilu => silu_of_all(simd, values, true),
        Function::Sigmoid => {
            for x in values.as_chunks_mut::<1>().0 {
                sigmoid(simd, x);
            }
        }
        Function::Relu => {
            for x in values {
                *x = relu(simd, *x);
            }
        }
        Function::Relu6 => {
            let six = simd.splat_f32s(6.0);
            for x in values {
                let above = simd.less_than_f32s(six, *x);
                *x = relu(simd, simd.select_f32s(above, six, *x));
            }
        }
    }
}
