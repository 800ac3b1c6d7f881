//! Which of what a pickle holds are a network's weights: trainers save them alone, or under a name
//! beside the optimizer and the settings, or as a whole module.

use super::fault::{Result, refused, too_much};
use super::value::{Id, Value, Values};

/// What trainers call the weights in what they save. Of several the first is taken, and so the
/// averaged before the others, as timm does (timm/models/_helpers.py, `load_state_dict`).
const ENTRIES: &[&str] = &[
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
    "ema",
    "state_dict",
    "model",
    "model_state_dict",
    "model_state",
    "net",
    "network",
    "weights",
    "params",
    "module",
];

/// How deep in dictionaries the weights may be.
const MAX_DEPTH: usize = 4;

/// No library makes longer names.
const MAX_NAME: usize = 512;

/// How many entries of modules are looked at; the largest network has some ten thousand.
const MAX_STEPS: usize = 1_000_000;

/// The tensors of the network in what was saved, by their names.
pub(super) fn tensors(values: &Values, saved: Id) -> Result<Vec<(String, Id)>> {
    let mut at = saved;
    for _ in 0..MAX_DEPTH {
        if let Some(state) = state_of_module(values, at) {
            return of_module(values, state);
        }
        // A dictionary of tensors may be in a file beside a lone one, such as the best loss.
        let named = ENTRIES.iter().filter_map(|entry| values.under(at, entry));
        let mut named = named.filter(|&id| may_hold(values, id));
        let own = own(values, at);
        at = match (named.next(), own.is_empty()) {
            (Some(entry), _) => entry,
            (None, false) => return Ok(own),
            (None, true) => the_only_one(values, at)?,
        };
    }
    refused("its weights are too deep in it; save them alone: torch.save(model.state_dict(), ...)")
}

/// The tensors in the dictionary `id` itself.
fn own(values: &Values, id: Id) -> Vec<(String, Id)> {
    let pairs = values.dict(id).unwrap_or_default().iter();
    let tensors = pairs.filter(|(_, value)| matches!(values.get(*value), Value::Tensor(_)));
    let named = tensors.filter_map(|&(key, value)| Some((values.text(key)?.to_owned(), value)));
    named.collect()
}

fn may_hold(values: &Values, id: Id) -> bool {
    let pairs = values.dict(id);
    pairs.is_some_and(|pairs| !pairs.is_empty()) || state_of_module(values, id).is_some()
}

/// The one entry of the dictionary `id` that holds tensors.
fn the_only_one(values: &Values, id: Id) -> Result<Id> {
    let pairs = values.dict(id).unwrap_or_default().iter();
    let holding = pairs.filter(|(_, value)| {
        !own(values, *value).is_empty() || state_of_module(values, *value).is_some()
    });
    let holding: Vec<_> = holding
        .filter_map(|&(k, v)| Some((values.text(k)?, v)))
        .collect();
    match holding[..] {
        [(_, only)] => Ok(only),
        [] => refused(
            "there are no weights in it; save them with torch.save(model.state_dict(), ...)",
        ),
        [(one, _), (other, _), ..] => refused(format!(
            "both `{one}` and `{other}` in it hold tensors; save those that are meant alone",
        )),
    }
}

/// The attributes of a torch.nn.Module that was saved whole.
fn state_of_module(values: &Values, id: Id) -> Option<Id> {
    let Value::Object(Some(state)) = *values.get(id) else {
        return None;
    };
    values.under(state, "_modules").map(|_| state)
}

/// The tensors of a module and of all modules in it (torch/nn/modules/module.py).
fn of_module(values: &Values, state: Id) -> Result<Vec<(String, Id)>> {
    let mut tensors = Vec::new();
    let mut modules = vec![(String::new(), state)];
    let mut steps = 0;
    while let Some((prefix, state)) = modules.pop() {
        for &(kind, held) in values.dict(state).unwrap_or_default() {
            let entries = match values.text(kind) {
                Some("_parameters" | "_buffers" | "_modules") => values.dict(held),
                _ => None,
            };
            let entries = entries.unwrap_or_default();
            steps += 1 + entries.len();
            if steps > MAX_STEPS || prefix.len() > MAX_NAME {
                return too_much("has modules in modules without end");
            }
            for &(key, value) in entries {
                let name = || format!("{prefix}{}", values.text(key).unwrap_or_default());
                match *values.get(value) {
                    Value::Tensor(_) => tensors.push((name(), value)),
                    Value::Object(Some(state)) => modules.push((name() + ".", state)),
                    _ => {}
                }
            }
        }
    }
    match tensors.is_empty() {
        true => refused("the module in it has no weights"),
        false => Ok(tensors),
    }
}
