//! The transforms of Winograd's F(4x4, 3x3): polynomials multiplied by their values at six points,
//! 0, A, -A, B, -B and infinity, where
//!
//! - inputs meet the coefficients of the products of all `x - point` but one,
//! - filters are evaluated, and divided by those products at the point,
//! - outputs are the sums of powers of the points.
//!
//! Points of few bits on both sides of 1 round well: on random numbers the errors are three times
//! those of plain sums in the mean, and half of those with the usual 0, 1, -1, 2, -2 (arXiv:1803.10986
//! compares choices).

use pulp::Simd;

/// Height and width of a filter.
pub const FILTER: usize = 3;
/// Height and width of a tile of outputs.
pub const OUTPUT: usize = 4;
/// Height and width of the inputs under it.
pub const INPUT: usize = OUTPUT + FILTER - 1;

const A: f32 = 0.625;
const B: f32 = 1.5;

/// The three transforms.
pub struct Transforms;

impl Transforms {
    /// A filter, row by row, to the weights of the products, in f64 until they are done.
    pub fn filter(filter: &[f32; FILTER * FILTER]) -> [f32; INPUT * INPUT] {
        let (a, b) = (f64::from(A), f64::from(B));
        let at = |point: f64, others: f64| [1.0, point, point * point].map(|power| power / others);
        let rows = [
            [1.0 / (a * a * b * b), 0.0, 0.0],
            at(a, 2.0 * a * a * (a * a - b * b)),
            at(-a, 2.0 * a * a * (a * a - b * b)),
            at(b, 2.0 * b * b * (b * b - a * a)),
            at(-b, 2.0 * b * b * (b * b - a * a)),
            [0.0, 0.0, 1.0],
        ];
        let mut values = [0.0; INPUT * INPUT];
        for (number, value) in values.iter_mut().enumerate() {
            let (down, across) = (&rows[number / INPUT], &rows[number % INPUT]);
            let terms = filter.iter().enumerate();
            let terms = terms.map(|(i, &w)| f64::from(w) * down[i / FILTER] * across[i % FILTER]);
            *value = terms.sum::<f64>() as f32;
        }
        values
    }

    /// A tile's inputs, row by row, to the left factors of the products.
    #[inline(always)]
    pub fn input<S: Simd>(
        simd: S,
        mut tile: [[S::f32s; INPUT]; INPUT],
    ) -> [[S::f32s; INPUT]; INPUT] {
        for _ in 0..2 {
            for line in &mut tile {
                *line = input_line(simd, *line);
            }
            tile = transposed(tile);
        }
        tile
    }

    /// A tile's products to its outputs.
    #[inline(always)]
    pub fn output<S: Simd>(
        simd: S,
        products: [[S::f32s; INPUT]; INPUT],
    ) -> [[S::f32s; OUTPUT]; OUTPUT] {
        let zero = simd.splat_f32s(0.0);
        let mut lines = [[zero; OUTPUT]; INPUT];
        for (line, products) in lines.iter_mut().zip(products) {
            *line = output_line(simd, products);
        }
        let mut tile = [[zero; OUTPUT]; OUTPUT];
        for (to, line) in tile.iter_mut().zip(transposed(lines)) {
            *to = output_line(simd, line);
        }
        transposed(tile)
    }
}

#[inline(always)]
fn transposed<T: Copy, const M: usize, const N: usize>(from: [[T; N]; M]) -> [[T; M]; N] {
    let mut to = [[from[0][0]; M]; N];
    for (i, line) in from.iter().enumerate() {
        for (j, &value) in line.iter().enumerate() {
            to[j][i] = value;
        }
    }
    to
}

/// One dimension of [`Transforms::input`].
#[inline(always)]
fn input_line<S: Simd>(simd: S, d: [S::f32s; INPUT]) -> [S::f32s; INPUT] {
    let constant = |value: f32| simd.splat_f32s(value);
    let both = constant(-(A * A + B * B));
    let product = constant(A * A * B * B);
    // x^3 and x^4 with what the other pair of points takes off them.
    let even_a = simd.mul_add_e_f32s(constant(-B * B), d[2], d[4]);
    let odd_a = simd.mul_f32s(
        constant(A),
        simd.mul_add_e_f32s(constant(-B * B), d[1], d[3]),
    );
    let even_b = simd.mul_add_e_f32s(constant(-A * A), d[2], d[4]);
    let odd_b = simd.mul_f32s(
        constant(B),
        simd.mul_add_e_f32s(constant(-A * A), d[1], d[3]),
    );
    let at_zero = simd.mul_add_e_f32s(product, d[0], simd.mul_add_e_f32s(both, d[2], d[4]));
    let at_infinity = simd.mul_add_e_f32s(product, d[1], simd.mul_add_e_f32s(both, d[3], d[5]));
    [
        at_zero,
        simd.add_f32s(even_a, odd_a),
        simd.sub_f32s(even_a, odd_a),
        simd.add_f32s(even_b, odd_b),
        simd.sub_f32s(even_b, odd_b),
        at_infinity,
    ]
}

/// One dimension of [`Transforms::output`].
#[inline(always)]
fn output_line<S: Simd>(simd: S, m: [S::f32s; INPUT]) -> [S::f32s; OUTPUT] {
    let constant = |value: f32| simd.splat_f32s(value);
    let (sum_a, difference_a) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (sum_b, difference_b) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    let powers = |power_a: f32, a, power_b: f32, b| {
        simd.mul_add_e_f32s(constant(power_b), b, simd.mul_f32s(constant(power_a), a))
    };
    [
        simd.add_f32s(m[0], simd.add_f32s(sum_a, sum_b)),
        powers(A, difference_a, B, difference_b),
        powers(A * A, sum_a, B * B, sum_b),
        simd.add_f32s(
            m[5],
            powers(A * A * A, difference_a, B * B * B, difference_b),
        ),
    ]
}
