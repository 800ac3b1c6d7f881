//! What a class is called.

/// What a class is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its WordNet id, such as `n02123045`, where it is one of ImageNet's.
    pub wnid: Option<String>,
    /// Readable; the class index in digits where nothing else is known.
    pub name: String,
}

impl Label {
    /// A name that is itself a WordNet id also becomes the id.
    pub(super) fn named(name: String) -> Self {
        Self {
            wnid: is_wnid(&name).then(|| name.clone()),
            name,
        }
    }
}

/// `n` and eight digits.
pub(super) fn is_wnid(text: &str) -> bool {
    let digits = text.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit())
}
