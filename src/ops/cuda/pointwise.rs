//! The 1x1 convolution, and the linear layers on one vector per picture.

use candle_core::{DType, Device, Result, Tensor, bail};

use super::context::{code, count32};
use super::memory::{address, address_or_null, aligned, room};
use super::product::{Call, Product};
use crate::ops::folded::{Activation, Folded};

/// A 1x1 convolution on the GPU.
pub struct Pointwise {
    product: Product,
    activation: Activation,
}

/// kernels/pointwise.cuh, `ExciteArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct ExciteArguments {
    x: u64,
    gates: u64,
    y: u64,
    vectors: u32,
    rows: i32,
    channels: i32,
    shared: i32,
}

/// kernels/pointwise.cuh, `LinearArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct LinearArguments {
    x: u64,
    weight: u64,
    bias: u64,
    y: u64,
    batch: i32,
    inputs: i32,
    outputs: i32,
    activation: i32,
}

/// Outputs of a block, and pictures of a warp (kernels/pointwise.cuh, `LINEAR_THREADS`,
/// `PICTURES`).
const LINEAR_THREADS: usize = 128;
const PICTURES: usize = 4;

impl Pointwise {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(
        folded: &Folded,
        activation: Activation,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        Ok(Self {
            product: Product::new(folded, dtype, device)?,
            activation,
        })
    }

    /// `(B, H, W, inputs)` to `(B, H, W, outputs)`: `x` is scaled by `excite`, `(B, inputs)`, before
    /// the product, and `residual`, of the output's shape, is added last. The gates are f32, and so is
    /// a vector per picture, `(B, 1, 1, inputs)`, which then gives one.
    pub fn forward(
        &self,
        x: &Tensor,
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        let (batch, height, width, inputs) = x.dims4()?;
        if inputs != self.product.inputs {
            bail!(
                "{inputs} channels where there should be {}",
                self.product.inputs
            );
        }
        let is_vector = (height, width) == (1, 1) && x.dtype() == DType::F32;
        if is_vector && excite.is_none() && residual.is_none() {
            return self.linear(x, batch);
        }
        let rows = height * width;
        let shape = (batch, height, width, self.product.outputs);
        let y = room(shape, self.product.dtype, x.device())?;
        self.convolve(x, &y, (batch, rows), excite, residual)?;
        Ok(y)
    }

    /// The weights and the bias of one output.
    pub fn row(&self, output: usize) -> Result<(Vec<f32>, f32)> {
        let row = self.product.weight.narrow(0, output, 1)?.flatten_all()?;
        let bias = self.product.bias.narrow(0, output, 1)?.squeeze(0)?;
        Ok((row.to_dtype(DType::F32)?.to_vec1()?, bias.to_scalar()?))
    }

    /// Into `y`, `(batch, rows, outputs)`, from `x`, `(batch, rows, inputs)`.
    pub(super) fn convolve(
        &self,
        x: &Tensor,
        y: &Tensor,
        (batch, rows): (usize, usize),
        excite: Option<&Tensor>,
        residual: Option<&Tensor>,
    ) -> Result<()> {
        let Product { dtype, outputs, .. } = self.product;
        let (to, residual) = (address(y, dtype)?, address_or_null(residual, dtype)?);
        // cuBLASLt has none of our activations, and a residual comes behind them.
        let linear = self.activation == Activation::Identity;
        let call = |x: u64| Call {
            x,
            y: to,
            residual: if linear { residual } else { 0 },
            weights: None,
            batch: 1,
            rows: batch * rows,
            with_bias: linear,
        };
        // SAFETY: the shapes are those of the tensors.
        unsafe {
            match excite {
                None => self.product.run(call(address(x, dtype)?))?,
                // The gates go where there is less to multiply: into a copy of the weights for
                // each picture, or else into the activations.
                Some(gates) if outputs < rows => {
                    let weights = self.excited(&self.product.weight, gates, outputs, true)?;
                    self.product.run(Call {
                        weights: Some(address(&weights, dtype)?),
                        batch,
                        rows,
                        ..call(address(x, dtype)?)
                    })?
                }
                Some(gates) => {
                    let x = self.excited(x, gates, rows, false)?;
                    self.product.run(call(address(&x, dtype)?))?
                }
            }
        }
        match linear {
            true => Ok(()),
            false => {
                let rows = batch * rows;
                self.product.finish(to, rows, self.activation, residual)
            }
        }
    }

    /// `(batch, rows, inputs)` times the gates, `(batch, inputs)`, of an `x` of that shape or of
    /// one that all pictures share, `(rows, inputs)`.
    fn excited(&self, x: &Tensor, gates: &Tensor, rows: usize, shared: bool) -> Result<Tensor> {
        let Product {
            dtype,
            inputs,
            ref context,
            ..
        } = self.product;
        let (batch, channels) = gates.dims2()?;
        if channels != inputs {
            bail!("{channels} gates for {inputs} channels");
        }
        let y = room((batch, rows, inputs), dtype, x.device())?;
        let (from, to) = (address(x, dtype)?, address(&y, dtype)?);
        let (vector, kernel) = context.vector_kernel("excite", inputs, &[from, to], dtype)?;
        let arguments = ExciteArguments {
            x: from,
            gates: address(gates, DType::F32)?,
            y: to,
            vectors: count32(y.elem_count() / vector)?,
            rows: rows as i32,
            channels: inputs as i32,
            shared: shared.into(),
        };
        // SAFETY: the layout is the kernel's, and the shapes are those of the tensors.
        unsafe { kernel.launch_for(arguments, y.elem_count() / vector, 0)? };
        Ok(y)
    }

    /// `(B, 1, 1, inputs)` to `(B, 1, 1, outputs)`, both f32.
    fn linear(&self, x: &Tensor, batch: usize) -> Result<Tensor> {
        let Product {
            dtype,
            inputs,
            outputs,
            ref context,
            ..
        } = self.product;
        let y = room((batch, 1, 1, outputs), DType::F32, x.device())?;
        let weight = address(&self.product.weight, dtype)?;
        let from = address(x, DType::F32)?;
        let vectors = inputs.is_multiple_of(4)
            && aligned(&[weight], 4, dtype)
            && aligned(&[from], 4, DType::F32);
        let kernel = context.kernel(if vectors { "linear_4" } else { "linear_1" }, dtype)?;
        let arguments = LinearArguments {
            x: from,
            weight,
            bias: address(&self.product.bias, DType::F32)?,
            y: address(&y, DType::F32)?,
            batch: batch as i32,
            inputs: inputs as i32,
            outputs: outputs as i32,
            activation: code(self.activation),
        };
        let outputs_of_block = LINEAR_THREADS / 32;
        let grid = [
            outputs.div_ceil(outputs_of_block),
            batch.div_ceil(PICTURES),
            1,
        ];
        // SAFETY: the layout is the kernel's, and the shapes are those of the tensors.
        unsafe { kernel.launch(arguments, grid, LINEAR_THREADS, 0)? };
        Ok(y)
    }
}
