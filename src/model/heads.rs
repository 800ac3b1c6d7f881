//! Which network a file of weights holds, and which of its layers names the classes: trainers wrap
//! networks into modules of their own, and put other layers in the classifier's place.

use std::collections::HashMap;

use anyhow::{Result, ensure};

use super::foreign;
use super::names::Naming;

/// A network within a file, told by its tensors' names.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub naming: Naming,
    /// What comes before every name, such as `backbone.`.
    prefix: String,
    /// What comes before the stems of other networks in the same file.
    rivals: Vec<String>,
    /// The linear layers that take what the network's head gives, without `.weight`.
    linears: Vec<String>,
    /// Whether the one linear layer has a bias.
    has_bias: bool,
}

impl Found {
    /// The network whose tensors have these names and shapes, if it looks like an EfficientNet.
    pub fn of(shapes: &HashMap<&str, &[usize]>) -> Option<Self> {
        // A loss may have a network of its own to compare pictures by.
        let names = shapes.keys().copied();
        let names = names.filter(|name| !foreign::is_of_a_loss(name));
        let mut stems: Vec<_> = Naming::stems(names).collect();
        stems.sort_unstable();
        let &(naming, prefix) = stems.first()?;
        let head = naming.head_weight(prefix, shapes.keys().copied());
        let width = head.and_then(|name| shapes.get(name.as_str())?.first().copied());
        let mut linears: Vec<_> = width
            .map(|width| linears_of(shapes, width).map(str::to_owned).collect())
            .unwrap_or_default();
        linears.sort_unstable();
        Some(Self {
            naming,
            prefix: prefix.to_owned(),
            rivals: stems[1..].iter().map(|(_, p)| (*p).to_owned()).collect(),
            has_bias: match &linears[..] {
                [one] => shapes.contains_key(format!("{one}.bias").as_str()),
                _ => true,
            },
            linears,
        })
    }

    /// What the file calls the tensor that its library calls `name`.
    pub fn in_file(&self, name: &str) -> String {
        let layer = name.strip_prefix(self.naming.classifier());
        match (&self.linears[..], layer) {
            ([one], Some(part @ (".weight" | ".bias"))) => format!("{one}{part}"),
            _ => format!("{}{name}", self.prefix),
        }
    }

    /// Whether `name` is a tensor that need not be there: the bias of a layer without one.
    pub fn may_be_absent(&self, name: &str) -> bool {
        let classifier = name.strip_prefix(self.naming.classifier());
        !self.has_bias && classifier == Some(".bias")
    }

    /// Checks that there is one network, with one layer that can name the classes.
    ///
    /// # Errors
    /// Names what there is too much of.
    pub fn ensure_only_one(&self) -> Result<()> {
        ensure!(
            self.rivals.is_empty(),
            "it holds several networks, with names that begin `{}` and `{}`; save the one that is \
             meant into a file of its own",
            self.prefix,
            self.rivals.join("`, `"),
        );
        ensure!(
            self.linears.len() < 2,
            "several of its layers could name the classes: `{}`; save it with the one that is meant",
            self.linears.join("`, `"),
        );
        Ok(())
    }
}

/// The linear layers of `width` inputs, with a bias of as many values as outputs or without one.
fn linears_of<'a>(
    shapes: &HashMap<&'a str, &[usize]>,
    width: usize,
) -> impl Iterator<Item = &'a str> {
    shapes.iter().filter_map(move |(name, shape)| {
        let layer = name.strip_suffix(".weight")?;
        let &[outputs, inputs] = *shape else {
            return None;
        };
        let bias = shapes.get(format!("{layer}.bias").as_str());
        let fits = inputs == width && bias.is_none_or(|bias| **bias == [outputs]);
        // The centres of a loss have the same shape, and no layer reads them.
        (fits && !foreign::is_of_a_loss(name)).then_some(layer)
    })
}
