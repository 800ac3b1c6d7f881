//! The mean over height and width, before the classifier.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::storage::contiguous;

struct GlobalAveragePool;

impl CustomOp1 for GlobalAveragePool {
    fn name(&self) -> &'static str {
        "global-average-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let positions = height * width;
        let mut means = vec![0.0f32; batch * channels];
        let pictures = contiguous(storage, layout)?.chunks_exact(positions * channels);
        for (mean, picture) in means.chunks_exact_mut(channels).zip(pictures) {
            for pixel in picture.chunks_exact(channels) {
                for (sum, value) in mean.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
            mean.iter_mut().for_each(|sum| *sum /= positions as f32);
        }
        Ok((CpuStorage::F32(means), (batch, channels).into()))
    }
}

/// `(B, H, W, C)` to `(B, C)`.
pub fn global_average_pool(x: &Tensor) -> Result<Tensor> {
    x.apply_op1_no_bwd(&GlobalAveragePool)
}
