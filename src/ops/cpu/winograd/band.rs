//! One task of Winograd's convolution: some rows of tiles of one picture, for a group of panels.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::points::{INPUT, OUTPUT, Transforms};
use super::weights::{PRODUCTS, Weights};
use crate::ops::cpu::activation::activate;
use crate::ops::cpu::geometry::Geometry;
use crate::ops::cpu::memory::{Scratch, grow};
use crate::ops::cpu::product::tile::{Epilogue, Rows};
use crate::ops::cpu::simd::{load, store, store_part};

/// Some rows of tiles of one picture, for a group of panels.
pub struct Band<'a> {
    pub weights: &'a Weights,
    pub geometry: &'a Geometry,
    /// The whole picture, `(height, width, inputs)`.
    pub x: &'a [f32],
    /// Of the whole output's shape.
    pub residual: Option<&'a [f32]>,
    pub rows: Range<usize>,
    pub panels: Range<usize>,
    /// The whole output, `(out_h, out_w, outputs)`; only `rows` and `panels` are written.
    pub out: *mut f32,
}

impl Band<'_> {
    /// Computes and writes the result.
    ///
    /// # Safety
    /// `out` must be valid for the whole output, and nothing else may read or write the band's
    /// part of it meanwhile.
    pub unsafe fn run(self, scratch: &mut Scratch) {
        let Scratch {
            inputs, products, ..
        } = scratch;
        self.weights.vectors.dispatch(Run {
            band: self,
            inputs,
            products,
        });
    }
}

/// A band with the memory that it needs.
struct Run<'a, 'b> {
    band: Band<'a>,
    /// `(PRODUCTS, tiles, inputs)`, the last padded to whole vectors.
    inputs: &'b mut Vec<f32>,
    /// `(PRODUCTS, tiles, width)`, one panel's products.
    products: &'b mut Vec<f32>,
}

impl WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let weights = self.band.weights;
        let tiles = self.band.rows.len() * self.band.columns();
        let step = weights.inputs.next_multiple_of(S::F32_LANES);
        grow(self.inputs, PRODUCTS * tiles * step);
        grow(self.products, PRODUCTS * tiles * 2 * S::F32_LANES);
        self.band.transform_inputs(simd, step, self.inputs);
        for panel in self.band.panels.clone() {
            match (weights.bias.len() / S::F32_LANES - 2 * panel).min(2) {
                1 => self.panel::<S, 1>(simd, panel, tiles, step),
                _ => self.panel::<S, 2>(simd, panel, tiles, step),
            }
        }
    }
}

impl Run<'_, '_> {
    /// One panel of `V` vectors: its products, and the outputs that they make.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, tiles: usize, step: usize) {
        let width = V * S::F32_LANES;
        for (number, filter) in self.band.weights.filters.iter().enumerate() {
            let rows = Rows {
                x: &self.inputs[number * tiles * step..][..tiles * step],
                count: tiles,
                step,
                pieces: 1,
                piece_step: 0,
            };
            let mut to = Stored {
                to: &mut self.products[number * tiles * width..][..tiles * width],
            };
            filter.panel(panel).multiply::<S, V>(simd, rows, &mut to);
        }
        for v in 0..V {
            let channel = (2 * panel + v) * S::F32_LANES;
            for tile in 0..tiles {
                let from = &self.products[tile * width + v * S::F32_LANES..];
                self.band
                    .transform_products(simd, channel, tile, from, tiles * width);
            }
        }
    }
}

/// Where the products go.
struct Stored<'a> {
    to: &'a mut [f32],
}

impl Epilogue for Stored<'_> {
    #[inline(always)]
    fn take<S: Simd, const V: usize>(&mut self, _: S, sums: &mut [[S::f32s; V]], row: usize) {
        let width = V * S::F32_LANES;
        let to = &mut self.to[row * width..][..sums.len() * width];
        for (to, sum) in to.chunks_exact_mut(width).zip(sums) {
            // SAFETY: as many values as the chunk has; any alignment will do.
            unsafe { to.as_mut_ptr().cast::<[S::f32s; V]>().write_unaligned(*sum) };
        }
    }
}

impl Band<'_> {
    /// Tiles side by side.
    fn columns(&self) -> usize {
        self.geometry.out_w.div_ceil(OUTPUT)
    }

    /// Transforms every tile's inputs, vector after vector of channels: `(PRODUCTS, tiles, step)`.
    #[inline(always)]
    fn transform_inputs<S: Simd>(&self, simd: S, step: usize, to: &mut [f32]) {
        let columns = self.columns();
        let tiles = self.rows.len() * columns;
        for tile in 0..tiles {
            let (row, column) = (self.rows.start + tile / columns, tile % columns);
            for channel in (0..step).step_by(S::F32_LANES) {
                let values = self.inputs(simd, row, column, channel);
                let values = Transforms::input(simd, values);
                for (number, &value) in values.as_flattened().iter().enumerate() {
                    let to = &mut to[(number * tiles + tile) * step + channel..][..S::F32_LANES];
                    // SAFETY: the slice has that many values.
                    unsafe { store::<S>(to.as_mut_ptr(), value) };
                }
            }
        }
    }

    /// The inputs of one tile, and the vector of channels from `channel` on.
    #[inline(always)]
    fn inputs<S: Simd>(
        &self,
        simd: S,
        row: usize,
        column: usize,
        channel: usize,
    ) -> [[S::f32s; INPUT]; INPUT] {
        let Geometry {
            height,
            width,
            top,
            left,
            ..
        } = *self.geometry;
        let channels = self.weights.inputs;
        let valid = (channels - channel).min(S::F32_LANES);
        let mut values = [[simd.splat_f32s(0.0); INPUT]; INPUT];
        for (i, line) in values.iter_mut().enumerate() {
            // Padding wraps around to far outside.
            let y = (row * OUTPUT + i).wrapping_sub(top);
            for (j, value) in line.iter_mut().enumerate() {
                let x = (column * OUTPUT + j).wrapping_sub(left);
                if y < height && x < width {
                    let from = &self.x[(y * width + x) * channels + channel..][..valid];
                    *value = match valid == S::F32_LANES {
                        // SAFETY: the slice has that many values.
                        true => unsafe { load::<S>(from.as_ptr()) },
                        false => simd.partial_load_f32s(from),
                    };
                }
            }
        }
        values
    }

    /// The outputs of one tile and the vector of channels from `channel` on; its products lie `step`
    /// values apart in `from`.
    #[inline(always)]
    fn transform_products<S: Simd>(
        &self,
        simd: S,
        channel: usize,
        tile: usize,
        from: &[f32],
        step: usize,
    ) {
        let mut products = [[simd.splat_f32s(0.0); INPUT]; INPUT];
        for (number, product) in products.as_flattened_mut().iter_mut().enumerate() {
            let from = &from[number * step..][..S::F32_LANES];
            // SAFETY: the slice has that many values.
            *product = unsafe { load::<S>(from.as_ptr()) };
        }
        let mut values = Transforms::output(simd, products);
        let bias = &self.weights.bias[channel..][..S::F32_LANES];
        // SAFETY: the slice has that many values.
        let bias = unsafe { load::<S>(bias.as_ptr()) };
        for value in values.as_flattened_mut() {
            *value = simd.add_f32s(*value, bias);
        }
        activate(simd, values.as_flattened_mut(), self.weights.activation);
        self.store_outputs(simd, channel, tile, values);
    }

    /// Adds the residual and writes those of a tile's outputs that are in the picture.
    #[inline(always)]
    fn store_outputs<S: Simd>(
        &self,
        simd: S,
        channel: usize,
        tile: usize,
        values: [[S::f32s; OUTPUT]; OUTPUT],
    ) {
        let Geometry { out_h, out_w, .. } = *self.geometry;
        let (row, column) = (
            self.rows.start + tile / self.columns(),
            tile % self.columns(),
        );
        let outputs = self.weights.outputs;
        let valid = (outputs - channel).min(S::F32_LANES);
        for (i, line) in values.iter().enumerate() {
            for (j, &value) in line.iter().enumerate() {
                let (y, x) = (row * OUTPUT + i, column * OUTPUT + j);
                if y >= out_h || x >= out_w {
                    continue;
                }
                let at = (y * out_w + x) * outputs + channel;
                let mut value = value;
                if let Some(residual) = self.residual {
                    let residual = simd.partial_load_f32s(&residual[at..][..valid]);
                    value = simd.add_f32s(value, residual);
                }
                // SAFETY: the position is in the output, with `valid` channels from here on, and no
                // other task writes them.
                unsafe { store_part(simd, self.out.add(at), value, valid) };
            }
        }
    }
}
