//! `effnet classify`: label pictures.

use anyhow::{Result, ensure};
use clap::Args;

use super::answer::{Answers, LIKELY, sure, words};
use super::outcome::Outcome;
use super::plan::{Plan, Running};
use super::sort::{SortArgs, Sorting};
use super::writer::Writer;
use crate::checkpoint::hierarchy::Query;
use crate::checkpoint::labels::Labels;
use crate::cli::{
    EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, OutputArgs, WorkArgs, label_count,
    probability,
};
use crate::ops::Pixels;
use crate::output::{Extras, Format, Layout, resume};
use crate::picture::thumbnail::thumbnail;
use crate::run::inputs::Selection;
use crate::terminal::Terminal;
use crate::top_k::Scoring;

const EXAMPLES: &str = "\
Examples:
  effnet classify photo.jpg                        # the five best labels of B0
  effnet classify photo.jpg --variant b4           # slower and more accurate
  effnet classify -r photos --csv > labels.csv     # every picture below a folder
  effnet classify -r photos --jsonl -o l.jsonl --resume
  find . -name '*.jpg' -print0 | effnet classify --files-from - -0 --jsonl
  curl -s https://example.org/cat.jpg | effnet classify -
  effnet classify photo.jpg --sure 0.9             # \"spaniel\", or else \"dog\", or \"mammal\"
  effnet classify -r photos --template '{path}\\t{label}\\t{score:.2}'
  effnet classify -r photos --report page.html     # to look at in a browser
  effnet classify -r photos --sort-into sorted     # links in a folder for each label
  effnet classify photo.jpg --model timm/tf_efficientnetv2_m.in21k";

/// Label pictures
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Classify {
    #[command(flatten)]
    pub inputs: InputArgs,

    #[command(flatten)]
    pub model: ModelArgs,

    /// How many labels per picture, or `all`
    #[arg(short = 'k', long, default_value_t = 5, value_name = "N", help_heading = "Output",
        value_parser = label_count)]
    pub top_k: usize,

    /// Leave out labels with a lower probability: 0.8, 80%; with --only, pictures
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Output")]
    pub min_score: Option<f32>,

    /// Also give the most precise answer that is at least so sure: "spaniel", or else "dog"
    ///
    /// It is the class, or the thing above classes in WordNet, that means the fewest classes of those
    /// whose probabilities add up to P. Where nothing that says something is so sure, it is the best
    /// label with its own score.
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Output")]
    pub sure: Option<f32>,

    /// Leave out pictures that do not show it: a label, or anything above labels in WordNet
    ///
    /// `effnet find --help` says what a query may be. The probabilities of the labels that it means
    /// must add up to --min-score, or to 0.5.
    #[arg(long, value_name = "QUERY", help_heading = "Output")]
    pub only: Vec<String>,

    /// Score each label by itself, for models that were trained to give several to a picture
    #[arg(long, help_heading = "Output")]
    pub sigmoid: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub sort: SortArgs,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Classify, terminal: Terminal) -> Result<Outcome> {
    let layout = args.layout()?;
    let ranks = layout.ranks();
    let keep_going = args.work.keep_going;
    let selection = Selection {
        except: args.sort.sort_into.clone(),
        ..args.inputs.selection(args.work.decode.max_bytes)?
    };
    let (plan, inputs) = Plan::over(selection, &args.model, &args.work, terminal)?;
    let sorter = args.sort.sorter(&inputs)?;
    if let Some(page) = &args.output.report {
        plan.check_output(page, &inputs)?;
    }
    if let Some(output) = &args.output.output {
        plan.check_output(output, &inputs)?;
        if args.output.resume {
            resume::check(output, &plan.model_name()?)?;
        }
    }
    let writer = |model: &str| {
        let extras = Extras {
            sure: args.sure.is_some(),
            sorted: args.sort.sort_into.is_some(),
        };
        Writer::open(&args.output, layout, extras, model, &inputs, terminal)
    };
    if inputs.are_all_missing() {
        // No reason to download a model.
        let mut writer = writer(&plan.model_name()?)?;
        let (inputs, _) = writer.left_of(inputs);
        let failed = writer.failures(inputs, args.work.decode.limits());
        return writer.close(failed, keep_going);
    }
    let model = plan.resolve()?;
    let answers = args.answers(&model.card.labels, model.card.scoring, ranks)?;
    let mut writer = writer(&model.name)?;
    writer.sort(sorter.map(|sorter| Sorting::new(sorter, &model.card.labels, &answers)));
    let (inputs, count) = writer.left_of(inputs);
    let is_shown = args.output.report.is_some();
    let keep = move |_: &[u8], picture| is_shown.then(|| thumbnail(&picture));
    let Running {
        pipeline,
        classifier,
    } = plan.start(&model, inputs, count, keep)?;
    let each = |pictures: &[Pixels]| answers.each(&classifier, pictures);
    let written = writer.answers(pipeline, count, each);
    writer.close(written, keep_going)
}

impl Classify {
    /// What records look like.
    fn layout(&self) -> Result<Layout> {
        let layout = self.output.layout(self.inputs.null, self.sure.is_some());
        ensure!(
            !self.output.resume || layout == Layout::Format(Format::Jsonl),
            "--resume needs --jsonl: other formats can't be continued",
        );
        match &layout {
            Layout::Format(_) => ensure!(
                !self.inputs.null || self.inputs.files_from.is_some(),
                "-0 is about the paths in --files-from and what --template or --label-only print; \
                 give one of them",
            ),
            Layout::Template(template, _) => {
                ensure!(
                    !template.asks_for_sure() || self.sure.is_some(),
                    "the template asks for the sure answer; say how sure it must be, as --sure 0.9",
                );
                ensure!(
                    !template.asks_for_place() || self.sort.sort_into.is_some(),
                    "the template asks where pictures were put; say where, with --sort-into DIR",
                );
            }
        }
        Ok(layout)
    }

    /// What is said of pictures, by a model with these classes, of which the layout needs so many.
    fn answers(&self, labels: &Labels, own: Scoring, ranks: usize) -> Result<Answers> {
        let scoring = match self.sigmoid {
            true => Scoring::Sigmoid,
            false => own,
        };
        let only = match self.only.as_slice() {
            [] => None,
            only => {
                let least = self.min_score.unwrap_or(LIKELY);
                Some((Query::parse(&words(only), labels)?, least))
            }
        };
        Ok(Answers {
            k: self.top_k.max(ranks),
            // With --only it is about pictures.
            min_score: match only {
                Some(_) => 0.0,
                None => self.min_score.unwrap_or(0.0),
            },
            scoring,
            sure: self.sure.map(|p| sure(labels, scoring, p)).transpose()?,
            only,
        })
    }
}
