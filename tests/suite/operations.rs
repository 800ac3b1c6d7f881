//! Each fast operation equals its portable form, on shapes chosen to be awkward.

use candle_core::{Device, Result, Tensor};
use effnet::device::instruction_set;
use effnet::ops::{Activation, Backend, Folded, Padding, Products, Runtime, Window};

use crate::values::{folded, values};

pub fn tensor(shape: &[usize], seed: u32) -> Result<Tensor> {
    Tensor::from_vec(values(shape.iter().product(), seed), shape, &Device::Cpu)
}

/// Largest difference in units of the largest value.
pub fn difference(ours: &Tensor, oracle: &Tensor) -> Result<f32> {
    assert_eq!(ours.shape(), oracle.shape());
    let largest = |t: Tensor| t.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>();
    Ok(largest((ours - oracle)?)? / largest(oracle.clone())?)
}

/// Every one that there is, on whatever processor.
pub const INSTRUCTION_SETS: [&str; 7] = [
    "scalar",
    "avx2",
    "avxvnni",
    "avx512",
    "avx512vnni",
    "neon",
    "dotprod",
];

pub const ACTIVATIONS: [Activation; 5] = [
    Activation::Identity,
    Activation::Silu,
    Activation::Sigmoid,
    Activation::Relu,
    Activation::Relu6,
];

/// The vector kernels, with the instructions that `EFFNET_SIMD` names.
fn kernels() -> Runtime {
    Runtime::new(Backend::Cpu(instruction_set(), Products::F32), &Device::Cpu)
}

/// The oracle.
pub fn portable() -> Runtime {
    Runtime::new(Backend::Portable(Products::F32), &Device::Cpu)
}

fn both() -> [Runtime; 2] {
    [kernels(), portable()]
}

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
            let [ours, oracle] = both().map(|runtime| {
                let layer = runtime.pointwise(&weights, activation)?;
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
                for padding in [Padding::Symmetric, Padding::Same, Padding::Behind] {
                    let window = Window {
                        kernel,
                        stride,
                        padding,
                    };
                    if window.output(h, w).is_none() {
                        continue;
                    }
                    let x = tensor(&[2, h, w, channels], 1)?;
                    let weights = folded(channels, kernel * kernel);
                    let [ours, oracle] = both().map(|runtime| {
                        let silu = Activation::Silu;
                        runtime.depthwise(None, &weights, window, silu)?.forward(&x)
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
                    let [ours, oracle] = both().map(|runtime| {
                        let silu = Activation::Silu;
                        let expand = Some(&expand);
                        runtime
                            .depthwise(expand, &weights, window, silu)?
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
            for runtime in both() {
                let backend = runtime.backend();
                let layer = runtime.convolution(&weights, window, Activation::Identity)?;
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
                if window.output(h, w).is_none() {
                    continue;
                }
                for activation in [Activation::Silu, Activation::Relu6] {
                    let x = tensor(&[2, h, w, inputs], 1)?;
                    let weights = folded(outputs, inputs * kernel * kernel);
                    let [ours, oracle] = both().map(|runtime| {
                        let layer = runtime.convolution(&weights, window, activation)?;
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
        let layer = portable().convolution(weights, window, Activation::Identity)?;
        layer.forward(&x, None)
    };
    let even = run(&weights, window(2, Padding::Same))?;
    let odd = run(&weights.enlarged(2, 3), window(3, Padding::Symmetric))?;
    assert!(difference(&odd, &even)? < 1e-6);
    Ok(())
}

#[test]
fn silu_is_accurate_from_end_to_end() -> Result<()> {
    let inputs: Vec<f32> = (-1200..=1200).map(|i| i as f32 / 10.0).collect();
    let weights = Folded::new(vec![1.0], vec![0.0]);
    let x = Tensor::from_slice(&inputs, (1, 1, inputs.len(), 1), &Device::Cpu)?;
    let layer = kernels().pointwise(&weights, Activation::Silu)?;
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
    let weights = Folded::new(vec![1.0], vec![0.0]);
    let x = Tensor::full(f32::NAN, (1, 1, 1, 1), &Device::Cpu)?;
    for activation in ACTIVATIONS {
        let layer = kernels().pointwise(&weights, activation)?;
        assert!(layer.forward(&x)?.flatten_all()?.to_vec1::<f32>()?[0].is_nan());
    }
    Ok(())
}

/// What every backend says to each of `results`, all of them refusals.
fn assert_refused<T>(results: impl IntoIterator<Item = Result<T>>, what: &str) {
    for (number, result) in results.into_iter().enumerate() {
        let Err(error) = result else {
            panic!("{what}, number {number}, was computed");
        };
        let error = error.to_string();
        let expected = ["channels where there should be", "is needed", "too few for"];
        assert!(
            expected.iter().any(|e| error.contains(e)),
            "{what}: {error}"
        );
    }
}

#[test]
fn pointwise_refuses_what_it_would_misread() -> Result<()> {
    for runtime in both() {
        let layer = runtime.pointwise(&folded(6, 8), Activation::Silu)?;
        let x = tensor(&[2, 3, 4, 8], 1)?;
        assert!(layer.forward(&x)?.dims() == [2, 3, 4, 6]);
        // As many values, and twice as many.
        let others = [[2, 3, 8, 4], [2, 3, 4, 16]].map(|shape| tensor(&shape, 1));
        assert_refused(others.map(|x| layer.forward(&x?)), "channels");
        let gates = [[8, 2], [1, 8], [2, 6]].map(|shape| tensor(&shape, 2));
        assert_refused(gates.map(|g| layer.project(&x, Some(&g?), None)), "gates");
        let residuals = [[2, 4, 3, 6], [1, 3, 4, 6], [2, 3, 4, 8]].map(|shape| tensor(&shape, 3));
        assert_refused(
            residuals.map(|r| layer.project(&x, None, Some(&r?))),
            "residual",
        );
    }
    Ok(())
}

#[test]
fn depthwise_refuses_what_it_would_misread() -> Result<()> {
    let window = Window {
        kernel: 3,
        stride: 1,
        padding: Padding::Behind,
    };
    for runtime in both() {
        let silu = Activation::Silu;
        let alone = runtime.depthwise(None, &folded(8, 9), window, silu)?;
        let expanded = runtime.depthwise(Some(&folded(8, 4)), &folded(8, 9), window, silu)?;
        assert_eq!(
            alone.forward(&tensor(&[1, 5, 6, 8], 1)?)?.0.dims(),
            [1, 4, 5, 8]
        );
        let four = tensor(&[1, 5, 6, 4], 1)?;
        assert_eq!(expanded.forward(&four)?.0.dims(), [1, 4, 5, 8]);
        assert_refused([alone.forward(&four)], "channels");
        let others = [[1, 5, 6, 8], [1, 5, 4, 6]].map(|shape| tensor(&shape, 1));
        assert_refused(others.map(|x| expanded.forward(&x?)), "inputs");
        assert_refused([expanded.forward(&tensor(&[1, 1, 9, 4], 1)?)], "height");
    }
    Ok(())
}

#[test]
fn convolution_refuses_what_it_would_misread() -> Result<()> {
    // The second is computed by Winograd's transforms.
    for (inputs, stride) in [(3, 2), (16, 1)] {
        let window = Window {
            kernel: 3,
            stride,
            padding: Padding::Same,
        };
        for runtime in both() {
            let layer = runtime.convolution(&folded(8, inputs * 9), window, Activation::Silu)?;
            let x = tensor(&[2, 6, 4, inputs], 1)?;
            let y = layer.forward(&x, None)?;
            assert_eq!(y.dims(), [2, 6 / stride, 4 / stride, 8]);
            let others = [[2, 6, inputs, 4], [2, 6, 4, 2 * inputs]].map(|shape| tensor(&shape, 1));
            assert_refused(others.map(|x| layer.forward(&x?, None)), "channels");
            let residuals = [y.t()?, y.narrow(0, 0, 1)?, y.narrow(3, 0, 4)?];
            assert_refused(residuals.map(|r| layer.forward(&x, Some(&r))), "residual");
        }
    }
    Ok(())
}

#[test]
fn an_instruction_set_is_named_as_it_is_asked_for() {
    use effnet::ops::InstructionSet;
    let best = InstructionSet::best();
    assert_eq!(InstructionSet::named(best.name()), Some(best));
    let scalar = InstructionSet::named("scalar");
    assert_eq!(scalar, Some(InstructionSet::Scalar));
    assert_eq!(InstructionSet::named("mmx"), None);
}

#[test]
fn every_instruction_set_gives_what_the_portable_form_does() -> Result<()> {
    use effnet::ops::InstructionSet;
    let x = tensor(&[1, 9, 10, 19], 1)?;
    let window = Window {
        kernel: 3,
        stride: 1,
        padding: Padding::Same,
    };
    let run = |backend| {
        let runtime = Runtime::new(backend, &Device::Cpu);
        let y = runtime.convolution(&folded(19, 19 * 9), window, Activation::Silu)?;
        let y = y.forward(&x, Some(&x))?;
        let layer = runtime.depthwise(
            Some(&folded(37, 19)),
            &folded(37, 9),
            window,
            Activation::Silu,
        );
        let (y, mean) = layer?.forward(&y)?;
        let layer = runtime.pointwise(&folded(21, 37), Activation::Sigmoid)?;
        layer.project(&y, Some(&mean), None)
    };
    let oracle = run(Backend::Portable(Products::F32))?;
    for name in INSTRUCTION_SETS {
        let Some(instruction_set) = InstructionSet::named(name) else {
            continue;
        };
        let difference = difference(&run(Backend::Cpu(instruction_set, Products::F32))?, &oracle)?;
        // Three operations, each of which makes the rounding of those before it larger.
        assert!(difference < 2e-4, "{name}: {difference:e}");
    }
    Ok(())
}
