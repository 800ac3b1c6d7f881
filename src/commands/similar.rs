//! `effnet similar`: which pictures look like one, and which are copies of each other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueHint};

use super::listing::{Form, Listing};
use super::embedding::{Answer, embed};
use super::outcome::Outcome;
use super::plan::Plan;
use super::tally::{Tally, pictures};
use crate::checkpoint::choice::Choice;
use crate::cli::{EXIT_CODES_AND_ENVIRONMENT, ModelArgs, WorkArgs, label_count, probability};
use crate::error::PictureError;
use crate::features::about::{About, Manner};
use crate::features::duplicates::{Group, MIN_COSINE, groups};
use crate::features::file::Format;
use crate::features::index::Index;
use crate::features::nearest::{Wanted, cosine, nearest};
use crate::features::pixels::Grader;
use crate::run::inputs::{Inputs, LeftOut, Selection};
use crate::run::threads::{INTERRUPTED, start_pool, threads};
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet similar cat.jpg --in photos               # the ten most similar in a folder
  effnet embed -r photos -o photos.safetensors     # once, and then:
  effnet similar cat.jpg --in photos.safetensors
  effnet similar a.jpg b.jpg --min-cosine 0.95     # two pictures: exit 0 or 1
  effnet similar --duplicates --in photos -r       # groups of copies
  effnet similar --duplicates --in photos -0 | xargs -0 mv -t copies";

/// Find similar pictures, or copies
///
/// Similar means a high cosine between what the network sees in two pictures: 1 is the same. For
/// --duplicates the pixels have to agree as well. A group is listed under the picture to keep, the
/// largest; the others have the same bytes, the same pixels, or are near. Nothing is deleted.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Similar {
    /// Pictures to find others like, or - for a picture on standard input
    #[arg(value_name = "QUERY", value_hint = ValueHint::FilePath, display_order = 0)]
    pub queries: Vec<PathBuf>,

    /// Where to look: a file of `effnet embed`, or a folder
    #[arg(long = "in", value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath,
        display_order = 1, help_heading = "Input")]
    pub within: Option<PathBuf>,

    /// Also look into the subfolders of the folder
    #[arg(short, long, display_order = 2, help_heading = "Input")]
    pub recursive: bool,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Group the pictures that are copies of each other
    #[arg(
        long,
        help_heading = "Output",
        requires = "within",
        conflicts_with = "queries"
    )]
    pub duplicates: bool,

    /// How many similar pictures per query, or `all`
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", help_heading = "Output",
        value_parser = label_count, conflicts_with = "duplicates")]
    pub top_k: usize,

    /// Leave out pictures with a lower cosine: 0.8, 80%
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Output",
        long_help = format!("Leave out pictures with a lower cosine: 0.8, 80% \
            [default with --duplicates: {MIN_COSINE}]"))]
    pub min_cosine: Option<f32>,

    /// Write a JSON object per line
    #[arg(long, help_heading = "Output")]
    pub jsonl: bool,

    /// Write paths alone, each with NUL behind it, for `xargs -0`; of copies not the ones to keep
    #[arg(short = '0', long, help_heading = "Output", conflicts_with = "jsonl")]
    pub null: bool,

    #[command(flatten)]
    pub work: WorkArgs,
}

pub fn run(args: &Similar, terminal: Terminal) -> Result<Outcome> {
    match (&args.within, &args.queries[..]) {
        (Some(within), _) if args.duplicates => args.duplicates(within, terminal),
        (None, []) => bail!("no picture given; name one, and with --in where to look for others"),
        (Some(_), []) => bail!("no picture given; name one, or --duplicates for copies"),
        (Some(within), _) => args.search(within, terminal),
        (None, [_, _]) => args.compare(terminal),
        (None, _) => bail!("say where to look, with --in FILE or --in FOLDER"),
    }
}

/// Queries, and what they are compared with.
struct Pictures {
    queries: Vec<(PathBuf, Result<Vec<f32>, PictureError>)>,
    index: Index,
    tally: Tally,
    model: String,
    upright: bool,
}

impl Similar {
    /// The most similar pictures to each query.
    fn search(&self, within: &Path, terminal: Terminal) -> Result<Outcome> {
        let mut pictures = self.pictures(Some(within), terminal)?;
        if !INTERRUPTED.load(Ordering::Relaxed) {
            let wanted = Wanted {
                k: self.top_k,
                min_cosine: self.min_cosine.unwrap_or(-1.0),
            };
            let vectors = pictures.index.vectors()?;
            let good = pictures
                .queries
                .iter()
                .filter_map(|(_, answer)| answer.as_ref().ok());
            let good: Vec<&[f32]> = good.map(Vec::as_slice).collect();
            let mut found = nearest(&vectors, &good, wanted)?.into_iter();
            let mut answers = self.answers(&pictures.model, terminal);
            for (path, answer) in &pictures.queries {
                let hits = answer.as_ref().map(|_| found.next().unwrap_or_default());
                answers.similar(path, hits, &pictures.index.paths)?;
            }
        }
        Ok(pictures.tally.close(self.work.keep_going))
    }

    /// Whether two pictures are similar.
    fn compare(&self, terminal: Terminal) -> Result<Outcome> {
        let Pictures { queries, model, .. } = self.pictures(None, terminal)?;
        let [(a, first), (b, second)] = &queries[..] else {
            bail!("say where to look, with --in FILE or --in FOLDER");
        };
        let of = |path: &Path, answer: &Result<Vec<f32>, PictureError>| match answer {
            Ok(features) => Ok(features.clone()),
            Err(error) => Err(anyhow!("{}: {error}", path.display())),
        };
        let cosine = cosine(&of(a, first)?, &of(b, second)?)?;
        self.answers(&model, terminal).pair(a, b, cosine)?;
        Ok(match self.min_cosine {
            Some(least) if cosine < least => Outcome::SomeFailed,
            _ => Outcome::Success,
        })
    }

    /// Groups of copies.
    fn duplicates(&self, within: &Path, terminal: Terminal) -> Result<Outcome> {
        let (mut index, tally, upright) = match file_of_features(within) {
            Some(format) => {
                start_pool(threads(self.work.threads))?;
                let (about, index) = Index::read(within, format)?;
                (index, None, about.upright)
            }
            None => {
                let found = self.pictures(Some(within), terminal)?;
                (found.index, Some(found.tally), found.upright)
            }
        };
        if !INTERRUPTED.load(Ordering::Relaxed) {
            index.sort();
            let least = self.min_cosine.unwrap_or(MIN_COSINE);
            let groups = groups(&index.vectors()?, &index.fingerprints, least)?;
            self.print(&groups, &index, upright, terminal)?;
        }
        Ok(tally.map_or(Outcome::Success, |tally| tally.close(self.work.keep_going)))
    }

    fn print(
        &self,
        groups: &[Group],
        index: &Index,
        upright: bool,
        terminal: Terminal,
    ) -> Result<()> {
        let mut answers = self.answers("", terminal);
        let mut grader = Grader {
            paths: &index.paths,
            fingerprints: &index.fingerprints,
            limits: self.work.decode.limits(),
            upright,
            hashes: HashMap::new(),
        };
        let (mut count, mut copies) = (0, 0);
        for group in groups {
            let graded = group.others.iter().filter_map(|&(other, cosine)| {
                let grade = grader.grade(group.keep, other)?;
                Some((&*index.paths[other], grade, cosine))
            });
            let graded: Vec<_> = graded.collect();
            if !graded.is_empty() {
                count += 1;
                copies += graded.len();
                answers.group(&index.paths[group.keep], &graded)?;
            }
        }
        terminal.say(&format!(
            "{copies} copies in {count} groups of {}",
            pictures(index.paths.len() as u64)
        ));
        if grader.lost() > 0 {
            terminal.warn(&format!(
                "{} files are gone or not what they were; whether they have the same pixels is not known",
                grader.lost(),
            ));
        }
        Ok(())
    }

    fn answers(&self, model: &str, terminal: Terminal) -> Listing {
        let form = match (self.jsonl, self.null) {
            (true, _) => Form::Jsonl,
            (_, true) => Form::Null,
            _ => Form::Text,
        };
        Listing::new(form, model.to_owned(), terminal)
    }

    /// Embeds the queries, and what is to be searched unless a file has it.
    fn pictures(&self, within: Option<&Path>, terminal: Terminal) -> Result<Pictures> {
        let file = within.and_then(|path| Some((path, file_of_features(path)?)));
        let folder = within.filter(|_| file.is_none());
        let mut inputs = match self.queries[..] {
            [] => Vec::new(),
            _ => select(&self.queries, false)?.named,
        };
        let asked = inputs.len();
        let mut left_out = LeftOut::default();
        if let Some(folder) = folder {
            let found = select(&[folder.to_path_buf()], self.recursive)?;
            inputs.extend(found.named);
            left_out = found.left_out;
        }
        let read = file
            .map(|(path, format)| Index::read(path, format))
            .transpose()?;
        let (about, mut index) = read.map_or((None, Index::default()), |(about, index)| {
            (Some(about), index)
        });
        let plan = Plan::with(None, self.choice(about.as_ref()), &self.work, terminal)?;
        let mut model = plan.resolve()?;
        if let (Some(about), Some((path, _))) = (&about, file) {
            about.prepare(&mut model.card)?;
            let mine = About::of(&model, self.manner(&plan))?;
            let comparable = about.ensure_comparable(&mine);
            comparable.with_context(|| format!("can't search {}", path.display()))?;
        }
        let mut queries = Vec::new();
        let mut tally = Tally::new(left_out, terminal);
        let emit = |path: PathBuf, answer: Answer| {
            match answer {
                answer if queries.len() < asked => {
                    queries.push((path, answer.map(|(features, _)| features)));
                }
                Ok((features, fingerprint)) => index.push(path, fingerprint, &features),
                Err(error) => terminal.report_failure(&format!("{}: {error}", path.display())),
            }
            Ok(())
        };
        let count = inputs.len() as u64;
        embed(
            plan,
            &model,
            (inputs.into_iter(), Some(count)),
            (&mut tally, true),
            emit,
        )?;
        Ok(Pictures {
            queries,
            index,
            tally,
            model: model.name,
            upright: !self.work.decode.no_exif,
        })
    }

    /// The model of the command line, or else that of the file.
    fn choice(&self, about: Option<&About>) -> Choice {
        let choice = self.model.choice();
        let is_named = choice.model.is_some() || choice.variant.is_some();
        match about.filter(|_| !is_named) {
            Some(about) => Choice {
                model: Some(about.model.clone()),
                ..choice
            },
            None => choice,
        }
    }

    fn manner(&self, plan: &Plan) -> Manner {
        Manner {
            normalized: true,
            dtype: plan.dtype(),
            upright: !self.work.decode.no_exif,
            exact_decode: self.work.decode.exact_decode,
        }
    }
}

/// The format of a file that `effnet embed` wrote.
fn file_of_features(path: &Path) -> Option<Format> {
    Format::of(path).filter(|_| !path.is_dir())
}

fn select(paths: &[PathBuf], recursive: bool) -> Result<Inputs> {
    let selection = Selection {
        paths: paths.to_vec(),
        recursive,
        ..Selection::default()
    };
    selection.inputs()
}
