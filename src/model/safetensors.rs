//! Reading a checkpoint's `.safetensors` file.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail, ensure};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::architectures::{ARCHITECTURES, Architecture};
use super::config::Config;
use super::names::Naming;
use super::weights::{self, BlockLayers, Parameter, Source, parameters};

/// Where a checkpoint's bytes are.
///
/// A file is read, tensor by tensor, and not mapped: if another program cut a file under a map,
/// the process would die. Here reading fails.
enum Bytes {
    File(File),
    Memory(&'static [u8]),
}

impl Bytes {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// When they were last written, where that is known and can change.
    fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::File(file) => file.metadata().ok()?.modified().ok(),
            Self::Memory(_) => None,
        }
    }

    fn read(&self, start: u64, to: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File(file) => read_at(file, start, to),
            Self::Memory(bytes) => {
                let from = bytes
                    .get(start as usize..)
                    .and_then(|rest| rest.get(..to.len()));
                to.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

/// Reads without a position that threads would have to share.
#[cfg(unix)]
fn read_at(file: &File, start: u64, to: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, start)
}

/// As above.
#[cfg(windows)]
fn read_at(file: &File, mut start: u64, mut to: &mut [u8]) -> io::Result<()> {
    while !to.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, to, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                start += count as u64;
                to = &mut to[count..];
            }
        }
    }
    Ok(())
}

/// A safetensors file: its header, and its tensors on request.
pub struct Checkpoint {
    origin: PathBuf,
    bytes: Bytes,
    modified: Option<SystemTime>,
    tensors: HashMap<String, Slot>,
    naming: Option<Naming>,
}

struct Slot {
    dtype: Dtype,
    shape: Vec<usize>,
    start: u64,
    length: usize,
}

/// The length of a safetensors header is in its first eight bytes. The format allows ten times as
/// much, which takes a gigabyte to understand; B7's is a tenth of a megabyte.
const MAX_HEADER: u64 = 10_000_000;

impl Checkpoint {
    /// Reads the header of `path`.
    ///
    /// # Errors
    /// If it can't be read, or is not a complete safetensors file.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let file = File::open(path).with_context(|| format!("can't open the weights {shown}"))?;
        Self::new(Bytes::File(file), path)
    }

    /// Takes the bytes of a file within the program; `origin` is only for messages.
    ///
    /// # Errors
    /// If they are not a complete safetensors file.
    pub fn embedded(bytes: &'static [u8], origin: &Path) -> Result<Self> {
        Self::new(Bytes::Memory(bytes), origin)
    }

    fn new(bytes: Bytes, origin: &Path) -> Result<Self> {
        let shown = origin.display();
        let damaged = |what: String| {
            anyhow!("{shown} is not a whole safetensors file ({what}); download or export it again")
        };
        let modified = bytes.modified();
        let mut start = [0; 8];
        bytes
            .read(0, &mut start)
            .map_err(|e| damaged(e.to_string()))?;
        let length = bytes.length()?;
        let header = u64::from_le_bytes(start);
        if header > MAX_HEADER.min(length.saturating_sub(8)) {
            // A zip archive or a bare pickle of any protocol: what torch.save writes.
            ensure!(
                !start.starts_with(b"PK") && !matches!(start, [0x80, 2..=5, ..]),
                "{shown} is a PyTorch pickle, which can run code when read; convert it to \
                 safetensors, for example with \
                 timm.models.save_for_hf(..., safe_serialization=True)",
            );
            let claim = format!("its first bytes claim a header of {header} bytes");
            return Err(damaged(claim));
        }
        let mut text = vec![0; header as usize];
        bytes.read(8, &mut text)?;
        let metadata: Metadata =
            serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
        let data = 8 + header;
        let slot = |info: &TensorInfo| Slot {
            dtype: info.dtype,
            shape: info.shape.clone(),
            start: data + info.data_offsets.0 as u64,
            length: info.data_offsets.1 - info.data_offsets.0,
        };
        let infos = metadata.tensors();
        let detected = Naming::detect(infos.keys().map(String::as_str));
        let prefix = detected.map_or("", |(_, prefix)| prefix);
        let tensors: HashMap<_, _> = infos
            .iter()
            .map(|(name, info)| {
                let bare = name.strip_prefix(prefix).unwrap_or(name);
                (bare.to_owned(), slot(info))
            })
            .collect();
        let ends = tensors.values().map(|slot| slot.start + slot.length as u64);
        let needed = ends.max().unwrap_or(data);
        if length != needed {
            return Err(damaged(format!("{length} bytes, its header says {needed}")));
        }
        Ok(Self {
            origin: origin.to_path_buf(),
            modified,
            bytes,
            naming: detected.map(|(naming, _)| naming),
            tensors,
        })
    }

    /// Checks, after all was read, that it was read from one and the same file.
    ///
    /// # Errors
    /// If somebody has written to it since it was opened.
    pub fn ensure_unchanged(&self) -> Result<()> {
        ensure!(
            self.bytes.modified() == self.modified,
            "{} changed while it was read; try again",
            self.origin.display(),
        );
        Ok(())
    }

    /// How its tensors are called, if it looks like an EfficientNet.
    pub fn naming(&self) -> Option<Naming> {
        self.naming
    }

    /// The number of classes: the classifier's rows, if there is a classifier.
    pub fn classes(&self) -> Option<usize> {
        let classifier = self.naming?.classifier();
        self.outputs(&format!("{classifier}.weight"))
    }

    /// The first dimension of a tensor, if it takes bytes: a header could claim any number of
    /// rows that take none.
    fn outputs(&self, name: &str) -> Option<usize> {
        let tensor = self.tensors.get(name).filter(|tensor| tensor.length > 0)?;
        tensor.shape.first().copied()
    }

    /// `config` with what the file alone tells: its tensors' names, and the widths that pruning
    /// left.
    ///
    /// # Errors
    /// If a tensor that a width is told by is missing.
    pub fn complete(&self, mut config: Config) -> Result<Config> {
        config.naming = self.naming.unwrap_or(config.naming);
        if !config.pruned {
            return Ok(config);
        }
        let outputs = |parameter: &Parameter| match self.outputs(&parameter.name) {
            Some(outputs) => Ok(outputs),
            _ => bail!(
                "{}: tensor `{}` is missing or empty, so the width of a pruned network is unknown",
                self.origin.display(),
                parameter.name,
            ),
        };
        let layers: Vec<_> = weights::blocks(&config)
            .map(|(place, block)| BlockLayers::new(config.naming, &place, block))
            .collect();
        config.stem = outputs(weights::stem(&config).weight())?;
        config.head = outputs(weights::head(&config).weight())?;
        let mut inputs = config.stem;
        let blocks = config.stages.iter_mut().flatten();
        for (block, layers) in blocks.zip(layers) {
            block.inputs = inputs;
            block.expanded = outputs(layers.filter.weight())?;
            if let Some([reduce, _]) = &layers.squeeze_excite {
                block.squeezed = Some(outputs(reduce.weight())?);
            }
            let last = layers.project.as_ref().unwrap_or(&layers.filter);
            block.outputs = outputs(last.weight())?;
            inputs = block.outputs;
        }
        Ok(config)
    }

    /// Checks that every tensor that `config` needs is there, with its shape and a float type, and
    /// that no other layer is.
    ///
    /// # Errors
    /// Names the first tensor that is wrong, and the variant that these weights would fit.
    pub fn check(&self, config: &Config) -> Result<()> {
        let Err(fault) = self.fits(config) else {
            return Ok(());
        };
        let fitting = ARCHITECTURES.iter().find(|&architecture| {
            let other = self.alike(architecture, config);
            self.fits(&other).is_ok()
        });
        match fitting {
            Some(architecture) if self.classes() != Some(config.classes) => bail!(
                "{}: {fault}; these weights fit variant {} with {} classes",
                self.origin.display(),
                architecture.variant,
                self.classes().unwrap_or_default(),
            ),
            Some(architecture) => bail!(
                "{}: {fault}; these weights fit variant {}",
                self.origin.display(),
                architecture.variant,
            ),
            None => bail!(
                "{}: {fault}; {}",
                self.origin.display(),
                self.likeness(config)
            ),
        }
    }

    /// Another architecture in the way of `config`, with as many classes as the file has.
    fn alike(&self, architecture: &Architecture, config: &Config) -> Config {
        let classes = self.classes().unwrap_or(config.classes);
        Config {
            naming: config.naming,
            ..Config::new(architecture, config.padding, config.batch_norm_eps, classes)
        }
    }

    /// Which variant comes nearest, for a message.
    fn likeness(&self, config: &Config) -> String {
        let share = |architecture: &Architecture| {
            let other = self.alike(architecture, config);
            let needed: Vec<_> = parameters(&other).collect();
            let has = |p: &&Parameter| {
                let slot = self.tensors.get(&p.name);
                slot.is_some_and(|slot| slot.shape == p.shape)
            };
            let fitting = needed.iter().filter(has).count();
            let all = needed.len().max(self.tensors.len());
            (fitting as f64 / all as f64, fitting, needed.len())
        };
        let shares = ARCHITECTURES
            .iter()
            .map(|architecture| (share(architecture), architecture.variant));
        let nearest = shares.max_by(|((a, ..), _), ((b, ..), _)| a.total_cmp(b));
        match nearest {
            Some(((share, fitting, needed), variant)) if share > 0.5 => {
                format!("{fitting} of the {needed} tensors of variant {variant} are there and fit")
            }
            _ => {
                "no variant's tensors are there (the names of timm, torchvision, transformers and \
                  EfficientNet-PyTorch are known)"
                    .to_owned()
            }
        }
    }

    /// Whether the file holds what `config` needs, and no layer besides: the tensors of a
    /// variant can be among those of a deeper one.
    fn fits(&self, config: &Config) -> Result<()> {
        let needed: Vec<_> = parameters(config).collect();
        needed.iter().try_for_each(|p| self.slot(p).map(|_| ()))?;
        let names: HashSet<_> = needed.iter().map(|p| p.name.as_str()).collect();
        let is_extra = |name: &&String| {
            !names.contains(name.as_str()) && !name.ends_with(".num_batches_tracked")
        };
        match self.tensors.keys().filter(is_extra).min() {
            Some(extra) => bail!("tensor `{extra}` has no place in this network"),
            None => Ok(()),
        }
    }

    fn slot(&self, parameter: &Parameter) -> Result<&Slot> {
        let name = &parameter.name;
        let Some(slot) = self.tensors.get(name) else {
            bail!("tensor `{name}` is missing");
        };
        ensure!(
            slot.shape == parameter.shape,
            "tensor `{name}` has shape {:?} where {:?} is needed",
            slot.shape,
            parameter.shape,
        );
        ensure!(
            matches!(slot.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16),
            "tensor `{name}` has type {:?} where F32, F16 or BF16 is needed",
            slot.dtype,
        );
        Ok(slot)
    }
}

impl Source for Checkpoint {
    fn read(&self, parameter: &Parameter) -> Result<Vec<f32>> {
        let slot = self.slot(parameter)?;
        let count = parameter.shape.iter().product();
        let read = |to: &mut [u8]| {
            self.bytes
                .read(slot.start, to)
                .with_context(|| format!("can't read {}", self.origin.display()))
        };
        if slot.dtype == Dtype::F32 {
            let mut values = vec![0.0_f32; count];
            read(bytemuck::cast_slice_mut(&mut values))?;
            if cfg!(target_endian = "big") {
                values
                    .iter_mut()
                    .for_each(|v| *v = f32::from_bits(v.to_bits().swap_bytes()));
            }
            return Ok(values);
        }
        let mut bytes = vec![0; slot.length];
        read(&mut bytes)?;
        let halves = bytes.as_chunks::<2>().0.iter();
        Ok(match slot.dtype {
            Dtype::F16 => halves.map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
            _ => halves.map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
        })
    }
}
