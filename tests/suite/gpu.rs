//! On an NVIDIA GPU, where a build with the feature `cuda` finds one: each operation equals its
//! portable form, and the network gives timm's logits.
//!
//! Elsewhere each test says that it was skipped, and why; with `EFFNET_TEST_GPU=1` it fails.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::{D, DType, Device, Result, Tensor};
use effnet::device::{Choice, OpenDevice, Precision};
use effnet::model::EfficientNet;
use effnet::model::generated::{Generated, picture};
use effnet::ops::{Activation, Folded, Padding, Pixels, Runtime, Window};

use crate::environment::{Environment, fixture};
use crate::operations::{ACTIVATIONS, portable};
use crate::reference::{config, reference, resolution};
use crate::values::{folded, values};

/// The GPU, for one test at a time: what opens a device or waits for it breaks every recording on
/// it, whatever thread that is.
pub struct Gpu {
    place: OpenDevice,
    _alone: MutexGuard<'static, Vec<(Precision, OpenDevice)>>,
}

impl Deref for Gpu {
    type Target = OpenDevice;

    fn deref(&self) -> &OpenDevice {
        &self.place
    }
}

/// The GPU, opened once for each precision, or nothing after saying why.
///
/// # Panics
/// If there is none and `EFFNET_TEST_GPU` says that there should be.
pub fn gpu(precision: Precision) -> Option<Gpu> {
    static OPENED: Mutex<Vec<(Precision, OpenDevice)>> = Mutex::new(Vec::new());
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = opened.iter().find(|(known, _)| *known == precision);
    let place = match known {
        Some((_, place)) => place.clone(),
        None => match Choice::Cuda(0).open(precision) {
            Ok(place) => place,
            Err(reason) => {
                let wanted = std::env::var("EFFNET_TEST_GPU").is_ok_and(|value| value == "1");
                assert!(!wanted, "{reason:#}");
                println!("skipped: {reason:#}");
                return None;
            }
        },
    };
    if known.is_none() {
        opened.push((precision, place.clone()));
    }
    Some(Gpu {
        place,
        _alone: opened,
    })
}

fn on(place: &OpenDevice) -> Runtime {
    Runtime::new(place.backend, &place.device)
}

/// What is lost where values are stored: half a unit in the last place, and a few such.
fn tolerance(dtype: DType) -> f32 {
    match dtype {
        DType::F16 => 3e-3,
        DType::BF16 => 2.5e-2,
        _ => 5e-6,
    }
}

const ALL: [Precision; 3] = [Precision::F32, Precision::F16, Precision::Bf16];

/// Values on the processor and, rounded once to `dtype`, on the GPU; both the same.
fn tensors(shape: &[usize], seed: u32, place: &OpenDevice, dtype: DType) -> Result<[Tensor; 2]> {
    let x = Tensor::from_vec(values(shape.iter().product(), seed), shape, &Device::Cpu)?;
    let rounded = x.to_dtype(dtype)?;
    Ok([
        rounded.to_device(&place.device)?,
        rounded.to_dtype(DType::F32)?,
    ])
}

fn assert_equal(ours: &Tensor, oracle: &Tensor, tolerance: f32, what: &str) -> Result<()> {
    assert_eq!(ours.shape(), oracle.shape(), "{what}");
    let ours = ours.to_device(&Device::Cpu)?.to_dtype(DType::F32)?;
    let largest = |t: Tensor| t.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>();
    let differences: Vec<f32> = (&ours - oracle)?.flatten_all()?.to_vec1()?;
    // NaN must not pass, so no f32::max here.
    let worst = differences
        .iter()
        .fold(0.0, |max, d| if d.abs() <= max { max } else { d.abs() });
    let largest = largest(oracle.clone())?.max(1e-3);
    println!("{what}: {:e}", worst / largest);
    assert!(
        worst <= tolerance * largest,
        "{what}: {worst:e} of {largest:e}"
    );
    Ok(())
}

/// Runs `test` in every precision that the GPU has.
fn in_every_precision(test: impl Fn(&OpenDevice, DType) -> Result<()>) {
    for precision in ALL {
        let Some(place) = gpu(precision) else {
            return;
        };
        let dtype = place.backend.dtype();
        test(&place, dtype).expect("the operation runs");
    }
}

#[test]
fn pointwise_equals_its_portable_form_on_a_gpu() {
    let shapes = [
        (1, 1, 1, 3, 5),
        (1, 7, 7, 40, 24),
        (2, 5, 3, 17, 33),
        (3, 13, 1, 96, 16),
        (2, 15, 15, 8, 100),
        (2, 9, 9, 24, 8),
        (3, 20, 11, 31, 65),
        (2, 4, 4, 240, 40),
    ];
    in_every_precision(|place, dtype| {
        for (b, h, w, inputs, outputs) in shapes {
            for activation in ACTIVATIONS {
                let [x, x_oracle] = tensors(&[b, h, w, inputs], 1, place, dtype)?;
                let [excite, excite_oracle] = tensors(&[b, inputs], 2, place, DType::F32)?;
                let [residual, residual_oracle] = tensors(&[b, h, w, outputs], 3, place, dtype)?;
                let weights = folded(outputs, inputs);
                let ours = on(place).pointwise(&weights, activation)?;
                let oracle = portable().pointwise(&weights, activation)?;
                for with_excite in [false, true] {
                    for with_residual in [false, true] {
                        let y = ours.project(
                            &x,
                            with_excite.then_some(&excite),
                            with_residual.then_some(&residual),
                        )?;
                        let y_oracle = oracle.project(
                            &x_oracle,
                            with_excite.then_some(&excite_oracle),
                            with_residual.then_some(&residual_oracle),
                        )?;
                        let what = format!(
                            "{dtype:?} {b} x {h} x {w} x {inputs} -> {outputs} {activation:?} \
                             {with_excite} {with_residual}"
                        );
                        assert_eq!(y.dtype(), dtype, "{what}");
                        assert_equal(&y, &y_oracle, tolerance(dtype), &what)?;
                    }
                }
            }
        }
        Ok(())
    });
}

#[test]
fn sums_whose_parts_exceed_f16_are_right_on_a_gpu() {
    in_every_precision(|place, dtype| {
        // 512 times 200, and then as much less but for one.
        let (inputs, outputs) = (1024, 8);
        let input = |i: usize| if i < 512 { 200.0 } else { -200.0 };
        let x = Tensor::from_vec(
            (0..inputs).map(input).collect(),
            (1, 1, 1, inputs),
            &Device::Cpu,
        )?;
        let x = x.repeat((1, 5, 1, 1))?.to_dtype(dtype)?;
        let weights = Folded::new(vec![1.0; inputs * outputs], vec![1.0; outputs]);
        let layer = on(place).pointwise(&weights, Activation::Identity)?;
        let y = layer.forward(&x.to_device(&place.device)?)?;
        let y = y.to_device(&Device::Cpu)?.to_dtype(DType::F32)?;
        let y = y.flatten_all()?.to_vec1::<f32>()?;
        assert_eq!(y, vec![1.0; 5 * outputs], "{dtype:?}");
        Ok(())
    });
}

#[test]
fn an_expansions_bias_is_added_before_its_sums_are_rounded_on_a_gpu() {
    in_every_precision(|place, dtype| {
        // A sum of 2049 + 1/4, which f16 has not, and a bias that leaves little of it.
        let (inputs, channels) = (8, 16);
        let x = Tensor::full(1f32, (1, 4, 4, inputs), &Device::Cpu)?.to_dtype(dtype)?;
        let mut row = vec![256.0; inputs];
        row[0] += 1.0;
        row[1] += 0.25;
        let expand = Folded::new(row.repeat(channels), vec![-2048.0; channels]);
        // A filter of the middle alone.
        let mut filter = [0.0; 9];
        filter[4] = 1.0;
        let filter = Folded::new(filter.repeat(channels), vec![0.0; channels]);
        let window = Window {
            kernel: 3,
            stride: 1,
            padding: Padding::Same,
        };
        let identity = Activation::Identity;
        let layer = on(place).depthwise(Some(&expand), &filter, window, identity)?;
        let (y, _) = layer.forward(&x.to_device(&place.device)?)?;
        let y = y.to_device(&Device::Cpu)?.to_dtype(DType::F32)?;
        let y = y.flatten_all()?.to_vec1::<f32>()?;
        // Each of the weights is rounded when it is stored.
        let stored = Tensor::new(&row[..], &Device::Cpu)?.to_dtype(dtype)?;
        let stored = stored.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
        assert_eq!(y, vec![stored - 2048.0; 16 * channels], "{dtype:?}");
        Ok(())
    });
}

#[test]
fn a_vector_per_picture_stays_f32_on_a_gpu() {
    in_every_precision(|place, dtype| {
        for (batch, inputs, outputs) in [(1, 4, 1), (3, 33, 10), (5, 1280, 1000), (9, 96, 7)] {
            let [x, x_oracle] = tensors(&[batch, 1, 1, inputs], 1, place, DType::F32)?;
            let weights = folded(outputs, inputs);
            let layer = |runtime: Runtime| runtime.pointwise(&weights, Activation::Sigmoid);
            let y = layer(on(place))?.forward(&x)?;
            assert_eq!(y.dtype(), DType::F32);
            let y_oracle = layer(portable())?.forward(&x_oracle)?;
            let what = format!("{dtype:?} {batch} {inputs} -> {outputs}");
            assert_equal(&y, &y_oracle, tolerance(dtype), &what)?;
        }
        Ok(())
    });
}

#[test]
fn depthwise_equals_its_portable_form_on_a_gpu() {
    let sizes = [
        (1, 1, 1),
        (2, 2, 3),
        (1, 5, 9),
        (2, 7, 7),
        (3, 17, 4),
        (1, 30, 31),
    ];
    in_every_precision(|place, dtype| {
        for (b, h, w) in sizes {
            for channels in [1, 3, 8, 16, 40, 100, 144] {
                for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
                    for padding in [Padding::Symmetric, Padding::Same] {
                        for expanded in [None, Some(12)] {
                            let window = Window {
                                kernel,
                                stride,
                                padding,
                            };
                            let what = format!(
                                "{dtype:?} {b} x {h} x {w} x {channels} {window:?} {expanded:?}"
                            );
                            let inputs = expanded.unwrap_or(channels);
                            let [x, x_oracle] = tensors(&[b, h, w, inputs], 1, place, dtype)?;
                            let expand = expanded.map(|inputs| folded(channels, inputs));
                            let weights = folded(channels, kernel * kernel);
                            let activation = match channels {
                                8 => Activation::Relu6,
                                40 => Activation::Relu,
                                _ => Activation::Silu,
                            };
                            let layer = |runtime: Runtime| {
                                runtime.depthwise(expand.as_ref(), &weights, window, activation)
                            };
                            let (y, mean) = layer(on(place))?.forward(&x)?;
                            let (y_oracle, mean_oracle) = layer(portable())?.forward(&x_oracle)?;
                            assert_equal(&y, &y_oracle, tolerance(dtype), &what)?;
                            let what = format!("{what}: mean");
                            assert_equal(&mean, &mean_oracle, tolerance(dtype), &what)?;
                        }
                    }
                }
            }
        }
        Ok(())
    });
}

#[test]
fn a_wide_depthwise_layer_of_many_blocks_equals_its_portable_form_on_a_gpu() {
    in_every_precision(|place, dtype| {
        let window = Window {
            kernel: 5,
            stride: 1,
            padding: Padding::Same,
        };
        let [x, x_oracle] = tensors(&[1, 120, 113, 24], 1, place, dtype)?;
        let weights = folded(24, 25);
        let layer = |runtime: Runtime| runtime.depthwise(None, &weights, window, Activation::Relu6);
        let (y, mean) = layer(on(place))?.forward(&x)?;
        let (y_oracle, mean_oracle) = layer(portable())?.forward(&x_oracle)?;
        assert_equal(&y, &y_oracle, tolerance(dtype), "values")?;
        assert_equal(&mean, &mean_oracle, tolerance(dtype), "means")
    });
}

#[test]
fn convolution_equals_its_portable_form_on_a_gpu() {
    let shapes = [
        (2, 9, 7, 3, 32),
        (1, 16, 16, 3, 40),
        (2, 1, 5, 2, 3),
        (3, 33, 20, 5, 18),
        (2, 12, 13, 24, 48),
    ];
    in_every_precision(|place, dtype| {
        for (b, h, w, inputs, outputs) in shapes {
            for (kernel, stride) in [(3, 2), (3, 1), (5, 2), (2, 2)] {
                for padding in [Padding::Symmetric, Padding::Same] {
                    if kernel == 2 && padding == Padding::Symmetric {
                        continue; // There is no such layer.
                    }
                    let window = Window {
                        kernel,
                        stride,
                        padding,
                    };
                    let weights = folded(outputs, inputs * kernel * kernel);
                    let layer =
                        |runtime: Runtime| runtime.convolution(&weights, window, Activation::Silu);
                    let ours = layer(on(place))?;
                    let oracle = layer(portable())?;
                    let what = format!("{dtype:?} {b} x {h} x {w} x {inputs} {window:?}");
                    let [x, x_oracle] = tensors(&[b, h, w, inputs], 1, place, dtype)?;
                    let y_oracle = oracle.forward(&x_oracle, None)?;
                    assert_equal(&ours.forward(&x, None)?, &y_oracle, tolerance(dtype), &what)?;
                    let [_, h, w, c] = y_oracle.dims()[..] else {
                        unreachable!("four sides");
                    };
                    let [r, r_oracle] = tensors(&[b, h, w, c], 4, place, dtype)?;
                    let y_oracle = oracle.forward(&x_oracle, Some(&r_oracle))?;
                    assert_equal(
                        &ours.forward(&x, Some(&r))?,
                        &y_oracle,
                        tolerance(dtype),
                        &what,
                    )?;
                    // A stem takes pictures as they come, in f32.
                    if inputs <= 4 {
                        let [x, x_oracle] = tensors(&[b, h, w, inputs], 2, place, DType::F32)?;
                        let y_oracle = oracle.forward(&x_oracle, None)?;
                        assert_equal(&ours.forward(&x, None)?, &y_oracle, tolerance(dtype), &what)?;
                    }
                }
            }
        }
        Ok(())
    });
}

#[test]
fn global_average_pool_equals_its_portable_form_on_a_gpu() {
    in_every_precision(|place, dtype| {
        for shape in [[1, 1, 1, 3], [2, 7, 7, 64], [3, 5, 9, 33], [1, 19, 19, 130]] {
            let [x, x_oracle] = tensors(&shape, 1, place, dtype)?;
            let means = on(place).global_average_pool(&x)?;
            let oracle = portable().global_average_pool(&x_oracle)?;
            assert_equal(&means, &oracle, 5e-6, &format!("{dtype:?} {shape:?}"))?;
        }
        Ok(())
    });
}

fn network(name: &str, place: &OpenDevice) -> EfficientNet {
    EfficientNet::load(&config(name), &Generated, place.backend, &place.device).expect("a network")
}

fn logits(network: &EfficientNet, pictures: &[Vec<f32>], size: (usize, usize)) -> Tensor {
    let shape = (pictures.len(), size.0, size.1, 3);
    let pictures: Vec<_> = pictures.iter().cloned().map(Pixels::from).collect();
    let x = network.runtime().upload(&pictures, shape).expect("a batch");
    let y = network.forward(&x).expect("logits");
    y.to_device(&Device::Cpu).expect("logits in main memory")
}

/// timm's logits of the generated picture, in f32 to a thousandth, in f16 with the same first
/// class and probabilities within a hundredth.
fn equals_timm(name: &str, key: &str, size: (usize, usize)) -> Result<()> {
    let theirs = Tensor::new(reference(key), &Device::Cpu)?;
    let probabilities = |t: &Tensor| candle_nn::ops::softmax(t, D::Minus1);
    for precision in [Precision::F32, Precision::F16] {
        let Some(place) = gpu(precision) else {
            return Ok(());
        };
        let network = network(name, &place);
        let pictures = [picture(size.0, size.1)];
        // As it comes, recorded, and replayed.
        for pass in 0..3 {
            let ours = logits(&network, &pictures, size).squeeze(0)?;
            let what = format!("{key} {precision:?}, pass {pass}");
            if precision == Precision::F32 {
                assert_equal(&ours, &theirs, 1e-3, &what)?;
                continue;
            }
            let first = |t: &Tensor| t.argmax(0)?.to_scalar::<u32>();
            assert_eq!(first(&ours)?, first(&theirs)?, "{what}");
            let difference = (probabilities(&ours)? - probabilities(&theirs)?)?.abs()?;
            let difference = difference.max(0)?.to_scalar::<f32>()?;
            println!("{what}: probabilities {difference:e}");
            assert!(difference <= 1e-2, "{what}: {difference}");
        }
    }
    Ok(())
}

macro_rules! parity {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() {
            equals_timm($name, $name, resolution($name)).expect("the network runs");
        })*
    };
}

parity! {
    b0_with_symmetric_padding_equals_timm_on_a_gpu: "efficientnet_b0",
    b4_with_symmetric_padding_equals_timm_on_a_gpu: "efficientnet_b4",
    b0_with_same_padding_equals_timm_on_a_gpu: "tf_efficientnet_b0",
    b4_with_same_padding_equals_timm_on_a_gpu: "tf_efficientnet_b4",
    b7_with_same_padding_equals_timm_on_a_gpu: "tf_efficientnet_b7",
    v2_s_equals_timm_on_a_gpu: "tf_efficientnetv2_s",
    lite0_equals_timm_on_a_gpu: "tf_efficientnet_lite0",
    es_equals_timm_on_a_gpu: "tf_efficientnet_es",
    v2_b0_equals_timm_on_a_gpu: "tf_efficientnetv2_b0",
}

#[test]
fn a_picture_with_odd_and_unequal_sides_has_timms_logits_on_a_gpu() {
    for name in ["efficientnet_b0", "tf_efficientnet_b0"] {
        equals_timm(name, &format!("{name}@191x255"), (191, 255)).expect("the network runs");
    }
}

#[test]
fn a_replayed_pass_answers_for_its_own_pictures_on_a_gpu() {
    let Some(place) = gpu(Precision::F32) else {
        return;
    };
    let network = network("tf_efficientnet_b0", &place);
    let size = (64, 64);
    let one = picture(size.0, size.1);
    let other: Vec<f32> = one.iter().rev().copied().collect();
    let run = |pictures: &[Vec<f32>]| -> Vec<Vec<f32>> {
        logits(&network, pictures, size).to_vec2().expect("values")
    };
    let both = [one.clone(), other.clone()];
    let swapped = [other, one];
    let first = run(&both);
    assert_ne!(first[0], first[1]);
    for _ in 0..3 {
        assert_eq!(run(&both), first);
        // Sums may be taken in another order at another place of the batch.
        let [a, b] = run(&swapped).try_into().expect("two rows");
        assert_near(&b, &first[0]);
        assert_near(&a, &first[1]);
        // Another shape in between.
        assert_near(&run(&both[..1])[0], &first[0]);
    }
}

#[test]
fn pictures_in_8_bits_become_the_same_values_to_the_bit_on_a_gpu() {
    let pixels = |size: usize, mean: &[f32], std: &[f32]| Pixels::Bytes {
        bytes: (0..size).map(|at| (at * 7 % 256) as u8).collect(),
        mean: mean.to_vec(),
        std: std.to_vec(),
    };
    in_every_precision(|place, _| {
        let runtime = on(place);
        // Of any number of bytes, and more room than pictures.
        for (height, width, batch) in [(1, 1, 1), (31, 33, 3), (16, 16, 4)] {
            let size = height * width * 3;
            let imagenet = pixels(size, &[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225]);
            let plain = pixels(size, &[0.5; 3], &[0.5; 3]);
            for pictures in [
                vec![imagenet.clone(); batch],
                vec![plain.clone()],
                // Not of one kind: these go as values.
                vec![imagenet.clone(), plain.clone()],
                vec![imagenet, plain.values().into()],
            ] {
                let pictures = &pictures[..batch.min(pictures.len())];
                let x = runtime.upload(pictures, (batch, height, width, 3))?;
                assert_eq!(x.dtype(), DType::F32);
                let expected = (0..batch).flat_map(|number| {
                    let number = number.min(pictures.len() - 1);
                    pictures[number].values()
                });
                let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits);
                let ours = bits(x.flatten_all()?.to_vec1()?);
                assert!(ours.eq(bits(expected.collect())), "{pictures:?}");
            }
            let size = height * width * 4;
            let clear = pixels(size, &[0.1, 0.3, 0.5, 0.7], &[0.2, 0.25, 0.3, 0.35]);
            let pictures = vec![clear; batch];
            let x = runtime.upload(&pictures, (batch, height, width, 4))?;
            let expected = pictures.iter().flat_map(Pixels::values).collect();
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits);
            let ours = bits(x.flatten_all()?.to_vec1()?);
            assert!(ours.eq(bits(expected)), "{height} x {width} x 4");
        }
        Ok(())
    });
}

/// Logits of the same picture in other batches.
pub fn assert_near(ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len());
    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-3;
    assert!(ours.iter().zip(theirs).all(near), "{ours:?} {theirs:?}");
}

#[test]
fn class_maps_and_features_explain_the_logits_on_a_gpu() -> Result<()> {
    for precision in ALL {
        let Some(place) = gpu(precision) else {
            return Ok(());
        };
        let network = network("tf_efficientnet_b0", &place);
        let pictures = [picture(96, 96).into()];
        let x = network.runtime().upload(&pictures, (1, 96, 96, 3))?;
        // As they come, recorded, and replayed.
        for _ in 0..3 {
            let logits = network.forward(&x).expect("logits");
            let both = network.trunk_and_logits(&x).expect("both");
            let both = both.to_device(&Device::Cpu)?;
            let features = network.features(&x).expect("features");
            assert_eq!(both.dims(), [1, 9 * 1280 + 1000]);
            assert_eq!(both.dtype(), DType::F32);
            assert_eq!(
                (features.dims(), features.dtype()),
                (&[1, 1280][..], DType::F32)
            );
            let oracle = logits.to_device(&Device::Cpu)?;
            let what = format!("{precision:?}");
            assert_equal(&both.narrow(1, 9 * 1280, 1000)?, &oracle, 1e-4, &what)?;
            let trunk = both.narrow(1, 0, 9 * 1280)?.reshape((9, 1280))?;
            let trunk = trunk.mean(0)?.to_device(&Device::Cpu)?.to_vec1::<f32>()?;
            let classified = (0..1000).map(|class| {
                let (weights, bias) = network.class(class).expect("a class");
                trunk.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>() + bias
            });
            let classified = Tensor::from_vec(classified.collect(), (1, 1000), &Device::Cpu)?;
            assert_equal(&classified, &oracle, 1e-4, &what)?;
        }
    }
    Ok(())
}

#[test]
fn f16_gives_the_demo_pictures_the_labels_of_f32_on_a_gpu() {
    let Some(_place) = gpu(Precision::F16) else {
        return;
    };
    let pictures = fixture("demo");
    let pictures = pictures.to_str().expect("a path");
    let labels = |dtype: &str| -> Vec<String> {
        let common = [
            "classify",
            "--variant",
            "demo",
            pictures,
            "--jsonl",
            "-k",
            "1",
        ];
        let mut arguments = common.to_vec();
        arguments.extend(["--device", "cuda", "--dtype", dtype]);
        let records = Environment::new().run(&arguments).records();
        let label = |record: &serde_json::Value| record["predictions"][0]["label"].to_string();
        records.iter().map(label).collect()
    };
    let reference = labels("f32");
    assert!(!reference.is_empty());
    assert_eq!(labels("f16"), reference);
    assert_eq!(labels("auto"), reference);
}

#[test]
fn a_gpu_that_is_not_there_is_one_clear_line() {
    let run = Environment::new().run(["bench", "--variant", "demo", "--device", "cuda:99"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("cuda:99"), "{}", run.stderr);
    assert!(run.stderr.contains("--device cpu"), "{}", run.stderr);
}
