//! A picture as a network takes it.

/// A picture of `(height, width, channels)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// 8-bit values, a quarter of the memory: they are normalised on their way into the network, as
    /// `(value / 255 - mean) / std`.
    Bytes {
        /// Red, green and blue of each pixel, and alpha where the network sees it, row by row.
        bytes: Vec<u8>,
        /// Per channel, of values in 0..1.
        mean: Vec<f32>,
        /// Per channel, of values in 0..1.
        std: Vec<f32>,
    },
    /// Normalised values.
    Values(Vec<f32>),
}

/// What each 8-bit value stands for, per channel.
pub type Table = Vec<[f32; 256]>;

impl Pixels {
    /// The normalised values.
    pub fn values(&self) -> Vec<f32> {
        let mut values = Vec::new();
        self.append_to(&mut values);
        values
    }

    /// Puts them behind others.
    pub(super) fn append_to(&self, values: &mut Vec<f32>) {
        match self {
            Self::Bytes { bytes, mean, std } => {
                let table = table(mean, std);
                match <&[_; 3]>::try_from(&table[..]) {
                    Ok([red, green, blue]) => {
                        let pixels = bytes.as_chunks::<3>().0.iter();
                        values.extend(pixels.flat_map(|&[r, g, b]| {
                            [red[r as usize], green[g as usize], blue[b as usize]]
                        }));
                    }
                    Err(_) => {
                        let channels = table.iter().cycle();
                        let pairs = bytes.iter().zip(channels);
                        values.extend(pairs.map(|(byte, channel)| channel[usize::from(*byte)]));
                    }
                }
            }
            Self::Values(normalised) => values.extend_from_slice(normalised),
        }
    }

    /// The bytes of all pictures and what they stand for, if that is the same for all.
    #[cfg_attr(not(feature = "cuda"), expect(dead_code))]
    pub(super) fn all_bytes(pictures: &[Self]) -> Option<(Vec<&[u8]>, Table)> {
        let parts = pictures.iter().map(|picture| match picture {
            Self::Bytes { bytes, mean, std } => Some((&bytes[..], (mean, std))),
            Self::Values(_) => None,
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let &(_, (mean, std)) = parts.first()?;
        let alike = parts
            .iter()
            .all(|&(_, normalised)| normalised == (mean, std));
        let bytes = parts.iter().map(|&(bytes, _)| bytes);
        alike.then(|| (bytes.collect(), table(mean, std)))
    }
}

impl From<Vec<f32>> for Pixels {
    fn from(values: Vec<f32>) -> Self {
        Self::Values(values)
    }
}

/// `(value / 255 - mean) / std` in f32 for every 8-bit value (torchvision, `ToTensor` and
/// `Normalize`).
fn table(mean: &[f32], std: &[f32]) -> Table {
    let channels = mean.iter().zip(std);
    channels
        .map(|(mean, std)| std::array::from_fn(|value| (value as f32 / 255.0 - mean) / std))
        .collect()
}
