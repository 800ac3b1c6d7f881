//! `effnet classify`: label pictures.

use anyhow::{Result, ensure};
use clap::Args;

use super::outcome::Outcome;
use super::plan::{Plan, Running};
use super::writer::Writer;
use crate::checkpoint::model::Model;
use crate::cli::{
    EXIT_CODES_AND_ENVIRONMENT, InputArgs, ModelArgs, OutputArgs, WorkArgs, label_count,
    probability,
};
use crate::output::Format;
use crate::terminal::Terminal;
use crate::top_k::{Scoring, Wanted};

const EXAMPLES: &str = "\
Examples:
  effnet classify photo.jpg                        # the five best labels of B0
  effnet classify photo.jpg --variant b4           # slower and more accurate
  effnet classify -r photos --csv > labels.csv     # every picture below a folder
  effnet classify -r photos --jsonl -o l.jsonl --resume
  find . -name '*.jpg' -print0 | effnet classify --files-from - -0 --jsonl
  curl -s https://example.org/cat.jpg | effnet classify -
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

    /// Leave out labels with a lower probability: 0.8, 80%
    #[arg(long, default_value_t = 0.0, value_name = "P", value_parser = probability,
        help_heading = "Output")]
    pub min_score: f32,

    /// Score each label by itself, for models that were trained to give several to a picture
    #[arg(long, help_heading = "Output")]
    pub sigmoid: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Classify, terminal: Terminal) -> Result<Outcome> {
    ensure!(
        !args.output.resume || args.output.format() == Format::Jsonl,
        "--resume needs --jsonl: other formats can't be continued",
    );
    let keep_going = args.work.keep_going;
    let (plan, inputs) = Plan::new(&args.inputs, &args.model, &args.work, terminal)?;
    if let Some(output) = &args.output.output {
        plan.check_output(output, &inputs)?;
    }
    if inputs.are_all_missing() {
        // No reason to download a model.
        let mut writer = Writer::open(&args.output, &plan.model_name()?, &inputs, terminal)?;
        let (inputs, _) = writer.left_of(inputs);
        let failed = writer.failures(inputs, args.work.decode.limits());
        return writer.close(failed, keep_going);
    }
    let model = plan.resolve()?;
    let mut writer = Writer::open(&args.output, &model.name, &inputs, terminal)?;
    let (inputs, count) = writer.left_of(inputs);
    let Running {
        pipeline,
        classifier,
    } = plan.start(&model, inputs, count, |_, _| ())?;
    let wanted = args.wanted(&model);
    let each = |pictures: &[Vec<f32>]| Ok(classifier.classify_batch(pictures, wanted)?);
    let written = writer.answers(pipeline, count, each);
    writer.close(written, keep_going)
}

impl Classify {
    fn wanted(&self, model: &Model) -> Wanted {
        Wanted {
            k: self.top_k,
            min_score: self.min_score,
            scoring: match self.sigmoid {
                true => Scoring::Sigmoid,
                false => model.card.scoring,
            },
        }
    }
}
