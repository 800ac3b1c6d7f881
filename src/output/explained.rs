//! Where in pictures classes were seen: text for people, or JSON.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::json::{Failure, Objects};
use super::text::Text;
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::paths::Name;
use crate::printable::Style;

/// One picture's explanations.
#[derive(Clone, Debug)]
pub struct Explained {
    /// As the input named it.
    pub path: PathBuf,
    /// One per class, or what was wrong.
    pub outcome: Result<Vec<Explanation>, PictureError>,
}

/// Where in a picture a class was seen. The keys and their order are a contract; all of them are there
/// always, but `map`, which is large and there if it is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `label`, `score`, `index`, `wnid`: the class.
    #[serde(flatten)]
    pub class: Prediction,
    /// The mean of the map: the class's logit, or by how much it is above the other's.
    pub logit: f32,
    /// The class that it is compared with.
    pub against: Option<Prediction>,
    /// The strongest region, in pixels of the upright original; null where nothing speaks for the class.
    #[serde(rename = "box")]
    pub region: Option<Region>,
    /// How much of the evidence for the class is in the box, from 0 to 1.
    pub share: Option<f32>,
    /// The picture that shows it.
    pub file: Option<String>,
    /// What became of the score when the strongest places were blurred.
    pub check: Option<Check>,
    /// The numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<Grid>,
}

/// A box in whole pixels of the upright original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// Pixels left of it.
    pub x: usize,
    /// Pixels above it.
    pub y: usize,
    /// At least 1.
    pub width: usize,
    /// At least 1.
    pub height: usize,
}

/// A score, and what is left of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Check {
    /// As the picture is.
    pub before: f32,
    /// With the strongest places blurred.
    pub after: f32,
}

/// A map in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Grid {
    /// The middles of the columns, in pixels of the upright original from its left edge.
    pub x: Vec<f64>,
    /// The middles of the rows, in pixels from its upper edge.
    pub y: Vec<f64>,
    /// Row by row. Their mean is `logit`: their sum is `logit` times rows times columns.
    pub logits: Vec<Vec<f32>>,
}

/// What writes explanations.
pub enum Explanations {
    /// For people.
    Text(Text<Box<dyn Write>>),
    /// For programs; the model's name is in each record.
    Json(Objects<Box<dyn Write>>, String),
}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    explanations: Option<&'a [Explanation]>,
    error: Option<Failure<'a>>,
}

impl Explanations {
    /// Text to `to`.
    pub fn text(to: impl Write + 'static, style: Style) -> Self {
        Self::Text(Text::new(Box::new(BufWriter::new(to)), style))
    }

    /// JSON to `to`: one array, or an object per line.
    pub fn json(to: impl Write + 'static, array: bool, model: String, style: Style) -> Self {
        let to: Box<dyn Write> = Box::new(BufWriter::new(to));
        Self::Json(Objects::new(to, array, style), model)
    }

    /// Writes one record.
    ///
    /// # Errors
    /// If the destination can't take it.
    pub fn record(&mut self, record: &Explained) -> io::Result<()> {
        match self {
            Self::Text(text) => text.explained(record),
            Self::Json(objects, model) => objects.object(&Object {
                name: Name::of(&record.path),
                model,
                explanations: record.outcome.as_deref().ok(),
                error: record.outcome.as_ref().err().map(Failure::from),
            }),
        }
    }

    /// Writes what closes the output.
    ///
    /// # Errors
    /// As [`Explanations::record`].
    pub fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Text(text) => text.flush(),
            Self::Json(objects, _) => objects.finish(),
        }
    }
}

impl<W: Write> Text<W> {
    fn explained(&mut self, record: &Explained) -> io::Result<()> {
        match &record.outcome {
            Err(error) => self.failed(&record.path, error)?,
            Ok(explanations) => {
                self.path(&record.path)?;
                for explanation in explanations {
                    self.explanation(explanation)?;
                }
            }
        }
        self.flush()
    }

    /// The class as `classify` prints it, and below it what is known of where it is.
    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()> {
        self.prediction(&explanation.class)?;
        for line in lines(explanation) {
            self.remark(&line)?;
        }
        Ok(())
    }
}

fn lines(explanation: &Explanation) -> Vec<String> {
    let percent = |share: f32| format!("{:.2}%", share * 100.0);
    let against = explanation.against.as_ref().map(|other| {
        let Prediction { label, score, .. } = other;
        let logit = explanation.logit;
        format!("against {label} ({}): {logit:+.2} logits", percent(*score))
    });
    let place = match (explanation.region, explanation.share) {
        (Some(region), Some(share)) => {
            let Region {
                x,
                y,
                width,
                height,
            } = region;
            let share = share * 100.0;
            format!("{width}x{height} pixels at {x},{y}: {share:.0}% of what speaks for it")
        }
        _ => "nothing speaks for it".to_owned(),
    };
    let check = explanation.check.map(|Check { before, after }| {
        let (before, after) = (percent(before), percent(after));
        format!("with the strongest fifth of the picture blurred: {after}, was {before}")
    });
    let file = explanation.file.clone();
    let optional = [check, file].into_iter().flatten();
    against.into_iter().chain([place]).chain(optional).collect()
}
