//! What torch's own functions make of their arguments.

use super::class::Class;
use super::fault::{Result, damaged};
use super::value::{Id, OTHER, Storage, Tensor, Value, Values};

/// What `class` makes of the tuple `arguments`.
pub(super) fn call(values: &mut Values, class: Class, arguments: Id) -> Result<Id> {
    let Some(arguments) = values.tuple(arguments) else {
        return damaged("it calls something without arguments");
    };
    let made = match (class, arguments) {
        // A dictionary's default is never asked for.
        (Class::Dict, [] | [_]) => match arguments.first().map(|&list| values.get(list)) {
            Some(Value::List(pairs)) => return from_pairs(values, &pairs.clone()),
            _ => Value::Dict(Vec::new()),
        },
        (Class::Size, &[tuple]) | (Class::Parameter, &[tuple, ..]) => return Ok(tuple),
        (Class::Tensor, &[storage, offset, size, stride, ..]) => {
            tensor(values, [storage, offset, size, stride], OTHER)?
        }
        (Class::TypedTensor, &[storage, offset, size, stride, _, _, dtype, ..]) => {
            tensor(values, [storage, offset, size, stride], dtype)?
        }
        (Class::FromType, &[class, _, arguments, ..]) => match *values.get(class) {
            Value::Class(class @ (Class::Tensor | Class::TypedTensor | Class::Parameter)) => {
                return call(values, class, arguments);
            }
            _ => Value::Object(None),
        },
        (Class::Unknown | Class::Storage(_) | Class::Dtype(_), _) => Value::Object(None),
        _ => return damaged(format!("{class:?} with {} arguments", arguments.len())),
    };
    values.add(made)
}

/// Python 2 gives an OrderedDict its entries as a list of lists.
fn from_pairs(values: &mut Values, list: &[Id]) -> Result<Id> {
    let pair = |&id: &Id| match values.get(id) {
        Value::List(pair) => <[Id; 2]>::try_from(&**pair).ok(),
        Value::Tuple(pair) => <[Id; 2]>::try_from(&**pair).ok(),
        _ => None,
    };
    let pairs: Option<Vec<_>> = list
        .iter()
        .map(|id| pair(id).map(|[k, v]| (k, v)))
        .collect();
    values.charge(list.len())?;
    match pairs {
        Some(pairs) => values.add(Value::Dict(pairs)),
        None => damaged("a dictionary in it is made of something else than pairs"),
    }
}

fn tensor(values: &Values, parts: [Id; 4], dtype: Id) -> Result<Value> {
    let [storage, offset, size, stride] = parts;
    let dtype = match *values.get(dtype) {
        Value::Class(Class::Dtype(dtype)) => Some(dtype),
        _ => None,
    };
    match (values.get(storage), values.count(offset)) {
        (Value::Storage(_), Some(offset)) => Ok(Value::Tensor(Tensor {
            storage,
            dtype,
            offset,
            size,
            stride,
        })),
        // On a type that is not known here.
        (Value::Object(_), Some(_)) => Ok(Value::Object(None)),
        _ => damaged("a tensor in it has no storage"),
    }
}

/// What torch keeps outside of the pickle: a storage (torch/serialization.py, `persistent_id`), or
/// in old files the source of a class.
pub(super) fn persistent(values: &mut Values, id: Id) -> Result<Id> {
    let Some(&[kind, class, ref rest @ ..]) = values.tuple(id) else {
        return damaged("it asks for something outside of it that is no storage");
    };
    let class = match (values.text(kind), values.get(class)) {
        (Some("module"), _) => return Ok(class),
        (Some("storage"), Value::Class(class)) => *class,
        _ => return damaged("it asks for something outside of it that is no storage"),
    };
    let &[key, _, count, ref view @ ..] = rest else {
        return damaged("a storage in it lacks its size");
    };
    let (Some(_), Some(count)) = (values.text(key), values.count(count)) else {
        return damaged("a storage in it lacks its name or size");
    };
    // Before version 0.4 a storage could be a part of another.
    let first = view.first().and_then(|&view| values.tuple(view));
    let first = first.and_then(|view| values.count(*view.get(1)?));
    let storage = match class {
        Class::Storage(dtype) => Value::Storage(Storage {
            key,
            dtype,
            count,
            first: first.unwrap_or(0),
        }),
        _ => Value::Object(None),
    };
    values.add(storage)
}
