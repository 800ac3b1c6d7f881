//! What a convolution computes: its weights with BatchNorm folded in, and its activation.

/// The function applied to a convolution's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None, as after a linear bottleneck (MobileNetV2, arXiv:1801.04381).
    Identity,
    /// `x * sigmoid(x)`, the paper's swish.
    Silu,
    /// The squeeze-excite gate.
    Sigmoid,
    /// `max(x, 0)`, in EfficientNet-EdgeTPU.
    Relu,
    /// `min(max(x, 0), 6)`, in EfficientNet-Lite.
    Relu6,
}

impl Activation {
    /// Its value at `x`.
    pub fn at(self, x: f32) -> f32 {
        let sigmoid = || (1.0 + (-x).exp()).recip();
        match self {
            Self::Identity => x,
            Self::Silu => x * sigmoid(),
            Self::Sigmoid => sigmoid(),
            Self::Relu => x.max(0.0),
            Self::Relu6 => x.clamp(0.0, 6.0),
        }
    }
}

/// A convolution's weights after BatchNorm folding.
#[derive(Clone, Debug)]
pub struct Folded {
    /// PyTorch's OIHW order: `(outputs, inputs / groups, kernel, kernel)`.
    pub weight: Vec<f32>,
    /// One per output channel.
    pub bias: Vec<f32>,
    /// What each input channel is on average, where that is known and of use.
    pub input_means: Option<Vec<f32>>,
}

impl Folded {
    /// Weights and a bias.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>) -> Self {
        Self {
            weight,
            bias,
            input_means: None,
        }
    }

    /// The same where it is known what the inputs are on average.
    pub fn with_input_means(self, input_means: Option<Vec<f32>>) -> Self {
        Self {
            input_means,
            ..self
        }
    }

    /// Filters of `from * from` values as ones of `to * to`, with zeros above and on the left: with
    /// "SAME" padding an even kernel does what the odd one above it does with symmetric padding.
    pub fn enlarged(self, from: usize, to: usize) -> Self {
        if from == to {
            return self;
        }
        let filters = self.weight.chunks_exact(from * from);
        let mut weight = Vec::with_capacity(filters.len() * to * to);
        for filter in filters {
            let first = weight.len();
            weight.resize(first + to * to, 0.0);
            for (y, row) in filter.chunks_exact(from).enumerate() {
                let place = first + (to - from + y) * to + to - from;
                weight[place..place + from].copy_from_slice(row);
            }
        }
        Self { weight, ..self }
    }

    /// Filters over `from` inputs of `area` values each as ones over `to`, with zeros behind.
    pub fn with_inputs(self, from: usize, to: usize, area: usize) -> Self {
        let mut weight = Vec::with_capacity(self.bias.len() * to * area);
        for filter in self.weight.chunks_exact(from * area) {
            weight.extend(filter);
            weight.resize(weight.len() + (to - from) * area, 0.0);
        }
        Self { weight, ..self }
    }

    /// Reorders `(outputs, inputs, kernel, kernel)` to `(outputs, kernel * kernel * inputs)`, the
    /// order in which NHWC activations are gathered into patches.
    pub(super) fn in_patch_order(&self, kernel: usize) -> Self {
        let outputs = self.bias.len();
        let area = kernel * kernel;
        let inputs = self.weight.len() / outputs / area;
        let mut weight = Vec::with_capacity(self.weight.len());
        for filter in self.weight.chunks_exact(inputs * area) {
            for tap in 0..area {
                weight.extend(filter[tap..].iter().step_by(area));
            }
        }
        Self::new(weight, self.bias.clone())
    }
}
