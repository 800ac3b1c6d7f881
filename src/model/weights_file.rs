//! Reading weights from a file of safetensors or of PyTorch, or from several that hold a part each.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ::safetensors::Dtype;
use anyhow::{Context, Result, ensure};
use half::{bf16, f16};

use super::bytes::Bytes;
use super::heads::Found;
use super::names::Naming;
use super::slot::{FLOATS, Slot, Slots};
use super::weights::{Parameter, Source};
use super::{pickle, safetensors, unreadable};

/// Weights in files: what tensors there are, and their values on request.
pub struct WeightsFile {
    /// For messages.
    pub(super) origin: PathBuf,
    parts: Vec<Part>,
    /// By their names in the files.
    pub(super) tensors: HashMap<String, Slot>,
    found: Option<Found>,
}

/// One of the files.
struct Part {
    path: PathBuf,
    bytes: Bytes,
    modified: Option<SystemTime>,
}

impl WeightsFile {
    /// Reads what is in the file at `path`.
    ///
    /// # Errors
    /// If it can't be read, or is no whole file of safetensors or PyTorch.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_parts(path, &[path.to_path_buf()])
    }

    /// Reads what is in `parts`, which make up the weights together; `origin` is only for
    /// messages.
    ///
    /// # Errors
    /// If one can't be read or is no whole file of safetensors or PyTorch, or two hold the same tensor.
    pub fn open_parts(origin: &Path, parts: &[PathBuf]) -> Result<Self> {
        let open = |path: &PathBuf| {
            let shown = path.display();
            let file = File::open(path).with_context(|| format!("can't open the weights {shown}"));
            Ok((path.clone(), Bytes::File(file?)))
        };
        Self::new(origin, parts.iter().map(open).collect::<Result<_>>()?)
    }

    /// Takes the bytes of a file within the program; `origin` is only for messages.
    ///
    /// # Errors
    /// If they are not a complete safetensors file.
    pub fn embedded(bytes: &'static [u8], origin: &Path) -> Result<Self> {
        Self::new(origin, vec![(origin.to_path_buf(), Bytes::Memory(bytes))])
    }

    fn new(origin: &Path, files: Vec<(PathBuf, Bytes)>) -> Result<Self> {
        let mut tensors = HashMap::new();
        let mut parts = Vec::new();
        for (path, bytes) in files {
            let modified = bytes.modified();
            for (name, slot) in slots(&bytes, &path)? {
                let slot = Slot {
                    part: parts.len(),
                    ..slot
                };
                let again = tensors.insert(name.clone(), slot).is_some();
                ensure!(!again, "{}: tensor `{name}` comes twice", path.display());
            }
            parts.push(Part {
                path,
                bytes,
                modified,
            });
        }
        let shapes = tensors.iter();
        let shapes = shapes.map(|(name, slot): (&String, &Slot)| (&**name, &*slot.shape));
        Ok(Self {
            origin: origin.to_path_buf(),
            found: Found::of(&shapes.collect()),
            parts,
            tensors,
        })
    }

    /// Checks, after all was read, that it was read from one and the same file.
    ///
    /// # Errors
    /// If somebody has written to it since it was opened.
    pub fn ensure_unchanged(&self) -> Result<()> {
        for part in &self.parts {
            ensure!(
                part.bytes.modified() == part.modified,
                "{} changed while it was read; try again",
                part.path.display(),
            );
        }
        Ok(())
    }

    /// How its tensors are called, if it looks like an EfficientNet.
    pub fn naming(&self) -> Option<Naming> {
        Some(self.found.as_ref()?.naming)
    }

    /// Checks that it holds one network, with one layer that can name the classes.
    ///
    /// # Errors
    /// Names what there is too much of.
    pub fn ensure_only_one(&self) -> Result<()> {
        let found = self.found.as_ref().map_or(Ok(()), Found::ensure_only_one);
        found.with_context(|| format!("{} can't be used", self.origin.display()))
    }

    /// The number of classes: the classifier's rows, if there is a classifier.
    pub fn classes(&self) -> Option<usize> {
        let classifier = self.naming()?.classifier();
        self.outputs(&format!("{classifier}.weight"))
    }

    /// How many channels its network sees, if there is a stem.
    pub fn channels(&self) -> Option<usize> {
        let [stem, _] = self.naming()?.stem();
        let stem = self.find(&format!("{stem}.weight"))?;
        stem.shape.get(1).copied()
    }

    /// The first dimension of a tensor, if it takes bytes: a header could claim any number of
    /// rows that take none.
    pub(super) fn outputs(&self, name: &str) -> Option<usize> {
        let tensor = self.find(name).filter(|tensor| tensor.length > 0)?;
        tensor.shape.first().copied()
    }

    /// What the file calls the tensor that its library calls `name`.
    pub(super) fn in_file(&self, name: &str) -> String {
        let found = self.found.as_ref();
        found.map_or_else(|| name.to_owned(), |found| found.in_file(name))
    }

    /// The tensor that its library calls `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Slot> {
        self.tensors.get(&self.in_file(name))
    }

    /// Where `parameter` lies, if it has the shape and a type that can be read; nowhere if it is
    /// the bias of a layer without one.
    pub(super) fn slot(&self, parameter: &Parameter) -> Result<Option<&Slot>> {
        let Parameter { name, shape } = parameter;
        let Some(slot) = self.find(name) else {
            let found = self.found.as_ref();
            ensure!(
                found.is_some_and(|found| found.may_be_absent(name)),
                "tensor `{}` is missing",
                self.in_file(name),
            );
            return Ok(None);
        };
        ensure!(
            slot.shape == *shape,
            "tensor `{}` has shape {:?} where {shape:?} is needed",
            self.in_file(name),
            slot.shape,
        );
        self.ensure_float(name)?;
        Ok(Some(slot))
    }

    /// Checks that the tensor that its library calls `name`, if it is there, is of a type that can
    /// be read.
    pub(super) fn ensure_float(&self, name: &str) -> Result<()> {
        let dtype = self.find(name).map(|slot| slot.dtype);
        ensure!(
            dtype.is_none_or(|dtype| FLOATS.contains(&dtype)),
            "tensor `{}` has type {:?} where F32, F16, BF16 or F64 is needed; save the weights as \
             F16 or F32",
            self.in_file(name),
            dtype.expect("one of another type"),
        );
        Ok(())
    }
}

/// The tensors in a file of either format.
fn slots(bytes: &Bytes, path: &Path) -> Slots {
    let length = bytes.length()?.min(unreadable::LOOKED_AT as u64);
    let mut start = vec![0; length as usize];
    let read = bytes.read(0, &mut start);
    read.with_context(|| format!("can't read {}", path.display()))?;
    match pickle::is_pickle(&start) && unreadable::archive(&start).is_none() {
        true => pickle::slots(bytes, path, &start),
        false => safetensors::slots(bytes, path, &start),
    }
}

impl Source for WeightsFile {
    fn read(&self, parameter: &Parameter) -> Result<Vec<f32>> {
        let Some(slot) = self.slot(parameter)? else {
            return Ok(vec![0.0; parameter.shape.iter().product()]);
        };
        let part = &self.parts[slot.part];
        let read = |to: &mut [u8]| {
            let read = part.bytes.read(slot.start, to);
            read.with_context(|| format!("can't read {}", part.path.display()))
        };
        if slot.dtype == Dtype::F32 {
            let mut values = vec![0.0_f32; slot.length / 4];
            read(bytemuck::cast_slice_mut(&mut values))?;
            if cfg!(target_endian = "big") {
                values
                    .iter_mut()
                    .for_each(|v| *v = f32::from_bits(v.to_bits().swap_bytes()));
            }
            return Ok(slot.in_rows(values));
        }
        let mut bytes = vec![0; slot.length];
        read(&mut bytes)?;
        let halves = bytes.as_chunks::<2>().0.iter();
        let doubles = bytes.as_chunks::<8>().0.iter();
        Ok(slot.in_rows(match slot.dtype {
            Dtype::F16 => halves.map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
            Dtype::F64 => doubles.map(|&b| f64::from_le_bytes(b) as f32).collect(),
            _ => halves.map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
        }))
    }
}
