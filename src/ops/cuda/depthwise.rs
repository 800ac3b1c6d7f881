//! The depthwise convolution with the expansion before it and the squeeze behind it.
//!
//! The expansion's product adds its bias; its activation is applied by the depthwise kernel as it
//! loads the sums, which saves a pass over the network's largest activation.

use candle_core::{DType, Device, Result, Tensor, bail};

use super::context::{Context, Kernel, count32};
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
    /// For channels two by two and one by one, and how many of its blocks run at a time.
    kernels: [(Kernel, usize); 2],
    channels: usize,
    window: Window,
    /// Between which values the activation cuts off, if that is what it does.
    bounds: [f32; 2],
    dtype: DType,
}

/// kernels/depthwise.cuh, `DepthwiseArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Arguments {
    x: u64,
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
    scale: f32,
    bounds: [f32; 2],
}

/// Output columns and threads of a block (kernels/depthwise.cuh, `STRIP`, `DEPTHWISE_THREADS`).
const STRIP: usize = 4;
const THREADS: usize = 128;

/// Rows that a thread could walk in the time that it takes to begin and to end.
const START_ROWS: usize = 4;

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
    /// If the window or the activation is not one that an EfficientNet has, or the device has no
    /// room.
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
        let context = Context::of(device)?;
        let (channels, area) = (folded.bias.len(), kernel * kernel);
        let by_tap = |tap: usize| folded.weight[tap..].iter().step_by(area).copied();
        let weight: Vec<f32> = (0..area).flat_map(by_tap).collect();
        let (name, bounds) = match activation {
            Activation::Silu => ("silu", [0.0; 2]),
            Activation::Identity => ("bounded", [f32::NEG_INFINITY, f32::INFINITY]),
            Activation::Relu => ("bounded", [0.0, f32::INFINITY]),
            Activation::Relu6 => ("bounded", [0.0, 6.0]),
            Activation::Sigmoid => bail!("no depthwise kernel with a sigmoid behind it"),
        };
        let prefix = match expand {
            Some(_) => "depthwise_expanded",
            None => "depthwise",
        };
        let kernel = |vector| -> Result<(Kernel, usize)> {
            let name = format!("{prefix}_{name}_{kernel}_{stride}_{vector}");
            let kernel = context.kernel(&name, dtype)?;
            let at_a_time = context.multiprocessors * kernel.resident_blocks(THREADS)?;
            Ok((kernel, at_a_time))
        };
        let expand = expand.map(|expand| Product::new(expand, dtype, device));
        Ok(Self {
            expand: expand.transpose()?,
            weight: parameters(&weight, (area, channels), DType::F32, device)?,
            bias: parameters(&folded.bias, channels, DType::F32, device)?,
            kernels: [kernel(2)?, kernel(1)?],
            channels,
            window,
            bounds,
            dtype,
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
            return self.filter(x);
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
            with_bias: true,
        };
        // SAFETY: the shape is that of the tensors.
        unsafe { expand.run(call)? };
        self.filter(&expanded)
    }

    fn filter(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
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
        let (vector, (launch, at_a_time)) = match pairs {
            true => (2, &self.kernels[0]),
            false => (1, &self.kernels[1]),
        };
        // The kernels' offsets within a picture are bytes in 32 bits.
        let positions = (height * width).max(out_height * out_width);
        count32(positions * channels * self.dtype.size_in_bytes())?;
        let output = (out_height, out_width);
        let cut = Cut::new(channels / vector, batch, output, self.window, *at_a_time);
        let blocks = cut.blocks();
        let sums = room((batch, blocks, channels), DType::F32, x.device())?;
        let mean = 1.0 / (out_height * out_width) as f32;
        let arguments = Arguments {
            x: from,
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
            scale: if blocks == 1 { mean } else { 1.0 },
            bounds: self.bounds,
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
    /// For `vectors` of channels and an output of this height and width, on a device that has
    /// `at_a_time` blocks at a time: into bands that are done the soonest. The fewer rows, the more
    /// of them are loaded twice; but the last blocks should not run alone.
    fn new(
        vectors: usize,
        batch: usize,
        (height, width): (usize, usize),
        window: Window,
        at_a_time: usize,
    ) -> Self {
        let lanes = lanes(vectors);
        let cut = |rows| Self {
            lanes,
            places: THREADS / lanes,
            strips: width.div_ceil(STRIP),
            bands: height.div_ceil(rows),
            rows,
        };
        let time = |cut: &Self| {
            let blocks = cut.blocks() * vectors.div_ceil(lanes) * batch;
            let rows = (cut.rows - 1) * window.stride + window.kernel;
            blocks.div_ceil(at_a_time) * (rows + START_ROWS)
        };
        // Of equals the highest, which come first.
        let cuts = (1..=height).rev().map(cut);
        cuts.min_by_key(time).unwrap_or_else(|| cut(1))
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
