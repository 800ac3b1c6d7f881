//! Where the files of a repository are in the cache that is shared with Python's huggingface_hub:
//!
//! ```text
//! models--owner--name/blobs/<etag>                the bytes; `lock` names the unfinished ones
//! models--owner--name/snapshots/<commit>/<file>   a link to the blob
//! models--owner--name/refs/<revision>             the commit of a branch or tag
//! .locks/models--owner--name/<etag>.lock          held while the blob is written
//! ```
//!
//! The `hf-hub` crate says the name of the folder, where snapshots are, and which commit a
//! revision is. What it does not say is spelled here, and nowhere else: its path of a blob needs
//! one of its clients, its path of a reference is private, and it puts locks and unfinished files
//! where Python's client does not look. It could write a reference too, but in place: a reader
//! could find it empty, and a full disk would leave it so.

use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

/// A revision of a model repository in the cache.
pub(super) struct Layout {
    cache: Cache,
    repo: Repo,
}

impl Layout {
    pub fn new(cache: &Path, repo: &str, revision: &str) -> Self {
        Self {
            cache: Cache::new(cache.to_path_buf()),
            repo: Repo::with_revision(repo.to_owned(), RepoType::Model, revision.to_owned()),
        }
    }

    pub fn revision(&self) -> &str {
        self.repo.revision()
    }

    fn in_cache(&self) -> CacheRepo {
        self.cache.repo(self.repo.clone())
    }

    /// The link to a file of this branch or tag, if it is there.
    pub fn find(&self, file: &str) -> Option<PathBuf> {
        self.in_cache().get(file)
    }

    /// The path of the link to a file of a commit.
    pub fn pointer(&self, commit: &str, file: &str) -> PathBuf {
        self.in_cache().pointer_path(commit).join(file)
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join(self.repo.folder_name())
    }

    pub fn blob(&self, etag: &str) -> PathBuf {
        self.folder().join("blobs").join(etag)
    }

    /// What the link to a file says: the way from its snapshot to the blob.
    pub fn link_target(file: &str, etag: &str) -> PathBuf {
        // From snapshots/<commit>/<file> up to the folder of the repository.
        let depth = Path::new(file).components().count() + 1;
        let mut target: PathBuf = std::iter::repeat_n("..", depth).collect();
        target.extend(["blobs", etag]);
        target
    }

    /// The path of the file that has the commit of the revision.
    pub fn reference(&self) -> PathBuf {
        self.folder().join("refs").join(self.revision())
    }

    pub fn lock(&self, etag: &str) -> PathBuf {
        let locks = self.cache.path().join(".locks");
        let name = format!("{etag}.lock");
        locks.join(self.repo.folder_name()).join(name)
    }
}

/// The commit in the path of a link to a file.
pub(super) fn commit(path: &Path) -> Option<String> {
    let mut parts = path.iter().skip_while(|part| *part != "snapshots").skip(1);
    let commit = parts.next()?.to_str()?;
    let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit.then(|| commit.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn what_is_spelled_here_agrees_with_what_the_crate_says() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let layout = Layout::new(folder.path(), "owner/name", "refs/pr/1");
        layout.in_cache().create_ref(COMMIT).expect("a reference");
        let written = fs::read_to_string(layout.reference()).expect("the reference");
        assert_eq!(written, COMMIT);

        let pointer = layout.pointer(COMMIT, "onnx/model.bin");
        assert!(pointer.starts_with(layout.folder()), "{pointer:?}");
        fs::create_dir_all(pointer.parent().expect("a folder")).expect("folders");
        assert_eq!(layout.find("onnx/model.bin"), None);
        fs::write(&pointer, b"").expect("a file");
        assert_eq!(layout.find("onnx/model.bin"), Some(pointer));
    }

    #[test]
    fn a_link_leads_from_its_snapshot_to_the_blob() {
        let layout = Layout::new(Path::new("/cache"), "owner/name", "main");
        for file in ["config.json", "onnx/model.bin"] {
            let mut path = layout.pointer(COMMIT, file);
            path.pop();
            for part in Layout::link_target(file, "etag").components() {
                match part {
                    std::path::Component::ParentDir => assert!(path.pop()),
                    part => path.push(part),
                }
            }
            assert_eq!(path, layout.blob("etag"));
        }
    }

    #[test]
    fn a_repository_has_the_folder_that_python_gives_it() {
        let layout = Layout::new(Path::new("/cache"), "timm/b0.in1k", "main");
        for (path, expected) in [
            (layout.blob("etag"), "models--timm--b0.in1k/blobs/etag"),
            (layout.reference(), "models--timm--b0.in1k/refs/main"),
            (
                layout.lock("etag"),
                ".locks/models--timm--b0.in1k/etag.lock",
            ),
        ] {
            assert_eq!(path, Path::new("/cache").join(expected));
        }
    }
}
