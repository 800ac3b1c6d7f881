//! A part of the pictures, for one of several machines.

use std::env::VarError;
use std::path::Path;
use std::str::FromStr;

/// What `--shard` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// One of so many.
    Of(Shard),
    /// What the cluster says; also how many there are where it does not say that.
    Auto(Option<u64>),
}

/// One of several parts of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    index: u64,
    count: u64,
}

impl Shard {
    /// Part `index`, from 1, of `count`.
    fn new(index: u64, count: u64) -> Result<Self, String> {
        match (1..=count).contains(&index) {
            true => Ok(Self {
                index: index - 1,
                count,
            }),
            false => Err(format!(
                "it must be one of 1/{count} to {count}/{count}; parts are counted from 1"
            )),
        }
    }

    /// Which of `count` parts, from 1, a picture belongs to.
    pub fn of(path: &Path, count: u64) -> u64 {
        hash(path.as_os_str().as_encoded_bytes()) % count + 1
    }

    /// Whether it is this part that a picture belongs to. That depends on the path alone, as it is
    /// given, and so stays the same when other pictures come.
    pub fn takes(&self, path: &Path) -> bool {
        Self::of(path, self.count) == self.index + 1
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "it is I/N, as 3/16, or auto on a cluster that says which part is its";
        let number = |text: &str| text.parse().map_err(|_| FORM.to_owned());
        let (index, count) = match text.split_once('/') {
            Some((index, count)) => (index, Some(number(count)?)),
            None => (text, None),
        };
        match (index, count) {
            ("auto", Some(0)) => Err(FORM.to_owned()),
            ("auto", count) => Ok(Self::Auto(count)),
            (index, Some(count)) => Shard::new(number(index)?, count).map(Self::Of),
            (_, None) => Err(FORM.to_owned()),
        }
    }
}

impl Which {
    /// The part, with what the environment says of the place of this process in a job: Slurm's job
    /// arrays (`sbatch --array`, and with `--shard auto/N` also Kubernetes' indexed jobs).
    ///
    /// # Errors
    /// If it does not say both which part and of how many.
    pub fn resolve(
        self,
        variable: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Shard, String> {
        let count = match self {
            Self::Of(shard) => return Ok(shard),
            Self::Auto(count) => count,
        };
        let number = |name: &str| match variable(name) {
            Ok(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("{name} is {text:?} and no number")),
            },
            Err(_) => Ok(None),
        };
        let slurm = number("SLURM_ARRAY_TASK_ID")?;
        let kubernetes = number("JOB_COMPLETION_INDEX")?;
        let count =
            count.map_or_else(|| number("SLURM_ARRAY_TASK_COUNT"), |count| Ok(Some(count)))?;
        match (slurm, kubernetes, count) {
            (Some(id), None, Some(count)) => {
                let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(1);
                let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
                Self::part(id.saturating_sub(first) / step + 1, count)
            }
            (None, Some(index), Some(count)) => Self::part(index.saturating_add(1), count),
            (Some(_), Some(_), _) => Err(
                "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are both set; say --shard I/N".into(),
            ),
            (None, None, _) => Err(
                "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; say --shard I/N"
                    .into(),
            ),
            (_, _, None) => Err(
                "it is not known how many parts there are; say --shard auto/N with their number"
                    .into(),
            ),
        }
    }

    fn part(index: u64, count: u64) -> Result<Shard, String> {
        Shard::new(index, count)
            .map_err(|why| format!("the cluster says that it is part {index} of {count}: {why}"))
    }
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv, section 2), whose bits are then mixed
/// (MurmurHash3's finalizer), since its lowest alone tell little. It never changes: shards that were
/// made by an older release go on to be the same.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use std::env::VarError;
    use std::path::Path;

    use super::{Shard, Which, hash};

    fn resolve(which: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        };
        which.parse::<Which>()?.resolve(variable)
    }

    #[test]
    fn a_shard_is_one_of_1_to_n() {
        assert_eq!(resolve("1/1", &[]), Ok(Shard { index: 0, count: 1 }));
        assert_eq!(
            resolve("16/16", &[]),
            Ok(Shard {
                index: 15,
                count: 16
            })
        );
        for wrong in [
            "0/4", "5/4", "1/0", "3", "a/b", "1/2/3", "-1/2", "", "auto/0", "/",
        ] {
            assert!(resolve(wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cluster_says_which_shard_it_is() {
        let id = ("SLURM_ARRAY_TASK_ID", "7");
        let count = ("SLURM_ARRAY_TASK_COUNT", "4");
        let all = [
            id,
            count,
            ("SLURM_ARRAY_TASK_MIN", "5"),
            ("SLURM_ARRAY_TASK_STEP", "1"),
        ];
        assert_eq!(resolve("auto", &all), resolve("3/4", &[]));
        let by_two = [
            id,
            count,
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
        ];
        assert_eq!(resolve("auto", &by_two), resolve("4/4", &[]));
        let zero = [("JOB_COMPLETION_INDEX", "0")];
        assert_eq!(resolve("auto/8", &zero), resolve("1/8", &[]));
        let both = [id, count, zero[0]];
        for (which, variables) in [
            ("auto", &zero[..]),
            ("auto", &[id]),
            ("auto", &[]),
            ("auto", &both),
            ("auto", &[id, count]),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "4")]),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "x")]),
        ] {
            assert!(resolve(which, variables).is_err(), "{which} {variables:?}");
        }
    }

    #[test]
    fn every_picture_is_in_one_shard_and_shards_are_about_alike() {
        let paths: Vec<_> = (0..8000)
            .map(|n| format!("photos/IMG_{n:04}.jpg"))
            .collect();
        let mut counts = [0; 8];
        for path in &paths {
            let takes = |index: &usize| {
                let shard = Shard::new(*index as u64 + 1, 8).expect("a shard");
                shard.takes(Path::new(path))
            };
            let takers: Vec<_> = (0..8).filter(takes).collect();
            assert_eq!(takers.len(), 1);
            counts[takers[0]] += 1;
        }
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn the_hash_never_changes() {
        // FNV-1a of nothing is its offset; the finalizer is that of MurmurHash3.
        assert_eq!(hash(b""), 0xefd0_1f60_ba99_2926);
        assert_ne!(hash(b"a"), hash(b"b"));
    }
}
