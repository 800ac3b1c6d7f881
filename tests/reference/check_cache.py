"""Whether Python's huggingface_hub accepts a cache that effnet filled, as a second opinion.

    effnet download someone/shapes   # into HF_HOME
    python tests/reference/check_cache.py HF_HOME someone/shapes model.safetensors config.json

Every file must be found without a connection, hash to its blob's name, and the whole
cache must scan without a warning.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def name_in_git(data: bytes) -> str:
    """What git calls the file: the ETag of files that are not stored as LFS."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def main() -> None:
    home, repo, *files = sys.argv[1:]
    os.environ["HF_HOME"] = home
    os.environ["HF_HUB_OFFLINE"] = "1"
    from huggingface_hub import __version__, hf_hub_download, scan_cache_dir

    for file in files:
        path = Path(hf_hub_download(repo, file, local_files_only=True))
        data = path.read_bytes()
        blob = path.resolve().name
        if blob not in (hashlib.sha256(data).hexdigest(), name_in_git(data)):
            raise SystemExit(f"{file}: its bytes are not those of {blob}")
    cache = scan_cache_dir()
    if cache.warnings:
        raise SystemExit("\n".join(str(warning) for warning in cache.warnings))
    found = {file.file_name for r in cache.repos if r.repo_id == repo for v in r.revisions for file in v.files}
    if found != set(files):
        raise SystemExit(f"it scans {sorted(found)}")
    print(f"huggingface_hub {__version__} accepts {len(files)} files of {repo}, {cache.size_on_disk} bytes")


if __name__ == "__main__":
    main()
