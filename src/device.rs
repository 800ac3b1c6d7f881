//! `--device` and `--dtype` to a Candle device and a way to run the network there.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

#[cfg(any(feature = "cuda", feature = "metal"))]
use anyhow::anyhow;
use anyhow::{Result, bail};
#[cfg(feature = "cuda")]
use candle_core::DType;
use candle_core::Device;

use crate::ops::{Backend, InstructionSet, Products};

/// Where the network runs, as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// An NVIDIA GPU if the binary was built for one and it answers, or else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(usize),
    /// Apple's GPU.
    Metal,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| "it must be auto, cpu, cuda, cuda:N or metal".to_owned()),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// The instructions that vector kernels use: those that `EFFNET_SIMD` names, or else the widest that
/// this processor has.
pub fn instruction_set() -> InstructionSet {
    static INSTRUCTION_SET: OnceLock<InstructionSet> = OnceLock::new();
    *INSTRUCTION_SET.get_or_init(|| {
        let named = std::env::var("EFFNET_SIMD").ok();
        let named = named.and_then(|name| InstructionSet::named(&name));
        named.unwrap_or_else(InstructionSet::best)
    })
}

/// The fastest implementation for tensors on `device`, in f32; `EFFNET_OPS=portable` asks for the
/// portable one, to compare or to test.
pub fn backend(device: &Device) -> Backend {
    backend_with(device, Products::F32)
}

fn backend_with(device: &Device, products: Products) -> Backend {
    static PORTABLE: OnceLock<bool> = OnceLock::new();
    let portable = || std::env::var("EFFNET_OPS").is_ok_and(|ops| ops == "portable");
    match device {
        _ if *PORTABLE.get_or_init(portable) => Backend::Portable(products),
        Device::Cpu => Backend::Cpu(instruction_set(), products),
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => Backend::Cuda(DType::F32),
        _ => Backend::Portable(products),
    }
}

/// What the activations are stored as; sums are f32 with all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Precision {
    /// f16 on an NVIDIA GPU, f32 elsewhere
    #[default]
    Auto,
    /// The reference, everywhere
    F32,
    /// Half the memory, on NVIDIA GPUs
    F16,
    /// The same with f32's range and fewer digits
    Bf16,
    /// Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32
    Int8,
}

impl Precision {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

/// An open device.
#[derive(Clone, Debug)]
pub struct OpenDevice {
    /// For Candle.
    pub device: Device,
    /// How the network runs there.
    pub backend: Backend,
    /// What `--device` calls it.
    pub name: String,
    /// The processor's instruction set, or the GPU's name.
    pub hardware: String,
    /// Why it is not a GPU that this program was built for, where any would have done.
    pub fallback_reason: Option<String>,
}

/// Pixels of a network's input up to which most are so small that their layers are too short to be worth
/// helping with: B0 to B3, but V2-S as well, which neither gains nor loses by it.
const SMALL: usize = 320 * 320;

/// Pictures of such a network for each thread. For 500 photos B0 took 10 % less time than with one,
/// 16 % in 8 bits; with eight and more it took as long.
const SMALL_AT_ONCE: usize = 4;

impl OpenDevice {
    /// Whether it is a GPU: then whole batches go through the network at once.
    pub fn is_gpu(&self) -> bool {
        !self.device.is_cpu()
    }

    /// How many pictures of so many `pixels` at once are best, where `threads` of a processor would
    /// compute.
    pub fn batch_size(&self, threads: usize, pixels: usize) -> usize {
        match &self.device {
            // Some for each thread, so that the end of a batch, when a thread has none left, comes
            // rarely: a small network's layers are over before it has woken up to help.
            Device::Cpu if pixels <= SMALL => threads * SMALL_AT_ONCE,
            // Each picture alone on a thread: nothing to hand over between them.
            Device::Cpu => threads,
            // Enough to fill a GPU, few enough for b7 in 8 GB.
            Device::Cuda(_) => 64,
            // Plain operations keep a copy of an activation for each tap of a filter: 1.4 GB of b7.
            Device::Metal(_) => 4,
        }
    }

    /// For messages; `threads` matter on a processor alone.
    pub fn describe(&self, threads: usize) -> String {
        let Self { name, hardware, .. } = self;
        match self.is_gpu() {
            true => format!("{name} ({hardware}, {})", self.backend.precision()),
            false if self.backend.precision() == "int8" => {
                format!("{name} ({hardware}, int8, {threads} threads)")
            }
            false => format!("{name} ({hardware}, {threads} threads)"),
        }
    }
}

impl Choice {
    /// Opens the device.
    ///
    /// # Errors
    /// If the program was built without it, there is none, or it can't compute in `precision`.
    pub fn open(self, precision: Precision) -> Result<OpenDevice> {
        match self {
            Self::Auto => best(precision),
            Self::Cpu => cpu(precision),
            Self::Cuda(number) => cuda(number, precision),
            Self::Metal => metal(precision),
        }
    }
}

/// NVIDIA's first GPU if this program was built for it, or else the processor, which alone computes
/// in 8 bits. Nobody has measured whether Apple's GPU is faster with plain operations: it must be
/// asked for.
fn best(precision: Precision) -> Result<OpenDevice> {
    if !cfg!(feature = "cuda") || precision == Precision::Int8 {
        return cpu(precision);
    }
    cuda(0, precision).or_else(|reason| match cpu(precision) {
        Ok(place) => Ok(OpenDevice {
            fallback_reason: Some(format!("{reason:#}")),
            ..place
        }),
        Err(_) => Err(reason),
    })
}

fn cpu(precision: Precision) -> Result<OpenDevice> {
    let products = match precision {
        Precision::Auto | Precision::F32 => Products::F32,
        Precision::Int8 => Products::Int8,
        Precision::F16 | Precision::Bf16 => bail!(
            "--dtype {} needs an NVIDIA GPU: a processor computes in f32 or int8; leave it out",
            precision.name(),
        ),
    };
    let backend = backend_with(&Device::Cpu, products);
    Ok(OpenDevice {
        device: Device::Cpu,
        backend,
        name: "cpu".to_owned(),
        hardware: match backend {
            Backend::Cpu(instruction_set, _) => instruction_set.name(),
            _ => "portable",
        }
        .to_owned(),
        fallback_reason: None,
    })
}

/// What only a processor does.
#[cfg(any(feature = "cuda", feature = "metal"))]
fn refuse_int8(precision: Precision) -> Result<()> {
    match precision {
        Precision::Int8 => {
            bail!("--dtype int8 is for processors: add --device cpu, or leave it out")
        }
        _ => Ok(()),
    }
}

#[cfg(feature = "cuda")]
fn cuda(number: usize, precision: Precision) -> Result<OpenDevice> {
    use crate::ops::cuda;

    refuse_int8(precision)?;
    let name = format!("cuda:{number}");
    let open = || -> candle_core::Result<OpenDevice> {
        let device = cuda::open(number)?;
        let dtype = match precision {
            Precision::Auto | Precision::F16 => DType::F16,
            Precision::F32 | Precision::Int8 => DType::F32,
            Precision::Bf16 => DType::BF16,
        };
        cuda::check(&device, dtype)?;
        let backend = match backend(&device) {
            Backend::Cuda(_) => Backend::Cuda(dtype),
            portable => portable,
        };
        Ok(OpenDevice {
            hardware: cuda::describe(&device)?,
            device,
            backend,
            name: name.clone(),
            fallback_reason: None,
        })
    };
    // Candle's errors may bring a backtrace of many lines.
    open().map_err(|e| {
        let reason = e.to_string();
        let reason = reason.lines().next().unwrap_or_default();
        anyhow!(
            "can't use {name}: {reason}; `nvidia-smi` lists the GPUs that NVIDIA's driver knows, \
             --device cpu does without"
        )
    })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize, _: Precision) -> Result<OpenDevice> {
    bail!(
        "this effnet was built without CUDA: build it with the cargo feature `cuda`, or use \
         --device cpu"
    )
}

#[cfg(feature = "metal")]
fn metal(precision: Precision) -> Result<OpenDevice> {
    refuse_int8(precision)?;
    if let Precision::F16 | Precision::Bf16 = precision {
        bail!(
            "--dtype {} needs an NVIDIA GPU: Apple's computes in f32 here; leave it out",
            precision.name(),
        );
    }
    // Candle takes the first of them without a look.
    if candle_metal_kernels::metal::Device::all().is_empty() {
        bail!("can't use Apple's GPU: there is none; --device cpu does without");
    }
    let device = Device::new_metal(0)
        .map_err(|e| anyhow!("can't use Apple's GPU: {e}; --device cpu does without"))?;
    Ok(OpenDevice {
        backend: backend(&device),
        device,
        name: "metal".to_owned(),
        hardware: "Apple's GPU".to_owned(),
        fallback_reason: None,
    })
}

#[cfg(not(feature = "metal"))]
fn metal(_: Precision) -> Result<OpenDevice> {
    bail!(
        "this effnet was built without Metal: build it with the cargo feature `metal`, or use \
         --device cpu"
    )
}
