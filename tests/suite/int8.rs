//! Products in 8 bits: each instruction set has the integers of the portable form.

use candle_core::{Device, Result, Tensor};
use effnet::device::instruction_set;
use effnet::model::EfficientNet;
use effnet::model::generated::{Generated, picture};
use effnet::ops::{
    Activation, Backend, Folded, InstructionSet, Padding, Products, Runtime, Window,
};

use crate::album::{demo, star};
use crate::environment::Environment;
use crate::operations::{ACTIVATIONS, INSTRUCTION_SETS, difference, tensor};
use crate::reference::{config, resolution};
use crate::values::{folded, values};

/// Every instruction set that this processor has, and the oracle last.
fn runtimes() -> Vec<Runtime> {
    let sets = INSTRUCTION_SETS
        .into_iter()
        .filter_map(InstructionSet::named);
    let backends = sets.map(|set| Backend::Cpu(set, Products::Int8));
    let backends = backends.chain([Backend::Portable(Products::Int8)]);
    backends
        .map(|backend| Runtime::new(backend, &Device::Cpu))
        .collect()
}

/// What two forms of an activation may differ by. One step more or less in one input makes a
/// difference of some hundred times the first.
fn tolerance(activation: Activation) -> f32 {
    match activation {
        Activation::Silu => 4e-4, // rough in 8 bits, where that is faster
        _ => 3e-6,
    }
}

/// Asserts that what `run` computes is the same everywhere.
fn assert_alike(
    tolerance: f32,
    run: impl Fn(&Runtime) -> Result<Tensor>,
    what: &str,
) -> Result<()> {
    let mut runtimes = runtimes();
    let oracle = run(&runtimes.pop().expect("the oracle"))?;
    for runtime in runtimes {
        let difference = difference(&run(&runtime)?, &oracle)?;
        let backend = runtime.backend();
        assert!(difference < tolerance, "{backend:?} {what}: {difference:e}");
    }
    Ok(())
}

#[test]
fn pointwise_in_8_bits_equals_its_portable_form() -> Result<()> {
    // Odd numbers of inputs, rows and outputs, panels of one vector and parts of one.
    let shapes = [
        (1, 1, 1, 520, 40),
        (2, 5, 3, 203, 99),
        (1, 15, 15, 205, 100),
        (3, 13, 1, 1256, 16),
        (1, 20, 11, 157, 129),
        (1, 2, 2, 1285, 24),
    ];
    for (b, h, w, inputs, outputs) in shapes {
        for activation in ACTIVATIONS {
            let x = tensor(&[b, h, w, inputs], 1)?;
            let excite = tensor(&[b, inputs], 2)?;
            let residual = tensor(&[b, h, w, outputs], 3)?;
            let run = |runtime: &Runtime| {
                let layer = runtime.pointwise(&folded(outputs, inputs), activation)?;
                let plain = layer.forward(&x)?;
                let full = layer.project(&x, Some(&excite), Some(&residual))?;
                let scaled = layer.project(&x, Some(&excite), None)?;
                Tensor::stack(&[plain, full, scaled], 0)
            };
            assert_alike(
                tolerance(activation),
                run,
                &format!("{b} {h} {w} {inputs} -> {outputs} {activation:?}"),
            )?;
        }
    }
    Ok(())
}

#[test]
fn expansion_in_8_bits_equals_its_portable_form() -> Result<()> {
    for (h, w, inputs, channels) in [(1, 1, 510, 40), (7, 9, 201, 104), (31, 30, 61, 336)] {
        for (kernel, stride) in [(3, 1), (5, 2)] {
            let window = Window {
                kernel,
                stride,
                padding: Padding::Same,
            };
            let x = tensor(&[2, h, w, inputs], 1)?;
            let run = |runtime: &Runtime| {
                let expand = folded(channels, inputs);
                let filter = folded(channels, kernel * kernel);
                let relu6 = Activation::Relu6;
                let layer = runtime.depthwise(Some(&expand), &filter, window, relu6)?;
                let (y, mean) = layer.forward(&x)?;
                y.broadcast_add(&mean.reshape((2, 1, 1, channels))?)
            };
            assert_alike(
                tolerance(Activation::Relu6),
                run,
                &format!("{h} x {w} x {inputs} -> {channels} {window:?}"),
            )?;
        }
    }
    Ok(())
}

#[test]
fn rows_of_any_size_keep_8_bits_of_their_own() -> Result<()> {
    // All equal, all of one sign, hardly any difference, none, and beside them ones of common size.
    let sizes = [0.0, 1e-38, 1e-20, -3.0, 7.0, 1e20];
    let mut rows = Vec::new();
    for size in sizes {
        rows.extend((0..80).map(|i| size * (1.0 + 0.01 * (i % 7) as f32)));
    }
    let x = Tensor::from_vec(rows, (1, sizes.len(), 1, 80), &Device::Cpu)?;
    let weights = folded(256, 80);
    let run = |runtime: &Runtime| {
        let layer = runtime.pointwise(&weights, Activation::Identity)?;
        layer.forward(&x)
    };
    let exact = run(&Runtime::new(
        Backend::Portable(Products::F32),
        &Device::Cpu,
    ))?;
    for (row, size) in sizes.iter().enumerate() {
        let row_of = |y: &Tensor| y.narrow(1, row, 1);
        assert_alike(3e-6, |runtime| row_of(&run(runtime)?), &format!("{size:e}"))?;
        let int8 = row_of(&run(&runtimes()[0])?)?;
        assert!(difference(&int8, &row_of(&exact)?)? < 0.02, "{size:e}");
    }
    Ok(())
}

#[test]
fn what_is_not_finite_is_not_hidden_by_8_bits() -> Result<()> {
    for runtime in runtimes() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = vec![0.5; 2 * 80];
            values[90] = bad;
            let x = Tensor::from_vec(values, (1, 2, 1, 80), &Device::Cpu)?;
            let layer = runtime.pointwise(&folded(256, 80), Activation::Identity)?;
            let y: Vec<f32> = layer.forward(&x)?.flatten_all()?.to_vec1()?;
            let (good, spoilt) = y.split_at(256);
            let what = format!("{:?} {bad}", runtime.backend());
            assert!(good.iter().all(|y| y.is_finite()), "{what}");
            assert!(spoilt.iter().all(|y| y.is_nan()), "{what}");
            let mut weights = folded(256, 80);
            weights.weight[90] = bad;
            let layer = runtime.pointwise(&weights, Activation::Identity)?;
            let x = Tensor::full(0.5f32, (1, 1, 1, 80), &Device::Cpu)?;
            let y: Vec<f32> = layer.forward(&x)?.flatten_all()?.to_vec1()?;
            let nans = y.iter().map(|y| y.is_nan());
            assert!(nans.eq((0..256).map(|output| output == 1)), "{what}");
        }
    }
    Ok(())
}

#[test]
fn a_row_of_8_bit_weights_is_told_as_it_multiplies() -> Result<()> {
    let weights = folded(350, 61);
    for runtime in runtimes() {
        let layer = runtime.pointwise(&weights, Activation::Identity)?;
        for output in [0, 33, 349] {
            let (row, bias) = layer.row(output)?;
            assert_eq!(bias, weights.bias[output]);
            let exact = &weights.weight[output * 61..][..61];
            let largest = exact.iter().fold(0.0f32, |l, w| l.max(w.abs()));
            assert_eq!(row.len(), exact.len());
            for (w, exact) in row.iter().zip(exact) {
                assert!((w - exact).abs() <= 0.501 * largest / 127.0);
            }
        }
    }
    Ok(())
}

#[test]
fn linear_layers_and_small_products_stay_in_f32() -> Result<()> {
    let x = tensor(&[1, 3, 2, 60], 1)?;
    for runtime in runtimes() {
        let f32_runtime = Runtime::new(Backend::Portable(Products::F32), &Device::Cpu);
        let same = |weights: &Folded, linear: bool| {
            let [y, exact] = [&runtime, &f32_runtime].map(|runtime| {
                let layer = match linear {
                    true => runtime.sensitive(weights, Activation::Identity)?,
                    false => runtime.pointwise(weights, Activation::Identity)?,
                };
                layer.forward(&x)
            });
            difference(&y?, &exact?)
        };
        assert!(same(&folded(400, 60), true)? < 3e-6);
        assert!(same(&folded(16, 60), false)? < 3e-6);
        assert!(same(&folded(400, 60), false)? > 1e-4);
    }
    Ok(())
}

#[test]
fn dtype_int8_is_said_and_used() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let run = |dtype: &str| {
        let run = environment.run(demo(&["star.jpg", "--jsonl", "--dtype", dtype]));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let first = &run.records()[0]["predictions"][0];
        (
            first["label"].clone(),
            first["score"].as_f64().expect("a score"),
        )
    };
    let (f32_run, int8_run, auto) = (run("f32"), run("int8"), run("auto"));
    assert_eq!(f32_run, auto);
    assert_eq!(int8_run.0, "star");
    assert_ne!(int8_run.1, f32_run.1);
    assert!((int8_run.1 - f32_run.1).abs() < 0.02);
    let bench = ["bench", "demo", "--dtype", "int8", "--runs", "1", "--json"];
    let bench = environment.run(bench);
    assert_eq!(bench.records()[0]["dtype"], "int8");
    for device in ["cuda", "metal"] {
        let run = environment.run(demo(&["star.jpg", "--device", device, "--dtype", "int8"]));
        assert_eq!(run.code, Some(2));
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn in_8_bits_a_picture_has_the_same_logits_in_any_batch_and_on_any_threads() {
    let environment = Environment::new();
    environment.copy(&star(), "star.jpg");
    let list = "star.jpg\n".repeat(5);
    let run = |batch: &str, threads: &str| {
        let options = [
            "-k",
            "all",
            "--jsonl",
            "--dtype",
            "int8",
            "--files-from",
            "-",
        ];
        let work = ["--batch-size", batch, "--threads", threads];
        let run = environment.run_with(list.as_bytes(), &demo(&[&options[..], &work].concat()));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run.records()
    };
    let one = run("1", "1");
    assert_eq!(one.len(), 5);
    assert!(one.iter().all(|record| *record == one[0]));
    assert_eq!(run("3", "2"), one);
    assert_eq!(run("1", "3"), one);
}

/// One less the cosine of the angle between f32's logits and those of 8 bits, each less its mean.
fn lost(name: &str) -> f64 {
    let (height, width) = resolution(name);
    let logits = |products| {
        let backend = Backend::Cpu(instruction_set(), products);
        let network = EfficientNet::load(&config(name), &Generated, backend, &Device::Cpu);
        let network = network.expect("a network");
        let shape = (1, height, width, 3);
        let x = network
            .runtime()
            .upload(&[picture(height, width).into()], shape);
        let y = network.forward(&x.expect("a tensor")).expect("logits");
        let y = y.flatten_all().and_then(|y| y.to_vec1::<f32>());
        let y: Vec<f64> = y.expect("values").into_iter().map(f64::from).collect();
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        y.into_iter().map(|y| y - mean).collect::<Vec<f64>>()
    };
    let [exact, rounded] = [Products::F32, Products::Int8].map(logits);
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = product(&exact, &exact) * product(&rounded, &rounded);
    1.0 - product(&exact, &rounded) / lengths.sqrt()
}

#[test]
fn in_8_bits_the_logits_stay_near_those_of_f32() {
    // With every projection in 8 bits it would be 4.3e-5 and 6.8e-5.
    for (name, most) in [
        ("efficientnet_b0", 2.4e-5),
        ("tf_efficientnet_lite0", 5.7e-5),
    ] {
        let lost = lost(name);
        assert!(lost < most, "{name}: {lost:.2e}");
    }
}

#[test]
fn what_rounding_adds_to_every_position_is_taken_off() -> Result<()> {
    let (inputs, outputs, positions) = (160, 96, 500);
    let means = values(inputs, 3);
    let noise = values(positions * inputs, 4);
    let x: Vec<f32> = noise
        .iter()
        .zip(means.iter().cycle())
        .map(|(x, mean)| mean + x)
        .collect();
    let x = Tensor::from_vec(x, (1, positions, 1, inputs), &Device::Cpu)?;
    let weights = folded(outputs, inputs);
    let exact = Runtime::new(Backend::Portable(Products::F32), &Device::Cpu);
    let exact = exact
        .pointwise(&weights, Activation::Identity)?
        .forward(&x)?;
    for runtime in runtimes() {
        // The largest mean difference of an output.
        let added = |means: Option<Vec<f32>>| {
            let weights = weights.clone().with_input_means(means);
            let y = runtime
                .pointwise(&weights, Activation::Identity)?
                .forward(&x)?;
            let differences = (y - &exact)?.mean(1)?.abs()?.flatten_all()?;
            differences.max(0)?.to_scalar::<f32>()
        };
        let (before, after) = (added(None)?, added(Some(means.clone()))?);
        assert!(
            after < before / 4.0,
            "{:?}: {before} {after}",
            runtime.backend()
        );
    }
    Ok(())
}
