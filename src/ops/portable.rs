//! Every operation in plain Candle tensor operations: slow, short and obviously right.
//!
//! It is the oracle of the fast backends' tests and the way onto devices that have no kernels of
//! ours yet.

use candle_core::{D, DType, Device, Result, Tensor};

use super::folded::{Activation, Folded};
use super::quantised::{LARGEST_ACTIVATION, LEAST_RANGE, Products, Quantised};
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
    weight: Tensor, // (inputs, outputs), in 8 bits whole numbers
    /// What one step of each output's weights is worth, in 8 bits.
    scale: Option<Tensor>, // (outputs)
    bias: Tensor,   // (outputs)
    activation: Activation,
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(
        folded: &Folded,
        activation: Activation,
        products: Products,
        device: &Device,
    ) -> Result<Self> {
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        let transposed = |weight: &[f32]| {
            let weight = Tensor::from_slice(weight, (outputs, inputs), device)?;
            weight.t()?.contiguous()
        };
        if !products.are_int8(inputs, outputs) {
            return Ok(Self {
                weight: transposed(&folded.weight)?,
                scale: None,
                bias: Tensor::from_slice(&folded.bias, outputs, device)?,
                activation,
            });
        }
        let Quantised {
            weight,
            scale,
            bias,
        } = Quantised::new(folded);
        let weight: Vec<_> = weight.into_iter().map(f32::from).collect();
        Ok(Self {
            weight: transposed(&weight)?,
            scale: Some(Tensor::from_vec(scale, outputs, device)?),
            bias: Tensor::from_vec(bias, outputs, device)?,
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
        let x = x.reshape((b * h * w, c))?;
        let product = match &self.scale {
            Some(scale) => int8_product(&x, &self.weight, scale)?,
            None => x.matmul(&self.weight)?,
        };
        let y = product.broadcast_add(&self.bias)?.reshape((b, h, w, ()))?;
        let y = activate(y, self.activation)?;
        match residual {
            Some(residual) => y + residual,
            None => Ok(y),
        }
    }

    /// The weights and the bias of one output.
    pub fn row(&self, output: usize) -> Result<(Vec<f32>, f32)> {
        let mut row = self.weight.narrow(1, output, 1)?.flatten_all()?;
        if let Some(scale) = &self.scale {
            row = row.broadcast_mul(&scale.narrow(0, output, 1)?)?;
        }
        let bias = self.bias.narrow(0, output, 1)?.squeeze(0)?;
        Ok((row.to_vec1()?, bias.to_scalar()?))
    }
}

/// The product of rows, `(count, inputs)`, quantised each by itself, with weights of 8 bits.
fn int8_product(x: &Tensor, weight: &Tensor, scale: &Tensor) -> Result<Tensor> {
    let highest = x.max_keepdim(D::Minus1)?.relu()?; // (count, 1), as what follows
    let lowest = x.neg()?.max_keepdim(D::Minus1)?.relu()?.neg()?;
    let range = (highest - &lowest)?;
    let per_unit = (range.ones_like()? * f64::from(LARGEST_ACTIVATION))?.div(&range)?;
    let per_unit = range
        .gt(LEAST_RANGE)?
        .where_cond(&per_unit, &range.zeros_like()?)?;
    let zero_point = rounded(&(lowest.neg()? * &per_unit)?)?;
    let steps = rounded(&x.broadcast_mul(&per_unit)?)?; // (count, inputs)
    let steps = steps
        .broadcast_add(&zero_point)?
        .minimum(LARGEST_ACTIVATION)?
        .broadcast_sub(&zero_point)?;
    // Whole numbers, of which f64 loses none.
    let sums = steps
        .to_dtype(DType::F64)?
        .matmul(&weight.to_dtype(DType::F64)?)?
        .to_dtype(DType::F32)?;
    let poison = (x.sum_keepdim(D::Minus1)? * 0.0)?;
    let row_scale = ((range / f64::from(LARGEST_ACTIVATION))? + poison)?;
    sums.broadcast_mul(scale)?.broadcast_mul(&row_scale)
}

/// Whole numbers, half way to the even one.
fn rounded(x: &Tensor) -> Result<Tensor> {
    let magic = 12_582_912.0; // 1.5 * 2^23
    (x + magic)? - magic
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
        products: Products,
        device: &Device,
    ) -> Result<Self> {
        let channels = folded.bias.len();
        let area = window.kernel * window.kernel;
        let weight = Tensor::from_slice(&folded.weight, (channels, area), device)?;
        let taps = (0..area)
            .map(|tap| weight.narrow(1, tap, 1)?.squeeze(1)?.contiguous())
            .collect::<Result<_>>()?;
        let expand = expand.map(|expand| Pointwise::new(expand, activation, products, device));
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
            product: Pointwise::new(&patches, activation, Products::F32, device)?,
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
