//! Class activation maps are those of timm's networks.

use candle_core::Device;
use effnet::device::instruction_set;
use effnet::model::EfficientNet;
use effnet::model::generated::{Generated, picture};
use effnet::ops::{Backend, Products};

use crate::reference::{assert_close, config, reference_in};

/// The classes of tests/reference/make_class_maps.py.
const CLASSES: [usize; 4] = [0, 281, 282, 999];

/// The maps of these classes for the generated picture, and how many rows and columns they have.
fn class_maps(name: &str, [height, width]: [usize; 2]) -> (Vec<f32>, [usize; 2]) {
    let backend = Backend::Cpu(instruction_set(), Products::F32);
    let network = EfficientNet::load(&config(name), &Generated, backend, &Device::Cpu);
    let network = network.expect("a network");
    let batch = network
        .runtime()
        .upload(&[picture(height, width).into()], (1, height, width, 3));
    let both = network.trunk_and_logits(&batch.expect("a batch"));
    let both: Vec<f32> = both
        .and_then(|both| Ok(both.flatten_all()?.to_vec1()?))
        .expect("numbers");
    let sides = network.positions(height, width).map(|side| side.count);
    let maps = CLASSES.iter().flat_map(|&class| {
        let (weights, bias) = network.class(class).expect("a class");
        let positions = both.chunks_exact(weights.len()).take(sides[0] * sides[1]);
        positions.map(move |features| {
            let products = features.iter().zip(&weights).map(|(x, w)| x * w);
            products.sum::<f32>() + bias
        })
    });
    (maps.collect(), sides)
}

#[test]
fn class_activation_maps_equal_those_of_timms_networks() {
    for (name, size, sides) in [
        ("efficientnet_b0", [224, 224], [7, 7]),
        ("tf_efficientnet_b0", [191, 255], [6, 8]),
        ("tf_efficientnetv2_b0", [192, 192], [6, 6]),
        ("efficientnet_lite0", [224, 224], [7, 7]),
    ] {
        let [height, width] = size;
        let key = format!("{name}@{height}x{width}");
        let (maps, ours) = class_maps(name, size);
        assert_eq!(ours, sides, "{key}");
        assert_close(&maps, &reference_in("class_maps.safetensors", &key), &key);
    }
}
