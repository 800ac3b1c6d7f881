//! What a record has to offer to a template.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use crate::output::record::Record;

/// How a score is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// As many digits as an f32 needs to be read back.
    Shortest,
    /// So many behind the point.
    Digits(usize),
    /// The same, times 100 and with a `%`.
    Percent(usize),
}

/// What a record has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Path,
    Dir,
    Name,
    Stem,
    Ext,
    Model,
    Label,
    Score,
    Index,
    Wnid,
    SureLabel,
    SureScore,
    SureWnid,
    To,
    ErrorKind,
    Error,
}

/// What they are called.
pub(super) const FIELDS: [(&str, Field); 16] = [
    ("path", Field::Path),
    ("dir", Field::Dir),
    ("name", Field::Name),
    ("stem", Field::Stem),
    ("ext", Field::Ext),
    ("model", Field::Model),
    ("label", Field::Label),
    ("score", Field::Score),
    ("index", Field::Index),
    ("wnid", Field::Wnid),
    ("sure.label", Field::SureLabel),
    ("sure.score", Field::SureScore),
    ("sure.wnid", Field::SureWnid),
    ("to", Field::To),
    ("error.kind", Field::ErrorKind),
    ("error", Field::Error),
];

impl Field {
    pub(super) fn is_of_a_prediction(self) -> bool {
        matches!(self, Self::Label | Self::Score | Self::Index | Self::Wnid)
    }

    pub(super) fn is_score(self) -> bool {
        matches!(self, Self::Score | Self::SureScore)
    }

    pub(super) fn is_sure(self) -> bool {
        matches!(self, Self::SureLabel | Self::SureScore | Self::SureWnid)
    }
}

/// What stands for a field; a path's bytes are what the system has, be they UTF-8 or not.
pub(super) fn value<'a>(
    field: Field,
    rank: usize,
    precision: Precision,
    record: &'a Record,
    model: &'a str,
) -> Cow<'a, [u8]> {
    let path = record.path.as_path();
    let os = |text: Option<&'a OsStr>| {
        let bytes = text.map(|text| text.as_encoded_bytes());
        Cow::from(bytes.unwrap_or_default())
    };
    let text = |text: Option<&'a str>| Cow::from(text.unwrap_or_default().as_bytes());
    let score = |score: Option<f32>| {
        let text = score.map(|score| precision.write(score));
        Cow::from(text.unwrap_or_default().into_bytes())
    };
    let answer = record.outcome.as_ref().ok();
    let prediction = answer.and_then(|answer| answer.predictions.get(rank));
    let sure = answer.and_then(|answer| answer.sure.as_ref());
    let error = record.outcome.as_ref().err();
    match field {
        Field::Path => os(Some(path.as_os_str())),
        Field::Dir => os(Some(folder(path).as_os_str())),
        Field::Name => os(path.file_name()),
        Field::Stem => os(path.file_stem()),
        Field::Ext => os(path.extension()),
        Field::Model => text(Some(model)),
        Field::Label => text(prediction.map(|p| p.label.as_str())),
        Field::Score => score(prediction.map(|p| p.score)),
        Field::Index => {
            let index = prediction.map(|p| p.index.to_string());
            Cow::from(index.unwrap_or_default().into_bytes())
        }
        Field::Wnid => text(prediction.and_then(|p| p.wnid.as_deref())),
        Field::SureLabel => text(sure.map(|sure| sure.label.as_str())),
        Field::SureScore => score(sure.map(|sure| sure.score)),
        Field::SureWnid => text(sure.map(|sure| sure.wnid.as_str())),
        Field::To => os(answer.and_then(|answer| Some(answer.to.as_ref()?.as_os_str()))),
        Field::ErrorKind => text(error.map(|error| error.kind.name())),
        Field::Error => text(error.map(|error| error.message.as_str())),
    }
}

/// The folder that a path is in, as `dirname` says it.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

impl Precision {
    fn write(self, score: f32) -> String {
        match self {
            Self::Shortest => score.to_string(),
            Self::Digits(digits) => format!("{score:.digits$}"),
            Self::Percent(digits) => format!("{:.digits$}%", f64::from(score) * 100.0),
        }
    }
}
