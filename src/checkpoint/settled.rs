//! The words of the command line, to those of the program: which of them names the model, and
//! whether they contradict each other.

use std::path::Path;

use anyhow::{Error, Result, bail, ensure};

use super::choice::Choice;
use super::files::{self, CONFIG_FILE};
use super::name::{self, Name, Named};
use super::published::Checkpoint;
use crate::hub::settings::Settings;

impl Choice {
    /// The same in the program's own words: `variant` as the table of architectures has it, `model`
    /// only for what is no variant, a Hub id without what came before and behind it.
    ///
    /// # Errors
    /// If there is no such name, or two of the words contradict each other.
    pub fn settled(&self) -> Result<Self> {
        let mut settled = self.clone();
        if let Some(variant) = &self.variant {
            settled.variant = None;
            settled.add(name::variant(variant).map_err(Error::msg)?)?;
        }
        let Some(model) = &self.model else {
            return Ok(settled);
        };
        if is_model_here(model) {
            return Ok(settled);
        }
        match name::model(model, endpoint(model).as_deref()) {
            Ok(Name::Variant(named)) => {
                settled.model = None;
                settled.add(named)?;
            }
            Ok(Name::Hub(repo, revision)) if !is_meant_here(model) => {
                agree("revision", &mut settled.revision, revision)?;
                settled.model = Some(repo);
            }
            Ok(Name::Path | Name::Hub(..)) | Err(_) if Path::new(model).exists() => {}
            Ok(Name::Path | Name::Hub(..)) => return Err(files::missing(model)),
            // A word may be a folder's name too.
            Err(why) if is_word(model) => {
                let near = files::near_here(model);
                let near = near.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
                bail!("there is no file or folder {model}{near}, and {why}");
            }
            Err(why) => bail!("{why}"),
        }
        Ok(settled)
    }

    /// Adds what a variant's name says.
    fn add(&mut self, named: Named) -> Result<()> {
        agree("variant", &mut self.variant, Some(named.variant.to_owned()))?;
        agree("revision", &mut self.revision, named.revision)?;
        let Some(tag) = named.weights else {
            return Ok(());
        };
        // --weights may name them by their first word.
        if let Some(weights) = &self.weights {
            let meant = Checkpoint::named(named.variant, weights)?;
            ensure!(
                meant.tag == tag,
                "--weights {weights} contradicts {tag} in the model's name"
            );
        }
        self.weights = Some(tag);
        Ok(())
    }
}

/// The address of the Hub in use, which only an address can begin with.
fn endpoint(model: &str) -> Option<String> {
    let settings = model.contains("://").then(Settings::from_env);
    Some(settings?.ok()?.endpoint)
}

/// Whether a file, or a folder that looks like a model, is called so: it is meant then, whatever
/// else has that name.
fn is_model_here(name: &str) -> bool {
    let path = Path::new(name);
    path.is_file() || path.join(CONFIG_FILE).is_file()
}

/// Whether a name that could be a Hub id is a path: the folder that it begins with is here. What
/// timm publishes is known without looking, and many have a folder `timm`.
fn is_meant_here(name: &str) -> bool {
    let path = Path::new(name);
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    path.exists() || parent.is_some_and(Path::is_dir) && Checkpoint::of_repo(name).is_none()
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', ':'])
}

/// Sets `what` to what a model's name says of it, unless it was said otherwise.
fn agree(what: &str, said: &mut Option<String>, named: Option<String>) -> Result<()> {
    if let (Some(said), Some(named)) = (&*said, &named) {
        ensure!(
            said == named,
            "--{what} {said} contradicts {named} in the model's name"
        );
    }
    *said = said.take().or(named);
    Ok(())
}
