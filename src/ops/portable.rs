//! Every operation in plain Candle tensor operations: slow, short and obviously right.
//!
//! It is the oracle of the fast backends' tests and the way onto devices that have no kernels of
//! ours yet.

use candle_core::{Device, Result, Tensor};

use super::folded::{Activation, Folded};
use super::window::Window;

fn activate(x: Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Identity => Ok(x),
        Activation::Silu => candle_nn::ops::silu(&x),
        Activation::Sigmoid => candle_nn::ops::sigmoid(&x),
        Activation::Relu => x.relu(),
        Activation::Relu6 => x.clamp(0f32, 6f32),
    }
}

/// A 1x1 convolution as a matrix product.
pub struct Pointwise {
    weight: Tensor, // (inputs, outputs)
    bias: Tensor,   // (outputs)
    activation: Activation,
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded, activation: Activation, device: &Device) -> Result<Self> {
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        Ok(Self {
            weight: Tensor::from_slice(&folded.weight, (outputs, inputs), device)?
                .t()?
                .contiguous()?,
            bias: Tensor::from_slice(&folded.bias, outputs, device)?,
            activation,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H, W, outputs)`: `x` is scaled by `excite`, `(B, inputs)`, before
    /// the product, and `residual`, of the output's shape, is added last.
    pub fn forward(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (b, h, w, c) = x.dims4()?;
        let x = match excite {
            Some(excite) => x.broadcast_mul(&excite.reshape((b, 1, 1, c))?)?,
            None => x.clone(),
        };
        let y = x
            .reshape((b * h * w, c))?
            .matmul(&self.weight)?
            .broadcast_add(&self.bias)?
            .reshape((b, h, w, ()))?;
        let y = activate(y, self.activation)?;
        match residual {
            Some(residual) => y + residual,
            None => Ok(y),
        }
    }

    /// The weights and the bias of one output.
    pub fn row(&self, output: usize) -> Result<(Vec<f32>, f32)> {
        let row = self.weight.narrow(1, output, 1)?.flatten_all()?;
        let bias = self.bias.narrow(0, output, 1)?.squeeze(0)?;
        Ok((row.to_vec1()?, bias.to_scalar()?))
    }
}

/// For each kernel position in row-major order, the input values that meet it:
/// `kernel * kernel` tensors of shape `(B, H', W', C)`.
fn shifted(x: &Tensor, window: Window) -> Result<Vec<Tensor>> {
    let Window {
        kernel,
        stride,
        padding,
    } = window;
    let (_, h, w, _) = x.dims4()?;
    let (top, out_h) = padding.along(h, kernel, stride);
    let (left, out_w) = padding.along(w, kernel, stride);
    let below = ((out_h - 1) * stride + kernel).saturating_sub(top + h);
    let right = ((out_w - 1) * stride + kernel).saturating_sub(left + w);
    let x = x
        .pad_with_zeros(1, top, below)?
        .pad_with_zeros(2, left, right)?;
    let steps = |from: usize, count: usize| {
        let indices = (0..count).map(|i| (from + i * stride) as u32).collect();
        Tensor::from_vec::<_, u32>(indices, count, x.device())
    };
    let mut slices = Vec::with_capacity(kernel * kernel);
    for ky in 0..kernel {
        let rows = x.index_select(&steps(ky, out_h)?, 1)?;
        for kx in 0..kernel {
            slices.push(rows.index_select(&steps(kx, out_w)?, 2)?);
        }
    }
    Ok(slices)
}

/// A depthwise convolution as a sum of shifted slices, and the expansion before it.
pub struct Depthwise {
    expand: Option<Pointwise>,
    taps: Vec<Tensor>, // kernel * kernel of (channels)
    bias: Tensor,      // (channels)
    window: Window,
    activation: Activation,
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`.
    pub fn new(
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
        device: &Device,
    ) -> Result<Self> {
        let channels = folded.bias.len();
        let area = window.kernel * window.kernel;
        let weight = Tensor::from_slice(&folded.weight, (channels, area), device)?;
        let taps = (0..area)
            .map(|tap| weight.narrow(1, tap, 1)?.squeeze(1)?.contiguous())
            .collect::<Result<_>>()?;
        let expand = expand.map(|expand| Pointwise::new(expand, activation, device));
        Ok(Self {
            expand: expand.transpose()?,
            taps,
            bias: Tensor::from_slice(&folded.bias, channels, device)?,
            window,
            activation,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', C)` and the mean of that, `(B, C)`.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let expanded = match &self.expand {
            Some(expand) => expand.forward(x, None, None)?,
            None => x.clone(),
        };
        let slices = shifted(&expanded, self.window)?;
        let mut sum = slices[0].broadcast_mul(&self.taps[0])?;
        for (slice, tap) in slices.iter().zip(&self.taps).skip(1) {
            sum = (sum + slice.broadcast_mul(tap)?)?;
        }
        let y = activate(sum.broadcast_add(&self.bias)?, self.activation)?;
        let mean = global_average_pool(&y)?;
        Ok((y, mean))
    }
}

/// A dense convolution as a product of gathered patches.
pub struct Convolution {
    product: Pointwise, // (kernel * kernel * inputs, outputs)
    window: Window,
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(
        folded: &Folded,
        window: Window,
        activation: Activation,
        device: &Device,
    ) -> Result<Self> {
        let patches = folded.in_patch_order(window.kernel);
        Ok(Self {
            product: Pointwise::new(&patches, activation, device)?,
            window,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', outputs)`; `residual`, of that shape, is added last.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let patches = Tensor::cat(&shifted(x, self.window)?, 3)?; // (B, H', W', k * k * C)
        self.product.forward(&patches, None, residual)
    }
}

/// `(B, H, W, C)` to `(B, C)`.
pub fn global_average_pool(x: &Tensor) -> Result<Tensor> {
    x.mean((1, 2))
}
