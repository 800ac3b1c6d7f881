//! How cuBLASLt computes a matrix product: its descriptions, and the algorithm that it chooses.

use std::ffi::c_void;

use candle_core::cuda_backend::cudarc::cublas::sys::cublasOperation_t;
use candle_core::cuda_backend::cudarc::cublaslt::{result as lt, sys};
use candle_core::cuda_backend::cudarc::driver::DevicePtr;
use candle_core::{DType, Error, Result};
use sys::{
    cublasLtMatmulDescAttributes_t as Description, cublasLtMatmulPreferenceAttributes_t as Wish,
    cublasLtMatrixLayoutAttribute_t as Attribute, cublasLtReductionScheme_t as Scheme,
};

use super::context::Context;

/// What an algorithm is chosen for: `batch` products of `rows` rows, of matrices that lie as each
/// `alignments` says, weights, inputs, residual and outputs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub inputs: usize,
    pub outputs: usize,
    pub rows: usize,
    pub batch: usize,
    pub dtype: DType,
    pub alignments: [u32; 4],
}

/// How one shape is computed.
pub(super) struct Plan {
    description: sys::cublasLtMatmulDesc_t,
    weight: sys::cublasLtMatrixLayout_t,
    x: sys::cublasLtMatrixLayout_t,
    y: sys::cublasLtMatrixLayout_t,
    algorithm: sys::cublasLtMatmulAlgo_t,
}

// SAFETY: plain descriptions in main memory, which only reads use once they are made.
unsafe impl Send for Plan {}

impl Plan {
    /// For a product to which the values at `bias`, of the same type, are added if it is given.
    ///
    /// cuBLASLt's matrices are column by column, so ours are their transposes:
    /// `y^T = weight x^T`.
    ///
    /// # Errors
    /// If cuBLASLt has no algorithm for it.
    pub fn new(context: &Context, shape: Shape, bias: Option<u64>) -> Result<Self> {
        let Shape {
            inputs,
            outputs,
            rows,
            ..
        } = shape;
        let description = lt::create_matmul_desc(
            sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
            sys::cudaDataType_t::CUDA_R_32F,
        );
        let mut plan = Self {
            description: description.map_err(Error::wrap)?,
            weight: layout(inputs, outputs, shape)?,
            x: layout(inputs, rows, shape)?,
            y: layout(outputs, rows, shape)?,
            algorithm: sys::cublasLtMatmulAlgo_t { data: [0; 8] },
        };
        let transposed = cublasOperation_t::CUBLAS_OP_T;
        plan.set(Description::CUBLASLT_MATMUL_DESC_TRANSA, transposed)?;
        if let Some(bias) = bias {
            let adds_bias = sys::cublasLtEpilogue_t::CUBLASLT_EPILOGUE_BIAS;
            plan.set(Description::CUBLASLT_MATMUL_DESC_EPILOGUE, adds_bias)?;
            plan.set(Description::CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias)?;
        }
        let wishes = Wishes::new(context, shape)?;
        // SAFETY: all of them were made above.
        let found = unsafe {
            lt::get_matmul_algo_heuristic(
                context.blas.handle,
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

    /// Queues the product of the values at these places: weights, inputs, residual, which counts by
    /// `factor`, and outputs.
    ///
    /// # Safety
    /// They must be as large as the shape says.
    pub unsafe fn run(&self, context: &Context, places: [u64; 4], factor: f32) -> Result<()> {
        let [weight, x, residual, y] = places;
        let one = 1.0f32;
        let (blas, stream) = (&context.blas, &context.stream);
        stream.context().bind_to_thread().map_err(Error::wrap)?;
        let (workspace, _) = blas.workspace.device_ptr(stream);
        // SAFETY: the layouts are those of the places, the caller says.
        unsafe {
            lt::matmul(
                blas.handle,
                self.description,
                (&raw const one).cast(),
                (&raw const factor).cast(),
                weight as *const c_void,
                self.weight,
                x as *const c_void,
                self.x,
                residual as *const c_void,
                self.y,
                y as *mut c_void,
                self.y,
                &raw const self.algorithm,
                workspace as *mut c_void,
                blas.workspace.len(),
                stream.cu_stream().cast(),
            )
        }
        .map_err(Error::wrap)
    }

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
/// The shape's matrices of `columns` columns, each of `rows` values, one behind the other.
fn layout(rows: usize, columns: usize, shape: Shape) -> Result<sys::cublasLtMatrixLayout_t> {
    let kind = match shape.dtype {
        DType::F16 => sys::cudaDataType_t::CUDA_R_16F,
        DType::BF16 => sys::cudaDataType_t::CUDA_R_16BF,
        _ => sys::cudaDataType_t::CUDA_R_32F,
    };
    let layout = lt::create_matrix_layout(kind, rows as u64, columns as u64, rows as i64);
    let layout = layout.map_err(Error::wrap)?;
    if shape.batch == 1 {
        return Ok(layout);
    }
    let (count, stride) = (shape.batch as i32, (rows * columns) as i64);
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
    Ok(layout)
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
    /// What an algorithm for `shape` may use.
    fn new(context: &Context, shape: Shape) -> Result<Self> {
        let wishes = lt::create_matmul_pref().map(Self).map_err(Error::wrap)?;
        let workspace = context.blas.workspace.len();
        wishes.set(Wish::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace)?;
        // By default sums over parts of the inputs may be stored in the outputs' type, which loses
        // digits, and overflows where their total does not.
        let in_f32 = Scheme::CUBLASLT_REDUCTION_SCHEME_INPLACE as u32
            | Scheme::CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE as u32;
        wishes.set(Wish::CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, in_f32)?;
        let attributes = [
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
            Wish::CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES,
        ];
        for (attribute, alignment) in attributes.into_iter().zip(shape.alignments) {
            wishes.set(attribute, alignment)?;
        }
        Ok(wishes)
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
pub(super) fn alignment(place: u64) -> u32 {
    1 << place.trailing_zeros().min(8)
}
