//! The operations that have weights: each is a choice between the backends' implementations, and
//! refuses tensors whose shape these would misread.

use candle_core::{Result, Tensor, bail};

#[cfg(feature = "cuda")]
use super::cuda;
use super::window::Window;
use super::{cpu, portable};

macro_rules! per_backend {
    ($implementation:expr, $kind:ident, $kernel:ident => $call:expr) => {
        match $implementation {
            $kind::Portable($kernel) => $call,
            $kind::Cpu($kernel) => $call,
            #[cfg(feature = "cuda")]
            $kind::Cuda($kernel) => $call,
        }
    };
}

/// A 1x1 convolution, or a linear layer when height and width are 1.
pub struct Pointwise {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: PointwiseKernel,
}

pub(super) enum PointwiseKernel {
    Portable(portable::Pointwise),
    Cpu(cpu::Pointwise),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Pointwise),
}

impl Pointwise {
    /// `activation(x @ weight + bias)`: `(B, H, W, inputs)` to `(B, H, W, outputs)`.
    ///
    /// # Errors
    /// If `x` has another shape, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.project(x, None, None)
    }

    /// The end of an MBConv block: `x` is scaled per channel by `excite`, `(B, inputs)`, before
    /// the product, and `residual`, of the output's shape, is added after the activation.
    ///
    /// # Errors
    /// If one of them has another shape, or the device fails.
    pub fn project(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (batch, height, width) = check_input(x, self.inputs)?;
        check_shape("gates", excite, &[batch, self.inputs])?;
        check_shape(
            "a residual",
            residual,
            &[batch, height, width, self.outputs],
        )?;
        per_backend!(&self.kernel, PointwiseKernel, kernel => kernel.forward(x, excite, residual))
    }

    /// The weights that make output `output`, one per input, and its bias, as they are stored.
    ///
    /// # Errors
    /// If there is no such output, or the device fails.
    pub fn row(&self, output: usize) -> Result<(Vec<f32>, f32)> {
        if output >= self.outputs {
            bail!("there is no output {output} of {}", self.outputs);
        }
        per_backend!(&self.kernel, PointwiseKernel, kernel => kernel.row(output))
    }
}

/// A depthwise convolution, one `kernel x kernel` filter per channel, and the 1x1 expansion that
/// may precede it. They are one operation so that a backend need not store what lies between.
pub struct Depthwise {
    pub(super) inputs: usize,
    pub(super) window: Window,
    pub(super) kernel: DepthwiseKernel,
}

pub(super) enum DepthwiseKernel {
    Portable(portable::Depthwise),
    Cpu(cpu::Depthwise),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Depthwise),
}

impl Depthwise {
    /// `(B, H, W, inputs)` to `(B, H', W', C)`, and the mean of the result over its height and width,
    /// `(B, C)`: the squeeze of squeeze-excite, taken while the values are at hand.
    ///
    /// # Errors
    /// If `x` has another shape, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        let (_, height, width) = check_input(x, self.inputs)?;
        output(self.window, height, width)?;
        per_backend!(&self.kernel, DepthwiseKernel, kernel => kernel.forward(x))
    }
}

/// A dense convolution with a kernel larger than one, as in the stem and in fused blocks.
pub struct Convolution {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) window: Window,
    pub(super) kernel: ConvolutionKernel,
}

pub(super) enum ConvolutionKernel {
    Portable(portable::Convolution),
    Cpu(cpu::Convolution),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Convolution),
}

impl Convolution {
    /// `(B, H, W, inputs)` to `(B, H', W', outputs)`; `residual`, of the output's shape, is added
    /// after the activation.
    ///
    /// # Errors
    /// If one of them has another shape, or the device fails.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let (batch, height, width) = check_input(x, self.inputs)?;
        let (out_h, out_w) = output(self.window, height, width)?;
        check_shape("a residual", residual, &[batch, out_h, out_w, self.outputs])?;
        per_backend!(&self.kernel, ConvolutionKernel, kernel => kernel.forward(x, residual))
    }
}

/// Batch, height and width of an activation with `inputs` channels.
fn check_input(x: &Tensor, inputs: usize) -> Result<(usize, usize, usize)> {
    let (batch, height, width, channels) = x.dims4()?;
    if channels != inputs {
        bail!("{channels} channels where there should be {inputs}");
    }
    if x.elem_count() == 0 {
        bail!("nothing to compute: the shape is {:?}", x.dims());
    }
    Ok((batch, height, width))
}

/// Checks what comes along with an activation.
fn check_shape(what: &str, tensor: Option<&Tensor>, expected: &[usize]) -> Result<()> {
    match tensor {
        Some(tensor) if tensor.dims() != expected => {
            let shape = tensor.dims();
            bail!("{what} of shape {shape:?} where {expected:?} is needed")
        }
        _ => Ok(()),
    }
}

fn output(window: Window, height: usize, width: usize) -> Result<(usize, usize)> {
    match window.output(height, width) {
        Some(output) => Ok(output),
        None => bail!("{height} x {width} positions are too few for {window:?}"),
    }
}
