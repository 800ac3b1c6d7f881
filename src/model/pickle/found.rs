//! Which of what a pickle holds are a network's weights: trainers save them alone, or under a name
//! beside the optimizer and the settings, or as a whole module.

use std::collections::{BTreeMap, HashSet};

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
const MAX_STEPS: usize = 100_000;

/// Tensors by their names.
pub(super) type Named = BTreeMap<String, Id>;

/// The tensors of the network in what was saved.
pub(super) fn tensors(values: &Values, saved: Id) -> Result<Named> {
    let mut at = saved;
    for _ in 0..MAX_DEPTH {
        if let Some(state) = state_of_module(values, at) {
            return of_module(values, state);
        }
        // A dictionary of tensors may be in a file beside a lone one, such as the best loss.
        at = match named(values, at) {
            Some(entry) => entry,
            None if has_tensors(values, at) => return Ok(own(values, at)),
            None => the_only_one(values, at)?,
        };
    }
    refused("its weights are too deep in it; save them alone: torch.save(model.state_dict(), ...)")
}

fn has_tensors(values: &Values, id: Id) -> bool {
    let mut pairs = values.dict(id).unwrap_or_default().iter();
    pairs.any(|&(key, value)| {
        values.text(key).is_some() && matches!(values.get(value), Value::Tensor(_))
    })
}

/// The tensors in the dictionary `id` itself.
fn own(values: &Values, id: Id) -> Named {
    let pairs = values.dict(id).unwrap_or_default().iter();
    let tensors = pairs.filter(|(_, value)| matches!(values.get(*value), Value::Tensor(_)));
    let tensors = tensors.filter_map(|&(key, value)| Some((values.text(key)?, value)));
    // A name may come any number of times, and is copied once.
    let last: BTreeMap<_, _> = tensors.collect();
    let owned = last.into_iter().map(|(name, id)| (name.to_owned(), id));
    owned.collect()
}

/// What the dictionary `id` holds under the first of the usual names.
fn named(values: &Values, id: Id) -> Option<Id> {
    let mut named = ENTRIES.iter().filter_map(|entry| values.under(id, entry));
    named.find(|&id| match values.dict(id) {
        Some(pairs) => !pairs.is_empty(),
        None => state_of_module(values, id).is_some(),
    })
}

/// The one entry of the dictionary `id` that holds tensors.
fn the_only_one(values: &Values, id: Id) -> Result<Id> {
    let mut seen = HashSet::new();
    let mut holding = Vec::new();
    for &(key, value) in values.dict(id).unwrap_or_default() {
        let (Some(key), Some(dict)) = (values.text(key), dict_of(values, value)) else {
            continue;
        };
        // Looked at once, however often it is named.
        if !seen.insert(dict) {
            continue;
        }
        let is_module = dict != value && values.under(dict, "_modules").is_some();
        let leads_on = || named(values, value).is_some() || has_tensors(values, value);
        if is_module || leads_on() {
            holding.push((key, value));
        }
    }
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

/// The dictionary that a value is, or that is its state.
fn dict_of(values: &Values, id: Id) -> Option<Id> {
    match values.get(id) {
        Value::Dict(_) => Some(id),
        Value::Object(state) => *state,
        _ => None,
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
fn of_module(values: &Values, state: Id) -> Result<Named> {
    let mut tensors = Named::new();
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
                    Value::Tensor(_) => drop(tensors.insert(name(), value)),
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
