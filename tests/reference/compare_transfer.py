"""How far does a network's knowledge reach classes that it never saw? Measures `effnet train`.

    cargo build --release
    python -m venv .venv && .venv/bin/pip install -r tests/reference/requirements.txt
    .venv/bin/python tests/reference/compare_transfer.py drawn
    .venv/bin/python tests/reference/compare_transfer.py photos --photos FOLDER --model FOLDER

`drawn` trains the network of the demo model on eight of its sixteen drawn things alone, as
train_demo.py does on all. Then effnet trains a last layer on few pictures of the other eight and
labels many; beside it stand the demo model, which knows all sixteen, and the same network with
random weights. Pictures of the first eight things tell how many of what is none of the classes
`--min-score` leaves without a label. Then it does the same with all sixteen, and tells apart what the
network saw and what it did not; with --scratch-steps the same network is trained whole on the most of
these few pictures. With --model it is that network, which was trained on something else.

`photos` makes crops of each photo of a folder: those of one half are learnt from, those of the other
half are labelled, as they are, mirrored, and darker or brighter. Each photo is a class of its own, so
this shows that a thing is known again, and nothing of how a class is told from another.

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

def run(*arguments: str) -> dict:
    """What a command of effnet says as JSON."""
    done = subprocess.run([EFFNET, *arguments, "--json"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def share(measured: dict) -> str:
    top = measured["all"]["top1"]
    low, high = top["interval"]
    return f"{100 * top['accuracy']:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def unlabelled(folder: Path, model: Path, least: float) -> float:
    """The share of pictures that get no label."""
    command = [EFFNET, "classify", "-r", str(folder), "--model", str(model), "--jsonl", "-q"]
    done = subprocess.run([*command, "--min-score", str(least)], stdout=subprocess.PIPE, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return sum(not record["predictions"] for record in records) / len(records)


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
            torch.set_num_threads(options.threads)
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


def learnt(pictures: Path, labels: list[str], count: int, models: dict, options: argparse.Namespace):
    """Draws `count` pictures of each label to learn from, and what is held out; then teaches each model:
    its name, the folder of what it became, and the report."""
    draw(pictures / "train", labels, range(count), options.seed)
    draw(pictures / "test", labels, range(1000, 1000 + options.labelled), options.seed)
    print(f"{count} pictures of each of {len(labels)} classes, {options.labelled} labelled")
    for name, model in models.items():
        mine = pictures.with_name(f"mine-{name}-{pictures.name}")
        yield name, mine, run("train", str(pictures), "-o", str(mine), *model)


def drawn(folder: Path, options: argparse.Namespace) -> None:
    import train_demo as demo

    labels = list(demo.LABELS)
    models = {"given": ["--model", str(options.model)]}
    if not options.model:
        half_network(folder, options)
        models = {name: ["--model", str(folder / name)] for name in ("random", "trained")}
        models["demo"] = ["--variant", "demo"]
    demo.LABELS = labels
    known, unknown = labels[::2], labels[1::2]
    print(f"others, which the half network has seen: {', '.join(known)}")
    print(f"and learns: {', '.join(unknown)}")
    draw(folder / "others", known, range(2000, 2000 + options.labelled // 4), options.seed)
    for count in options.learn_from:
        pictures = folder / f"{count}"
        for name, mine, report in learnt(pictures, unknown, count, models, options):
            least = report["min_score"]
            print(
                f"  {name:8} {share(report['held_out']['test'])}, by k-fold "
                f"{share(report['cross_validation'])}; without a label at {least}: "
                f"{100 * unlabelled(folder / 'others', mine, least):.1f} % of others, "
                f"{100 * unlabelled(pictures / 'test', mine, least):.1f} % of these",
                flush=True,
            )
    for count in options.learn_from:
        pictures = folder / f"all-{count}"
        for name, _, report in learnt(pictures, labels, count, models, options):
            classes = report["held_out"]["test"]["per_class"]
            tell(name, {one["label"]: one["correct"] / one["pictures"] for one in classes}, known)
    if options.scratch_steps:
        tell("scratch", from_scratch(pictures, labels, options), known)


def tell(name: str, right: dict[str, float], known: list[str]) -> None:
    """Prints the share that is right of the known classes and of the others."""
    parts = {"seen": known, "not seen": [label for label in right if label not in known]}
    shares = [
        f"{what} {100 * sum(right[label] for label in part) / len(part):.2f} %"
        for what, part in parts.items()
    ]
    print(f"  {name:8} {', '.join(shares)}", flush=True)


def from_scratch(pictures: Path, labels: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Trains all layers on the pictures of `train`; the share of each class's in `test` that is right."""
    import numpy as np
    import torch
    import train_demo as demo

    def read(part: str):
        paths = [path for label in labels for path in sorted((pictures / part / label).iterdir())]
        see = demo.eval_transform(normalize=False)
        pixels = np.stack([np.asarray(see(demo.decode(path.read_bytes()))) for path in paths])
        targets = [labels.index(path.parent.name) for path in paths]
        return torch.from_numpy(pixels), torch.tensor(targets)

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    model = demo.build_model()
    pixels, targets = read("train")
    batch = min(64, len(targets))
    epochs = max(1, round(options.scratch_steps * batch / len(targets)))
    demo.train(model, pixels, targets, epochs, batch, 4e-3, options.seed)
    pixels, targets = read("test")
    best = demo.probabilities_of_pixels(model.eval(), pixels).argmax(dim=1)
    right = (best == targets).float()
    return {label: right[targets == at].mean().item() for at, label in enumerate(labels)}


# ------------------------------------------------------------------------ photos


PARTS = {"test": "as they are", "validation": "mirrored", "testing": "darker or brighter"}


def photos(folder: Path, options: argparse.Namespace) -> None:
    import numpy as np
    from PIL import Image, ImageEnhance

    rng = np.random.default_rng(options.seed)
    sources = sorted(p for p in options.photos.iterdir() if p.suffix.lower() in (".jpeg", ".jpg"))
    for source in sources:
        picture = Image.open(source).convert("RGB")
        width, height = picture.size
        # The longer side is cut in two, and nothing is in both.
        first, second = (
            ((0, 0, width // 2, height), (width // 2, 0, width, height))
            if width >= height
            else ((0, 0, width, height // 2), (0, height // 2, width, height))
        )
        for part, box, count in (("train", first, options.crops), ("test", second, 4)):
            half = picture.crop(box)
            for number in range(count):
                scale = rng.uniform(0.6, 1.0)
                w, h = int(half.width * scale), int(half.height * scale)
                left = int(rng.integers(half.width - w + 1))
                top = int(rng.integers(half.height - h + 1))
                crop = half.crop((left, top, left + w, top + h))
                made = {part: crop}
                if part == "test":
                    light = float(rng.choice([0.4, 0.6, 1.5, 1.9]))
                    made["validation"] = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                    made["testing"] = ImageEnhance.Brightness(crop).enhance(light)
                for to, one in made.items():
                    path = folder / "set" / to / source.stem / f"{number:02}.jpg"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    one.save(path, quality=92)
    started = time.monotonic()
    report = run(
        "train", str(folder / "set"), "-o", str(folder / "mine"), "--model", str(options.model)
    )
    print(
        f"{len(sources)} photos, {options.crops} crops of one half of each: "
        f"{time.monotonic() - started:.0f} s, by k-fold {share(report['cross_validation'])}"
    )
    for part, what in PARTS.items():
        print(f"  crops of the other half, {what}: {share(report['held_out'][part])}")


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
    parser.add_argument("--threads", type=int, default=1, help="to train with (%(default)s)")
    parser.add_argument("--learn-from", type=int, nargs="+", default=[5, 10, 20, 50])
    parser.add_argument("--labelled", type=int, default=200, help="pictures of each class")
    parser.add_argument("--scratch-steps", type=int, default=0, help="of 64 pictures (%(default)s)")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--model", type=Path, help="a model; of drawn things, instead of the others")
    parser.add_argument("--crops", type=int, default=6)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        {"drawn": drawn, "photos": photos}[options.what](folder, options)


if __name__ == "__main__":
    main()
