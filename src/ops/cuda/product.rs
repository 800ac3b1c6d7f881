//! Matrix products by cuBLASLt, with the bias and the residual in the same pass.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Result, Tensor};

use super::context::{Context, code, count32};
use super::memory::{address, parameters};
use super::plan::{Plan, Shape, alignment};
use crate::ops::folded::{Activation, Folded};

/// The weights of `x @ weight + bias`, as PyTorch stores them.
pub(super) struct Product {
    pub context: Arc<Context>,
    pub weight: Tensor, // (outputs, inputs)
    /// In f32, for our own kernels.
    pub bias: Tensor, // (outputs)
    /// As cuBLASLt takes it.
    own_bias: Tensor,
    pub inputs: usize,
    pub outputs: usize,
    pub dtype: DType,
    /// By shape, and whether the bias is added.
    plans: Mutex<HashMap<(Shape, bool), Way>>,
}

/// How a product is computed.
enum Way {
    /// By cuBLASLt.
    Whole(Plan),
    /// By cuBLASLt, and the bias by a kernel of ours.
    Parts(Plan),
    /// By a kernel of ours.
    Plain,
}

/// kernels/pointwise.cuh, `FinishArguments`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FinishArguments {
    y: u64,
    bias: u64,
    residual: u64,
    vectors: u32,
    channels: i32,
    activation: i32,
}

/// kernels/pointwise.cuh, `ProductArguments` and `TILE`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Arguments {
    x: u64,
    weight: u64,
    bias: u64,
    residual: u64,
    y: u64,
    rows: i32,
    inputs: i32,
    outputs: i32,
    shared: i32,
}

const TILE: usize = 16;

/// cuBLASLt's kernels are not to be trusted with larger matrices (rapidsai/raft, issue 3098).
const MOST_VALUES: usize = (1 << 31) - 1;

/// One product: `batch` times `rows` rows.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub x: u64,
    pub y: u64,
    /// Added to the product; 0 for none.
    pub residual: u64,
    /// Weights per member of the batch instead of the layer's own.
    pub weights: Option<u64>,
    pub batch: usize,
    pub rows: usize,
    pub with_bias: bool,
}

impl Call {
    /// The same piece by piece, none too large for cuBLASLt: some of the batch, or of its only
    /// member's rows.
    fn parts(self, product: &Product) -> impl Iterator<Item = Self> {
        let Product {
            inputs, outputs, ..
        } = *product;
        let size = product.dtype.size_in_bytes();
        let (count, rows_of_one) = match self.batch {
            1 => (self.rows, 1),
            batch => (batch, self.rows),
        };
        let at_once = (MOST_VALUES / (rows_of_one * inputs.max(outputs))).max(1);
        (0..count).step_by(at_once).map(move |first| {
            let behind = |place: u64, values: usize| place + (first * values * size) as u64;
            let part = at_once.min(count - first);
            let (batch, rows) = match self.batch {
                1 => (1, part),
                _ => (part, self.rows),
            };
            Self {
                x: behind(self.x, rows_of_one * inputs),
                y: behind(self.y, rows_of_one * outputs),
                residual: match self.residual {
                    0 => 0,
                    residual => behind(residual, rows_of_one * outputs),
                },
                weights: self.weights.map(|place| behind(place, inputs * outputs)),
                batch,
                rows,
                with_bias: self.with_bias,
            }
        })
    }
}

impl Product {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded, dtype: DType, device: &Device) -> Result<Self> {
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        Ok(Self {
            context: Context::of(device)?,
            weight: parameters(&folded.weight, (outputs, inputs), dtype, device)?,
            bias: parameters(&folded.bias, outputs, DType::F32, device)?,
            own_bias: parameters(&folded.bias, outputs, dtype, device)?,
            inputs,
            outputs,
            dtype,
            plans: Mutex::default(),
        })
    }

    /// Queues the product.
    ///
    /// # Safety
    /// The places must be as large as the shape says.
    pub unsafe fn run(&self, call: Call) -> Result<()> {
        for part in call.parts(self) {
            // SAFETY: the caller vouches for the whole.
            unsafe { self.run_part(part)? };
        }
        Ok(())
    }

    unsafe fn run_part(&self, call: Call) -> Result<()> {
        let weight = match call.weights {
            Some(place) => place,
            None => address(&self.weight, self.dtype)?,
        };
        // Without a residual its factor is 0, and it is not read.
        let (residual, factor) = match call.residual {
            0 => (call.y, 0.0),
            residual => (residual, 1.0),
        };
        let places = [weight, call.x, residual, call.y];
        let shape = Shape {
            inputs: self.inputs,
            outputs: self.outputs,
            rows: call.rows,
            batch: call.batch,
            dtype: self.dtype,
            alignments: places.map(alignment),
        };
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let way = plans.entry((shape, call.with_bias));
        let way = way.or_insert_with(|| self.way(shape, call.with_bias));
        // SAFETY: the caller vouches for the places.
        unsafe {
            match way {
                Way::Whole(plan) => plan.run(&self.context, places, factor),
                Way::Parts(plan) => {
                    plan.run(&self.context, places, factor)?;
                    self.finish(call.y, call.batch * call.rows, Activation::Identity, 0)
                }
                Way::Plain => self.run_plainly(call, weight),
            }
        }
    }

    fn way(&self, shape: Shape, with_bias: bool) -> Way {
        let plan = |bias| Plan::new(&self.context, shape, bias);
        let bias = address(&self.own_bias, self.dtype);
        let whole = bias.and_then(|bias| plan(with_bias.then_some(bias)));
        match (whole, with_bias) {
            (Ok(plan), _) => Way::Whole(plan),
            (Err(_), true) => plan(None).map_or(Way::Plain, Way::Parts),
            (Err(_), false) => Way::Plain,
        }
    }

    /// What a product without its bias left to do: bias, activation and residual, in place.
    pub fn finish(&self, y: u64, rows: usize, activation: Activation, residual: u64) -> Result<()> {
        let places = [y, residual];
        let kernel = self
            .context
            .vector_kernel("finish", self.outputs, &places, self.dtype);
        let (vector, kernel) = kernel?;
        let vectors = rows * self.outputs / vector;
        let arguments = FinishArguments {
            y,
            bias: address(&self.bias, DType::F32)?,
            residual,
            vectors: count32(vectors)?,
            channels: self.outputs as i32,
            activation: code(activation),
        };
        // SAFETY: the layout is the kernel's; `y` and the residual are `rows` rows.
        unsafe { kernel.launch_for(arguments, vectors, 0) }
    }

    /// By our own kernel, which takes any number of channels: cuBLASLt has nothing for some that are
    /// odd, as pruned networks have them.
    ///
    /// # Safety
    /// As [`Self::run`].
    unsafe fn run_plainly(&self, call: Call, weight: u64) -> Result<()> {
        let arguments = Arguments {
            x: call.x,
            weight,
            bias: match call.with_bias {
                true => address(&self.bias, DType::F32)?,
                false => 0,
            },
            residual: call.residual,
            y: call.y,
            rows: call.rows as i32,
            inputs: self.inputs as i32,
            outputs: self.outputs as i32,
            shared: call.weights.is_none().into(),
        };
        let kernel = self.context.kernel("product", self.dtype)?;
        let grid = [
            call.rows.div_ceil(TILE),
            self.outputs.div_ceil(TILE),
            call.batch,
        ];
        // SAFETY: the layout is the kernel's, and the caller vouches for the places.
        unsafe { kernel.launch(arguments, grid, TILE * TILE, 0) }
    }
}
