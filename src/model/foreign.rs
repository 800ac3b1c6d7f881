//! Tensors that training leaves beside a network, and that no forward pass reads.
//!
//! Only what is known to be that is passed over. All else may be a layer, and a network without one
//! of its layers answers wrongly without a word.

use safetensors::Dtype;

/// Counters by their names: PyTorch's BatchNorm (`num_batches_tracked`) and weight averaging
/// (torch/optim/swa_utils.py, `AveragedModel`: `n_averaged`), the operations that thop's profiler
/// writes into each layer (thop/profile.py), a Lightning module's steps.
const COUNTERS: &[&str] = &[
    "num_batches_tracked",
    "n_averaged",
    "total_ops",
    "total_params",
    "global_step",
    "current_epoch",
    "epoch",
];

/// The weights of classes in a loss, kept beside the network.
const CLASS_WEIGHTS: &[&str] = &[
    "pos_weight",
    "class_weight",
    "class_weights",
    "loss_weight",
    "loss_weights",
];

/// Whether training left the tensor `name`.
pub(super) fn is_left_by_training(name: &str, dtype: Dtype, shape: &[usize]) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = shape.iter().product::<usize>() <= 1;
    // What is trained is no integer, so a lone integer counts something.
    let counts = is_number && (COUNTERS.contains(&last) || is_integer(dtype));
    counts || (shape.len() == 1 && CLASS_WEIGHTS.contains(&last)) || is_of_a_loss(name)
}

fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{BOOL, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, BOOL | U8 | I8 | I16 | U16 | I32 | U32 | I64 | U64)
}

/// Whether a module on the way to the tensor `name` is a loss: `criterion.weight`,
/// `train_loss.pos_weight`.
pub(super) fn is_of_a_loss(name: &str) -> bool {
    let (modules, _) = name.rsplit_once('.').unwrap_or_default();
    modules.split('.').any(|module| {
        let words = module.split('_');
        let mut words = words.map(str::to_ascii_lowercase);
        words.any(|word| matches!(word.as_str(), "criterion" | "criteria" | "loss" | "losses"))
    })
}

/// One line on the tensors that were passed over, if there are some to speak of.
pub(super) fn warning(mut names: Vec<&str>) -> Option<String> {
    // Every network that PyTorch trained has one behind each BatchNorm.
    names.retain(|name| !name.ends_with("num_batches_tracked"));
    names.sort_unstable();
    let shown = names.iter().take(3).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        1..=3 => Some(format!(
            "{shown} in its weights is no part of the network, and is not used"
        )),
        count => Some(format!(
            "{count} tensors in its weights are no part of the network, and are not used: {shown}..."
        )),
    }
}
