//! The depthwise convolution with the expansion before it and the squeeze behind it.
//!
//! The expansion's product stores its bare sums: their bias and activation are applied by the
//! depthwise kernel as it loads them, which saves a pass over the network's largest activation.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor, bail};

use super::context::{Context, Kernel, code};
use super::memory::{address, aligned, parameters, room};
use super::pool;
use super::product::{Call, Product};
use crate::ops::folded::{Activation, Folded};
use crate::ops::window::Window;

/// A depthwise convolution and the expansion before it, on the GPU.
pub struct Depthwise {
    expand: Option<Product>,
    weight: Tensor, // (kernel * kernel, channels)
    bias: Tensor,   // (channels)
    /// For channels two by two and one by one.
    kernels: [Kernel; 2],
    channels: usize,
    window: Window,
    activation: Activation,
    dtype: DType,
    context: Arc<Context>,
}

/// kernels/depthwise.cuh, `DepthwiseArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Arguments {
    x: u64,
    expand_bias: u64,
    weight: u64,
    bias: u64,
    y: u64,
    sums: u64,
    channels: i32,
    height: i32,
    width: i32,
    out_height: i32,
    out_width: i32,
    top: i32,
    left: i32,
    strips: i32,
    bands: i32,
    rows: i32,
    lanes: i32,
    activation: i32,
    scale: f32,
}

/// Output columns and threads of a block (kernels/depthwise.cuh, `STRIP`, `DEPTHWISE_THREADS`).
const STRIP: usize = 4;
const THREADS: usize = 128;

/// Threads on a multiprocessor that keep its memory busy.
const BUSY: usize = 1024;

/// Lower bands would load too many rows twice.
const FEWEST_ROWS: usize = 4;

/// How a layer's work is cut up.
struct Cut {
    lanes: usize,
    places: usize,
    strips: usize,
    bands: usize,
    rows: usize,
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    ///
    /// # Errors
    /// If the window is not one that an EfficientNet has, or the device has no room.
    pub fn new(
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let Window { kernel, stride, .. } = window;
        if !matches!((kernel, stride), (3 | 5, 1 | 2)) {
            bail!("no depthwise kernel for a {kernel}x{kernel} window of stride {stride}");
        }
        let context = Context::of(device, dtype)?;
        let (channels, area) = (folded.bias.len(), kernel * kernel);
        let by_tap = |tap: usize| folded.weight[tap..].iter().step_by(area).copied();
        let weight: Vec<f32> = (0..area).flat_map(by_tap).collect();
        let prefix = match activation {
            Activation::Silu => "depthwise_silu",
            _ => "depthwise",
        };
        let kernel =
            |vector| context.kernel(&format!("{prefix}_{kernel}_{stride}_{vector}"), dtype);
        let expand = expand.map(|expand| Product::new(expand, dtype, device));
        Ok(Self {
            expand: expand.transpose()?,
            weight: parameters(&weight, (area, channels), DType::F32, device)?,
            bias: parameters(&folded.bias, channels, DType::F32, device)?,
            kernels: [kernel(2)?, kernel(1)?],
            channels,
            window,
            activation,
            dtype,
            context: context.clone(),
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', C)` and the mean of that, `(B, C)` in f32.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let (batch, height, width, inputs) = x.dims4()?;
        let expected = self.expand.as_ref().map_or(self.channels, |e| e.inputs);
        if inputs != expected {
            bail!("{inputs} channels where there should be {expected}");
        }
        let Some(expand) = &self.expand else {
            return self.filter(x, 0);
        };
        let expanded = room(
            (batch, height, width, self.channels),
            self.dtype,
            x.device(),
        )?;
        let call = Call {
            x: address(x, self.dtype)?,
            y: address(&expanded, self.dtype)?,
            residual: 0,
            weights: None,
            batch: 1,
            rows: batch * height * width,
            with_bias: false,
        };
        // SAFETY: the shape is that of the tensors.
        unsafe { expand.run(call)? };
        self.filter(&expanded, address(&expand.bias, DType::F32)?)
    }

    fn filter(&self, x: &Tensor, expand_bias: u64) -> Result<(Tensor, Tensor)> {
        let (batch, height, width, channels) = x.dims4()?;
        let Window {
            kernel,
            stride,
            padding,
        } = self.window;
        let (top, out_height) = padding.along(height, kernel, stride);
        let (left, out_width) = padding.along(width, kernel, stride);
        let y = room(
            (batch, out_height, out_width, channels),
            self.dtype,
            x.device(),
        )?;
        let (from, to) = (address(x, self.dtype)?, address(&y, self.dtype)?);
        let pairs = channels.is_multiple_of(2) && aligned(&[from, to], 2, self.dtype);
        let (vector, launch) = match pairs {
            true => (2, &self.kernels[0]),
            false => (1, &self.kernels[1]),
        };
        let wanted = self.context.multiprocessors * BUSY;
        let cut = Cut::new(channels / vector, batch, (out_height, out_width), wanted);
        let blocks = cut.blocks();
        let sums = room((batch, blocks, channels), DType::F32, x.device())?;
        let mean = 1.0 / (out_height * out_width) as f32;
        let arguments = Arguments {
            x: from,
            expand_bias,
            weight: address(&self.weight, DType::F32)?,
            bias: address(&self.bias, DType::F32)?,
            y: to,
            sums: address(&sums, DType::F32)?,
            channels: channels as i32,
            height: height as i32,
            width: width as i32,
            out_height: out_height as i32,
            out_width: out_width as i32,
            top: top as i32,
            left: left as i32,
            strips: cut.strips as i32,
            bands: cut.bands as i32,
            rows: cut.rows as i32,
            lanes: cut.lanes as i32,
            activation: code(self.activation),
            scale: if blocks == 1 { mean } else { 1.0 },
        };
        let grid = [(channels / vector).div_ceil(cut.lanes), blocks, batch];
        // SAFETY: the layout is the kernel's, and the shapes are those of the tensors.
        unsafe { launch.launch(arguments, grid, cut.lanes * cut.places, 0)? };
        let means = match blocks {
            1 => sums.reshape((batch, channels))?,
            _ => pool::of_sums(&sums, self.dtype, mean)?,
        };
        Ok((y, means))
    }
}

impl Cut {
    /// For `vectors` of channels; as many bands as make `wanted` threads.
    fn new(vectors: usize, batch: usize, (height, width): (usize, usize), wanted: usize) -> Self {
        let lanes = lanes(vectors);
        let strips = width.div_ceil(STRIP);
        let wanted_bands = wanted.div_ceil(batch * vectors * strips);
        let rows = height.div_ceil(wanted_bands).max(FEWEST_ROWS.min(height));
        Self {
            lanes,
            places: THREADS / lanes,
            strips,
            bands: height.div_ceil(rows),
            rows,
        }
    }

    /// Blocks that share out a picture's strips and bands.
    fn blocks(&self) -> usize {
        (self.strips * self.bands).div_ceil(self.places)
    }
}

/// Threads along `vectors`, so that few lie idle: beyond the last vector, or in the last warp. At
/// least 16, for accesses of 64 bytes, where there are so many.
fn lanes(vectors: usize) -> usize {
    if vectors <= 16 {
        return vectors;
    }
    let idle = |&lanes: &usize| {
        let threads = THREADS / lanes * lanes;
        let groups = vectors.div_ceil(lanes);
        // Slots per vector that works, in millionths.
        groups * lanes * threads.next_multiple_of(32) * 1_000_000 / (vectors * threads)
    };
    let mut best = 16;
    for lanes in (16..=THREADS).step_by(4) {
        if idle(&lanes) <= idle(&best) {
            best = lanes;
        }
    }
    best
}
