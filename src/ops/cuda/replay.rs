//! The forward pass as a CUDA graph: launching some two hundred kernels one by one takes longer
//! than a small batch's arithmetic.
//!
//! A shape's first pass runs as it comes, which also loads kernels and chooses algorithms. The
//! second is recorded, and from then on replayed. Whatever a pass allocates it also gives back, so
//! the graph owns that memory; its input and its output are ours and stay where they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::cudarc::driver::sys::{
    CUgraphInstantiate_flags, CUstreamCaptureMode, CUstreamCaptureStatus,
    cuDeviceGetDefaultMemPool, cuDeviceGraphMemTrim, cuMemPoolTrimTo,
};
use candle_core::cuda_backend::cudarc::driver::{CudaGraph, CudaStream, result};
use candle_core::{DType, Error, Result, Tensor, bail};

use super::context::Context;
use super::memory::{address, room};

/// Graphs at a time: each keeps the memory of a pass.
const MOST: usize = 8;

/// A network's passes as the device recorded them, by the network's name and the pictures' shape.
#[derive(Default)]
pub struct Replay {
    passes: Mutex<HashMap<Key, Pass>>,
}

type Key = (&'static str, Vec<usize>);

/// What is known of a network's passes for a shape.
enum Pass {
    /// It came once, and gave an output of this shape.
    Seen(Vec<usize>),
    Recorded(Recording),
    /// It can't be recorded.
    Direct,
}

struct Recording {
    graph: CudaGraph,
    input: Tensor,
    output: Tensor,
}

// SAFETY: the lock around it lets one thread at a time use the graph.
unsafe impl Send for Recording {}

impl Replay {
    /// What `network` returns for `pictures`, in f32.
    pub fn run(
        &self,
        name: &'static str,
        pictures: &Tensor,
        network: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let context = Context::of(pictures.device())?;
        if pictures.dtype() != DType::F32 || !context.stream.context().has_async_alloc() {
            return network(pictures);
        }
        let key = (name, pictures.dims().to_vec());
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Pass::Seen(output)) = passes.get(&key) {
            let pass = match Recording::new(&context, &key.1, output, pictures, &network) {
                Ok(recording) => Pass::Recorded(recording),
                // Whatever it was, the pass below says so if it has it too.
                Err(_) => Pass::Direct,
            };
            passes.insert(key.clone(), pass);
        }
        match passes.get(&key) {
            Some(Pass::Recorded(recording)) => recording.run(&context, pictures),
            Some(_) => network(pictures),
            None => {
                let logits = network(pictures)?;
                if passes.len() < MOST {
                    passes.insert(key, Pass::Seen(logits.dims().to_vec()));
                }
                Ok(logits)
            }
        }
    }

    /// Gives up all recordings and their memory, and what else of the device's nobody uses.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn make_room(&self, context: &Context) -> Result<()> {
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        passes.clear();
        // What graphs had is kept apart from the rest.
        // SAFETY: the device is open.
        unsafe { cuDeviceGraphMemTrim(context.stream.context().cu_device()) }
            .result()
            .map_err(Error::wrap)?;
        trim(context)
    }
}

impl Recording {
    fn new(
        context: &Arc<Context>,
        input: &[usize],
        output: &[usize],
        pictures: &Tensor,
        network: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        let device = pictures.device();
        let input = room(input, DType::F32, device)?;
        let output = room(output, DType::F32, device)?;
        let stream = &context.stream;
        // The graph has memory of its own; what earlier passes left is in its way.
        stream.synchronize().map_err(Error::wrap)?;
        trim(context)?;
        let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).map_err(Error::wrap)?;
        let recorded = network(&input).and_then(|logits| overwrite(context, &logits, &output));
        let graph = end(stream);
        recorded?;
        let Some(graph) = graph? else {
            bail!("nothing was recorded");
        };
        graph.upload().map_err(Error::wrap)?;
        Ok(Self {
            graph,
            input,
            output,
        })
    }

    fn run(&self, context: &Context, pictures: &Tensor) -> Result<Tensor> {
        overwrite(context, pictures, &self.input)?;
        self.graph.launch().map_err(Error::wrap)?;
        // The next run overwrites the output.
        let logits = room(self.output.shape(), DType::F32, pictures.device())?;
        overwrite(context, &self.output, &logits)?;
        Ok(logits)
    }
}

/// Ends a recording, whatever became of it: until then the stream takes no other work.
fn end(stream: &Arc<CudaStream>) -> Result<Option<CudaGraph>> {
    // An error that only a destructor saw comes up in the next call, which must be another.
    let seen = stream.context().check_err();
    let flags = CUgraphInstantiate_flags::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
    let graph = stream.end_capture(flags);
    let status = stream.capture_status().map_err(Error::wrap)?;
    if status != CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_NONE {
        // SAFETY: the stream is open. What there is of a graph is lost.
        let _ = unsafe { result::stream::end_capture(stream.cu_stream()) };
    }
    seen.map_err(Error::wrap)?;
    graph.map_err(Error::wrap)
}

fn overwrite(context: &Context, from: &Tensor, to: &Tensor) -> Result<()> {
    if from.shape() != to.shape() {
        bail!("expected {:?}, got {:?}", to.shape(), from.shape());
    }
    let bytes = to.elem_count() * DType::F32.size_in_bytes();
    let (from, to) = (address(from, DType::F32)?, address(to, DType::F32)?);
    let stream = &context.stream;
    stream.context().bind_to_thread().map_err(Error::wrap)?;
    // SAFETY: both have that shape.
    unsafe { result::memcpy_dtod_async(to, from, bytes, stream.cu_stream()) }.map_err(Error::wrap)
}

/// Gives memory that nobody uses back to the device.
fn trim(context: &Context) -> Result<()> {
    let mut pool = std::ptr::null_mut();
    // SAFETY: the first call writes what the second reads.
    unsafe {
        cuDeviceGetDefaultMemPool(&mut pool, context.stream.context().cu_device())
            .result()
            .map_err(Error::wrap)?;
        cuMemPoolTrimTo(pool, 0).result().map_err(Error::wrap)
    }
}
