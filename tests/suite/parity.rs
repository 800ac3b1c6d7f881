//! Logits of generated weights equal timm's.

use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Device, Tensor, Var};
use effnet::device::instruction_set;
use effnet::model::EfficientNet;
use effnet::model::generated::{Generated, picture};
use effnet::model::layers::layers;
use effnet::model::weights::classifier;
use effnet::ops::{Backend, Products};

use crate::reference::{assert_close, config, reference, resolution};

/// The vector kernels, with the instructions that `EFFNET_SIMD` names.
fn kernels() -> Backend {
    Backend::Cpu(instruction_set(), Products::F32)
}

fn network(name: &str, backend: Backend) -> EfficientNet {
    EfficientNet::load(&config(name), &Generated, backend, &Device::Cpu).expect("a network")
}

fn values(x: &Tensor) -> Vec<f32> {
    x.flatten_all().and_then(|x| x.to_vec1()).expect("values")
}

fn logits(name: &str, (height, width): (usize, usize), backend: Backend) -> Vec<f32> {
    let network = network(name, backend);
    let shape = (1, height, width, 3);
    let x = network
        .runtime()
        .upload(&[picture(height, width).into()], shape);
    let y = network.forward(&x.expect("a tensor"));
    values(&y.expect("logits"))
}

fn equals_timm(name: &str) {
    let ours = logits(name, resolution(name), kernels());
    assert_close(&ours, &reference(name), name);
}

macro_rules! parity {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() { equals_timm($name); })*
    };
}

parity! {
    b0_with_symmetric_padding_equals_timm: "efficientnet_b0",
    b1_with_symmetric_padding_equals_timm: "efficientnet_b1",
    b2_with_symmetric_padding_equals_timm: "efficientnet_b2",
    b3_with_symmetric_padding_equals_timm: "efficientnet_b3",
    b4_with_symmetric_padding_equals_timm: "efficientnet_b4",
    b5_with_symmetric_padding_equals_timm: "efficientnet_b5",
    b6_with_symmetric_padding_equals_timm: "efficientnet_b6",
    b7_with_symmetric_padding_equals_timm: "efficientnet_b7",
    b0_with_same_padding_equals_timm: "tf_efficientnet_b0",
    b1_with_same_padding_equals_timm: "tf_efficientnet_b1",
    b2_with_same_padding_equals_timm: "tf_efficientnet_b2",
    b3_with_same_padding_equals_timm: "tf_efficientnet_b3",
    b4_with_same_padding_equals_timm: "tf_efficientnet_b4",
    b5_with_same_padding_equals_timm: "tf_efficientnet_b5",
    b6_with_same_padding_equals_timm: "tf_efficientnet_b6",
    b7_with_same_padding_equals_timm: "tf_efficientnet_b7",
    b8_equals_timm: "tf_efficientnet_b8",
    l2_equals_timm: "tf_efficientnet_l2",
    v2_b0_equals_timm: "tf_efficientnetv2_b0",
    v2_b1_equals_timm: "tf_efficientnetv2_b1",
    v2_b2_equals_timm: "tf_efficientnetv2_b2",
    v2_b3_equals_timm: "tf_efficientnetv2_b3",
    v2_s_equals_timm: "tf_efficientnetv2_s",
    v2_m_equals_timm: "tf_efficientnetv2_m",
    v2_l_equals_timm: "tf_efficientnetv2_l",
    v2_xl_equals_timm: "tf_efficientnetv2_xl",
    v2_rw_t_equals_timm: "efficientnetv2_rw_t",
    v2_rw_s_equals_timm: "efficientnetv2_rw_s",
    v2_rw_m_equals_timm: "efficientnetv2_rw_m",
    lite0_with_symmetric_padding_equals_timm: "efficientnet_lite0",
    lite0_with_same_padding_equals_timm: "tf_efficientnet_lite0",
    lite1_equals_timm: "tf_efficientnet_lite1",
    lite2_equals_timm: "tf_efficientnet_lite2",
    lite3_equals_timm: "tf_efficientnet_lite3",
    lite4_equals_timm: "tf_efficientnet_lite4",
    es_with_symmetric_padding_equals_timm: "efficientnet_es",
    em_with_symmetric_padding_equals_timm: "efficientnet_em",
    el_with_symmetric_padding_equals_timm: "efficientnet_el",
    es_with_same_padding_equals_timm: "tf_efficientnet_es",
    em_with_same_padding_equals_timm: "tf_efficientnet_em",
    el_with_same_padding_equals_timm: "tf_efficientnet_el",
    pruned_es_equals_timm: "efficientnet_es_pruned",
    pruned_el_equals_timm: "efficientnet_el_pruned",
    x_b5_equals_timm: "efficientnet_x_b5",
    h_b5_equals_timm: "efficientnet_h_b5",
    the_test_network_equals_timm: "test_efficientnet",
}

#[test]
fn both_backends_equal_timm_on_a_picture_with_odd_and_unequal_sides() {
    for (name, (height, width)) in [
        ("efficientnet_b0", (191, 255)),
        ("tf_efficientnet_b0", (191, 255)),
        ("tf_efficientnetv2_s", (191, 255)),
        ("efficientnetv2_rw_s", (191, 255)),
        ("tf_efficientnet_es", (191, 255)),
        ("efficientnet_lite0", (191, 255)),
        ("test_efficientnet", (191, 255)),
        ("efficientnet_x_b5", (191, 255)),
        // Odd after the stem too, where space-to-depth pads.
        ("efficientnet_x_b5", (189, 253)),
    ] {
        for backend in [kernels(), Backend::Portable(Products::F32)] {
            let what = format!("{name}@{height}x{width}");
            let ours = logits(name, (height, width), backend);
            assert_close(&ours, &reference(&what), &format!("{what} {backend:?}"));
        }
    }
}

#[test]
fn a_picture_in_a_batch_has_the_same_logits_to_the_bit_as_alone() {
    let config = config("tf_efficientnet_b0");
    let network =
        EfficientNet::load(&config, &Generated, kernels(), &Device::Cpu).expect("a network");
    let size = 96;
    let pixels = picture(size, size);
    let other: Vec<f32> = pixels.iter().rev().copied().collect();
    let run = |pictures: &[&[f32]]| -> Vec<Vec<f32>> {
        let shape = (pictures.len(), size, size, 3);
        let x = Tensor::from_vec(pictures.concat(), shape, &Device::Cpu).expect("a tensor");
        let y = network.forward(&x).expect("logits");
        y.to_vec2().expect("values")
    };
    let batch = run(&[&other, &pixels, &other]);
    assert_eq!(batch[1], run(&[&pixels])[0]);
    assert_eq!(batch[0], batch[2]);
}

/// The largest difference in units of the largest of `theirs`.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let differences = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |max, d| if d <= max { max } else { d }) / largest(theirs)
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |max, x| max.max(x.abs()))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn the_mean_of_a_class_map_is_the_logit_and_the_classified_features_are_the_logits() {
    for name in [
        "efficientnet_b0",
        "tf_efficientnet_lite0",
        "tf_efficientnetv2_b0",
    ] {
        for backend in [kernels(), Backend::Portable(Products::F32)] {
            let network = network(name, backend);
            let size = 96;
            let pixels = picture(size, size);
            let other: Vec<f32> = pixels.iter().rev().copied().collect();
            let x = network
                .runtime()
                .upload(&[pixels.into(), other.into()], (2, size, size, 3));
            let x = x.expect("a batch");
            let logits = values(&network.forward(&x).expect("logits"));
            let what = format!("{name} {backend:?}");

            let both = network.trunk_and_logits(&x).expect("both");
            assert_eq!(both.dims(), [2, 9 * 1280 + 1000], "{what}");
            let part = |from, length| values(&both.narrow(1, from, length).expect("a part"));
            assert_eq!(part(9 * 1280, 1000), logits, "{what}");
            let trunk = part(0, 9 * 1280);
            for class in [0, 31, 32, 999] {
                let (weights, bias) = network.class(class).expect("a class");
                for (picture, trunk) in trunk.chunks(9 * 1280).enumerate() {
                    let map = trunk
                        .chunks(1280)
                        .map(|features| dot(features, &weights) + bias);
                    let mean = map.sum::<f32>() / 9.0;
                    let logit = logits[picture * 1000 + class];
                    assert!(
                        (mean - logit).abs() < 1e-5 * largest(&logits),
                        "{what}: {class}"
                    );
                }
            }
            assert!(network.class(1000).is_err(), "{what}");

            let features = network.features(&x).expect("features");
            assert_eq!(features.dims(), [2, 1280], "{what}");
            let classifier = classifier(&config(name)).read(&Generated).expect("weights");
            let weight = Tensor::from_vec(classifier.weight, (1000, 1280), &Device::Cpu);
            let bias = Tensor::from_vec(classifier.bias, 1000, &Device::Cpu).expect("a bias");
            let classified = weight.and_then(|w| features.matmul(&w.t()?)?.broadcast_add(&bias));
            let classified = values(&classified.expect("logits"));
            assert!(difference(&classified, &logits) < 1e-5, "{what}: features");
        }
    }
}

/// Candle follows its own operations back to the picture, and none of the kernels.
#[test]
fn the_portable_network_is_made_of_candles_operations_from_end_to_end() {
    for name in ["efficientnet_b0", "efficientnet_lite0", "test_efficientnet"] {
        let gradient = |backend| {
            let pixels = Tensor::from_vec(picture(64, 64), (1, 64, 64, 3), &Device::Cpu);
            let x = Var::from_tensor(&pixels.expect("a tensor")).expect("a variable");
            let y = network(name, backend).forward(&x).expect("logits");
            let gradients = y.backward().expect("gradients");
            gradients.get(&x).map(values)
        };
        let gradient_of_portable = gradient(Backend::Portable(Products::F32)).expect("a way back");
        assert!(
            gradient_of_portable.iter().any(|&value| value != 0.0),
            "{name}"
        );
        assert!(
            gradient(kernels()).is_none(),
            "{name}: the kernels would show"
        );
    }
}

#[test]
fn the_portable_network_takes_a_batch_as_a_whole() {
    let steps = |backend| {
        let x = Tensor::zeros((3, 64, 64, 3), DType::F32, &Device::Cpu).expect("a batch");
        let count = AtomicUsize::new(0);
        let network = network("efficientnet_b0", backend);
        let pass = network.forward_with(&x, &|| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        pass.expect("logits");
        count.into_inner()
    };
    let layers = layers(&config("efficientnet_b0"), 64, 64).len();
    assert_eq!(steps(Backend::Portable(Products::F32)), layers);
    assert_eq!(steps(kernels()), 3 * layers);
}
