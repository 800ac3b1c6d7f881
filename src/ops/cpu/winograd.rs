//! Dense 3x3 convolutions of stride 1 with a quarter of the multiplications: Winograd's minimal
//! filtering F(4x4, 3x3) (arXiv:1509.09308, section 4.3).
//!
//! A tile of 6 x 6 inputs becomes 36 values per channel ([`Points::input`]), the filters became 36
//! matrices when they were loaded, and 36 small products give what 4 x 4 outputs are sums of
//! ([`Points::output`]). A task owns some rows of tiles and a group of channel panels; its values
//! stay in the second-level cache from the transformed inputs to the outputs.

use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::{Activation, Folded};
use super::gemm::{Epilogue, Rows};
use super::geometry::Geometry;
use super::packed::Packed;
use super::points::{FILTER, INPUT, OUTPUT, Points};
use super::simd::{Shared, activate, arch, lanes, load, store, store_part};
use super::{memory, tasks};

/// Products per tile.
const PRODUCTS: usize = INPUT * INPUT;

/// Tiles in one task, about: enough rows for the products' register tiles, few enough that a
/// panel's products stay in the second-level cache.
const TILES: usize = 32;

/// Tasks per picture at least, where the channels allow it, to share them out evenly.
const TASKS: usize = 8;

/// A 3x3 convolution's filters, transformed.
pub(super) struct Winograd {
    /// `(inputs, outputs)`, one per product.
    filters: Vec<Packed>,
    /// Padded to whole vectors.
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
    activation: Activation,
}

impl Winograd {
    /// `folded.weight` is `(outputs, inputs, 3, 3)`.
    pub fn new(folded: &Folded, activation: Activation) -> Self {
        let outputs = folded.bias.len();
        let filters = folded.weight.as_chunks::<{ FILTER * FILTER }>().0;
        let transformed: Vec<_> = filters.iter().map(Points::filter).collect();
        let product = |product: usize| {
            let weight = transformed.iter().map(|values| values[product]).collect();
            let bias = vec![0.0; outputs];
            Packed::new(&Folded { weight, bias }, Activation::Identity)
        };
        let mut bias = folded.bias.clone();
        bias.resize(outputs.next_multiple_of(lanes()), 0.0);
        Self {
            filters: (0..PRODUCTS).map(product).collect(),
            bias,
            inputs: filters.len() / outputs,
            outputs,
            activation,
        }
    }

    /// `(batch, height, width, inputs)` to `(batch, out_h, out_w, outputs)`.
    pub fn convolve(
        &self,
        geometry: &Geometry,
        batch: usize,
        x: &[f32],
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let Geometry { out_h, out_w, .. } = *geometry;
        let in_len = x.len() / batch;
        let out_len = out_h * out_w * self.outputs;
        let mut out = memory::with_room_for(batch * out_len);
        let to = Shared(out.as_mut_ptr());
        let tile_rows = out_h.div_ceil(OUTPUT);
        let rows_per_band = TILES.div_ceil(out_w.div_ceil(OUTPUT));
        let bands = tasks::count(tile_rows, rows_per_band);
        let band_of = tasks::bands(tile_rows, rows_per_band);
        let panels = self.filters[0].panels();
        let panels_per_group = panels.div_ceil(TASKS.div_ceil(bands));
        let groups = tasks::count(panels, panels_per_group);
        let group_of = tasks::bands(panels, panels_per_group);
        let macs = batch * out_len * self.inputs * FILTER * FILTER;
        tasks::run(batch * bands * groups, macs, |task| {
            let (picture, band) = (task / groups / bands, task / groups % bands);
            let band = Band {
                layer: self,
                geometry,
                x: &x[picture * in_len..][..in_len],
                residual: residual.map(|r| &r[picture * out_len..][..out_len]),
                rows: band_of(band),
                panels: group_of(task % groups),
                // SAFETY: in bounds of the capacity reserved above.
                out: unsafe { to.pointer().add(picture * out_len) },
            };
            SCRATCH.with_borrow_mut(|scratch| arch().dispatch(Run { band, scratch }));
        });
        // SAFETY: every value was written by exactly one task.
        unsafe { out.set_len(batch * out_len) };
        out
    }
}

/// Some rows of tiles of one picture, for a group of panels.
struct Band<'a> {
    layer: &'a Winograd,
    geometry: &'a Geometry,
    /// The whole picture, `(height, width, inputs)`.
    x: &'a [f32],
    /// Of the whole output's shape.
    residual: Option<&'a [f32]>,
    rows: Range<usize>,
    panels: Range<usize>,
    /// The whole output, `(out_h, out_w, outputs)`; only `rows` and `panels` are written.
    out: *mut f32,
}

/// A thread's memory for its tasks, kept so that it is found warm.
struct Scratch {
    /// `(PRODUCTS, tiles, inputs)`, the last padded to whole vectors.
    inputs: Vec<f32>,
    /// `(PRODUCTS, tiles, width)`, one panel's products.
    products: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch { inputs: Vec::new(), products: Vec::new() })
    };
}

struct Run<'a> {
    band: Band<'a>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let layer = self.band.layer;
        let tiles = self.band.rows.len() * self.band.columns();
        let step = layer.inputs.next_multiple_of(S::F32_LANES);
        let Scratch { inputs, products } = &mut *self.scratch;
        grow(inputs, PRODUCTS * tiles * step);
        grow(products, PRODUCTS * tiles * 2 * S::F32_LANES);
        self.band.transform_inputs(simd, step, inputs);
        for panel in self.band.panels.clone() {
            match (layer.bias.len() / S::F32_LANES - 2 * panel).min(2) {
                1 => self.panel::<S, 1>(simd, panel, tiles, step),
                _ => self.panel::<S, 2>(simd, panel, tiles, step),
            }
        }
    }
}

/// Makes room for `count` values, whatever they are.
fn grow(buffer: &mut Vec<f32>, count: usize) {
    if buffer.len() < count {
        buffer.resize(count, 0.0);
    }
}

impl Run<'_> {
    /// One panel of `V` vectors: its products, and the outputs that they make.
    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&mut self, simd: S, panel: usize, tiles: usize, step: usize) {
        let layer = self.band.layer;
        let width = V * S::F32_LANES;
        let Scratch { inputs, products } = &mut *self.scratch;
        for (number, filter) in layer.filters.iter().enumerate() {
            let rows = Rows {
                x: &inputs[number * tiles * step..][..tiles * step],
                count: tiles,
                step,
                pieces: 1,
                piece_step: 0,
            };
            let mut to = Stored {
                to: &mut products[number * tiles * width..][..tiles * width],
            };
            filter.panel(panel).multiply::<S, V>(simd, rows, &mut to);
        }
        for v in 0..V {
            let channel = (2 * panel + v) * S::F32_LANES;
            for tile in 0..tiles {
                let from = &products[tile * width + v * S::F32_LANES..];
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
    fn take<S: Simd, const M: usize, const V: usize>(
        &mut self,
        _: S,
        sums: [[S::f32s; V]; M],
        row: usize,
    ) {
        let to = &mut self.to[row * V * S::F32_LANES..][..M * V * S::F32_LANES];
        // SAFETY: as many values as the slice has; any alignment will do.
        unsafe {
            to.as_mut_ptr()
                .cast::<[[S::f32s; V]; M]>()
                .write_unaligned(sums)
        };
    }
}

impl Band<'_> {
    /// Tiles side by side.
    fn columns(&self) -> usize {
        self.geometry.out_w.div_ceil(OUTPUT)
    }

    /// Transforms every tile's inputs, vector after vector of channels.
    #[inline(always)]
    fn transform_inputs<S: Simd>(&self, simd: S, step: usize, to: &mut [f32]) {
        let Geometry {
            height,
            width,
            top,
            left,
            ..
        } = *self.geometry;
        let channels = self.layer.inputs;
        let columns = self.columns();
        let tiles = self.rows.len() * columns;
        for tile in 0..tiles {
            let (row, column) = (self.rows.start + tile / columns, tile % columns);
            for channel in (0..step).step_by(S::F32_LANES) {
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
                let values = Points::input(simd, values);
                for (number, &value) in values.as_flattened().iter().enumerate() {
                    let to = &mut to[(number * tiles + tile) * step + channel..][..S::F32_LANES];
                    // SAFETY: the slice has that many values.
                    unsafe { store::<S>(to.as_mut_ptr(), value) };
                }
            }
        }
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
        let Geometry { out_h, out_w, .. } = *self.geometry;
        let outputs = self.layer.outputs;
        let (row, column) = (
            self.rows.start + tile / self.columns(),
            tile % self.columns(),
        );
        let valid = (outputs - channel).min(S::F32_LANES);
        let mut products = [[simd.splat_f32s(0.0); INPUT]; INPUT];
        for (number, product) in products.as_flattened_mut().iter_mut().enumerate() {
            let from = &from[number * step..][..S::F32_LANES];
            // SAFETY: the slice has that many values.
            *product = unsafe { load::<S>(from.as_ptr()) };
        }
        let mut values = Points::output(simd, products);
        let bias = &self.layer.bias[channel..][..S::F32_LANES];
        // SAFETY: the slice has that many values.
        let bias = unsafe { load::<S>(bias.as_ptr()) };
        for value in values.as_flattened_mut() {
            *value = simd.add_f32s(*value, bias);
        }
        activate(simd, values.as_flattened_mut(), self.layer.activation);
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
