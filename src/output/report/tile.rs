//! One picture of the page.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use super::link::{link, quoted};
use crate::output::record::{Answer, Record};
use crate::paths::base64;
use crate::printable::printable;

/// How many labels are shown.
const LABELS: usize = 3;

/// Writes a record: a link with the small picture, the path, and a line per label. What the script
/// filters by stands at the element: `l` and `s` are the best label and its score, `p` is the path
/// where it is not shown as it is, `q` how a shell is told of a path that is no text.
pub fn write(to: &mut impl Write, record: &Record, folder: &Path) -> io::Result<()> {
    let path = record.path.to_string_lossy();
    let shown = printable(&path);
    write!(to, "<figure")?;
    if let Ok(answer) = &record.outcome {
        let best = answer.predictions.first();
        let label = best.map_or("", |best| best.label.as_str());
        let score = best.map_or(0.0, |best| best.score);
        write!(to, " data-l=\"{}\" data-s={score}", escaped(label))?;
    }
    if shown != path {
        write!(to, " data-p=\"{}\"", escaped(&path))?;
    }
    if record.path.to_str().is_none() {
        write!(to, " data-q=\"{}\"", escaped(&quoted(&record.path)))?;
    }
    write!(to, "><a")?;
    if let Some(link) = link(folder, &record.path) {
        write!(to, " href=\"{}\"", escaped(&link))?;
    }
    write!(to, ">")?;
    match &record.outcome {
        Err(error) => write!(to, "<p class=error>{}</p>", escaped(&error.message))?,
        Ok(Answer {
            thumbnail: Some(jpeg),
            ..
        }) => write!(
            to,
            "<noscript><img loading=lazy alt=\"\" src=\"data:image/jpeg;base64,{}\"></noscript>",
            base64(jpeg),
        )?,
        Ok(_) => {}
    }
    let shown = escaped(&shown);
    write!(to, "</a><bdi title=\"{shown}\">{shown}</bdi>")?;
    if let Ok(answer) = &record.outcome {
        lines(to, answer)?;
    }
    writeln!(to, "</figure>")
}

/// The sure answer, then the best labels.
fn lines(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    if let Some(sure) = &answer.sure {
        line(to, " sure", &sure.label, sure.score)?;
    }
    let best = answer.predictions.iter();
    let left = LABELS - usize::from(answer.sure.is_some());
    for prediction in best.take(left) {
        line(to, "", &prediction.label, prediction.score)?;
    }
    Ok(())
}

fn line(to: &mut impl Write, class: &str, label: &str, score: f32) -> io::Result<()> {
    let percent = score * 100.0;
    let label = escaped(label);
    write!(
        to,
        "<p class=\"w{percent:.0}{class}\"><i>{percent:.1} %</i>{label}</p>",
    )
}

/// Text as it may stand in HTML and in an attribute's quotes. A carriage return would be read as a
/// line feed, and a NUL not at all.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'', '\r', '\0']) {
        return text.into();
    }
    let escape = |c: char| match c {
        '&' => Cow::from("&amp;"),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        '\r' => "&#13;".into(),
        '\0' => "\u{fffd}".into(),
        c => c.to_string().into(),
    };
    text.chars().map(escape).collect::<String>().into()
}
