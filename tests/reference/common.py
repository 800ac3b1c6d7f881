"""What the fixture scripts share: paths, saving, and the versions recorded."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent.parent
ASSETS = ROOT / "assets"
FIXTURES = ROOT / "tests" / "fixtures"
RECORDED_PACKAGES = ("timm", "torch", "torchvision", "pillow", "numpy")


def save_fixture(tensors: dict, path: Path, *more_packages: str) -> None:
    """Write torch tensors as safetensors, recording the versions that made them.

    The metadata is a single entry, because the order of several is not fixed
    in the file and would make it differ from run to run.
    """
    made_with = ", ".join(f"{name} {version(name)}" for name in (*RECORDED_PACKAGES, *more_packages))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, {"made_with": made_with})
    path.chmod(0o644)
    print(f"wrote {path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


def save_json(entries: dict, path: Path) -> None:
    """Write a JSON object with one entry per line, so that differences are readable."""
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items())
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"wrote {path.name}: {len(entries)} entries, {path.stat().st_size} bytes")
