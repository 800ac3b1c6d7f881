//! Weights as trainers leave them: with another head, wrapped into modules, beside losses and
//! counters.

use effnet::checkpoint::published::architecture;
use effnet::model::Config;
use effnet::model::generated::{Generated, uniform};
use effnet::model::names::Naming;
use effnet::model::weights::{Source, parameters};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::Value;

use crate::environment::{Environment, Run, repository};

/// A tensor's name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn f32s(name: &str, shape: &[usize], values: impl Iterator<Item = f32>) -> Tensor {
    let bytes = values.flat_map(f32::to_le_bytes).collect();
    (name.to_owned(), Dtype::F32, shape.to_vec(), bytes)
}

/// Values from nowhere, as a layer would have them.
fn layer(name: &str, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    f32s(name, shape, uniform(name, 0.1, 0.3).take(count))
}

/// The small model with generated weights: the same values whatever they are called.
fn network(naming: Naming) -> Vec<Tensor> {
    let (scaling, convention) = architecture("efficientnet_demo").expect("an architecture");
    let config = Config::new(scaling, convention, 16);
    let renamed = Config {
        naming,
        ..config.clone()
    };
    let pairs = parameters(&config).zip(parameters(&renamed));
    pairs
        .map(|(timm, named)| {
            let values = Generated.read(&timm).expect("generated values");
            f32s(&named.name, &timm.shape, values.into_iter())
        })
        .collect()
}

fn save(environment: &Environment, tensors: &[Tensor]) {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("a whole tensor");
        (name, view)
    });
    let path = environment.path("model.safetensors");
    safetensors::serialize_to_file(views, None, &path).expect("a file");
}

fn classify(tensors: &[Tensor]) -> Run {
    let environment = Environment::new();
    save(&environment, tensors);
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("a path");
    let model = ["--model=model.safetensors", "--variant=demo"];
    environment.run([&["classify", "--jsonl", star], &model[..]].concat())
}

fn predictions(run: &Run) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.records()[0]["predictions"].clone()
}

/// The one line with which a run with these weights ends.
fn refusal(tensors: &[Tensor]) -> String {
    let run = classify(tensors);
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    run.stderr
}

/// The network with each name changed.
fn renamed(naming: Naming, name: impl Fn(&str) -> String) -> Vec<Tensor> {
    let tensors = network(naming).into_iter();
    tensors.map(|(n, d, s, b)| (name(&n), d, s, b)).collect()
}

/// The network with its head called `head`, behind `prefix` all the rest.
fn with_head(naming: Naming, prefix: &str, head: &str) -> Vec<Tensor> {
    let usual = match naming {
        Naming::Timm | Naming::Transformers => "classifier",
        Naming::Torchvision => "classifier.1",
        Naming::Lukemelas => "_fc",
    };
    renamed(naming, |name| match name.strip_prefix(usual) {
        Some(part @ (".weight" | ".bias")) => format!("{head}{part}"),
        _ => format!("{prefix}{name}"),
    })
}

#[test]
fn the_one_linear_layer_is_the_head_whatever_it_is_called() {
    let expected = predictions(&classify(&network(Naming::Timm)));
    for (naming, prefix, head) in [
        (Naming::Timm, "", "classifier.1"),
        (Naming::Timm, "", "fc"),
        (Naming::Timm, "", "head"),
        (Naming::Timm, "", "head.fc"),
        (Naming::Timm, "", "classifier.fc.linear"),
        (Naming::Timm, "backbone.", "head"),
        (Naming::Timm, "model.backbone.", "model.head.1"),
        (Naming::Timm, "module.", "module.classifier"),
        (Naming::Timm, "_orig_mod.", "_orig_mod.classifier"),
        (Naming::Timm, "0.", "1.1"),
        (Naming::Torchvision, "", "classifier"),
        (Naming::Torchvision, "", "classifier.0"),
        (Naming::Torchvision, "", "classifier.1.1"),
        (Naming::Torchvision, "backbone.", "fc"),
        (Naming::Lukemelas, "", "_fc.1"),
        (Naming::Lukemelas, "net.", "net._fc"),
        (Naming::Transformers, "", "classifier.1"),
        (Naming::Transformers, "", "head"),
    ] {
        let run = classify(&with_head(naming, prefix, head));
        assert_eq!(predictions(&run), expected, "{naming:?} {prefix} {head}");
        assert!(!run.stderr.contains("no part"), "{}", run.stderr);
    }
}

#[test]
fn a_head_may_have_no_bias() {
    let mut zeros = network(Naming::Timm);
    let (_, _, _, bias) = zeros.last_mut().expect("the classifier's bias");
    bias.fill(0);
    let mut without = network(Naming::Timm);
    without.pop();
    let expected = predictions(&classify(&zeros));
    assert_eq!(predictions(&classify(&without)), expected);
    let mut head = with_head(Naming::Torchvision, "backbone.", "fc");
    head.pop();
    assert_eq!(predictions(&classify(&head)), expected);
}

#[test]
fn several_layers_that_could_be_the_head_are_named() {
    let width = network(Naming::Timm).pop().map(|_| head_width());
    let width = width.expect("a classifier");
    let mut two = network(Naming::Timm);
    two.push(layer("aux_head.weight", &[4, width]));
    two.push(layer("aux_head.bias", &[4]));
    let message = refusal(&two);
    assert!(message.contains("`aux_head`, `classifier`"), "{message}");
    // A hidden layer as wide as its input, and one behind it.
    let mut hidden = with_head(Naming::Timm, "", "head.2");
    hidden.push(layer("head.0.weight", &[width, width]));
    hidden.push(layer("head.0.bias", &[width]));
    let message = refusal(&hidden);
    assert!(message.contains("`head.0`, `head.2`"), "{message}");
}

fn head_width() -> usize {
    let tensors = network(Naming::Timm);
    let head = tensors
        .iter()
        .find(|(name, ..)| name == "classifier.weight");
    head.expect("a classifier").2[1]
}

#[test]
fn a_head_of_more_layers_is_refused() {
    let width = head_width();
    for extra in [
        vec![layer("head.3.weight", &[5, 16]), layer("head.3.bias", &[5])],
        vec![layer("bn.weight", &[width]), layer("bn.bias", &[width])],
        vec![layer("norm.running_mean", &[width])],
        vec![layer("prelu.weight", &[1])],
        vec![layer("global_pool.p", &[1])],
        vec![layer("temperature", &[])],
        vec![layer("normalize.mean", &[3])],
        vec![layer("blocks.0.1.conv_dw.weight", &[16, 1, 3, 3])],
    ] {
        let mut tensors = with_head(Naming::Timm, "", "head.0");
        let name = extra[0].0.clone();
        tensors.extend(extra);
        let message = refusal(&tensors);
        assert!(
            message.contains("has no place in this network"),
            "{message}"
        );
        assert!(message.contains("and more than those"), "{name}: {message}");
    }
}

#[test]
fn what_training_leaves_beside_a_network_is_passed_over_aloud() {
    let expected = predictions(&classify(&network(Naming::Timm)));
    let counter = |name: &str| (name.to_owned(), Dtype::I64, vec![], vec![1; 8]);
    let total = |name: &str| (name.to_owned(), Dtype::F64, vec![1], vec![1; 8]);
    for extra in [
        counter("n_averaged"),
        counter("global_step"),
        counter("trainer.some_counter"),
        total("total_ops"),
        total("blocks.0.0.conv_dw.total_params"),
        layer("criterion.weight", &[16]),
        layer("loss_fn.pos_weight", &[16]),
        layer("train_loss.weight", &[16]),
        layer("class_weights", &[16]),
        layer("criterion.centers", &[16, head_width()]),
        layer("loss.weight", &[16, head_width()]),
        layer("criterion.vgg.features.0.0.weight", &[8, 3, 3, 3]),
    ] {
        let name = extra.0.clone();
        let mut tensors = network(Naming::Timm);
        tensors.push(extra);
        let run = classify(&tensors);
        assert_eq!(predictions(&run), expected, "{name}");
        let warned = format!("`{name}` in its weights is no part of the network");
        assert!(run.stderr.contains(&warned), "{}", run.stderr);
    }
    let mut counted = network(Naming::Timm);
    let names: Vec<_> = counted.iter().map(|(name, ..)| name.clone()).collect();
    counted.extend(names.iter().map(|name| total(&format!("{name}.total_ops"))));
    counted.push(counter("bn1.num_batches_tracked"));
    let run = classify(&counted);
    assert_eq!(predictions(&run), expected);
    let warned = format!("{} tensors in its weights", names.len());
    assert!(run.stderr.contains(&warned), "{}", run.stderr);
    assert_eq!(run.stderr.matches("warning").count(), 1, "{}", run.stderr);
}

#[test]
fn two_networks_in_a_file_are_named() {
    let mut tensors = renamed(Naming::Timm, |name| format!("model.{name}"));
    tensors.extend(renamed(Naming::Timm, |name| format!("ema.{name}")));
    let message = refusal(&tensors);
    assert!(message.contains("`ema.` and `model.`"), "{message}");
}

#[test]
fn a_layer_of_a_loss_is_no_head() {
    // ArcFace's classes are angles, which no linear layer gives.
    let tensors = with_head(Naming::Timm, "", "loss");
    let message = refusal(&tensors);
    assert!(
        message.contains("`classifier.weight` is missing"),
        "{message}"
    );
}
