//! `effnet similar`: which pictures look like one, and which are copies of each other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueHint};

use super::listing::{Form, Listing};
use super::outcome::Outcome;
use super::searched::{Means, Source};
use super::tally::pictures;
use crate::cli::{EXIT_CODES_AND_ENVIRONMENT, ModelArgs, WorkArgs, label_count, probability};
use crate::error::PictureError;
use crate::features::duplicates::{Group, MIN_COSINE, groups};
use crate::features::index::Index;
use crate::features::nearest::{Wanted, cosine, nearest};
use crate::features::pixels::Grader;
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  effnet similar cat.jpg --in photos               # the ten most similar in a folder
  effnet embed -r photos -o photos.safetensors     # once, and then:
  effnet similar cat.jpg --in photos.safetensors
  effnet similar a.jpg b.jpg --min-cosine 0.95     # two pictures: exit 0 or 1
  effnet similar --duplicates -r photos            # groups of copies
  effnet similar --duplicates photos -0 | xargs -0 mv -t copies";

/// Find similar pictures, or copies
///
/// Similar means a high cosine between what the network sees in two pictures: 1 is the same. For
/// --duplicates the pixels have to agree as well. A group is listed under the picture to keep, the
/// largest; the others have the same bytes, the same pixels, or are near. Nothing is deleted.
#[derive(Debug, Args)]
#[command(before_long_help = EXAMPLES, after_long_help = EXIT_CODES_AND_ENVIRONMENT)]
pub struct Similar {
    /// Pictures to find others like, or - for a picture on standard input
    ///
    /// With --duplicates where to look: pictures, folders, or a file of `effnet embed`.
    #[arg(value_name = "QUERY", value_hint = ValueHint::AnyPath, display_order = 0)]
    pub queries: Vec<PathBuf>,

    /// Where to look: a folder, or a file of `effnet embed`
    #[arg(long = "in", value_name = "FOLDER|FILE", value_hint = ValueHint::AnyPath,
        display_order = 1, help_heading = "Input")]
    pub within: Option<PathBuf>,

    /// Also look into the subfolders of folders
    #[arg(short, long, display_order = 2, help_heading = "Input")]
    pub recursive: bool,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Group the pictures that are copies of each other
    #[arg(long, help_heading = "Output")]
    pub duplicates: bool,

    /// How many similar pictures per query, or `all`
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", help_heading = "Output",
        value_parser = label_count, conflicts_with = "duplicates")]
    pub top_k: usize,

    /// Leave out pictures with a lower cosine: 0.8, 80%
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Output",
        long_help = format!("Leave out pictures with a lower cosine: 0.8, 80% \
            [default with --duplicates: {MIN_COSINE}]\n\n\
            Of two pictures alone it tells whether they are so similar: exit status 1 if not."))]
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
    let (queries, within) = (&args.queries[..], args.within.as_slice());
    match (args.duplicates, queries, within) {
        (true, [], []) => bail!("say where to look for copies: --duplicates FOLDER"),
        (true, [], searched) | (true, searched, []) => args.duplicates(searched, terminal),
        (true, ..) => bail!("say where to look for copies either with --in or without it"),
        (false, [], []) => {
            bail!("no picture given; name one, and with --in where to look for others")
        }
        (false, [], _) => bail!("no picture given; name one, or --duplicates for copies"),
        (false, _, [within]) => args.search(within, terminal),
        (false, [_, _], _) => args.compare(terminal),
        (false, ..) => bail!("say where to look, with --in FOLDER or --in FILE"),
    }
}

impl Similar {
    fn means(&self, terminal: Terminal) -> Means<'_> {
        Means {
            model: &self.model,
            work: &self.work,
            recursive: self.recursive,
            terminal,
        }
    }

    /// The most similar pictures to each query.
    fn search(&self, within: &Path, terminal: Terminal) -> Result<Outcome> {
        let within = [within.to_path_buf()];
        let source = Source::of(&within)?;
        let mut searched = self.means(terminal).searched(&self.queries, source)?;
        if !INTERRUPTED.load(Ordering::Relaxed) {
            let wanted = Wanted {
                k: self.top_k,
                min_cosine: self.min_cosine.unwrap_or(-1.0),
            };
            let vectors = searched.index.vectors()?;
            let queries = searched.queries.iter();
            let good = queries.filter_map(|(_, features)| features.as_ref().ok());
            let good: Vec<&[f32]> = good.map(Vec::as_slice).collect();
            let mut found = nearest(&vectors, &good, wanted)?.into_iter();
            let mut listing = self.listing(&searched.model, terminal);
            for (path, features) in &searched.queries {
                let hits = features.as_ref().map(|_| found.next().unwrap_or_default());
                listing.similar(path, hits, &searched.index.paths)?;
            }
        }
        Ok(searched.tally.close(self.work.keep_going))
    }

    /// Whether two pictures are similar.
    fn compare(&self, terminal: Terminal) -> Result<Outcome> {
        let searched = self.means(terminal).searched(&self.queries, Source::NONE)?;
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Ok(Outcome::Interrupted);
        }
        let [(a, first), (b, second)] = &searched.queries[..] else {
            bail!("say where to look, with --in FOLDER or --in FILE");
        };
        let of = |path: &Path, features: &Result<Vec<f32>, PictureError>| match features {
            Ok(features) => Ok(features.clone()),
            Err(error) => Err(anyhow!("{}: {error}", path.display())),
        };
        let cosine = cosine(&of(a, first)?, &of(b, second)?)?;
        let is_similar = self.min_cosine.is_none_or(|least| cosine >= least);
        if is_similar || !self.null {
            let mut listing = self.listing(&searched.model, terminal);
            listing.pair(a, b, cosine)?;
        }
        Ok(match is_similar {
            true => Outcome::Success,
            false => Outcome::NothingFound,
        })
    }

    /// Groups of copies.
    fn duplicates(&self, paths: &[PathBuf], terminal: Terminal) -> Result<Outcome> {
        let source = Source::of(paths)?;
        let mut searched = self.means(terminal).searched(&[], source)?;
        if !INTERRUPTED.load(Ordering::Relaxed) {
            let index = &mut searched.index;
            index.sort();
            let least = self.min_cosine.unwrap_or(MIN_COSINE);
            let progress = terminal.picture_progress(Some(index.paths.len() as u64));
            let goes_on = |done: usize| {
                progress.set_position(done as u64);
                !INTERRUPTED.load(Ordering::Relaxed)
            };
            let vectors = index.vectors()?;
            let prints: Vec<_> = index.fingerprints.iter().collect();
            let groups = groups(&vectors, &prints, least, goes_on)?;
            progress.finish_and_clear();
            self.print(&groups, index, searched.upright, terminal)?;
        }
        Ok(match source {
            _ if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
            // No picture was embedded.
            Source::File(..) => Outcome::Success,
            Source::Pictures(_) => searched.tally.close(self.work.keep_going),
        })
    }

    fn print(
        &self,
        groups: &[Group],
        index: &Index,
        upright: bool,
        terminal: Terminal,
    ) -> Result<()> {
        let mut listing = self.listing("", terminal);
        let mut grader = Grader {
            paths: &index.paths,
            fingerprints: &index.fingerprints,
            limits: self.work.decode.limits(),
            upright,
            hashes: HashMap::new(),
        };
        let (mut count, mut copies) = (0, 0);
        for group in groups {
            if INTERRUPTED.load(Ordering::Relaxed) {
                return Ok(());
            }
            let graded = group.others.iter().filter_map(|&(other, cosine)| {
                let grade = grader.grade(group.keep, other)?;
                Some((&*index.paths[other], grade, cosine))
            });
            let graded: Vec<_> = graded.collect();
            if !graded.is_empty() {
                count += 1;
                copies += graded.len();
                listing.group(&index.paths[group.keep], &graded)?;
            }
        }
        terminal.say(&format!(
            "{} in {} of {}",
            counted(copies, "copy", "copies"),
            counted(count, "group", "groups"),
            pictures(index.paths.len() as u64),
        ));
        if grader.lost() > 0 {
            terminal.warn(&format!(
                "{} files are gone or not what they were; whether they have the same pixels is not known",
                grader.lost(),
            ));
        }
        Ok(())
    }

    fn listing(&self, model: &str, terminal: Terminal) -> Listing {
        let form = match (self.jsonl, self.null) {
            (true, _) => Form::Jsonl,
            (_, true) => Form::Null,
            _ => Form::Text,
        };
        Listing::new(form, model.to_owned(), terminal)
    }
}

/// `1 copy`, `2 copies`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
