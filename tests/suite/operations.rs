//! Each fast operation equals its portable form, on shapes chosen to be awkward.

use candle_core::{Device, Result, Tensor};
use effnet::ops::{
    Activation, Backend, Convolution, Depthwise, Folded, Padding, Pointwise, Window,
};

/// Values in -1..1 that differ from call to call by `seed`.
pub fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn tensor(shape: &[usize], seed: u32) -> Result<Tensor> {
    Tensor::from_vec(values(shape.iter().product(), seed), shape, &Device::Cpu)
}

pub fn folded(outputs: usize, per_output: usize) -> Folded {
    Folded {
        weight: values(outputs * per_output, 7),
        bias: values(outputs, 8),
    }
}

/// Largest difference in units of the largest value.
fn difference(ours: &Tensor, oracle: &Tensor) -> Result<f32> {
    assert_eq!(ours.shape(), oracle.shape());
    let largest = |t: Tensor| t.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>();
    Ok(largest((ours - oracle)?)? / largest(oracle.clone())?)
}

pub const ACTIVATIONS: [Activation; 5] = [
    Activation::Identity,
    Activation::Silu,
    Activation::Sigmoid,
    Activation::Relu,
    Activation::Relu6,
];

const BOTH: [Backend; 2] = [Backend::Cpu, Backend::Portable];

#[test]
fn pointwise_equals_its_portable_form() -> Result<()> {
    let shapes = [
        (1, 1, 1, 3, 5),
        (1, 7, 7, 40, 24),
        (2, 5, 3, 17, 33),
        (3, 13, 1, 96, 16),
        (1, 15, 15, 8, 100),
        (2, 1, 1, 1280, 1000),
        (1, 20, 11, 31, 65),
    ];
    for (b, h, w, inputs, outputs) in shapes {
        for activation in ACTIVATIONS {
            let x = tensor(&[b, h, w, inputs], 1)?;
            let excite = tensor(&[b, inputs], 2)?;
            let residual = tensor(&[b, h, w, outputs], 3)?;
            // Sums of some units whatever their number, so that ReLU6 cuts off a few only.
            let mut weights = folded(outputs, inputs);
            let scale = 6.0 / (inputs as f32).sqrt();
            weights.weight.iter_mut().for_each(|w| *w *= scale);
            let [ours, oracle] = BOTH.map(|backend| {
                let layer = Pointwise::new(backend, &weights, activation, &Device::Cpu)?;
                let plain = layer.forward(&x)?;
                let full = layer.project(&x, Some(&excite), Some(&residual))?;
                let scaled = layer.project(&x, Some(&excite), None)?;
                Tensor::stack(&[plain, full, scaled], 0)
            });
            let difference = difference(&ours?, &oracle?)?;
            assert!(
                difference < 2e-6,
                "{b} {h} {w} {inputs} {outputs}: {difference:e}"
            );
        }
    }
    Ok(())
}

#[test]
fn depthwise_equals_its_portable_form() -> Result<()> {
    let sizes = [(1, 1), (2, 3), (5, 9), (8, 8), (17, 4), (30, 31)];
    for (h, w) in sizes {
        for channels in [3, 8, 16, 24, 40, 100] {
            for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
                for padding in [Padding::Symmetric, Padding::Same] {
                    let window = Window {
                        kernel,
                        stride,
                        padding,
                    };
                    let x = tensor(&[2, h, w, channels], 1)?;
                    let weights = folded(channels, kernel * kernel);
                    let [ours, oracle] = BOTH.map(|backend| {
                        let silu = Activation::Silu;
                        Depthwise::new(backend, None, &weights, window, silu, &Device::Cpu)?
                            .forward(&x)
                    });
                    let ((y, mean), (y_oracle, mean_oracle)) = (ours?, oracle?);
                    let what = format!("{h} x {w} x {channels} {window:?}");
                    assert!(difference(&y, &y_oracle)? < 2e-6, "{what}");
                    assert!(difference(&mean, &mean_oracle)? < 1e-5, "{what}: mean");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn expansion_and_depthwise_in_one_equal_their_portable_forms() -> Result<()> {
    // The wide ones are cut into several bands, the deep ones into groups of panels.
    let sizes = [(1, 1, 7), (7, 7, 40), (9, 5, 17), (30, 31, 3), (61, 300, 8)];
    for (h, w, inputs) in sizes {
        for channels in [8, 24, 100, 336] {
            for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
                for padding in [Padding::Symmetric, Padding::Same] {
                    let window = Window {
                        kernel,
                        stride,
                        padding,
                    };
                    if h * w * channels > 1_000_000 && kernel == 5 {
                        continue; // Slow in the portable form, and alike.
                    }
                    let x = tensor(&[2, h, w, inputs], 1)?;
                    let expand = folded(channels, inputs);
                    let weights = folded(channels, kernel * kernel);
                    let [ours, oracle] = BOTH.map(|backend| {
                        let silu = Activation::Silu;
                        let expand = Some(&expand);
                        Depthwise::new(backend, expand, &weights, window, silu, &Device::Cpu)?
                            .forward(&x)
                    });
                    let ((y, mean), (y_oracle, mean_oracle)) = (ours?, oracle?);
                    let what = format!("{h} x {w} x {inputs} -> {channels} {window:?}");
                    assert!(difference(&y, &y_oracle)? < 2e-6, "{what}");
                    assert!(difference(&mean, &mean_oracle)? < 1e-5, "{what}: mean");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn convolution_equals_candles_own() -> Result<()> {
    for (h, w, inputs, outputs) in [
        (9, 7, 3, 32),
        (16, 16, 3, 40),
        (1, 5, 2, 3),
        (33, 20, 5, 18),
    ] {
        for (kernel, stride) in [(3, 2), (3, 1), (5, 2)] {
            let window = Window {
                kernel,
                stride,
                padding: Padding::Symmetric,
            };
            let x = tensor(&[2, h, w, inputs], 1)?;
            let weights = folded(outputs, inputs * kernel * kernel);
            let shape = (outputs, inputs, kernel, kernel);
            let kernels = Tensor::from_slice(&weights.weight, shape, &Device::Cpu)?;
            let bias = Tensor::from_slice(&weights.bias, outputs, &Device::Cpu)?;
            let oracle = x
                .permute((0, 3, 1, 2))?
                .contiguous()?
                .conv2d(&kernels, kernel / 2, stride, 1, 1)?
                .permute((0, 2, 3, 1))?
                .broadcast_add(&bias)?;
            for backend in BOTH {
                let layer = Convolution::new(
                    backend,
                    &weights,
                    window,
                    Activation::Identity,
                    &Device::Cpu,
                )?;
                let difference = difference(&layer.forward(&x, None)?, &oracle)?;
                assert!(
                    difference < 2e-6,
                    "{backend:?} {h} x {w} {window:?}: {difference:e}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn dense_convolution_equals_its_portable_form() -> Result<()> {
    let shapes = [
        (1, 1, 2, 3),
        (9, 5, 17, 33),
        (30, 31, 24, 24),
        (7, 40, 8, 100),
    ];
    for (h, w, inputs, outputs) in shapes {
        for (kernel, stride) in [(2, 2), (3, 1), (3, 2), (5, 1), (5, 2)] {
            for padding in [Padding::Symmetric, Padding::Same, Padding::Behind] {
                let window = Window {
                    kernel,
                    stride,
                    padding,
                };
                // A window that is larger than the padded picture has no output.
                if padding == Padding::Behind && h.min(w) < 2 || kernel == 2 && h == 1 {
                    continue;
                }
                for activation in [Activation::Silu, Activation::Relu6] {
                    let x = tensor(&[2, h, w, inputs], 1)?;
                    let weights = folded(outputs, inputs * kernel * kernel);
                    let [ours, oracle] = BOTH.map(|backend| {
                        let device = &Device::Cpu;
                        let layer =
                            Convolution::new(backend, &weights, window, activation, device)?;
                        let plain = layer.forward(&x, None)?;
                        let residual = tensor(plain.dims(), 3)?;
                        Tensor::stack(&[&plain, &layer.forward(&x, Some(&residual))?], 0)
                    });
                    let difference = difference(&ours?, &oracle?)?;
                    let what = format!("{h} x {w} x {inputs} -> {outputs} {window:?}");
                    // Up to a thousand terms, and 3x3 filters of stride 1 are transformed
                    // (Winograd), which rounds more often.
                    assert!(difference < 5e-6, "{what}: {difference:e}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn an_enlarged_even_filter_pads_as_same_does() -> Result<()> {
    let x = tensor(&[1, 5, 6, 4], 1)?;
    let weights = folded(3, 4 * 2 * 2);
    let window = |kernel, padding| Window {
        kernel,
        stride: 1,
        padding,
    };
    let run = |weights: &Folded, window| {
        let identity = Activation::Identity;
        Convolution::new(Backend::Portable, weights, window, identity, &Device::Cpu)?
            .forward(&x, None)
    };
    let even = run(&weights, window(2, Padding::Same))?;
    let odd = run(&weights.enlarged(2, 3), window(3, Padding::Symmetric))?;
    assert!(difference(&odd, &even)? < 1e-6);
    Ok(())
}

#[test]
fn silu_is_accurate_from_end_to_end() -> Result<()> {
    let inputs: Vec<f32> = (-1200..=1200).map(|i| i as f32 / 10.0).collect();
    let weights = Folded {
        weight: vec![1.0],
        bias: vec![0.0],
    };
    let x = Tensor::from_slice(&inputs, (1, 1, inputs.len(), 1), &Device::Cpu)?;
    let layer = Pointwise::new(Backend::Cpu, &weights, Activation::Silu, &Device::Cpu)?;
    let outputs: Vec<f32> = layer.forward(&x)?.flatten_all()?.to_vec1()?;
    for (x, y) in inputs.into_iter().zip(outputs) {
        let exact = f64::from(x) / (1.0 + (-f64::from(x)).exp());
        let error = (f64::from(y) - exact).abs();
        // Below -87 the exact value is about x times the smallest normal number.
        let smallest = 1.5 * f64::from(f32::MIN_POSITIVE) * f64::from(x).abs();
        assert!(
            error <= 4e-7 * exact.abs() + smallest,
            "silu({x}) = {y}, exactly {exact}"
        );
    }
    Ok(())
}

#[test]
fn nan_is_not_hidden_by_an_activation() -> Result<()> {
    let weights = Folded {
        weight: vec![1.0],
        bias: vec![0.0],
    };
    let x = Tensor::full(f32::NAN, (1, 1, 1, 1), &Device::Cpu)?;
    for activation in ACTIVATIONS {
        let layer = Pointwise::new(Backend::Cpu, &weights, activation, &Device::Cpu)?;
        assert!(layer.forward(&x)?.flatten_all()?.to_vec1::<f32>()?[0].is_nan());
    }
    Ok(())
}
