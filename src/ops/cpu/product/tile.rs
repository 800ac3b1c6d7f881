//! The register tile behind every matrix product (BLIS calls it the microkernel).
//!
//! The left matrix is an NHWC activation and is read where it lies; the right one comes in panels
//! two vectors wide ([`super::packed`]) that the tile walks from front to back. A tile's sums stay in
//! registers from the bias to the last input. The [`Epilogue`] takes them from the stack: it is
//! compiled once, and not for every height of a tile.

use pulp::Simd;

use crate::ops::cpu::simd::{Aligned, prefetch};

/// The left matrix: `count` rows, each in `pieces` runs of equal length. The inputs of a
/// convolution's output position lie so, one run per row of its window.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub x: &'a [f32],
    pub count: usize,
    /// Values from the start of one row to that of the next.
    pub step: usize,
    pub pieces: usize,
    /// Values from the start of one run to that of the next.
    pub piece_step: usize,
}

impl<'a> Rows<'a> {
    /// `x` is `(count, inputs)`.
    pub fn contiguous(x: &'a [f32], inputs: usize) -> Self {
        Self {
            x,
            count: x.len() / inputs,
            step: inputs,
            pieces: 1,
            piece_step: 0,
        }
    }

    /// Panics if rows of `inputs` values reach beyond `x`.
    fn check(&self, inputs: usize) {
        let piece = inputs / self.pieces;
        assert_eq!(piece * self.pieces, inputs);
        let last = (self.count - 1) * self.step + (self.pieces - 1) * self.piece_step;
        assert!(last + piece <= self.x.len());
    }
}

/// What becomes of a tile's sums.
pub trait Epilogue {
    /// Takes rows of `V` vectors, the first of them number `row`.
    fn take<S: Simd, const V: usize>(&mut self, simd: S, sums: &mut [[S::f32s; V]], row: usize);
}

/// Rows of a full tile: as many accumulators as registers allow beside one row of the panel and
/// one broadcast value.
const fn tile_rows(registers: usize) -> usize {
    if registers >= 32 { MOST_TILE_ROWS } else { 6 }
}

/// The most that [`tile_rows`] says.
const MOST_TILE_ROWS: usize = 14;

/// Values in a cache line.
const CACHE_LINE: usize = 16;

/// Inputs from the one whose weights are used to the one whose weights are asked for, when they may
/// come from main memory: some hundred cycles' worth.
const PREFETCH_DISTANCE: usize = 16;

/// Some columns of a weight matrix with their bias.
pub struct Panel<'a> {
    /// `(inputs, width)`.
    pub weight: &'a [f32],
    /// `(width)`.
    pub bias: &'a [f32],
    pub fold: Option<Fold<'a>>,
}

/// Gates for the weight's rows. The first tile folds them in, for the others to use.
pub struct Fold<'a> {
    /// `(inputs)`.
    pub gates: &'a [f32],
    /// `(inputs, width)`, to be written.
    pub scaled: &'a mut [f32],
}

impl Panel<'_> {
    /// `bias + rows @ weight`, tile by tile. `V` is the panel's width in vectors.
    #[inline(always)]
    pub fn multiply<S: Simd, const V: usize>(
        mut self,
        simd: S,
        rows: Rows,
        epilogue: &mut impl Epilogue,
    ) {
        let piece = self.check(&rows, V * S::F32_LANES);
        // As even as can be: a tile of one row would wait for each of its sums.
        let tiles = rows.count.div_ceil(tile_rows(S::REGISTER_COUNT));
        let (short, longer) = (rows.count / tiles, rows.count % tiles);
        let mut row = 0;
        let mut sums = Aligned([[simd.splat_f32s(0.0); V]; MOST_TILE_ROWS]);
        for tile in 0..tiles {
            let count = short + usize::from(tile < longer);
            macro_rules! tile {
                ($($m:literal)*) => {
                    match count {
                        $($m => {
                            // SAFETY: the lengths were checked above, and row + m <= count.
                            let tile = unsafe { self.tile::<S, $m, V>(simd, rows, row, piece) };
                            sums.0[..$m].copy_from_slice(&tile);
                        })*
                        _ => unreachable!(),
                    }
                };
            }
            if S::REGISTER_COUNT >= 32 {
                tile!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
            } else {
                tile!(1 2 3 4 5 6);
            }
            epilogue.take(simd, &mut sums.0[..count], row);
            if let Some(fold) = self.fold.take() {
                self.weight = fold.scaled;
            }
            row += count;
        }
    }

    /// Panics if the lengths do not fit each other. Returns the values in one run of a row.
    #[inline(always)]
    fn check(&self, rows: &Rows, width: usize) -> usize {
        let inputs = self.weight.len() / width;
        assert_eq!(self.weight.len(), inputs * width);
        assert_eq!(self.bias.len(), width);
        rows.check(inputs);
        if let Some(Fold { gates, scaled }) = &self.fold {
            assert_eq!(rows.pieces, 1, "gates are for plain rows");
            assert!(gates.len() == inputs && scaled.len() == self.weight.len());
        }
        inputs / rows.pieces
    }

    /// `M` rows from `row` on, each in runs of `piece` values.
    ///
    /// # Safety
    /// All lengths must be as [`Self::check`] has them, and all `M` rows must be there.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        rows: Rows,
        row: usize,
        piece: usize,
    ) -> [[S::f32s; V]; M] {
        // SAFETY: the caller vouches for all ranges.
        unsafe {
            let bias = self.bias.as_ptr().cast::<[S::f32s; V]>().read_unaligned();
            let mut sums = [bias; M];
            let x = rows.x.as_ptr().add(row * rows.step);
            // The next tile's rows, asked for in as many steps as this one has inputs: there are
            // too many for the processor to see a pattern.
            let next = x.wrapping_add(M * rows.step);
            if self.fold.is_some() {
                self.fold_and_multiply(simd, &mut sums, x, rows.step, next);
                return sums;
            }
            let weight = self.weight.as_ptr().cast::<[S::f32s; V]>();
            for p in 0..rows.pieces {
                let (x, weight) = (x.add(p * rows.piece_step), weight.add(p * piece));
                for k in 0..piece {
                    let weight = weight.add(k).read_unaligned();
                    prefetch(next.wrapping_add(k * M));
                    multiply_add(simd, &mut sums, x.add(k), rows.step, weight);
                }
            }
            sums
        }
    }

    /// The first tile of a panel with gates: scales the weights as it goes.
    ///
    /// # Safety
    /// As for [`Self::tile`], whose `M` rows begin at `x`, `step` values apart.
    #[inline(always)]
    unsafe fn fold_and_multiply<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        sums: &mut [[S::f32s; V]; M],
        x: *const f32,
        step: usize,
        next: *const f32,
    ) {
        let Some(Fold { gates, scaled }) = &mut self.fold else {
            return;
        };
        let width = V * S::F32_LANES;
        let scaled = scaled.as_mut_ptr().cast::<[S::f32s; V]>();
        let weights = self.weight.as_ptr();
        for (k, &gate) in gates.iter().enumerate() {
            let gate = simd.splat_f32s(gate);
            // SAFETY: the weights, their scaled copy and each row have as many inputs as there
            // are gates.
            unsafe {
                let mut weight = weights.cast::<[S::f32s; V]>().add(k).read_unaligned();
                for weight in &mut weight {
                    *weight = simd.mul_f32s(*weight, gate);
                }
                scaled.add(k).write_unaligned(weight);
                prefetch(next.wrapping_add(k * M));
                let ahead = weights.wrapping_add((k + PREFETCH_DISTANCE) * width);
                for line in (0..width).step_by(CACHE_LINE) {
                    prefetch(ahead.wrapping_add(line));
                }
                multiply_add(simd, sums, x.add(k), step, weight);
            }
        }
    }
}

/// Adds one input's part to each of `M` rows.
///
/// # Safety
/// `x` must be valid for `M` values, `step` apart.
#[inline(always)]
unsafe fn multiply_add<S: Simd, const M: usize, const V: usize>(
    simd: S,
    sums: &mut [[S::f32s; V]; M],
    x: *const f32,
    step: usize,
    weight: [S::f32s; V],
) {
    for (m, sum) in sums.iter_mut().enumerate() {
        // SAFETY: the caller vouches for it.
        let value = simd.splat_f32s(unsafe { *x.add(m * step) });
        for (sum, &weight) in sum.iter_mut().zip(&weight) {
            *sum = simd.mul_add_e_f32s(value, weight, *sum);
        }
    }
}
