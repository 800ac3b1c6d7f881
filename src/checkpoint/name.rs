//! The names that people type or paste for a model, to what they mean. Nothing here looks at
//! files: whether a folder of that name exists is for `settled` to ask.

use percent_encoding::percent_decode_str;

use super::demo::DEMO;
use super::files::is_repo_id;
use super::nearest::{nearest, one_of};
use super::published::{Checkpoint, of_variant, refused};
use crate::model::architectures::{ARCHITECTURES, Architecture};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A variant, and perhaps which of its weights.
    Variant(Named),
    /// `owner/name` on the Hub, and a revision.
    Hub(String, Option<String>),
    /// A file or folder, there or not.
    Path,
}

/// A variant as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `b0`, `v2-s`, ...
    pub variant: &'static str,
    /// The tag of published weights, in full.
    pub weights: Option<String>,
    /// What followed an `@`.
    pub revision: Option<String>,
}

/// The sites that a Hub address may be of; HF_ENDPOINT adds another.
const SITES: [&str; 3] = ["huggingface.co/", "www.huggingface.co/", "hf.co/"];

const EMPTY: &str = "an empty name names no model";

/// What only files are called.
const ENDINGS: [&str; 9] = [
    ".safetensors",
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".onnx",
    ".h5",
    ".json",
    ".gguf",
];

/// What `text` means where any model can be named; `endpoint` is the address of the Hub in use.
///
/// # Errors
/// If it can mean nothing: what is said of it, in one line.
pub fn model(text: &str, endpoint: Option<&str>) -> Result<Name, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EMPTY.to_owned());
    }
    if let Some(rest) = after_site(text, endpoint) {
        return address(text, rest);
    }
    if text.contains("://") {
        let message = "is no address on the Hub, like https://huggingface.co/owner/name";
        return Err(format!("{text} {message}"));
    }
    let marked = ["hf-hub:", "hf_hub:"]
        .iter()
        .find_map(|mark| text.strip_prefix(mark));
    let (id, revision) = revision(marked.unwrap_or(text));
    let id = id.strip_suffix('/').unwrap_or(id);
    match marked {
        None if is_path(text) => Ok(Name::Path),
        _ if is_repo_id(id) => Ok(Name::Hub(id.to_owned(), revision)),
        None if !id.contains('/') => variant(text).map(Name::Variant),
        _ => Err(format!("{id} is no Hub id (owner/name)")),
    }
}

/// What `text` means where only variants can be named.
///
/// # Errors
/// If there is no such variant, or it has no such weights: what is said of it, in one line.
pub fn variant(text: &str) -> Result<Named, String> {
    if text.contains(['/', ':']) {
        return of_repository(text);
    }
    let (name, revision) = revision(text.trim());
    if name.is_empty() {
        return Err(EMPTY.to_owned());
    }
    let (base, tag) = match name.split_once('.') {
        Some((base, tag)) => (base, Some(tag)),
        None => (name, None),
    };
    let spelling = Spelling::of(base);
    let (architecture, old_tag) = spelling
        .architecture()
        .ok_or_else(|| unknown(base, &spelling))?;
    Ok(Named {
        variant: architecture.variant,
        weights: weights(architecture.variant, tag.or(old_tag), spelling.tensorflow)?,
        revision,
    })
}

/// The variant whose published weights a Hub id or address names.
fn of_repository(text: &str) -> Result<Named, String> {
    let Name::Hub(repo, revision) = model(text, None)? else {
        return Err(format!(
            "`{text}` is no variant; --model takes files and folders"
        ));
    };
    match Checkpoint::of_repo(&repo) {
        Some(checkpoint) => Ok(Named {
            variant: checkpoint.variant(),
            weights: Some(checkpoint.tag.to_owned()),
            revision,
        }),
        None => Err(format!(
            "`{text}` is no variant; --model takes the Hub's repositories"
        )),
    }
}

/// `name@revision`.
fn revision(text: &str) -> (&str, Option<String>) {
    match text.rsplit_once('@') {
        Some((name, revision)) => (name, Some(revision.to_owned())),
        None => (text, None),
    }
}

/// What can only be meant as a path: ids have one slash, and never these beginnings.
fn is_path(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["/", "./", "../", "~"]
        .iter()
        .any(|start| text.starts_with(start))
        || [".", ".."].contains(&text)
        || text.trim_end_matches('/').matches('/').count() > 1
        || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// What follows the Hub's address.
fn after_site<'a>(text: &'a str, endpoint: Option<&str>) -> Option<&'a str> {
    let text = without_scheme(text);
    let own = endpoint.map(|endpoint| without_scheme(endpoint).trim_end_matches('/'));
    let own = own.and_then(|own| text.strip_prefix(own)?.strip_prefix('/'));
    own.or_else(|| SITES.iter().find_map(|site| text.strip_prefix(site)))
}

/// An address without its scheme and a user's name and password, which nobody pastes.
fn without_scheme(address: &str) -> &str {
    let schemes = ["https://", "http://"];
    let rest = schemes
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme));
    let Some(rest) = rest else {
        return address;
    };
    match rest.split_once('@') {
        Some((user, rest)) if !user.contains('/') => rest,
        _ => rest,
    }
}

/// `owner/name`, and what the Hub's pages and files add: `/tree/REV`, `/blob/REV/FILE`, ...
fn address(text: &str, rest: &str) -> Result<Name, String> {
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let parts: Vec<_> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let (owner, name, more) = match parts[..] {
        ["datasets" | "spaces" | "collections" | "papers", ..] => {
            return Err(format!("{text} is no model"));
        }
        [owner, name, ref more @ ..] => (owner, name, more),
        _ => {
            return Err(format!(
                "{text} names no model, as https://huggingface.co/owner/name does"
            ));
        }
    };
    let id = format!("{owner}/{name}");
    let (id, marked) = revision(&id);
    let revision = match *more {
        [
            "tree" | "blob" | "resolve" | "raw" | "commit" | "commits",
            revision,
            ..,
        ] => Some(
            percent_decode_str(revision)
                .decode_utf8_lossy()
                .into_owned(),
        ),
        _ => marked,
    };
    match is_repo_id(id) {
        true => Ok(Name::Hub(id.to_owned(), revision)),
        false => Err(format!(
            "{text} names no model, as https://huggingface.co/owner/name does"
        )),
    }
}

/// A variant's name without what differs from one library to the next.
struct Spelling {
    /// `b0`, `v2s`, `b1pruned`.
    short: String,
    /// Whether timm's `tf_` came before it: TensorFlow's weights are meant.
    tensorflow: bool,
    /// Whether it says of itself that it is an EfficientNet.
    family: bool,
}

impl Spelling {
    fn of(text: &str) -> Self {
        let text = text.to_lowercase().replace(['-', '_', ' '], "");
        let (text, tensorflow) = match text.strip_prefix("tf") {
            Some(text) => (text, true),
            None => (&*text, false),
        };
        let of_family = ["efficientnet", "effnet"]
            .iter()
            .find_map(|name| text.strip_prefix(name));
        let short = match of_family.unwrap_or(text) {
            "testefficientnet" => "test".to_owned(),
            // Google's name of the family: EfficientNet-EdgeTPU-S.
            short => match short.strip_prefix("edgetpu") {
                Some(size) => format!("e{size}"),
                None => short.to_owned(),
            },
        };
        Self {
            short,
            tensorflow,
            family: of_family.is_some(),
        }
    }

    /// The architecture, and the tag that timm's older names end in.
    fn architecture(&self) -> Option<(&'static Architecture, Option<&'static str>)> {
        let named = |short: &str| ARCHITECTURES.iter().find(|a| compact(a.variant) == short);
        // timm/models/efficientnet.py, `register_model_deprecations`.
        let tags = [
            ("ns475", "ns_jft_in1k_475"),
            ("ns", "ns_jft_in1k"),
            ("ap", "ap_in1k"),
            ("in21ft1k", "in21k_ft_in1k"),
            ("in21k", "in21k"),
        ];
        let tagged = || {
            tags.iter().find_map(|(end, tag)| {
                let short = self.short.strip_suffix(end)?;
                Some((named(short)?, Some(*tag)))
            })
        };
        named(&self.short)
            .map(|found| (found, None))
            .or_else(tagged)
    }
}

fn compact(variant: &str) -> String {
    variant.replace('-', "")
}

/// The tag in full that `tag` names; without one, that of the best `tf_` weights if they are
/// asked for and are not the default anyway.
fn weights(variant: &str, tag: Option<&str>, tensorflow: bool) -> Result<Option<String>, String> {
    if variant == DEMO {
        return match tag {
            Some(tag) => Err(format!("{DEMO} has only its own weights and no `{tag}`")),
            None => Ok(None),
        };
    }
    let is_tensorflow = |c: &&Checkpoint| c.architecture.starts_with("tf_");
    let plain = |e: anyhow::Error| e.to_string();
    let Some(tag) = tag else {
        let default = Checkpoint::default_of(variant).map_err(plain)?;
        if !tensorflow || is_tensorflow(&default) {
            return Ok(None);
        }
        let top1 = |c: &&Checkpoint| c.accuracy.map_or(0.0, |(top1, _)| top1);
        let of_variant = of_variant(variant).map_err(plain)?;
        let converted = of_variant.into_iter().filter(is_tensorflow);
        let best = converted.max_by(|a, b| top1(a).total_cmp(&top1(b)));
        return Ok(best.map(|checkpoint| checkpoint.tag.to_owned()));
    };
    let checkpoint = Checkpoint::named(variant, tag).map_err(plain)?;
    match tensorflow && !is_tensorflow(&checkpoint) {
        true => Err(format!(
            "the weights `{tag}` of {variant} are {} and no tf_ ones",
            checkpoint.repo(),
        )),
        false => Ok(Some(checkpoint.tag.to_owned())),
    }
}

/// What is said of a variant that does not exist.
fn unknown(name: &str, spelling: &Spelling) -> String {
    const LIST: &str = "`effnet models --all` lists them";
    if let Some(why) = refused(&name.to_lowercase().replace('-', "_")) {
        return format!("`{name}` is not supported: {why}");
    }
    let near = nearest(&spelling.short, ARCHITECTURES.iter().map(|a| a.variant));
    match one_of(&near) {
        Some(near) => format!("there is no variant `{name}`; did you mean {near}? {LIST}"),
        None if spelling.family => format!("there is no variant `{name}`; {LIST}"),
        None => {
            format!("`{name}` is no EfficientNet; `effnet models --all` lists what is supported")
        }
    }
}
