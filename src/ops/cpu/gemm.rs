//! Packed weights and the register tile behind every matrix product.
//!
//! The left matrix is an NHWC activation, rows of `inputs` values, and is read where it lies. The
//! right one is packed once, when weights are loaded, into panels two vectors wide that the tile
//! walks from front to back. A tile holds its results in registers from the bias to the
//! activation and the residual, so each output value is written exactly once.

use pulp::{Simd, WithSimd};

use super::super::{Activation, Folded};
use super::simd::{activate, arch, lanes, load, store};

/// A weight matrix `(inputs, outputs)` in panels, with its bias.
pub(super) struct Packed {
    pub inputs: usize,
    pub outputs: usize,
    lanes: usize,
    /// Panel after panel, each `(inputs, width)` with width two vectors, or one for the last
    /// panel if that is enough. Columns past `outputs` are zero.
    weight: Vec<f32>,
    bias: Vec<f32>,
    pub activation: Activation,
}

/// Rows of a panel that are written at a time: with 32 columns of f32, 8 KiB.
const TRANSPOSED: usize = 64;

impl Packed {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded, activation: Activation) -> Self {
        let lanes = lanes();
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        let padded = outputs.next_multiple_of(lanes);
        let mut weight = vec![0.0; inputs * padded];
        let mut bias = folded.bias.clone();
        bias.resize(padded, 0.0);
        for start in (0..padded).step_by(2 * lanes) {
            let width = (2 * lanes).min(padded - start);
            let panel = &mut weight[start * inputs..][..width * inputs];
            let rows = &folded.weight[start * inputs..];
            // A transposition, in blocks that stay in the first-level cache.
            for first in (0..inputs).step_by(TRANSPOSED) {
                let end = (first + TRANSPOSED).min(inputs);
                let block = &mut panel[first * width..end * width];
                for (column, row) in rows.chunks_exact(inputs).take(width).enumerate() {
                    let slots = block[column..].iter_mut().step_by(width);
                    slots
                        .zip(&row[first..end])
                        .for_each(|(slot, &value)| *slot = value);
                }
            }
        }
        Self {
            inputs,
            outputs,
            lanes,
            weight,
            bias,
            activation,
        }
    }

    /// How many panels there are.
    pub fn panels(&self) -> usize {
        self.bias.len().div_ceil(2 * self.lanes)
    }
}

/// `rows` rows of `activation(x * excite @ weight + bias) + residual`, for a range of panels.
pub(super) struct Product<'a> {
    pub packed: &'a Packed,
    pub panels: std::ops::Range<usize>,
    /// `(rows, inputs)`.
    pub x: &'a [f32],
    /// Scales each input channel; it is folded into each panel before the panel is used.
    pub excite: Option<&'a [f32]>,
    /// `(rows, outputs)`.
    pub residual: Option<&'a [f32]>,
    /// `(rows, outputs)`; only the panels' columns are written.
    pub out: *mut f32,
    pub rows: usize,
}

impl Product<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` must be valid for writing `rows * outputs` values, and nothing else may read or
    /// write the columns of `panels` meanwhile.
    pub unsafe fn run(self) {
        let Packed {
            inputs, outputs, ..
        } = *self.packed;
        assert_eq!(self.x.len(), self.rows * inputs);
        assert!(self.excite.is_none_or(|excite| excite.len() == inputs));
        assert!(self.residual.is_none_or(|r| r.len() == self.rows * outputs));
        assert!(self.panels.end <= self.packed.panels());
        arch().dispatch(self);
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let packed = self.packed;
        debug_assert_eq!(S::F32_LANES, packed.lanes);
        let mut scaled = Vec::new();
        for panel in self.panels.clone() {
            let column = panel * 2 * S::F32_LANES;
            let width = (packed.bias.len() - column).min(2 * S::F32_LANES);
            let mut weight = &packed.weight[column * packed.inputs..][..width * packed.inputs];
            if let Some(excite) = self.excite {
                scale_rows(simd, weight, excite, &mut scaled);
                weight = &scaled;
            }
            if width == S::F32_LANES {
                self.panel::<S, 1>(simd, weight, column);
            } else {
                self.panel::<S, 2>(simd, weight, column);
            }
        }
    }
}

/// Rows of a full tile: as many accumulators as registers allow beside one row of the panel and
/// one broadcast value.
const fn tile_rows(registers: usize) -> usize {
    if registers >= 32 { 14 } else { 6 }
}

impl Product<'_> {
    /// One panel, `V` vectors wide, over all rows.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&self, simd: S, weight: &[f32], column: usize) {
        let full = tile_rows(S::REGISTER_COUNT);
        let tiles = self.rows.div_ceil(full);
        for tile in 0..tiles {
            // As even as can be: a tile of one row would wait for each of its sums.
            let row = tile * self.rows / tiles;
            let count = (tile + 1) * self.rows / tiles - row;
            macro_rules! tile {
                ($($m:literal)*) => {
                    match count {
                        // SAFETY: `run` checked the lengths, and row + count <= rows.
                        $($m => unsafe { self.tile::<S, $m, V>(simd, weight, row, column) },)*
                        _ => unreachable!(),
                    }
                };
            }
            if S::REGISTER_COUNT >= 32 {
                tile!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
            } else {
                tile!(1 2 3 4 5 6);
            }
        }
    }

    /// `M` rows by `V` vectors of the output, kept in registers throughout.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const V: usize>(
        &self,
        simd: S,
        weight: &[f32],
        row: usize,
        column: usize,
    ) {
        // SAFETY: rows row..row + M of x exist, each `inputs` long; the panel holds `inputs` rows
        // of V vectors; bias is padded to whole vectors.
        let sums = unsafe {
            let x = self.x.as_ptr().add(row * self.packed.inputs);
            let bias = self.packed.bias.as_ptr().add(column);
            accumulate::<S, M, V>(simd, x, self.packed.inputs, weight.as_ptr(), bias)
        };
        // SAFETY: the same rows of the output are ours to write.
        unsafe { self.finish(simd, sums, row, column) }
    }

    /// Activation, residual and the store; the last vector of the last panel may be partial.
    #[inline(always)]
    unsafe fn finish<S: Simd, const M: usize, const V: usize>(
        &self,
        simd: S,
        mut sums: [[S::f32s; V]; M],
        row: usize,
        column: usize,
    ) {
        activate(simd, sums.as_flattened_mut(), self.packed.activation);
        let outputs = self.packed.outputs;
        for (m, sum) in sums.into_iter().enumerate() {
            for (v, value) in sum.into_iter().enumerate() {
                let column = column + v * S::F32_LANES;
                let valid = (outputs - column).min(S::F32_LANES);
                let at = (row + m) * outputs + column;
                let mut value = value;
                if let Some(residual) = self.residual {
                    value = simd.add_f32s(value, simd.partial_load_f32s(&residual[at..][..valid]));
                }
                // SAFETY: row + m < rows and column + valid <= outputs.
                unsafe {
                    if valid == S::F32_LANES {
                        store::<S>(self.out.add(at), value);
                    } else {
                        let mut values = [0.0f32; 16];
                        store::<S>(values.as_mut_ptr(), value);
                        std::ptr::copy_nonoverlapping(values.as_ptr(), self.out.add(at), valid);
                    }
                }
            }
        }
    }
}

/// Rows of `V` vectors, each times its gate, into `scaled`.
#[inline(always)]
fn scale_rows<S: Simd>(simd: S, rows: &[f32], gates: &[f32], scaled: &mut Vec<f32>) {
    scaled.resize(rows.len(), 0.0);
    let width = rows.len() / gates.len();
    let (rows, _) = S::as_simd_f32s(rows);
    let (scaled, _) = S::as_mut_simd_f32s(scaled);
    let vectors = width / S::F32_LANES;
    let pairs = scaled
        .chunks_exact_mut(vectors)
        .zip(rows.chunks_exact(vectors));
    for ((to, from), &gate) in pairs.zip(gates) {
        let gate = simd.splat_f32s(gate);
        for (to, &from) in to.iter_mut().zip(from) {
            *to = simd.mul_f32s(from, gate);
        }
    }
}

/// `bias + x @ weight` for `M` rows of `inputs` values and `V` vectors of columns.
///
/// # Safety
/// `x` must be valid for `M * inputs` values, `weight` for `inputs * V` vectors, `bias` for `V`.
#[inline(always)]
unsafe fn accumulate<S: Simd, const M: usize, const V: usize>(
    simd: S,
    x: *const f32,
    inputs: usize,
    mut weight: *const f32,
    bias: *const f32,
) -> [[S::f32s; V]; M] {
    // SAFETY: the caller vouches for all three ranges.
    unsafe {
        let first: [S::f32s; V] = std::array::from_fn(|v| load::<S>(bias.add(v * S::F32_LANES)));
        let mut sums = [first; M];
        for k in 0..inputs {
            let w: [S::f32s; V] = std::array::from_fn(|v| load::<S>(weight.add(v * S::F32_LANES)));
            for (m, sum) in sums.iter_mut().enumerate() {
                let value = simd.splat_f32s(*x.add(m * inputs + k));
                for v in 0..V {
                    sum[v] = simd.mul_add_e_f32s(value, w[v], sum[v]);
                }
            }
            weight = weight.add(V * S::F32_LANES);
        }
        sums
    }
}

/// One panel's columns for some rows, each row written to a place of its own: the expansion that
/// a depthwise convolution consumes at once.
pub(super) struct Expansion<'a> {
    pub packed: &'a Packed,
    pub panel: usize,
    /// `(places.len(), inputs)`.
    pub x: &'a [f32],
    /// Where each row goes, in units of the panel's width.
    pub places: &'a [u32],
}

impl Expansion<'_> {
    /// Computes the rows and writes them, `V` vectors each, to their places in `out`.
    #[inline(always)]
    pub fn run<S: Simd, const V: usize>(&self, simd: S, out: &mut [f32]) {
        let inputs = self.packed.inputs;
        assert_eq!(self.x.len(), self.places.len() * inputs);
        assert!(
            self.places
                .iter()
                .all(|&place| (place as usize + 1) * V * S::F32_LANES <= out.len())
        );
        let full = tile_rows(S::REGISTER_COUNT);
        let tiles = self.places.len().div_ceil(full);
        for tile in 0..tiles {
            // As even as can be: a tile of one row would wait for each of its sums.
            let row = tile * self.places.len() / tiles;
            let end = (tile + 1) * self.places.len() / tiles;
            macro_rules! tile {
                ($($m:literal)*) => {
                    match end - row {
                        // SAFETY: the lengths were checked above, and row + m <= places.len().
                        $($m => unsafe { self.tile::<S, $m, V>(simd, row, out.as_mut_ptr()) },)*
                        _ => unreachable!(),
                    }
                };
            }
            if S::REGISTER_COUNT >= 32 {
                tile!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
            } else {
                tile!(1 2 3 4 5 6);
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const V: usize>(
        &self,
        simd: S,
        row: usize,
        out: *mut f32,
    ) {
        let Packed { inputs, .. } = *self.packed;
        let column = self.panel * 2 * S::F32_LANES;
        // SAFETY: `run` checked the rows and the places; panel and bias hold V whole vectors.
        unsafe {
            let mut sums = accumulate::<S, M, V>(
                simd,
                self.x.as_ptr().add(row * inputs),
                inputs,
                self.packed.weight.as_ptr().add(column * inputs),
                self.packed.bias.as_ptr().add(column),
            );
            activate(simd, sums.as_flattened_mut(), self.packed.activation);
            for (sum, &place) in sums.iter().zip(&self.places[row..]) {
                let to = out.add(place as usize * V * S::F32_LANES);
                for (v, &value) in sum.iter().enumerate() {
                    store::<S>(to.add(v * S::F32_LANES), value);
                }
            }
        }
    }
}
