//! The register tile in 8 bits. It walks a panel as the one in f32 does and ends in the same
//! [`Epilogue`].

use pulp::Simd;

use super::rows::{HEADER, Rows};
use crate::ops::cpu::dot::{Dot, WithDot};
use crate::ops::cpu::product::tile::Epilogue;
use crate::ops::cpu::simd::load;

/// Rows of a full tile. A group of inputs needs a register of its own, unlike a value of f32, so
/// there are fewer accumulators.
const fn tile_rows(registers: usize) -> usize {
    if registers >= 32 { 11 } else { 5 }
}

/// Some columns of a weight matrix, with what turns their sums into results.
#[derive(Clone, Copy)]
pub struct Panel<'a> {
    /// `(groups, width, group)`.
    pub weight: &'a [i8],
    /// What one step of a weight is worth; `(width)`, as are the next two.
    pub scale: &'a [f32],
    /// The sums of the weights.
    pub sums: &'a [i32],
    pub bias: &'a [f32],
}

/// `bias + rows @ weight` for one panel, tile by tile.
pub struct Multiply<'a, E> {
    pub panel: Panel<'a>,
    pub rows: Rows<'a>,
    pub epilogue: &'a mut E,
}

impl<E: Epilogue> WithDot for Multiply<'_, E> {
    #[inline(always)]
    fn with_dot<D: Dot>(self, dot: D) {
        if self.panel.bias.len() == D::Simd::F32_LANES {
            self.multiply::<D, 1>(dot);
        } else {
            self.multiply::<D, 2>(dot);
        }
    }
}

impl<E: Epilogue> Multiply<'_, E> {
    /// `V` is the panel's width in vectors.
    #[inline(always)]
    fn multiply<D: Dot, const V: usize>(self, dot: D) {
        let Self {
            panel,
            rows,
            epilogue,
        } = self;
        let groups = panel.check(&rows, V * D::Simd::F32_LANES, D::GROUP);
        // As even as can be, as in f32: then all are at least half as high as can be, but for a
        // few rows alone. Those go one by one, which saves the compiler the tiles between.
        let most = tile_rows(D::Simd::REGISTER_COUNT);
        let tiles = match rows.count() > most / 2 {
            true => rows.count().div_ceil(most),
            false => rows.count(),
        };
        let (short, longer) = (rows.count() / tiles, rows.count() % tiles);
        let mut row = 0;
        for tile in 0..tiles {
            let count = short + usize::from(tile < longer);
            macro_rules! tile {
                ($($m:literal)*) => {
                    match count {
                        $($m => {
                            // SAFETY: the lengths were checked above, and row + m <= count.
                            let sums = unsafe { panel.tile::<D, $m, V>(dot, &rows, row, groups) };
                            epilogue.take(dot.simd(), &mut { sums }, row);
                        })*
                        _ => unreachable!(),
                    }
                };
            }
            if D::Simd::REGISTER_COUNT >= 32 {
                tile!(1 6 7 8 9 10 11);
            } else {
                tile!(1 3 4 5);
            }
            row += count;
        }
    }
}

impl Panel<'_> {
    /// Panics if the lengths do not fit each other. Returns the groups in a row.
    #[inline(always)]
    fn check(&self, rows: &Rows, width: usize, group: usize) -> usize {
        let groups = self.weight.len() / (width * group);
        assert_eq!(self.weight.len(), groups * width * group);
        let lengths = [self.scale.len(), self.sums.len(), self.bias.len()];
        assert_eq!(lengths, [width; 3]);
        assert!(HEADER + groups <= rows.step());
        groups
    }

    /// `M` rows from `row` on.
    ///
    /// # Safety
    /// All lengths must be as [`Self::check`] has them, and all `M` rows must be there.
    #[inline(always)]
    unsafe fn tile<D: Dot, const M: usize, const V: usize>(
        &self,
        dot: D,
        rows: &Rows,
        row: usize,
        groups: usize,
    ) -> [[<D::Simd as Simd>::f32s; V]; M] {
        let simd = dot.simd();
        let lanes = D::Simd::F32_LANES;
        // SAFETY: the caller vouches for all ranges; a group fills a word.
        unsafe {
            let step = rows.step();
            let first = rows.pointer().add(row * step);
            let mut weight_sums = [dot.weight_sums(self.sums.as_ptr()); V];
            for (v, sums) in weight_sums.iter_mut().enumerate() {
                *sums = dot.weight_sums(self.sums.as_ptr().add(v * lanes));
            }
            let mut sums = [weight_sums; M];
            for (m, sums) in sums.iter_mut().enumerate() {
                let zero = first.add(m * step + 1).cast::<i32>();
                for sum in sums {
                    *sum = dot.start(zero, *sum);
                }
            }
            let inputs = first.add(HEADER);
            let mut weight = self.weight.as_ptr();
            for k in 0..groups {
                let mut weights = [dot.weights(weight); V];
                for (v, weights) in weights.iter_mut().enumerate() {
                    *weights = dot.weights(weight.add(v * lanes * D::GROUP));
                }
                weight = weight.add(V * lanes * D::GROUP);
                for (m, sums) in sums.iter_mut().enumerate() {
                    let inputs = dot.inputs(inputs.add(m * step + k).cast());
                    for (sum, &weights) in sums.iter_mut().zip(&weights) {
                        *sum = dot.add(*sum, inputs, weights);
                    }
                }
            }
            let mut results = [[simd.splat_f32s(0.0); V]; M];
            for v in 0..V {
                let scale = load::<D::Simd>(self.scale.as_ptr().add(v * lanes));
                let bias = load::<D::Simd>(self.bias.as_ptr().add(v * lanes));
                for m in 0..M {
                    let of_row = simd.splat_f32s(*first.add(m * step));
                    let sums = simd.mul_f32s(dot.to_f32s(sums[m][v]), scale);
                    results[m][v] = simd.mul_add_e_f32s(sums, of_row, bias);
                }
            }
            results
        }
    }
}
