//! What a network has of its device.

use candle_core::{Device, Result, Shape, Tensor};

use super::backend::Backend;
#[cfg(feature = "cuda")]
use super::cuda;
use super::failure::Failure;
use super::folded::{Activation, Folded};
use super::operations::{
    Convolution, ConvolutionKernel, Depthwise, DepthwiseKernel, Pointwise, PointwiseKernel,
};
use super::pixels::Pixels;
use super::quantised::Products;
use super::window::Window;
use super::{cpu, portable};

/// One network's share of a device: it makes the network's layers for one backend, and runs what
/// has no weights. What it keeps between operations (warm memory on a processor, recorded passes
/// on a GPU) is this network's alone and is freed with it and its layers.
pub struct Runtime {
    backend: Backend,
    device: Device,
    state: State,
}

/// What each backend keeps.
enum State {
    Portable(Products),
    Cpu(cpu::Processor),
    #[cfg(feature = "cuda")]
    Cuda(candle_core::DType, cuda::Replay),
}

impl Runtime {
    /// For tensors on `device`, which must be of the backend's kind.
    pub fn new(backend: Backend, device: &Device) -> Self {
        Self {
            backend,
            device: device.clone(),
            state: match backend {
                Backend::Portable(products) => State::Portable(products),
                Backend::Cpu(instruction_set, products) => {
                    State::Cpu(cpu::Processor::new(instruction_set, products))
                }
                #[cfg(feature = "cuda")]
                Backend::Cuda(dtype) => State::Cuda(dtype, cuda::Replay::default()),
            },
        }
    }

    /// The implementation that runs.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Where the tensors are.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether 1x1 convolutions compute in 8 bits, so that it is of use what their inputs are on average.
    pub fn is_int8(&self) -> bool {
        self.products() == Products::Int8
    }

    fn products(&self) -> Products {
        match &self.state {
            State::Portable(products) => *products,
            State::Cpu(processor) => processor.products(),
            #[cfg(feature = "cuda")]
            State::Cuda(..) => Products::F32,
        }
    }

    /// A 1x1 convolution; `folded.weight` is `(outputs, inputs)`.
    ///
    /// # Errors
    /// If the device has no room.
    pub fn pointwise(&self, folded: &Folded, activation: Activation) -> Result<Pointwise> {
        self.product(folded, activation, self.products())
    }

    /// A 1x1 convolution that is never computed in 8 bits: a linear layer, with one position a
    /// picture, has nothing to gain, and others would lose too much.
    ///
    /// # Errors
    /// If the device has no room.
    pub fn sensitive(&self, folded: &Folded, activation: Activation) -> Result<Pointwise> {
        self.product(folded, activation, Products::F32)
    }

    fn product(
        &self,
        folded: &Folded,
        activation: Activation,
        products: Products,
    ) -> Result<Pointwise> {
        let device = &self.device;
        let kernel = match &self.state {
            State::Portable(_) => PointwiseKernel::Portable(portable::Pointwise::new(
                folded, activation, products, device,
            )?),
            State::Cpu(processor) => {
                PointwiseKernel::Cpu(cpu::Pointwise::new(processor, folded, activation, products))
            }
            #[cfg(feature = "cuda")]
            State::Cuda(dtype, _) => {
                PointwiseKernel::Cuda(cuda::Pointwise::new(folded, activation, *dtype, device)?)
            }
        };
        let outputs = folded.bias.len();
        Ok(Pointwise {
            inputs: folded.weight.len() / outputs,
            outputs,
            kernel,
        })
    }

    /// A depthwise convolution and the expansion before it: `folded.weight` is
    /// `(channels, 1, kernel, kernel)`, `expand.weight` `(channels, inputs)`, and `activation`
    /// follows both. The window's kernel is 3 or 5, its stride 1 or 2.
    ///
    /// # Errors
    /// If the window is another, or the device has no room.
    pub fn depthwise(
        &self,
        expand: Option<&Folded>,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Depthwise> {
        let device = &self.device;
        let kernel = match &self.state {
            State::Portable(products) => DepthwiseKernel::Portable(portable::Depthwise::new(
                expand, folded, window, activation, *products, device,
            )?),
            State::Cpu(processor) => DepthwiseKernel::Cpu(cpu::Depthwise::new(
                processor, expand, folded, window, activation,
            )?),
            #[cfg(feature = "cuda")]
            State::Cuda(dtype, _) => DepthwiseKernel::Cuda(cuda::Depthwise::new(
                expand, folded, window, activation, *dtype, device,
            )?),
        };
        let channels = folded.bias.len();
        Ok(Depthwise {
            inputs: expand.map_or(channels, |expand| expand.weight.len() / channels),
            window,
            kernel,
        })
    }

    /// A dense convolution; `folded.weight` is `(outputs, inputs, kernel, kernel)`.
    ///
    /// # Errors
    /// If the device has no room.
    pub fn convolution(
        &self,
        folded: &Folded,
        window: Window,
        activation: Activation,
    ) -> Result<Convolution> {
        let device = &self.device;
        let kernel = match &self.state {
            State::Portable(_) => ConvolutionKernel::Portable(portable::Convolution::new(
                folded, window, activation, device,
            )?),
            State::Cpu(processor) => {
                ConvolutionKernel::Cpu(cpu::Convolution::new(processor, folded, window, activation))
            }
            #[cfg(feature = "cuda")]
            State::Cuda(dtype, _) => ConvolutionKernel::Cuda(cuda::Convolution::new(
                folded, window, activation, *dtype, device,
            )?),
        };
        let outputs = folded.bias.len();
        Ok(Convolution {
            inputs: folded.weight.len() / outputs / window.kernel.pow(2),
            outputs,
            window,
            kernel,
        })
    }

    /// The mean over height and width, in f32: `(B, H, W, C)` to `(B, C)`.
    ///
    /// # Errors
    /// If the shape is another, or the device fails.
    pub fn global_average_pool(&self, x: &Tensor) -> Result<Tensor> {
        match &self.state {
            State::Portable(_) => portable::global_average_pool(x),
            State::Cpu(_) => cpu::global_average_pool(x),
            #[cfg(feature = "cuda")]
            State::Cuda(..) => cuda::global_average_pool(x),
        }
    }

    /// Runs `network` on the parts of a batch that the device computes best at a time, and joins
    /// what it returns along the batch: single pictures on a processor, shared out to its threads,
    /// since a picture's activations then stay in the caches; the whole batch elsewhere.
    ///
    /// # Errors
    /// The first that `network` returns.
    pub fn each_part(
        &self,
        pictures: &Tensor,
        network: impl Fn(&Tensor) -> Result<Tensor> + Sync,
    ) -> Result<Tensor> {
        match &self.state {
            State::Cpu(_) => cpu::each_picture(pictures, network),
            _ => network(pictures),
        }
    }

    /// Says that nobody needs `x` any more, nor any tensor that shares its memory: on a processor
    /// the network's next activation goes there.
    ///
    /// # Errors
    /// If the device fails.
    pub fn recycle(&self, x: Tensor) -> Result<()> {
        match &self.state {
            State::Cpu(processor) => processor.memory().recycle(x),
            _ => Ok(()),
        }
    }

    /// What `network` returns for `pictures`, replayed without queueing each operation again where
    /// the device has recorded an earlier pass of that `name` and shape. A network of one name is
    /// always the same, does the same operations for the same shape, and returns f32.
    ///
    /// # Errors
    /// Those of `network`.
    #[cfg_attr(not(feature = "cuda"), expect(unused_variables))]
    pub fn replay(
        &self,
        name: &'static str,
        pictures: &Tensor,
        network: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        match &self.state {
            #[cfg(feature = "cuda")]
            State::Cuda(_, replay) => replay.run(name, pictures, network),
            _ => network(pictures),
        }
    }

    /// How many pictures a batch of `count` is best made up to: passes are recorded for each size
    /// anew, so that there should be few.
    pub fn batch_size(&self, count: usize) -> usize {
        match &self.state {
            #[cfg(feature = "cuda")]
            State::Cuda(..) => count.next_power_of_two(),
            _ => count,
        }
    }

    /// What an error of an operation, which said `message`, leaves of the device. Memory that is
    /// kept for later is given back if it was short.
    #[cfg_attr(not(feature = "cuda"), expect(unused_variables))]
    pub fn failure(&self, message: &str) -> Failure {
        match &self.state {
            #[cfg(feature = "cuda")]
            State::Cuda(_, replay) => {
                let failure = cuda::failure(&self.device, replay, message);
                failure.unwrap_or(Failure::Lasting)
            }
            _ => Failure::Passing,
        }
    }

    /// Puts pictures of equal size on the device, one behind the other, as a tensor of `shape`
    /// in f32. Where that has room for more, as one of [`Runtime::batch_size`] pictures may, the last
    /// is repeated.
    ///
    /// # Errors
    /// If the device has no room, or the pictures do not fill the shape.
    pub fn upload(&self, pictures: &[Pixels], shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        #[cfg(feature = "cuda")]
        if let State::Cuda(dtype, _) = &self.state
            && let Some((bytes, table)) = Pixels::all_bytes(pictures)
        {
            return cuda::upload(&bytes, &table, shape, *dtype, &self.device);
        }
        let mut values = Vec::with_capacity(shape.elem_count());
        let repeated = pictures.last().into_iter().cycle();
        let all = pictures.iter().chain(repeated);
        all.take(shape.dim(0)?)
            .for_each(|picture| picture.append_to(&mut values));
        Tensor::from_vec(values, shape, &self.device)
    }
}

#[cfg(test)]
impl Runtime {
    /// The memory that a network on a processor keeps, to see when it is freed.
    pub(crate) fn memory(&self) -> std::sync::Weak<dyn std::any::Any + Send + Sync> {
        let State::Cpu(processor) = &self.state else {
            panic!("only a processor's network keeps memory");
        };
        let memory: std::sync::Arc<dyn std::any::Any + Send + Sync> = processor.memory().clone();
        std::sync::Arc::downgrade(&memory)
    }
}
