"""How far does a network's knowledge reach classes that it never saw? Measures `effnet train`.

    cargo build --release
    python -m venv .venv && .venv/bin/pip install -r tests/reference/requirements.txt
    .venv/bin/python tests/reference/compare_transfer.py drawn
    .venv/bin/python tests/reference/compare_transfer.py photos --photos FOLDER --model FOLDER

`drawn` trains the network of the demo model on eight of its sixteen drawn things alone, as
train_demo.py does on all. Then effnet trains a last layer on few pictures of the other eight and
labels many; beside it stand the demo model, which knows all sixteen, and the same network with
random weights. `photos` makes crops, turns and exposures of each photo: those of one side of the
photo are learnt from, those of the other side are labelled.

A folder given by --keep holds what was made, and a second run takes the network from there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = Path(__file__).resolve().parents[2]
EFFNET = os.environ.get("EFFNET", str(ROOT / "target" / "release" / "effnet"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

# Every second of train_demo.LABELS is known to the network.
LEARNT_FROM = (5, 10, 20, 50)
LABELLED = 200


def run(*arguments: str) -> dict:
    """What a command of effnet says as JSON."""
    done = subprocess.run([EFFNET, *arguments, "--json"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def share(measured: dict) -> str:
    top = measured["all"]["top1"]
    low, high = top["interval"]
    return f"{100 * top['share']:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


# ------------------------------------------------------------------ drawn things


def half_network(folder: Path, options: argparse.Namespace) -> None:
    """Trains the demo model's network on every second label, or leaves it as it is."""
    import torch
    import train_demo as demo

    known = demo.LABELS[::2]
    if not (folder / "trained" / "model.safetensors").exists():
        demo.LABELS = known
        for name, epochs in (("random", 0), ("trained", options.epochs)):
            torch.manual_seed(options.seed)
            torch.set_num_threads(1)
            torch.use_deterministic_algorithms(True)
            model = demo.build_model()
            if epochs:
                count = options.per_label * len(known)
                job = (options.seed, demo.TRAINING, count, options.workers)
                drawn = demo.draw_set(folder / "training.npy", *job)
                demo.train(model, *drawn, epochs, 64, 4e-3, options.seed)
            demo.MODEL_DIR = demo.ROOT = folder / name
            demo.write_model(model, demo.half_precision_tensors(model))


def draw(folder: Path, labels: list[str], numbers: range, seed: int) -> None:
    """Pictures of `labels`, each in the folder of its label."""
    import numpy as np
    import train_demo as demo

    for label in labels:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            rng = np.random.default_rng([seed, 17, demo.LABELS.index(label), number])
            picture = demo.draw_picture(rng, label, (90, 260))
            data = demo.jpeg(picture, int(rng.integers(35, 96)))
            (folder / label / f"{number:04}.jpg").write_bytes(data)


def drawn(folder: Path, options: argparse.Namespace) -> None:
    import train_demo as demo

    labels = list(demo.LABELS)
    half_network(folder, options)
    demo.LABELS = labels
    unknown = labels[1::2]
    print(f"the network has seen: {', '.join(labels[::2])}")
    print(f"and learns: {', '.join(unknown)}")
    draw(folder / "test", unknown, range(1000, 1000 + LABELLED), options.seed)
    for count in LEARNT_FROM:
        pictures = folder / f"train-{count}"
        draw(pictures, unknown, range(count), options.seed)
        print(f"{count} pictures of each of {len(unknown)} classes, {LABELLED} of each labelled")
        for name in ("random", "trained", "demo"):
            model = ["--variant", "demo"] if name == "demo" else ["--model", str(folder / name)]
            mine = folder / f"mine-{name}-{count}"
            report = run("train", str(pictures), "-o", str(mine), *model)
            measured = run("eval", str(folder / "test"), "--model", str(mine))
            print(f"  {name:8} held out {share(measured)}, k-fold {share(report['cross_validation'])}")


# ------------------------------------------------------------------------ photos


def photos(folder: Path, options: argparse.Namespace) -> None:
    """Crops of the left half of each photo teach, crops of its right half are labelled."""
    import numpy as np
    from PIL import Image, ImageEnhance

    rng = np.random.default_rng(options.seed)
    sources = sorted(p for p in options.photos.iterdir() if p.suffix.lower() in (".jpeg", ".jpg"))
    kinds = ("crops", "mirrored", "exposed")
    for source in sources:
        picture = Image.open(source).convert("RGB")
        width, height = picture.size
        # The longer side is cut in two, and nothing is in both.
        first, second = (
            ((0, 0, width // 2, height), (width // 2, 0, width, height))
            if width >= height
            else ((0, 0, width, height // 2), (0, height // 2, width, height))
        )
        for part, box, count in (("train", first, options.crops), ("test", second, 10)):
            half = picture.crop(box)
            for number in range(count):
                scale = rng.uniform(0.6, 1.0)
                w, h = int(half.width * scale), int(half.height * scale)
                left = int(rng.integers(half.width - w + 1))
                top = int(rng.integers(half.height - h + 1))
                crop = half.crop((left, top, left + w, top + h))
                made = {"crops": crop}
                if part == "test":
                    made["mirrored"] = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                    made["exposed"] = ImageEnhance.Brightness(crop).enhance(
                        float(rng.choice([0.4, 0.6, 1.5, 1.9]))
                    )
                for kind, one in made.items():
                    to = folder / (part if part == "train" else f"test-{kind}") / source.stem
                    to.mkdir(parents=True, exist_ok=True)
                    one.save(to / f"{number:02}.jpg", quality=92)
    started = time.monotonic()
    mine = folder / "mine"
    report = run("train", str(folder / "train"), "-o", str(mine), "--model", str(options.model))
    print(
        f"{len(sources)} photos, {options.crops} crops of one half of each: "
        f"{time.monotonic() - started:.0f} s, k-fold {share(report['cross_validation'])}"
    )
    for kind in kinds:
        measured = run("eval", str(folder / f"test-{kind}"), "--model", str(mine))
        print(f"  the other half, {kind}: {share(measured)}")
    # What the network says of the same by its own thousand classes.
    for kind in kinds:
        measured = run("eval", str(folder / f"test-{kind}"), "--model", str(options.model))
        print(f"  its own thousand classes, {kind}: {share(measured)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("drawn", "photos"))
    parser.add_argument("--keep", type=Path, help="where everything is made, and stays")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--per-label", type=int, default=750)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--crops", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        {"drawn": drawn, "photos": photos}[options.what](folder, options)


if __name__ == "__main__":
    main()
