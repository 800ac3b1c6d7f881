//! Where the windows of a convolution lie.

/// How a convolution fills the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// `(kernel - 1) / 2` on every side, as in PyTorch-trained checkpoints
    /// (timm/layers/padding.py, `get_padding`).
    Symmetric,
    /// TensorFlow's "SAME": the output is `ceil(input / stride)` and an odd total puts the extra
    /// zero behind (timm/layers/padding.py, `pad_same`).
    Same,
    /// What "SAME" means for even inputs, whatever the input: one zero less before than behind
    /// (transformers' modeling_efficientnet.py, `correct_pad` with `adjust`).
    Behind,
}

impl Padding {
    /// Whether a window of `kernel` elements fits into a side of length `input` with its zeros.
    fn fits(self, input: usize, kernel: usize) -> bool {
        match self {
            Self::Symmetric => input > 0 && input + 2 * ((kernel - 1) / 2) >= kernel,
            Self::Behind => input > 0 && input + 2 * (kernel / 2) > kernel,
            Self::Same => input > 0,
        }
    }

    /// Zeros before the first element along one side of length `input`, and the output length. The
    /// window must fit, as [`Window::output`] checks.
    pub fn along(self, input: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Symmetric => {
                let before = (kernel - 1) / 2;
                (before, (input + 2 * before - kernel) / stride + 1)
            }
            Self::Behind => {
                let (before, behind) = (kernel / 2 - 1, kernel / 2);
                (before, (before + input + behind - kernel) / stride + 1)
            }
            Self::Same => {
                let output = input.div_ceil(stride);
                let total = ((output - 1) * stride + kernel).saturating_sub(input);
                (total / 2, output)
            }
        }
    }
}

/// Kernel size, stride and padding of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: usize,
    /// Step between output positions, both ways.
    pub stride: usize,
    /// How the border is filled.
    pub padding: Padding,
}

impl Window {
    /// Height and width of the output for an input of `height` and `width`; nothing where the
    /// window is larger than the input with its zeros.
    pub fn output(self, height: usize, width: usize) -> Option<(usize, usize)> {
        let Self {
            kernel,
            stride,
            padding,
        } = self;
        let fits = padding.fits(height, kernel) && padding.fits(width, kernel);
        fits.then(|| {
            let along = |input| padding.along(input, kernel, stride).1;
            (along(height), along(width))
        })
    }
}
