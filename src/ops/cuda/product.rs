//! Matrix products by cuBLASLt, with the bias and the residual in the same pass where it can.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::cublas::sys::cublasOperation_t;
use candle_core::cuda_backend::cudarc::cublaslt::{result as lt, sys};
use candle_core::{DType, Device, Error, Result, Tensor};
use sys::{
    cublasLtMatmulDescAttributes_t as Description, cublasLtMatmulPreferenceAttributes_t as Wish,
    cublasLtMatrixLayoutAttribute_t as Attribute,
};

use super::context::Context;
use super::memory::{address, parameters};
use crate::ops::folded::Folded;

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
    plans: Mutex<HashMap<Shape, Plan>>,
}

/// What cuBLASLt chooses an algorithm for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    rows: usize,
    batch: usize,
    with_bias: bool,
    alignments: [u32; 4],
}

/// How one shape is computed.
struct Plan {
    description: sys::cublasLtMatmulDesc_t,
    weight: sys::cublasLtMatrixLayout_t,
    x: sys::cublasLtMatrixLayout_t,
    y: sys::cublasLtMatrixLayout_t,
    algorithm: sys::cublasLtMatmulAlgo_t,
    adds_bias: bool,
}

// SAFETY: plain descriptions in main memory, which only reads use once they are made.
unsafe impl Send for Plan {}

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

impl Product {
    /// `folded.weight` is `(outputs, inputs)`.
    pub fn new(folded: &Folded, dtype: DType, device: &Device) -> Result<Self> {
        let outputs = folded.bias.len();
        let inputs = folded.weight.len() / outputs;
        Ok(Self {
            context: Context::of(device, dtype)?,
            weight: parameters(&folded.weight, (outputs, inputs), dtype, device)?,
            bias: parameters(&folded.bias, outputs, DType::F32, device)?,
            own_bias: parameters(&folded.bias, outputs, dtype, device)?,
            inputs,
            outputs,
            dtype,
            plans: Mutex::default(),
        })
    }

    /// Queues the product. Returns whether the bias was added, if it was asked for.
    ///
    /// # Safety
    /// The places must be as large as the shape says.
    pub unsafe fn run(&self, call: Call) -> Result<bool> {
        let stream = &self.context.stream;
        stream.context().bind_to_thread().map_err(Error::wrap)?;
        let weight = match call.weights {
            Some(place) => place,
            None => address(&self.weight, self.dtype)?,
        };
        // Without a residual its factor is 0, and it is not read.
        let (residual, factor) = match call.residual {
            0 => (call.y, 0.0f32),
            residual => (residual, 1.0),
        };
        let shape = Shape {
            rows: call.rows,
            batch: call.batch,
            with_bias: call.with_bias,
            alignments: [weight, call.x, residual, call.y].map(alignment),
        };
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = match plans.entry(shape) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(self.plan(shape)?),
        };
        let one = 1.0f32;
        let blas = &self.context.blas;
        let workspace = address_of(&blas.workspace, stream);
        // SAFETY: the plan's layouts are those of the places, the caller says.
        unsafe {
            lt::matmul(
                blas.handle,
                plan.description,
                (&raw const one).cast(),
                (&raw const factor).cast(),
                weight as *const c_void,
                plan.weight,
                call.x as *const c_void,
                plan.x,
                residual as *const c_void,
                plan.y,
                call.y as *mut c_void,
                plan.y,
                &raw const plan.algorithm,
                workspace as *mut c_void,
                blas.workspace.len(),
                stream.cu_stream().cast(),
            )
        }
        .map_err(Error::wrap)?;
        Ok(plan.adds_bias)
    }

    fn plan(&self, shape: Shape) -> Result<Plan> {
        if shape.with_bias
            && let Ok(plan) = self.plan_with(shape, true)
        {
            return Ok(plan);
        }
        self.plan_with(shape, false)
    }

    /// cuBLASLt's matrices are column by column, so ours are their transposes:
    /// `y^T = weight x^T`.
    fn plan_with(&self, shape: Shape, adds_bias: bool) -> Result<Plan> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let Shape { rows, batch, .. } = shape;
        // One set of weights for all: then the batch is one product anyway.
        let mut plan = Plan {
            description: lt::create_matmul_desc(
                sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
                sys::cudaDataType_t::CUDA_R_32F,
            )
            .map_err(Error::wrap)?,
            weight: self.layout(inputs, outputs, batch)?,
            x: self.layout(inputs, rows, batch)?,
            y: self.layout(outputs, rows, batch)?,
            algorithm: sys::cublasLtMatmulAlgo_t { data: [0; 8] },
            adds_bias,
        };
        plan.set(
            Description::CUBLASLT_MATMUL_DESC_TRANSA,
            cublasOperation_t::CUBLAS_OP_T,
        )?;
        if adds_bias {
            plan.set(
                Description::CUBLASLT_MATMUL_DESC_EPILOGUE,
                sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_BIAS,
            )?;
            plan.set(
                Description::CUBLASLT_MATMUL_DESC_BIAS_POINTER,
                address(&self.own_bias, self.dtype)?,
            )?;
        }
        let wishes = self.wishes(shape)?;
        // SAFETY: all of them were made above.
        let found = unsafe {
            lt::get_matmul_algo_heuristic(
                self.context.blas.handle,
                plan.description,
                plan.weight,
                plan.x,
                plan.y,
                plan.y,
                wishes.0,
            )
        };
        plan.algorithm = found.map_err(Error::wrap)?.algo;
        Ok(plan)
    }

    /// What an algorithm for `shape` may use.
    fn wishes(&self, shape: Shape) -> Result<Wishes> {
        let wishes = Wishes::new()?;
        wishes.set(
            Wish::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
            self.context.blas.workspace.len(),
        )?;
        for (attribute, alignment) in [
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
        ]
        .into_iter()
        .zip(shape.alignments)
        {
            wishes.set(attribute, alignment)?;
        }
        Ok(wishes)
    }

    /// `batch` matrices of `columns` columns, each of `rows` values, one behind the other.
    fn layout(
        &self,
        rows: usize,
        columns: usize,
        batch: usize,
    ) -> Result<sys::cublasLtMatrixLayout_t> {
        let kind = match self.dtype {
            DType::F16 => sys::cudaDataType_t::CUDA_R_16F,
            DType::BF16 => sys::cudaDataType_t::CUDA_R_16BF,
            _ => sys::cudaDataType_t::CUDA_R_32F,
        };
        let layout = lt::create_matrix_layout(kind, rows as u64, columns as u64, rows as i64);
        let layout = layout.map_err(Error::wrap)?;
        if batch > 1 {
            let (count, stride) = (batch as i32, (rows * columns) as i64);
            // SAFETY: the attributes are of these types.
            unsafe {
                lt::set_matrix_layout_attribute(
                    layout,
                    Attribute::CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT,
                    (&raw const count).cast(),
                    size_of_val(&count),
                )
                .and_then(|()| {
                    lt::set_matrix_layout_attribute(
                        layout,
                        Attribute::CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                        (&raw const stride).cast(),
                        size_of_val(&stride),
                    )
                })
            }
            .map_err(Error::wrap)?;
        }
        Ok(layout)
    }
}

impl Plan {
    fn set<T>(&mut self, attribute: Description, value: T) -> Result<()> {
        // SAFETY: callers give values of the attributes' types, which are copied.
        unsafe {
            lt::set_matmul_desc_attribute(
                self.description,
                attribute,
                (&raw const value).cast(),
                size_of::<T>(),
            )
        }
        .map_err(Error::wrap)
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: they are this plan's alone. A failure would only lose a little memory.
        unsafe {
            let _ = lt::destroy_matmul_desc(self.description);
            for layout in [self.weight, self.x, self.y] {
                let _ = lt::destroy_matrix_layout(layout);
            }
        }
    }
}

/// What an algorithm is asked to do with.
struct Wishes(sys::cublasLtMatmulPreference_t);

impl Wishes {
    fn new() -> Result<Self> {
        lt::create_matmul_pref().map(Self).map_err(Error::wrap)
    }

    fn set<T>(&self, attribute: Wish, value: T) -> Result<()> {
        // SAFETY: callers give values of the attributes' types, which are copied.
        unsafe {
            lt::set_matmul_pref_attribute(
                self.0,
                attribute,
                (&raw const value).cast(),
                size_of::<T>(),
            )
        }
        .map_err(Error::wrap)
    }
}

impl Drop for Wishes {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        let _ = unsafe { lt::destroy_matmul_pref(self.0) };
    }
}

/// The largest power of two that divides a place, up to cuBLASLt's default of 256.
fn alignment(place: u64) -> u32 {
    1 << place.trailing_zeros().min(8)
}

fn address_of(
    memory: &candle_core::cuda_backend::cudarc::driver::CudaSlice<u8>,
    stream: &candle_core::cuda_backend::cudarc::driver::CudaStream,
) -> u64 {
    use candle_core::cuda_backend::cudarc::driver::DevicePtr;
    memory.device_ptr(stream).0
}
