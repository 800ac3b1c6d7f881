"""Compare `effnet eval` with timm's validate.py and scikit-learn on a folder of pictures.

    cargo build --release
    pip install scikit-learn
    python tests/reference/compare_eval.py target/release/effnet FOLDER --model DIR
    python tests/reference/compare_eval.py target/release/effnet FOLDER --model demo --png

FOLDER has a subfolder for each class, called by WordNet id or label. DIR is a
model in timm's layout. validate.py is not in timm's package, so its loop is here
again: create_dataset, create_loader, CrossEntropyLoss, accuracy, AverageMeter and
RealLabelsImagenet are timm's and torch's own. What it lacks is eval_numbers.py's.

validate.py takes folders as classes by their place in the alphabet, which is the
model's order only where all classes are there. --class-map is its way around that,
and is used here.

With --png both read PNG copies, so that decoders can't differ. ReaL's labels are
made up (one to three classes, sometimes none) for pictures that are given the names
of ImageNet's validation set; timm wants all 50,000 names, so the others' labels are
empty lists.

Prints both numbers of everything and exits with 1 if counts differ at all, or other
numbers by more than --tolerance: float32's noise of two frameworks, not of sums.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from timm.data import RealLabelsImagenet, create_dataset, create_loader, resolve_data_config
from timm.models import create_model, load_checkpoint
from timm.utils import AverageMeter, accuracy

from common import ASSETS
from eval_numbers import numbers

IMAGENET_PICTURES = 50_000
BATCH = 8


def label_names(model: Path) -> list[str]:
    """What folders may be called, in the order of the classes."""
    config = json.loads((model / "config.json").read_text())
    if "label_names" in config:
        return config["label_names"]
    lines = (ASSETS / "imagenet_labels.tsv").read_text().splitlines()[1:]
    return [line.split("\t")[0] for line in lines]


def load(folder: Path) -> torch.nn.Module:
    """The model of a folder in timm's layout."""
    config = json.loads((folder / "config.json").read_text())
    if config["architecture"] == "efficientnet_demo":
        from train_demo import build_model

        model = build_model()
    else:
        arguments = config.get("model_args", {})
        model = create_model(config["architecture"], num_classes=config["num_classes"], **arguments)
    load_checkpoint(model, folder / "model.safetensors")
    model.pretrained_cfg = config["pretrained_cfg"]
    return model.float().eval()


@torch.inference_mode()
def answers(model, folder: Path, class_map: Path) -> tuple[torch.Tensor, torch.Tensor, list[str]]:
    """The logits, targets and base names of all pictures."""
    config = resolve_data_config({}, model=model, use_test_size=False)
    dataset = create_dataset(root=str(folder), name="", class_map=str(class_map))
    loader = create_loader(
        dataset,
        input_size=config["input_size"],
        batch_size=BATCH,
        use_prefetcher=False,
        interpolation=config["interpolation"],
        mean=config["mean"],
        std=config["std"],
        num_workers=0,
        crop_pct=config["crop_pct"],
        crop_mode=config["crop_mode"],
        device=torch.device("cpu"),
    )
    batches = [(model(pictures), target) for pictures, target in loader]
    outputs, targets = zip(*batches)
    return torch.cat(outputs), torch.cat(targets), dataset.filenames(basename=True)


def validate(outputs, targets, real: RealLabelsImagenet | None, valid: list[int] | None) -> dict:
    """The loop of validate.py, and the other numbers of the same logits."""
    if valid is not None:
        outputs = outputs[:, valid]
        targets = torch.tensor([valid.index(target) for target in targets])
    criterion = torch.nn.CrossEntropyLoss()
    losses, top1, top5 = AverageMeter(), AverageMeter(), AverageMeter()
    for output, target in zip(outputs.split(BATCH), targets.split(BATCH)):
        losses.update(criterion(output, target).item(), len(output))
        if real is not None:
            real.add_result(output)
        best, five = accuracy(output, target, topk=(1, 5))
        top1.update(best.item(), len(output))
        top5.update(five.item(), len(output))
    count = len(targets)
    return numbers(outputs.numpy(), targets.numpy()) | {
        "top1": round(top1.avg * count / 100),
        "top5": round(top5.avg * count / 100),
        "validate.py's loss": losses.avg,
    }


def validate_real(outputs, targets, names: list[str], labels: Path) -> dict:
    """The counts by ReaL's labels."""
    padded = names + [""] * (IMAGENET_PICTURES - len(names))
    real = RealLabelsImagenet(padded, real_json=str(labels))
    validate(outputs, targets, real, None)
    counted = {k: int(np.sum(correct)) for k, correct in real.is_correct.items()}
    return {"pictures": len(real.is_correct[1]), "top1": counted[1], "top5": counted[5]}


def of_effnet(summary: dict) -> dict:
    """The same of effnet's JSON."""
    top = {key: summary[key]["correct"] for key in ("top1", "top5")}
    return summary | top | {"validate.py's loss": summary.get("log_loss")}


def run(effnet: Path, *arguments: object) -> dict:
    """effnet's JSON object."""
    command = [str(word) for word in (effnet.resolve(), "eval", *arguments, "--json", "--quiet")]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        raise SystemExit(f"effnet ended with {finished.returncode}: {' '.join(command)}")
    return json.loads(finished.stdout)


def compare(what: str, ours: dict, theirs: dict, tolerance: float) -> bool:
    """Print both; whether they agree."""
    print(f"{what}:")
    agrees = True
    for key, value in theirs.items():
        is_count = isinstance(value, (int, np.integer))
        difference = abs(ours[key] - value)
        good = difference == 0 if is_count else difference <= tolerance
        agrees &= good
        shown = f"{ours[key]:>12} {value:>12}" if is_count else f"{ours[key]:>12.8f} {value:>12.8f}"
        print(f"  {key:<20} {shown}  {'' if good else 'DIFFERS'}".rstrip())
    return agrees


def copied(source: Path, folder: Path, as_png: bool) -> list[tuple[str, Path]]:
    """Copies of the pictures under the names of ImageNet's, in the order of timm's dataset."""
    pictures = []
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        # RealLabelsImagenet knows no other ending; both look at the content.
        name = f"ILSVRC2012_val_{len(pictures) + 1:08d}.JPEG"
        copy = folder / path.parent.name / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if as_png:
            Image.open(path).convert("RGB").save(copy, "PNG", compress_level=1)
        else:
            shutil.copy(path, copy)
        pictures.append((path.parent.name, copy))
    return pictures


def made_up_real_labels(pictures: list, names: list[str], path: Path) -> None:
    """Labels in ReaL's form: the truth, the truth and others, others alone, or none."""
    random = np.random.default_rng(14)
    labels = []
    for folder, _ in pictures:
        others = random.integers(len(names), size=2).tolist()
        truth = names.index(folder)
        labels.append([[truth], [truth, *others], others, []][random.integers(4)])
    labels += [[]] * (IMAGENET_PICTURES - len(labels))
    path.write_text(json.dumps(labels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("effnet", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", required=True, help="a folder, or demo")
    parser.add_argument("--png", action="store_true", help="give both PNG copies")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="default: %(default)s")
    arguments = parser.parse_args()
    folder = ASSETS / "demo" if arguments.model == "demo" else Path(arguments.model)
    names, model = label_names(folder), load(folder)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        pictures = copied(arguments.folder, root / "pictures", arguments.png)
        class_map = root / "class_map.txt"
        class_map.write_text("".join(f"{name}\n" for name in names))
        labels = root / "real.json"
        made_up_real_labels(pictures, names, labels)
        present = sorted({names.index(folder) for folder, _ in pictures})
        (root / "valid.txt").write_text("".join(f"{index}\n" for index in present))

        outputs, targets, files = answers(model, root / "pictures", class_map)
        everything = (root / "pictures", "--model", folder, "--exact-decode", "--no-exif")
        with_real = run(arguments.effnet, *everything, "--real-labels", labels)
        checks = [
            ("all classes", of_effnet(with_real["all"]), validate(outputs, targets, None, None)),
            ("--real-labels", of_effnet(with_real["real"]), validate_real(outputs, targets, files, labels)),
        ]
        if len(present) < len(names):
            masked = validate(outputs, targets, None, present)
            valid = run(arguments.effnet, *everything, "--valid-labels", root / "valid.txt")
            checks.append(("the classes that are shown", of_effnet(with_real["masked"]), masked))
            checks.append(("--valid-labels", of_effnet(valid["masked"]), masked))
    agree = [compare(*check, arguments.tolerance) for check in checks]
    print("all the same" if all(agree) else "not the same")
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
