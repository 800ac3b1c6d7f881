//! What the network needs, once per backend.
//!
//! Activations are NHWC throughout, `(batch, height, width, channels)` in f32, so that a 1x1
//! convolution is one matrix product. Weights arrive with BatchNorm already folded in.
//!
//! - [`portable`]: plain Candle tensor operations. It runs wherever Candle runs and is the oracle
//!   that every other backend is tested against.
//! - [`cpu`]: vector kernels behind Candle custom operations, chosen at run time.
//! - `cuda`, where the feature of that name is on: kernels for NVIDIA's GPUs.
//!
//! Another backend joins here: one more variant per operation, nothing in the network.

pub mod cpu;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod portable;

use std::sync::OnceLock;

use candle_core::{DType, Device, Result, Shape, Tensor};

/// The function applied to a convolution's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None, as after a linear bottleneck (MobileNetV2, arXiv:1801.04381).
    Identity,
    /// `x * sigmoid(x)`, the paper's swish.
    Silu,
    /// The squeeze-excite gate.
    Sigmoid,
    /// `max(x, 0)`, in EfficientNet-EdgeTPU.
    Relu,
    /// `min(max(x, 0), 6)`, in EfficientNet-Lite.
    Relu6,
}

/// Which implementation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Plain Candle operations, on any device.
    Portable,
    /// The vector kernels, for tensors in main memory.
    Cpu,
    /// The CUDA kernels, with activations and weights of this type: f32, f16 or bf16.
    #[cfg(feature = "cuda")]
    Cuda(DType),
}

impl Backend {
    /// The fastest implementation for tensors on `device`, in f32; `EFFNET_OPS=portable` asks for
    /// the portable one, to compare or to test.
    pub fn for_device(device: &Device) -> Self {
        static PORTABLE: OnceLock<bool> = OnceLock::new();
        let portable = || std::env::var("EFFNET_OPS").is_ok_and(|ops| ops == "portable");
        match device {
            _ if *PORTABLE.get_or_init(portable) => Self::Portable,
            Device::Cpu => Self::Cpu,
            #[cfg(feature = "cuda")]
            Device::Cuda(_) => Self::Cuda(DType::F32),
            _ => Self::Portable,
        }
    }

    /// The type of the activations.
    pub fn dtype(self) -> DType {
        match self {
            Self::Portable | Self::Cpu => DType::F32,
            #[cfg(feature = "cuda")]
            Self::Cuda(dtype) => dtype,
        }
    }
}

/// Zero padding and stride of a square-kernel convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// `(kernel - 1) / 2` on every side, as in PyTorch-trained checkpoints
    /// (timm/layers/padding.py, `get_padding`).
    Symmetric,
    /// TensorFlow's "SAME": the output is `ceil(input / stride)` and an odd total puts the extra
    /// zero behind (timm/layers/padding.py, `pad_same`).
    Same,
    /// What "SAME" means for even inputs, whatever the input: one zero less before than behind
    /// (transformers' modeling_efficientnet.py, `correct_pad` with `adjust`).
    Behind,
}

impl Padding {
    /// Zeros before the first element along one side of length `input`, and the output length.
    pub fn along(self, input: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Symmetric => {
                let before = (kernel - 1) / 2;
                (before, (input + 2 * before - kernel) / stride + 1)
            }
            Self::Behind => {
                let (before, behind) = (kernel / 2 - 1, kernel / 2);
                (before, (before + input + behind - kernel) / stride + 1)
            }
            Self::Same => {
                let output = input.div_ceil(stride);
                let total = ((output - 1) * stride + kernel).saturating_sub(input);
                (total / 2, output)
            }
        }
    }
}

/// Kernel size, stride and padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: usize,
    /// Step between output positions, both ways.
    pub stride: usize,
    /// How the border is filled.
    pub padding: Padding,
}

/// A convolution's weights after BatchNorm folding.
#[derive(Clone, Debug)]
pub struct Folded {
    /// PyTorch's OIHW order: `(outputs, inputs / groups, kernel, kernel)`.
    pub weight: Vec<f32>,
    /// One per output channel.
    pub bias: Vec<f32>,
}

impl Folded {
    /// Filters of `from * from` values as ones of `to * to`, with zeros above and on the left: with
    /// "SAME" padding an even kernel does what the odd one above it does with symmetric padding.
    pub fn enlarged(self, from: usize, to: usize) -> Self {
        if from == to {
            return self;
        }
        let filters = self.weight.chunks_exact(from * from);
        let mut weight = Vec::with_capacity(filters.len() * to * to);
        for filter in filters {
            let first = weight.len();
            weight.resize(first + to * to, 0.0);
            for (y, row) in filter.chunks_exact(from).enumerate() {
                let place = first + (to - from + y) * to + to - from;
                weight[place..place + from].copy_from_slice(row);
            }
        }
        Self {
            weight,
            bias: self.bias,
        }
    }

    /// Reorders `(outputs, inputs, kernel, kernel)` to `(outputs, kernel * kernel * inputs)`, the
    /// order in which NHWC activations are gathered into patches.
    fn in_patch_order(&self, kernel: usize) -> Self {
        let outputs = self.bias.len();
        let area = kernel * kernel;
        let inputs = self.weight.len() / outputs / area;
        let mut weight = Vec::with_capacity(self.weight.len());
        for filter in self.weight.chunks_exact(inputs * area) {
            for tap in 0..area {
                weight.extend(filter[tap..].iter().step_by(area));
            }
        }
        Self {
            weight,
            bias: self.bias.clone(),
        }
    }
}

macro_rules! per_backend {
    ($self:ident, $kernel:ident => $call:expr) => {
        match $self {
            Self::Portable($kernel) => $call,
            Self::Cpu($kernel) => $call,
            #[cfg(feature = "cuda")]
            Self::Cuda($kernel) => $call,
        }
    };
}

/// A 1x1 convolution, or a linear layer when height and width are 1.
pub enum Pointwise {
    #[doc(hidden)]
    Portable(portable::Pointwise),
    #[doc(hidden)]
    Cpu(cpu::Pointwise),
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    Cuda(cuda::Pointwise),
}

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(
        backend: Backend,
        folded: &Folded,
        activation: Activation,
        device: &Device,
    ) -> Result<Self> {
        Ok(match backend {
            Backend::Portable => {
                Self::Portable(portable::Pointwise::new(folded, activation, device)?)
            }
            Backend::Cpu => Self::Cpu(cpu::Pointwise::new(folded, activation)),
            #[cfg(feature = "cuda")]
            Backend::Cuda(dtype) => {
                Self::Cuda(cuda::Pointwise::new(folded, activation, dtype, device)?)
            }
        })
    }

    /// `activation(x @ weight + bias)`: `(B, H, W, inputs)` to `(B, H, W, outputs)`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        per_backend!(self, kernel => kernel.forward(x, None, None))
    }

    /// The end of an MBConv block: `x` is scaled per channel by `excite`, `(B, inputs)`, before
    /// the product, and `residual`, of the output's shape, is added after the activation.
    pub fn project(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        per_backend!(self, kernel => kernel.forward(x, excite, residual))
    }
}

/// A depthwise convolution, one `kernel x kernel` filter per channel, and the 1x1 expansion that
/// may precede it. They are one operation so that a backend need not store what lies between.
pub enum Depthwise {
    #[doc(hidden)]
    Portable(portable::Depthwise),
    #[doc(hidden)]
    Cpu(cpu::Depthwise),
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    Cuda(cuda::Depthwise),
}

impl Depthwise {
    /// `folded.weight` is `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`;
    /// `activation` follows both. The window's kernel is 3 or 5, its stride 1 or 2.
    pub fn new(
        backend: Backend,
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
        device: &Device,
    ) -> Result<Self> {
        Ok(match backend {
            Backend::Portable => Self::Portable(portable::Depthwise::new(
                expand, folded, window, activation, device,
            )?),
            Backend::Cpu => Self::Cpu(cpu::Depthwise::new(expand, folded, window, activation)?),
            #[cfg(feature = "cuda")]
            Backend::Cuda(dtype) => Self::Cuda(cuda::Depthwise::new(
                expand, folded, window, activation, dtype, device,
            )?),
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', C)`, and the mean of the result over its height and width,
    /// `(B, C)`: the squeeze of squeeze-excite, taken while the values are at hand.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        per_backend!(self, kernel => kernel.forward(x))
    }
}

/// A dense convolution with a kernel larger than one, as in the stem and in fused blocks.
pub enum Convolution {
    #[doc(hidden)]
    Portable(portable::Convolution),
    #[doc(hidden)]
    Cpu(cpu::Convolution),
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    Cuda(cuda::Convolution),
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(
        backend: Backend,
        folded: &Folded,
        window: Window,
        activation: Activation,
        device: &Device,
    ) -> Result<Self> {
        Ok(match backend {
            Backend::Portable => Self::Portable(portable::Convolution::new(
                folded, window, activation, device,
            )?),
            Backend::Cpu => Self::Cpu(cpu::Convolution::new(folded, window, activation)),
            #[cfg(feature = "cuda")]
            Backend::Cuda(dtype) => Self::Cuda(cuda::Convolution::new(
                folded, window, activation, dtype, device,
            )?),
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', outputs)`; `residual`, of the output's shape, is added
    /// after the activation.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        per_backend!(self, kernel => kernel.forward(x, residual))
    }
}

/// The mean over height and width: `(B, H, W, C)` to `(B, C)`.
pub fn global_average_pool(x: &Tensor) -> Result<Tensor> {
    match Backend::for_device(x.device()) {
        Backend::Portable => portable::global_average_pool(x),
        Backend::Cpu => cpu::global_average_pool(x),
        #[cfg(feature = "cuda")]
        Backend::Cuda(_) => cuda::global_average_pool(x),
    }
}

/// Runs `network` on the parts of a batch that the device computes best at a time, and joins what
/// it returns along the batch: single pictures on a processor, shared out to its threads, since
/// a picture's activations then stay in the caches; the whole batch elsewhere.
///
/// # Errors
/// The first that `network` returns.
pub fn each_part(
    pictures: &Tensor,
    network: impl Fn(&Tensor) -> Result<Tensor> + Sync,
) -> Result<Tensor> {
    match Backend::for_device(pictures.device()) {
        Backend::Cpu => cpu::each_picture(pictures, network),
        _ => network(pictures),
    }
}

/// Says that nobody needs `x` any more, nor any tensor that shares its memory: on a processor the
/// next activation goes there.
///
/// # Errors
/// If the device fails.
pub fn recycle(x: Tensor) -> Result<()> {
    match Backend::for_device(x.device()) {
        Backend::Cpu => cpu::recycle(x),
        _ => Ok(()),
    }
}

/// Puts pictures of equal size on `device`, one behind the other, as a tensor of `shape`.
///
/// # Errors
/// If the device has no room, or the pictures do not fill the shape.
pub fn upload(pictures: &[Vec<f32>], shape: impl Into<Shape>, device: &Device) -> Result<Tensor> {
    #[cfg(feature = "cuda")]
    if device.is_cuda() {
        return cuda::upload(pictures, shape, device);
    }
    Tensor::from_vec(pictures.concat(), shape.into(), device)
}

/// A network's passes as the device recorded them, to be replayed without queueing each operation
/// again, where it can do that.
#[derive(Default)]
pub struct Replay {
    #[cfg(feature = "cuda")]
    cuda: cuda::Replay,
}

impl Replay {
    /// What `network` returns for `pictures`. The network is always the same, and does the same
    /// operations for the same shape.
    ///
    /// # Errors
    /// Those of `network`.
    pub fn run(
        &self,
        pictures: &Tensor,
        network: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        match Backend::for_device(pictures.device()) {
            #[cfg(feature = "cuda")]
            Backend::Cuda(_) => self.cuda.run(pictures, network),
            _ => network(pictures),
        }
    }
}
