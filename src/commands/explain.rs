//! `effnet explain`: show where in pictures labels are seen.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueHint};

use super::outcome::Outcome;
use super::plan::{Plan, Running};
use super::tally::Tally;
use super::writer::WRITING;
use crate::checkpoint::labels::Labels;
use crate::checkpoint::lookup;
use crate::cli::{EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, WorkArgs, label_count};
use crate::error::PictureError;
use crate::explain::colour::{Colours, Palette, Scale};
use crate::explain::explainer::{Evidence, Explainer};
use crate::explain::question::Question;
use crate::explain::teller::{Kept, Teller};
use crate::ops::Pixels;
use crate::output::destination;
use crate::output::explained::{Explained, Explanations};
use crate::output::pictures::{Pictures, is_file};
use crate::run::inputs::{Inputs, Selection};
use crate::terminal::Terminal;
use crate::top_k::Scoring;

const EXAMPLES: &str = "\
Examples:
  effnet explain photo.jpg                         # a box around what its label comes from
  effnet explain photo.jpg -o heat.png             # the same in colour, on the photo
  effnet explain photo.jpg --label tabby --label 'tiger cat' -o heat
  effnet explain photo.jpg --against 'tiger cat' -o why.png
  effnet explain -r photos --variant b4 -o heat --jsonl > boxes.jsonl
  effnet explain photo.jpg --check                 # does the score fall without it?
  effnet explain photo.jpg --raw --json            # the numbers";

/// Show where in pictures labels are seen
///
/// A label's logit is the mean of numbers that each belong to a place in the picture: they are what is
/// shown. Places are some 32 pixels of the network's input apart, and each sees far beyond itself.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Explain {
    #[command(flatten)]
    pub inputs: InputArgs,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Explain this label, WordNet id or index, whatever the picture shows; may be given again
    #[arg(long = "label", value_name = "LABEL", help_heading = "Question")]
    pub wanted: Vec<String>,

    /// How many of the best labels to explain [default: 1]
    #[arg(short = 'k', long, default_value_t = 1, hide_default_value = true, value_name = "N",
        help_heading = "Question", value_parser = label_count, conflicts_with = "wanted")]
    pub top_k: usize,

    /// Explain why not this label: what speaks for the other, less what speaks for this
    #[arg(long, value_name = "LABEL", help_heading = "Question")]
    pub against: Option<String>,

    /// Blur the strongest fifth of what the network sees, look again, and tell both scores
    #[arg(long, help_heading = "Question")]
    pub check: bool,

    /// Score each label by itself, for models that were trained to give several to a picture
    #[arg(long, help_heading = "Question")]
    pub sigmoid: bool,

    /// Write coloured pictures to a folder, or of one picture and one label to FILE.png
    ///
    /// What the network did not see is dark. Colours mean the same in all pictures. In a folder they
    /// are called as the picture is, with the label where there are several.
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Show in red what speaks for a label and in blue what speaks against it
    #[arg(long, requires = "output", help_heading = "Output")]
    pub signed: bool,

    /// Write one JSON array
    #[arg(long, conflicts_with = "jsonl", help_heading = "Output")]
    pub json: bool,

    /// Write one JSON object per picture and line
    #[arg(long, help_heading = "Output")]
    pub jsonl: bool,

    /// Add the logits of all places to the JSON
    #[arg(long, help_heading = "Output")]
    pub raw: bool,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Explain, terminal: Terminal) -> Result<Outcome> {
    ensure!(
        !args.raw || args.json || args.jsonl,
        "--raw adds numbers to JSON: give --json or --jsonl too",
    );
    ensure!(
        !args.inputs.null || args.inputs.files_from.is_some(),
        "-0 is about the paths in --files-from; give that too",
    );
    let selection = Selection {
        // What an earlier run made is not explained.
        except: args.output.clone(),
        ..args.inputs.selection(args.work.decode.max_bytes)?
    };
    let (plan, inputs) = Plan::over(selection, &args.model, &args.work, terminal)?;
    let mut tally = Tally::new(inputs.left_out.clone(), terminal);
    let output = args.output.as_deref();
    let pictures = output
        .map(|path| args.pictures(path, &inputs))
        .transpose()?;
    if inputs.are_all_missing() {
        // No reason to download a model.
        let explanations = args.explanations(plan.model_name()?, terminal);
        args.tell_missing(inputs, explanations, &mut tally)?;
        return Ok(tally.close(args.work.keep_going));
    }
    let model = plan.resolve()?;
    let question = args.question(&model.card.labels)?;
    let scoring = match args.sigmoid {
        true => Scoring::Sigmoid,
        false => model.card.scoring,
    };
    let scale = Scale::of(model.card.labels.len(), scoring);
    let mut explanations = args.explanations(model.name.clone(), terminal);
    let prints = terminal.stdout_style().terminal;
    let (inputs, count) = inputs.counted();
    let is_coloured = pictures.is_some();
    let keep = move |_: &[u8], picture| Kept::of(picture, is_coloured);
    let Running {
        pipeline,
        classifier,
    } = plan.start(&model, inputs, count, keep)?;
    let explainer = Explainer {
        scoring,
        question,
        checks: args.check,
        classifier,
    };
    let colours = Colours::new(args.palette(), scale);
    let mut teller = Teller {
        explainer: &explainer,
        coloured: pictures.map(|pictures| (pictures, colours)),
        raw: args.raw,
    };
    let each = |pictures: &[Pixels]| Ok(explainer.evidence(pictures)?);
    let emit = |path: PathBuf, answer: Result<(Evidence, Kept), PictureError>| {
        let outcome = match answer {
            Ok((evidence, kept)) => Ok(teller.tell(&path, evidence, kept)?),
            Err(error) => Err(error),
        };
        let written = explanations.record(&Explained { path, outcome });
        written.context(WRITING)
    };
    let ran = tally.run(pipeline, count, prints, each, emit);
    // What was told until then is whole.
    let finished = explanations.finish().context(WRITING);
    ran.and(finished)?;
    Ok(tally.close(args.work.keep_going))
}

impl Explain {
    /// Where coloured pictures go.
    fn pictures(&self, path: &Path, inputs: &Inputs) -> Result<Pictures> {
        let count = match self.wanted.len() {
            0 => self.top_k,
            count => count,
        };
        let is_one = inputs.named.len() == 1 && inputs.listed.is_none() && !inputs.has_archives();
        ensure!(
            !is_file(path)? || count == 1 && is_one,
            "-o {} takes one picture and one label; give a folder for several: -o {}",
            path.display(),
            path.with_extension("").display(),
        );
        let named = inputs.named.iter().map(|input| input.path().to_path_buf());
        // Archives too.
        let folders = self.inputs.paths.iter().chain(&self.inputs.tar);
        Pictures::open(path, count > 1, folders.cloned().collect(), named.collect())
    }

    /// Records of what can't be read.
    fn tell_missing(
        &self,
        inputs: Inputs,
        mut explanations: Explanations,
        tally: &mut Tally,
    ) -> Result<()> {
        let max_bytes = self.work.decode.max_bytes;
        tally.failures(inputs.counted().0, max_bytes, |path, error| {
            let outcome = Err(error);
            Ok(explanations.record(&Explained { path, outcome })?)
        })?;
        Ok(explanations.finish()?)
    }

    fn question(&self, labels: &Labels) -> Result<Question> {
        let mut classes = Vec::new();
        for word in &self.wanted {
            let class = lookup::class(labels, word)?;
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        let against = self.against.as_ref();
        let against = against
            .map(|word| lookup::class(labels, word))
            .transpose()?;
        if let Some(class) = against {
            ensure!(
                !classes.contains(&class) && labels.len() > 1,
                "{} can't be compared with itself; give --against another label",
                labels.get(class).name,
            );
        }
        Ok(Question {
            classes,
            k: self.top_k,
            against,
        })
    }

    fn palette(&self) -> Palette {
        match self.signed || self.against.is_some() {
            true => Palette::Diverging,
            false => Palette::Sequential,
        }
    }

    fn explanations(&self, model: String, terminal: Terminal) -> Explanations {
        let (to, style) = (destination::stdout(), terminal.stdout_style());
        match self.json || self.jsonl {
            true => Explanations::json(to, self.json, model, style),
            false => Explanations::text(to, style),
        }
    }
}
