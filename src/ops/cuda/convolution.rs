//! Dense convolutions: the stem's few inputs directly, others as a product of gathered patches.

use candle_core::{DType, Device, Result, Tensor, bail};

use super::context::{Context, code, count32};
use super::memory::{address, address_or_null, parameters, room, wide};
use super::pointwise::Pointwise;
use crate::ops::folded::{Activation, Folded};
use crate::ops::window::Window;

/// More inputs than this make a product worth its patches.
const FEW_INPUTS: usize = 4;

/// Positions of a thread of the stem (kernels/convolution.cuh, `STEM_COLUMNS`).
const STEM_COLUMNS: usize = 4;

/// Shared memory of a block that every GPU has.
const SHARED_BYTES: usize = 48 << 10;

/// Patches at a time: about the second-level cache of a large GPU, from where the product then
/// reads them.
const PATCH_BYTES: usize = 32 << 20;

/// A dense convolution on the GPU.
pub struct Convolution {
    form: Form,
    window: Window,
    inputs: usize,
    outputs: usize,
    activation: Activation,
    dtype: DType,
}

enum Form {
    Direct {
        weight: Tensor, // (kernel * kernel * inputs, outputs)
        bias: Tensor,   // (outputs)
    },
    Patches(Pointwise), // (kernel * kernel * inputs) to (outputs)
}

/// kernels/convolution.cuh, `ConvolutionArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct DirectArguments {
    x: u64,
    weight: u64,
    bias: u64,
    residual: u64,
    y: u64,
    vectors: u32,
    inputs: i32,
    outputs: i32,
    place: Place,
    activation: i32,
}

/// kernels/convolution.cuh, `GatherArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct GatherArguments {
    x: u64,
    patches: u64,
    vectors: u32,
    inputs: i32,
    place: Place,
}

/// kernels/convolution.cuh, `Place`: where the window goes.
#[repr(C)]
#[derive(Clone, Copy)]
struct Place {
    height: i32,
    width: i32,
    out_height: i32,
    out_width: i32,
    kernel: i32,
    stride: i32,
    top: i32,
    left: i32,
}

impl Place {
    fn new(window: Window, height: usize, width: usize) -> Self {
        let Window {
            kernel,
            stride,
            padding,
        } = window;
        let (top, out_height) = padding.along(height, kernel, stride);
        let (left, out_width) = padding.along(width, kernel, stride);
        Self {
            height: height as i32,
            width: width as i32,
            out_height: out_height as i32,
            out_width: out_width as i32,
            kernel: kernel as i32,
            stride: stride as i32,
            top: top as i32,
            left: left as i32,
        }
    }

    fn output(&self) -> (usize, usize) {
        (self.out_height as usize, self.out_width as usize)
    }
}

impl Convolution {
    /// `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    pub fn new(
        folded: &Folded,
        window: Window,
        activation: Activation,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let outputs = folded.bias.len();
        let area = window.kernel * window.kernel;
        let inputs = folded.weight.len() / outputs / area;
        let patches = folded.in_patch_order(window.kernel);
        let taps = area * inputs;
        let fits = taps * outputs * size_of::<f32>() <= SHARED_BYTES;
        let form = if inputs <= FEW_INPUTS && fits {
            let by_tap = |tap: usize| patches.weight[tap..].iter().step_by(taps).copied();
            let weight: Vec<f32> = (0..taps).flat_map(by_tap).collect();
            Form::Direct {
                weight: parameters(&weight, (taps, outputs), DType::F32, device)?,
                bias: parameters(&folded.bias, outputs, DType::F32, device)?,
            }
        } else {
            Form::Patches(Pointwise::new(&patches, activation, dtype, device)?)
        };
        Ok(Self {
            form,
            window,
            inputs,
            outputs,
            activation,
            dtype,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H', W', outputs)`; `residual`, of that shape, is added last. The
    /// stem's pictures may be f32 whatever the activations are.
    pub fn forward(&self, x: &Tensor, residual: Option<&Tensor>) -> Result<Tensor> {
        let (batch, height, width, inputs) = x.dims4()?;
        if inputs != self.inputs {
            bail!("{inputs} channels where there should be {}", self.inputs);
        }
        let place = Place::new(self.window, height, width);
        let (out_height, out_width) = place.output();
        let y = room(
            (batch, out_height, out_width, self.outputs),
            self.dtype,
            x.device(),
        )?;
        match &self.form {
            Form::Direct { weight, bias } => self.direct(x, &y, place, weight, bias, residual)?,
            Form::Patches(product) => self.gathered(x, &y, place, product, residual)?,
        }
        Ok(y)
    }

    fn direct(
        &self,
        x: &Tensor,
        y: &Tensor,
        place: Place,
        weight: &Tensor,
        bias: &Tensor,
        residual: Option<&Tensor>,
    ) -> Result<()> {
        let to = address(y, self.dtype)?;
        let residual = address_or_null(residual, self.dtype)?;
        let name = match x.dtype() {
            DType::F32 => "convolution_f32",
            _ => "convolution",
        };
        let context = Context::of(x.device())?;
        let places = [to, residual];
        let (vector, kernel) = context.vector_kernel(name, self.outputs, &places, self.dtype)?;
        let (out_height, out_width) = place.output();
        let (vectors, kernel) = match self.is_stem(x, vector, residual) {
            true => {
                let strips = y.dim(0)? * out_height * out_width.div_ceil(STEM_COLUMNS);
                let kernel = context.kernel("stem_wide", self.dtype)?;
                (strips * self.outputs / vector, kernel)
            }
            false => (y.elem_count() / vector, kernel),
        };
        let arguments = DirectArguments {
            x: address(x, x.dtype())?,
            weight: address(weight, DType::F32)?,
            bias: address(bias, DType::F32)?,
            residual,
            y: to,
            vectors: count32(vectors)?,
            inputs: self.inputs as i32,
            outputs: self.outputs as i32,
            place,
            activation: code(self.activation),
        };
        let shared_bytes = weight.elem_count() * size_of::<f32>();
        // SAFETY: the layout is the kernel's, and the shapes are those of the tensors.
        unsafe { kernel.launch_for(arguments, vectors, shared_bytes) }
    }

    /// Whether there is a kernel for just this.
    fn is_stem(&self, x: &Tensor, vector: usize, residual: u64) -> bool {
        let Window { kernel, stride, .. } = self.window;
        (kernel, stride, self.inputs) == (3, 2, 3)
            && vector == wide(self.dtype)
            && x.dtype() == DType::F32
            && residual == 0
    }

    /// As many pictures at a time as their patches have room.
    fn gathered(
        &self,
        x: &Tensor,
        y: &Tensor,
        place: Place,
        product: &Pointwise,
        residual: Option<&Tensor>,
    ) -> Result<()> {
        let (batch, ..) = x.dims4()?;
        let (out_height, out_width) = place.output();
        let taps = self.window.kernel.pow(2) * self.inputs;
        let rows = out_height * out_width;
        let bytes = rows * taps * self.dtype.size_in_bytes();
        let at_once = (PATCH_BYTES / bytes).clamp(1, batch);
        let context = Context::of(x.device())?;
        let patches = room((at_once, rows, taps), self.dtype, x.device())?;
        let to = address(&patches, self.dtype)?;
        for first in (0..batch).step_by(at_once) {
            let count = at_once.min(batch - first);
            let part = x.narrow(0, first, count)?;
            let from = address(&part, self.dtype)?;
            let kernel = context.vector_kernel("gather", self.inputs, &[from, to], self.dtype);
            let (vector, kernel) = kernel?;
            let vectors = count * rows * taps / vector;
            let arguments = GatherArguments {
                x: from,
                patches: to,
                vectors: count32(vectors)?,
                inputs: self.inputs as i32,
                place,
            };
            // SAFETY: the layout is the kernel's, and `count` is at most what there is room for.
            unsafe { kernel.launch_for(arguments, vectors, 0)? };
            let y = y.narrow(0, first, count)?;
            let residual = residual.map(|residual| residual.narrow(0, first, count));
            let residual = residual.transpose()?;
            product.convolve(&patches, &y, (count, rows), None, residual.as_ref())?;
        }
        Ok(())
    }
}
