//! The register tile of the depthwise convolution.

use pulp::Simd;

/// Output positions in registers at a time.
pub const TILE: usize = 4;

/// `T` neighbouring outputs before the activation.
///
/// # Safety
/// `from` must be valid for `K` rows of `row * V` vectors as far as the windows reach, `taps` for
/// `V` times `K * K` vectors, `bias` for `V`; any alignment will do.
#[inline(always)]
pub unsafe fn filter<
    S: Simd,
    const V: usize,
    const K: usize,
    const STRIDE: usize,
    const T: usize,
>(
    simd: S,
    from: *const S::f32s,
    row: usize,
    taps: *const S::f32s,
    bias: *const [S::f32s; V],
) -> [[S::f32s; V]; T] {
    // SAFETY: the caller vouches for `bias`.
    let mut sums = [unsafe { bias.read_unaligned() }; T];
    for ky in 0..K {
        for kx in 0..K {
            for v in 0..V {
                // SAFETY: the caller vouches for `taps`.
                let weight = unsafe { taps.add((v * K + ky) * K + kx).read_unaligned() };
                for (t, sum) in sums.iter_mut().enumerate() {
                    let at = (ky * row + t * STRIDE + kx) * V + v;
                    // SAFETY: the caller vouches for `from`.
                    let value = unsafe { from.add(at).read_unaligned() };
                    sum[v] = simd.mul_add_e_f32s(value, weight, sum[v]);
                }
            }
        }
    }
    sums
}
