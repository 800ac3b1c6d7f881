//! Pictures through a network, step by step: what is cheap to check comes before a download, and
//! decoding begins before the weights are read.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::downloads::Downloads;
use crate::checkpoint::choice::Choice;
use crate::checkpoint::model::Model;
use crate::classifier::Classifier;
use crate::cli::{InputArgs, ModelArgs, WorkArgs};
use crate::device::OpenDevice;
use crate::output::destination;
use crate::picture::Picture;
use crate::run::inputs::{Input, Inputs, Selection};
use crate::run::memory;
use crate::run::pipeline::{Options, Pipeline};
use crate::run::threads::{INTERRUPTED, start_pool, threads};
use crate::terminal::{Terminal, human_duration};

/// What is known of a run over pictures before its model is.
pub struct Plan<'a> {
    list: Option<PathBuf>,
    work: &'a WorkArgs,
    terminal: Terminal,
    threads: usize,
    choice: Choice,
    place: OpenDevice,
}

/// Pictures on their way, and the network that waits for them.
pub struct Running<K> {
    pub pipeline: Pipeline<'static, K>,
    pub classifier: Classifier,
}

impl<'a> Plan<'a> {
    /// Starts the threads, looks for the pictures and opens the device.
    ///
    /// # Errors
    /// If there are no pictures, or the names of model, labels or device can't be right.
    pub fn new(
        inputs: &InputArgs,
        model: &ModelArgs,
        work: &'a WorkArgs,
        terminal: Terminal,
    ) -> Result<(Self, Inputs)> {
        Self::over(
            inputs.selection(work.decode.max_bytes)?,
            model,
            work,
            terminal,
        )
    }

    /// As [`Plan::new`], over what a selection comes to.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn over(
        selection: Selection,
        model: &ModelArgs,
        work: &'a WorkArgs,
        terminal: Terminal,
    ) -> Result<(Self, Inputs)> {
        let inputs = selection.inputs()?;
        let plan = Self::with(selection.files_from, model.choice(), work, terminal)?;
        Ok((plan, inputs))
    }

    /// The same without the pictures, which `list` may name.
    ///
    /// # Errors
    /// If the names of model, labels or device can't be right.
    pub fn with(
        list: Option<PathBuf>,
        choice: Choice,
        work: &'a WorkArgs,
        terminal: Terminal,
    ) -> Result<Self> {
        let threads = threads(work.threads);
        start_pool(threads)?;
        choice.check_labels()?;
        let place = work.device.open()?;
        Ok(Self {
            list,
            work,
            terminal,
            threads,
            choice,
            place,
        })
    }

    /// What the network computes in.
    pub fn dtype(&self) -> &'static str {
        self.place.backend.precision()
    }

    /// Refuses to write to `output` what this run reads.
    ///
    /// # Errors
    /// If writing there would destroy something, or can't work.
    pub fn check_output(&self, output: &Path, inputs: &Inputs) -> Result<()> {
        let model = self.choice.local_files();
        let mut read: Vec<&Path> = model.iter().map(PathBuf::as_path).collect();
        read.extend(self.list.as_deref());
        read.extend(self.choice.labels.as_deref());
        read.extend(inputs.named.iter().map(Input::path));
        destination::check(output, &read)
    }

    /// What the model is called, without a look at its files.
    ///
    /// # Errors
    /// If there can't be such a model.
    pub fn model_name(&self) -> Result<String> {
        self.choice.name()
    }

    /// Finds the model, and downloads what is missing.
    ///
    /// # Errors
    /// If there is no such model, or it can't be had.
    pub fn resolve(&self) -> Result<Model> {
        let model = self.choice.resolve(&Downloads::new(self.terminal))?;
        if self.choice.test_size && model.card.test.is_none() {
            self.terminal.warn(&format!(
                "{} has no test size of its own; it is {} as always",
                model.name, model.card.transform.height,
            ));
        }
        Ok(model)
    }

    /// Starts to decode `inputs`, of which there are `count` where that is known, and loads the
    /// network meanwhile. For `keep` see [`Pipeline::start`].
    ///
    /// # Errors
    /// If a batch does not fit the memory, or the weights can't be used.
    pub fn start<K: Send + 'static>(
        self,
        model: &Model,
        inputs: impl Iterator<Item = Input> + Send + 'static,
        count: Option<u64>,
        keep: impl Fn(&[u8], Picture) -> K + Send + Sync + 'static,
    ) -> Result<Running<K>> {
        let transform = model.card.transform;
        let options = self.options(transform.height * transform.width);
        let batch_size = options.batch_size as u64;
        let batch = count.map_or(batch_size, |count| count.min(batch_size));
        memory::ensure_fits(batch, transform.bytes())?;
        let pipeline = Pipeline::start(inputs, transform, options, keep, &INTERRUPTED);
        let classifier = self.load(model)?;
        Ok(Running {
            pipeline,
            classifier,
        })
    }

    /// For pictures of so many `pixels`.
    fn options(&self, pixels: usize) -> Options {
        Options {
            batch_size: (self.work.batch_size)
                .unwrap_or_else(|| self.place.batch_size(self.threads, pixels)),
            decoders: self.threads,
            limits: self.work.decode.limits(),
            upright: !self.work.decode.no_exif,
            exact: self.work.decode.exact_decode,
        }
    }

    /// Reads the weights, and says what there is to know of the model and where it runs.
    fn load(self, model: &Model) -> Result<Classifier> {
        let started = Instant::now();
        let (name, terminal) = (&model.name, self.terminal);
        if let Some(reason) = &self.place.fallback_reason {
            terminal.detail(reason);
        }
        let description = self.place.describe(self.threads);
        let classifier = Classifier::load(model, self.place)?;
        terminal.detail(&format!(
            "{name} on {description}, loaded in {}",
            human_duration(started.elapsed()),
        ));
        if let Some(warning) = &classifier.warning {
            terminal.warn(&format!("{name}: {warning}"));
        }
        if let Some(repo) = &model.assumed {
            terminal.warn(&format!(
                "{name} is prepared for and padded like {repo}; --weights TAG names another"
            ));
        }
        if classifier.labels.unnamed {
            terminal.warn(&format!(
                "{name} does not name its {} classes, so labels are indices; --labels FILE names them",
                classifier.labels.len(),
            ));
        }
        Ok(classifier)
    }
}
