//! Reading weights from a `.safetensors` file.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail, ensure};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::names::Naming;
use super::weights::{Parameter, Source};

/// Where the bytes are.
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

/// The same with a position of its own for each call; it may read less than was asked for.
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
pub struct WeightsFile {
    /// For messages.
    pub(super) origin: PathBuf,
    bytes: Bytes,
    modified: Option<SystemTime>,
    pub(super) tensors: HashMap<String, Slot>,
    naming: Option<Naming>,
}

/// Where a tensor lies.
pub(super) struct Slot {
    dtype: Dtype,
    pub shape: Vec<usize>,
    start: u64,
    length: usize,
}

/// The length of a safetensors header is in its first eight bytes. The format allows ten times as
/// much, which takes a gigabyte to understand; B7's is a tenth of a megabyte.
const MAX_HEADER: u64 = 10_000_000;

impl WeightsFile {
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
        let modified = bytes.modified();
        let (metadata, data) = header(&bytes, origin)?;
        let slot = |info: &TensorInfo| Slot {
            dtype: info.dtype,
            shape: info.shape.clone(),
            start: data + info.data_offsets.0 as u64,
            length: info.data_offsets.1 - info.data_offsets.0,
        };
        let infos = metadata.tensors();
        let detected = Naming::detect(infos.keys().map(String::as_str));
        let prefix = detected.map_or("", |(_, prefix)| prefix);
        let bare = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_owned();
        let named = infos.iter().map(|(name, info)| (bare(name), slot(info)));
        let tensors: HashMap<_, _> = named.collect();
        let ends = tensors.values().map(|slot| slot.start + slot.length as u64);
        let (length, needed) = (bytes.length()?, ends.max().unwrap_or(data));
        if length != needed {
            let what = format!("{length} bytes, its header says {needed}");
            return Err(damaged(origin, &what));
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
    pub(super) fn outputs(&self, name: &str) -> Option<usize> {
        let tensor = self.tensors.get(name).filter(|tensor| tensor.length > 0)?;
        tensor.shape.first().copied()
    }

    /// Where `parameter` lies, if it has the shape and a type that can be read.
    pub(super) fn slot(&self, parameter: &Parameter) -> Result<&Slot> {
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

/// Reads a file's header, and tells where the tensors' values begin.
fn header(bytes: &Bytes, origin: &Path) -> Result<(Metadata, u64)> {
    let mut start = [0; 8];
    bytes
        .read(0, &mut start)
        .map_err(|e| damaged(origin, &e.to_string()))?;
    let length = u64::from_le_bytes(start);
    if length > MAX_HEADER.min(bytes.length()?.saturating_sub(8)) {
        // A zip archive or a bare pickle of any protocol: what torch.save writes.
        ensure!(
            !start.starts_with(b"PK") && !matches!(start, [0x80, 2..=5, ..]),
            "{} is a PyTorch pickle, which can run code when read; convert it to safetensors, \
             for example with timm.models.save_for_hf(..., safe_serialization=True)",
            origin.display(),
        );
        let claim = format!("its first bytes claim a header of {length} bytes");
        return Err(damaged(origin, &claim));
    }
    let mut text = vec![0; length as usize];
    bytes.read(8, &mut text)?;
    let metadata = serde_json::from_slice(&text);
    let metadata = metadata.map_err(|e| damaged(origin, &e.to_string()))?;
    Ok((metadata, 8 + length))
}

fn damaged(origin: &Path, what: &str) -> anyhow::Error {
    anyhow!(
        "{} is not a whole safetensors file ({what}); download or export it again",
        origin.display(),
    )
}

impl Source for WeightsFile {
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
