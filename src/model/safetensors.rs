//! Reading a checkpoint's `.safetensors` file.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::config::{Config, SCALINGS};
use super::weights::{Parameter, Source, parameters};

/// A file's bytes and where its tensors lie in them.
///
/// The file is read and not mapped: if another program changed it under a map, the numbers would
/// change too, or the process would die.
pub struct Checkpoint {
    origin: PathBuf,
    bytes: std::borrow::Cow<'static, [u8]>,
    tensors: HashMap<String, Slot>,
}

struct Slot {
    dtype: Dtype,
    shape: Vec<usize>,
    start: usize,
    end: usize,
}

impl Checkpoint {
    /// Reads `path` whole.
    ///
    /// # Errors
    /// If it can't be read, or is not a complete safetensors file.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let mut magic = [0; 2];
        let mut file =
            std::fs::File::open(path).with_context(|| format!("can't open the weights {shown}"))?;
        let length = file.metadata().map_or(0, |m| m.len() as usize);
        let mut bytes = Vec::with_capacity(length);
        std::io::Read::read_to_end(&mut file, &mut bytes)
            .with_context(|| format!("can't read the weights {shown}"))?;
        magic.copy_from_slice(bytes.get(..2).unwrap_or(b"??"));
        // A zip archive or a bare pickle: what torch.save writes.
        ensure!(
            &magic != b"PK" && magic != [0x80, 0x02],
            "{shown} is a PyTorch pickle, which can run code when read; convert it to \
             safetensors, for example with timm.models.save_for_hf(..., safe_serialization=True)",
        );
        Self::parse(bytes.into(), path)
    }

    /// Takes the bytes of a file; `origin` is only for messages.
    ///
    /// # Errors
    /// If they are not a complete safetensors file.
    pub fn parse(bytes: std::borrow::Cow<'static, [u8]>, origin: &Path) -> Result<Self> {
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| {
            anyhow!(
                "{} is not a whole safetensors file ({e}); download or export it again",
                origin.display()
            )
        })?;
        let data = 8 + header;
        let tensors: HashMap<_, _> = metadata
            .tensors()
            .into_iter()
            .map(|(name, info)| {
                let (start, end) = info.data_offsets;
                let slot = Slot {
                    dtype: info.dtype,
                    shape: info.shape.clone(),
                    start: data + start,
                    end: data + end,
                };
                (name, slot)
            })
            .collect();
        let needed = tensors.values().map(|slot| slot.end).max().unwrap_or(data);
        ensure!(
            bytes.len() == needed,
            "{} is not a whole safetensors file ({} bytes, its header says {needed}); download \
             or export it again",
            origin.display(),
            bytes.len(),
        );
        Ok(Self {
            origin: origin.to_path_buf(),
            bytes,
            tensors,
        })
    }

    /// The number of classes: the classifier's rows, if there is a classifier.
    pub fn classes(&self) -> Option<usize> {
        self.tensors
            .get("classifier.weight")?
            .shape
            .first()
            .copied()
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
        let fitting = SCALINGS.iter().find(|&&scaling| {
            let classes = self.classes().unwrap_or(config.classes);
            let other = Config::new(scaling, config.padding, config.batch_norm_eps, classes);
            self.fits(&other).is_ok()
        });
        match fitting {
            Some(scaling) if self.classes() != Some(config.classes) => bail!(
                "{}: {fault}; these weights fit variant {} with {} classes",
                self.origin.display(),
                scaling.variant,
                self.classes().unwrap_or_default(),
            ),
            Some(scaling) => bail!(
                "{}: {fault}; these weights fit variant {}",
                self.origin.display(),
                scaling.variant,
            ),
            None => bail!(
                "{}: {fault}; these weights fit none of the variants b0 to b7 (timm's tensor \
                 names are expected)",
                self.origin.display(),
            ),
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
        let bytes = &self.bytes[slot.start..slot.end];
        let halves = || bytes.as_chunks::<2>().0.iter();
        Ok(match slot.dtype {
            Dtype::F16 => halves().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
            Dtype::BF16 => halves().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
            _ => bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b))
                .collect(),
        })
    }
}
