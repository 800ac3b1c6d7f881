"""Time a folder of pictures, from files to labels, against timm with PyTorch.

    cargo build --release
    python -m venv .venv && .venv/bin/pip install -r tests/bench/requirements.txt
    .venv/bin/python tests/bench/folder.py --variant b0 --pictures 1000 --threads 2

Both get the same JPEG pictures, drawn here, and the same generated weights. timm runs as its
users run it: its own transform in a DataLoader, batches through the model in inference mode,
the five best labels. Several settings of the loader are tried and the best counts. Runs
alternate, and the ratio is the median over the rounds of effnet's pictures per second to timm's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from generated_weights import load_generated  # noqa: E402

# Batch size and worker processes of timm's loader.
LOADERS = ((8, 0), (8, 1), (8, 2), (32, 2))


def draw(folder: Path, count: int, size: tuple[int, int]) -> None:
    """JPEG pictures with about as much detail, and so as many bytes, as photos."""
    rng = np.random.default_rng(0)
    for number in range(count):
        picture = np.zeros((size[1], size[0], 3), np.float32)
        for octave in range(1, 8):
            cells = rng.normal(0, 60 / octave, (2**octave, 2**octave, 3))
            low = Image.fromarray(np.clip(cells + 128, 0, 255).astype(np.uint8))
            picture += np.asarray(low.resize(size, Image.BICUBIC), np.float32) - 128
        pixels = np.clip(picture / 2 + 128, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:05}.jpg", quality=90)


def save_model(variant: str, folder: Path) -> torch.nn.Module:
    """timm's model with generated weights, which it also writes in timm's layout."""
    model = timm.create_model(f"tf_efficientnet_{variant}").eval()
    load_generated(model)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors")
    keys = ("input_size", "crop_pct", "interpolation", "mean", "std", "num_classes")
    config = {
        "architecture": f"tf_efficientnet_{variant}",
        "num_classes": 1000,
        "pretrained_cfg": {key: model.default_cfg[key] for key in keys},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return model


class Pictures(torch.utils.data.Dataset):
    """The files of a folder through timm's transform."""

    def __init__(self, folder: Path, transform):
        self.paths = sorted(folder.iterdir())
        self.transform = transform

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.transform(Image.open(self.paths[index]).convert("RGB"))


def timm_seconds(model, pictures: Pictures, threads: int, batch: int, workers: int) -> float:
    torch.set_num_threads(threads)
    start = time.perf_counter()
    loader = torch.utils.data.DataLoader(pictures, batch_size=batch, num_workers=workers)
    with torch.inference_mode():
        for x in loader:
            model(x).softmax(-1).topk(5)
    return time.perf_counter() - start


def effnet_seconds(binary: Path, model: Path, folder: Path, threads: int) -> float:
    command = [binary, "classify", "-q", "--jsonl", "--model", model, "--threads", str(threads)]
    start = time.perf_counter()
    output = subprocess.check_output([*command, folder])
    seconds = time.perf_counter() - start
    assert output.count(b'"predictions"') == len(list(folder.iterdir())), "pictures failed"
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="b0")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--size", type=int, nargs=2, default=(500, 375))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--effnet", type=Path, default=Path("target/release/effnet"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, weights = Path(scratch, "pictures"), Path(scratch, "model")
        folder.mkdir()
        weights.mkdir()
        draw(folder, arguments.pictures, tuple(arguments.size))
        model = save_model(arguments.variant, weights)
        transform = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
        pictures = Pictures(folder, transform)
        threads = arguments.threads
        rates = {"effnet": [], "timm": []}
        for _ in range(arguments.rounds):
            ours = effnet_seconds(arguments.effnet, weights, folder, threads)
            theirs = min(timm_seconds(model, pictures, threads, *loader) for loader in LOADERS)
            rates["effnet"].append(arguments.pictures / ours)
            rates["timm"].append(arguments.pictures / theirs)
    ratios = [a / b for a, b in zip(rates["effnet"], rates["timm"], strict=True)]
    for name, values in rates.items():
        print(f"{name}: {statistics.median(values):.1f} pictures/s")
    print(f"ratio: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
