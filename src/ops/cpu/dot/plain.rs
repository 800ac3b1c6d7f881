//! Plain arithmetic, on any processor.

use pulp::Simd;

use super::Dot;

/// `LANES` is that of `S`.
#[derive(Clone, Copy)]
pub struct Plain<S, const LANES: usize>(pub S);

// SAFETY: it needs nothing but what `S` is proof of.
unsafe impl<S: Simd, const LANES: usize> Dot for Plain<S, LANES> {
    type Simd = S;
    type Sums = [i32; LANES];
    type Inputs = [u8; 4];
    type Weights = [[i8; 4]; LANES];

    const GROUP: usize = 4;

    #[inline(always)]
    fn simd(self) -> S {
        self.0
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8, values: S::f32s, zero_point: i32) {
        // SAFETY: both are `LANES` values of f32.
        let values: [f32; LANES] = unsafe { std::mem::transmute_copy(&values) };
        let stored =
            values.map(|value| (value.round_ties_even() as i32 + zero_point).min(255) as u8);
        // SAFETY: the caller vouches for the place.
        unsafe { to.cast::<[u8; LANES]>().write(stored) }
    }

    #[inline(always)]
    fn zero(zero_point: i32) -> i32 {
        -zero_point
    }

    #[inline(always)]
    unsafe fn weight_sums(self, from: *const i32) -> Self::Sums {
        // SAFETY: the caller vouches for it.
        unsafe { from.cast::<Self::Sums>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn start(self, zero: *const i32, weight_sums: Self::Sums) -> Self::Sums {
        // SAFETY: the caller vouches for it.
        let zero = unsafe { *zero };
        weight_sums.map(|sum| zero * sum)
    }

    #[inline(always)]
    unsafe fn inputs(self, from: *const u8) -> [u8; 4] {
        // SAFETY: the caller vouches for it.
        unsafe { from.cast::<[u8; 4]>().read() }
    }

    #[inline(always)]
    unsafe fn weights(self, from: *const i8) -> Self::Weights {
        // SAFETY: the caller vouches for it.
        unsafe { from.cast::<Self::Weights>().read() }
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, inputs: [u8; 4], weights: Self::Weights) -> Self::Sums {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (input, weight) in inputs.into_iter().zip(weights) {
                *sum += i32::from(input) * i32::from(weight);
            }
        }
        sums
    }

    #[inline(always)]
    fn to_f32s(self, sums: Self::Sums) -> S::f32s {
        let sums = sums.map(|sum| sum as f32);
        // SAFETY: both are `LANES` values of f32.
        unsafe { std::mem::transmute_copy(&sums) }
    }
}
