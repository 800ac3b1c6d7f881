//! What a device keeps for all its layers: one stream, cuBLASLt with its workspace, the kernels.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::cublaslt::{result as lt, sys as lt_sys};
use candle_core::cuda_backend::cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DeviceRepr, LaunchConfig,
    PinnedHostSlice, PushKernelArg, sys,
};
use candle_core::cuda_backend::cudarc::nvrtc::Ptx;
use candle_core::cuda_backend::{CudaDevice, DeviceId};
use candle_core::{DType, Device, Error, Result, bail};

use super::memory::{aligned, wide};
use crate::ops::folded::Activation;

/// The oldest that the kernels are compiled for, Turing.
const OLDEST: (i32, i32) = (7, 5);

/// The oldest with bf16 in its matrix units, Ampere.
const OLDEST_FOR_BF16: (i32, i32) = (8, 0);

/// What a device keeps.
pub(super) struct Context {
    pub stream: Arc<CudaStream>,
    pub multiprocessors: usize,
    pub blas: Blas,
    /// For uploads.
    pub staging: Mutex<Option<PinnedHostSlice<u8>>>,
    /// The kernels for each type of elements that was asked for.
    modules: Mutex<Vec<(DType, Arc<CudaModule>)>>,
}

/// cuBLASLt's handle and the memory that its products may use. All run in one stream, so that no
/// two use it at a time.
pub(super) struct Blas {
    pub handle: lt_sys::cublasLtHandle_t,
    pub workspace: CudaSlice<u8>,
}

// SAFETY: a cuBLASLt handle may be used by any thread, and by several.
unsafe impl Send for Blas {}
// SAFETY: a cuBLASLt handle may be used by any thread, and by several.
unsafe impl Sync for Blas {}

/// One per device that was ever opened; they live as long as the process.
static CONTEXTS: Mutex<Vec<(DeviceId, Arc<Context>)>> = Mutex::new(Vec::new());

/// Opens GPU `number`.
///
/// # Errors
/// If there is no driver or no such GPU, or it is too old.
pub fn open(number: usize) -> Result<Device> {
    // One stream for whatever thread: by default each thread would have its own, and weights that
    // one thread uploads would have to be waited for by the others.
    let device = Device::new_cuda_with_stream(number)?;
    let cuda = device.as_cuda_device()?;
    // SAFETY: with one stream there is no other to wait for.
    unsafe { cuda.disable_event_tracking() };
    let capability = cuda.cuda_stream().context().compute_capability();
    let capability = capability.map_err(Error::wrap)?;
    if capability < OLDEST {
        let (major, minor) = capability;
        bail!("its compute capability is {major}.{minor}, and 7.5 is needed");
    }
    Ok(device)
}

/// Whether the kernels run on `device` with tensors of `dtype`; they are loaded for that.
///
/// # Errors
/// If they do not, as with a driver older than the toolkit that made them, or the device has no
/// room for what they need.
pub fn check(device: &Device, dtype: DType) -> Result<()> {
    let context = Context::of(device)?;
    let capability = context.stream.context().compute_capability();
    if dtype == DType::BF16 && capability.map_err(Error::wrap)? < OLDEST_FOR_BF16 {
        bail!("this GPU has no bf16; use f16 or f32");
    }
    context.module(dtype).map(|_| ())
}

/// The name of the GPU as its maker calls it.
///
/// # Errors
/// If `device` is another kind, or the driver fails.
pub fn describe(device: &Device) -> Result<String> {
    let stream = device.as_cuda_device()?.cuda_stream();
    stream.context().name().map_err(Error::wrap)
}

impl Context {
    /// That of `device`.
    pub fn of(device: &Device) -> Result<Arc<Self>> {
        let device = device.as_cuda_device()?;
        let mut contexts = CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = contexts.iter().find(|(id, _)| *id == device.id());
        if let Some((_, context)) = known {
            return Ok(context.clone());
        }
        let context = Arc::new(Self::new(device)?);
        contexts.push((device.id(), context.clone()));
        Ok(context)
    }

    fn new(device: &CudaDevice) -> Result<Self> {
        let stream = device.cuda_stream();
        let cuda = stream.context();
        let count = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        let multiprocessors = cuda.attribute(count).map_err(Error::wrap)? as usize;
        keep_memory(cuda)?;
        Ok(Self {
            multiprocessors,
            blas: Blas::new(&stream)?,
            staging: Mutex::new(None),
            modules: Mutex::default(),
            stream,
        })
    }

    /// The kernels for elements of `dtype`, loaded once: that may take seconds, and layers are
    /// made by many threads.
    fn module(&self, dtype: DType) -> Result<Arc<CudaModule>> {
        let code: &[u8] = match dtype {
            DType::F32 => include_bytes!(concat!(env!("OUT_DIR"), "/kernels_f32.fatbin")),
            DType::F16 => include_bytes!(concat!(env!("OUT_DIR"), "/kernels_f16.fatbin")),
            DType::BF16 => include_bytes!(concat!(env!("OUT_DIR"), "/kernels_bf16.fatbin")),
            other => bail!("the CUDA kernels know f32, f16 and bf16, not {other:?}"),
        };
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, module)) = modules.iter().find(|(known, _)| *known == dtype) {
            return Ok(module.clone());
        }
        let code = Ptx::from_binary(code.to_vec());
        let module = self.stream.context().load_module(code);
        let module = module.map_err(Error::wrap)?;
        modules.push((dtype, module.clone()));
        Ok(module)
    }

    /// The kernel `name` for elements of `dtype`.
    pub fn kernel(&self, name: &str, dtype: DType) -> Result<Kernel> {
        let module = self.module(dtype)?;
        self.stream
            .context()
            .bind_to_thread()
            .map_err(Error::wrap)?;
        let function = module.load_function(&format!("{name}_{}", dtype.as_str()));
        Ok(Kernel {
            function: function.map_err(Error::wrap)?,
            stream: self.stream.clone(),
        })
    }

    /// The kernel `name` whose threads take several of `channels` in one access, or one where the
    /// channels or `places`, of tensors of `dtype`, do not allow more; and how many that is.
    pub fn vector_kernel(
        &self,
        name: &str,
        channels: usize,
        places: &[u64],
        dtype: DType,
    ) -> Result<(usize, Kernel)> {
        let wide = wide(dtype);
        let fits = channels.is_multiple_of(wide) && aligned(places, wide, dtype);
        let (vector, suffix) = if fits { (wide, "wide") } else { (1, "1") };
        Ok((vector, self.kernel(&format!("{name}_{suffix}"), dtype)?))
    }
}

/// By default freed memory goes back to the driver whenever the stream is waited for, and comes
/// again at a price.
fn keep_memory(cuda: &CudaContext) -> Result<()> {
    let mut pool = std::ptr::null_mut();
    let mut threshold = u64::MAX;
    let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    if !cuda.has_async_alloc() {
        return Ok(());
    }
    // SAFETY: both calls write and read what they are given, of the types that they document.
    unsafe {
        sys::cuDeviceGetDefaultMemPool(&mut pool, cuda.cu_device())
            .result()
            .map_err(Error::wrap)?;
        sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut threshold).cast())
            .result()
            .map_err(Error::wrap)
    }
}

impl Blas {
    /// As NVIDIA recommends for Hopper; less would do on older ones.
    const WORKSPACE_BYTES: usize = 32 << 20;

    fn new(stream: &Arc<CudaStream>) -> Result<Self> {
        stream.context().bind_to_thread().map_err(Error::wrap)?;
        Ok(Self {
            handle: lt::create_handle().map_err(Error::wrap)?,
            // SAFETY: scratch memory, which is written before it is read.
            workspace: unsafe { stream.alloc(Self::WORKSPACE_BYTES) }.map_err(Error::wrap)?,
        })
    }
}

/// A kernel, ready to be launched.
pub(super) struct Kernel {
    function: CudaFunction,
    stream: Arc<CudaStream>,
}

/// What a kernel takes: one structure.
#[repr(transparent)]
struct Argument<A>(A);

// SAFETY: callers of `launch` vouch for the layout.
unsafe impl<A: Copy> DeviceRepr for Argument<A> {}

impl Kernel {
    /// Threads of a block, for kernels that work element by element.
    const THREADS: usize = 256;

    /// How many blocks of `threads` each a multiprocessor holds at a time.
    pub fn resident_blocks(&self, threads: usize) -> Result<usize> {
        let function = &self.function;
        let blocks =
            function.occupancy_max_active_blocks_per_multiprocessor(threads as u32, 0, None);
        Ok(blocks.map_err(Error::wrap)? as usize)
    }

    /// Queues the kernel on `grid` blocks of `threads` each.
    ///
    /// # Safety
    /// `arguments` must have the layout that the kernel expects, and what it points to must be as
    /// large as it says.
    pub unsafe fn launch<A: Copy>(
        &self,
        arguments: A,
        grid: [usize; 3],
        threads: usize,
        shared_bytes: usize,
    ) -> Result<()> {
        let arguments = Argument(arguments);
        let [x, y, z] = grid.map(|blocks| blocks as u32);
        let configuration = LaunchConfig {
            grid_dim: (x, y, z),
            block_dim: (threads as u32, 1, 1),
            shared_mem_bytes: shared_bytes as u32,
        };
        let mut launch = self.stream.launch_builder(&self.function);
        launch.arg(&arguments);
        // SAFETY: the caller vouches for the arguments.
        unsafe { launch.launch(configuration) }.map_err(Error::wrap)?;
        Ok(())
    }

    /// The same with a thread for each of `count` vectors.
    ///
    /// # Safety
    /// As [`Self::launch`].
    pub unsafe fn launch_for<A: Copy>(
        &self,
        arguments: A,
        count: usize,
        shared_bytes: usize,
    ) -> Result<()> {
        let grid = [count.div_ceil(Self::THREADS), 1, 1];
        // SAFETY: the caller vouches for the arguments.
        unsafe { self.launch(arguments, grid, Self::THREADS, shared_bytes) }
    }
}

/// The kernels' number of an activation (kernels/element.cuh).
pub(super) fn code(activation: Activation) -> i32 {
    match activation {
        Activation::Identity => 0,
        Activation::Silu => 1,
        Activation::Sigmoid => 2,
        Activation::Relu => 3,
        Activation::Relu6 => 4,
    }
}

/// A count that the kernels hold in 32 bits.
pub(super) fn count32(count: usize) -> Result<u32> {
    match u32::try_from(count) {
        Ok(count) => Ok(count),
        Err(_) => bail!("{count} values are more than one operation takes; use smaller batches"),
    }
}
