//! What other libraries gave, and how near is near enough.

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use safetensors::SafeTensors;

use super::environment::fixture;

/// Of the largest logit.
const TOLERANCE: f32 = 1e-4;

/// The logits called `key` that timm gave.
pub fn reference(key: &str) -> Vec<f32> {
    reference_in("logits.safetensors", key)
}

/// The logits called `key` in a file of the fixtures.
pub fn reference_in(file: &str, key: &str) -> Vec<f32> {
    let bytes = std::fs::read(fixture(file)).expect("the fixture");
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let tensor = tensors.tensor(key).expect("the model's logits");
    let (values, _) = tensor.data().as_chunks::<4>();
    values.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// The shape of the network that timm calls `name`.
pub fn config(name: &str) -> Config {
    let (scaling, convention) = architecture(name).expect("an architecture");
    Config::new(scaling, convention, 1000)
}

/// The size of its pictures.
pub fn resolution(name: &str) -> (usize, usize) {
    let (scaling, _) = architecture(name).expect("an architecture");
    match name {
        // Of its two sizes the one that takes a third of the time.
        "tf_efficientnet_l2" => (475, 475),
        _ => (scaling.resolution, scaling.resolution),
    }
}

/// Panics unless all logits are within the tolerance of the largest.
pub fn assert_close(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let largest = theirs.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    let differences = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    // NaN must not pass, so no f32::max here.
    let worst = differences.fold(0.0, |max, d| if d <= max { max } else { d });
    assert!(
        worst <= TOLERANCE * largest,
        "{what}: differs by {worst}, {:e} of the largest logit {largest}",
        worst / largest
    );
}
