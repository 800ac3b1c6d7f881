//! `effnet find`: the paths of pictures that show something.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::answer::{LIKELY, words};
use super::outcome::Outcome;
use super::plan::{Plan, Running};
use super::tally::Tally;
use super::writer::WRITING;
use crate::checkpoint::hierarchy::Query;
use crate::cli::{InputArgs, ModelArgs, WorkArgs, probability};
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::output::{self, Answer, Extras, Layout, Record, Sink, Template, destination};
use crate::terminal::Terminal;
use crate::top_k::probabilities;

const EXAMPLES: &str = "\
Examples:
  effnet find dog -r ~/Pictures                    # any breed of dog
  effnet find 'musical instrument' --variant b4 photos/*.jpg
  effnet find 'cat or dog' -r photos --min-score 0.9
  effnet find '*terrier' -r photos -0 | xargs -0 cp -t terriers
  effnet find person --not -r photos --model timm/tf_efficientnetv2_m.in21k";

const EXIT_STATUS: &str = "\
Exit status:
  0    some pictures were found
  1    none was found
  2    some pictures could not be read, or nothing could be done";

/// Find pictures that show something
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_STATUS)]
pub struct Find {
    /// What they show: a label, a synonym, a WordNet id, or anything above labels in WordNet
    ///
    /// `dog` finds all breeds, `vehicle` cars and ships. Case counts for nothing; `*` stands for any
    /// letters and `?` for one. `cat or dog` and `cat|dog` find either.
    #[arg(value_name = "QUERY")]
    pub query: String,

    #[command(flatten)]
    pub inputs: InputArgs,

    #[command(flatten)]
    pub model: ModelArgs,

    /// How likely it must be, over all labels that the query means together: 0.8, 80%
    #[arg(long, default_value_t = LIKELY, value_name = "P", value_parser = probability,
        help_heading = "Output")]
    pub min_score: f32,

    /// Find the pictures that do not show it
    #[arg(long, help_heading = "Output")]
    pub not: bool,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Find, terminal: Terminal) -> Result<Outcome> {
    let (plan, inputs) = Plan::new(&args.inputs, &args.model, &args.work, terminal)?;
    inputs.ensure_some_there()?;
    let model = plan.resolve()?;
    let words = words(std::slice::from_ref(&args.query));
    let query = Query::parse(&words, &model.card.labels)?;
    let scoring = model.card.scoring;
    let mut tally = Tally::new(inputs.left_out.clone(), terminal);
    let (inputs, count) = inputs.counted();
    let Running {
        pipeline,
        classifier,
    } = plan.start(&model, inputs, count, |_, _| ())?;
    let shows = |logits: Vec<f32>| {
        let scores = probabilities(&logits, scoring)?;
        Ok(query.score(&scores, scoring) >= args.min_score)
    };
    let each = |pictures: &[Pixels]| {
        let logits = classifier.logits(pictures)?;
        Ok(logits.into_iter().map(shows).collect())
    };
    let mut paths = paths(args.inputs.null, terminal);
    let mut found = false;
    let emit = |path: PathBuf, shows: Result<(bool, ()), PictureError>| match shows {
        Ok((shows, ())) if shows == args.not => Ok(()),
        Ok(_) => {
            found = true;
            let outcome = Ok(Answer::default());
            paths.record(&Record { path, outcome }).context(WRITING)
        }
        Err(error) => {
            terminal.warn_of(&path, &error);
            Ok(())
        }
    };
    tally.run(pipeline, count, true, each, emit)?;
    // As grep: a picture that can't be read may have been one.
    Ok(match tally.close(args.work.keep_going) {
        Outcome::SomeFailed => Outcome::Failed,
        Outcome::Success if !found => Outcome::NothingFound,
        other => other,
    })
}

/// What writes the paths.
fn paths(null: bool, terminal: Terminal) -> Box<dyn Sink> {
    let options = output::Options {
        layout: Layout::of_template(Template::path(), null),
        extras: Extras::default(),
        header: false,
        model: String::new(),
        style: terminal.stdout_style(),
    };
    output::sink(destination::stdout(), options)
}
