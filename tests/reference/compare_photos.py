"""Compare effnet with timm on real photos, with the same generated weights.

    cargo build --release
    python tests/reference/compare_photos.py --effnet target/release/effnet --photos DIR
    python tests/reference/compare_photos.py ... --arch efficientnet_b4 --same-pixels

A developer's check, not a test: it needs timm, a built effnet and a folder of
photos. It writes a model folder as timm would publish it (config.json and
model.safetensors) to a temporary directory, has both classify every photo
directly in DIR, and prints the largest difference in probability per photo and
in total, and whether the first and the first five classes agree. It exits with
1 if a probability differs by more than --tolerance.

JPEG decoders may round differently, which alone can move a probability by 1e-2.
With --same-pixels both read PNG copies, and what remains is the difference in
resizing and in the network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_model_data_config
from timm.models import save_for_hf

from generated_weights import load_generated

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
LOGIT_SPREAD = 3.0


@dataclass(frozen=True)
class Comparison:
    """How far the two are apart on one photo."""

    largest_difference: float
    top_1_agrees: bool
    top_5_agrees: bool
    top_score: float


def photos_in(folder: Path) -> list[Path]:
    """The photos directly in ``folder``, sorted."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)


def copy_as_png(photos: list[Path], folder: Path) -> list[Path]:
    """Copies of the photos, as Pillow decodes them."""
    folder.mkdir()
    copies = []
    for photo in photos:
        copies.append(folder / f"{photo.stem}.png")
        Image.open(photo).convert("RGB").save(copies[-1], compress_level=1)
    return sorted(copies)


@torch.inference_mode()
def photo_features(model: torch.nn.Module, photos: list[Path]) -> torch.Tensor:
    """The pooled features of every photo, through timm's own transform."""
    transform = create_transform(**resolve_model_data_config(model), is_training=False)
    rows = []
    for photo in photos:
        batch = transform(Image.open(photo).convert("RGB"))[None]
        rows.append(model.forward_head(model.forward_features(batch), pre_logits=True)[0])
    return torch.stack(rows)


@torch.inference_mode()
def spread_logits(model: torch.nn.Module, features: torch.Tensor) -> None:
    """Rescale the classifier so that the answers depend on the photo alone.

    Generated weights answer much the same to every photo. Taking each class's
    mean over the photos out, and scaling what remains, makes answers as
    different and as confident as a trained model's.
    """
    classifier = model.get_classifier()
    centred = features - features.mean(0)
    scale = LOGIT_SPREAD / (centred @ classifier.weight.T).std()
    classifier.weight *= scale
    classifier.bias.copy_(-features.mean(0) @ classifier.weight.T)


@torch.inference_mode()
def timm_probabilities(model: torch.nn.Module, features: torch.Tensor) -> np.ndarray:
    """The softmax over the classes for every photo."""
    return model.get_classifier()(features).softmax(-1).numpy()


def effnet_probabilities(effnet: Path, model_folder: Path, photo_folder: Path, classes: int) -> dict[str, np.ndarray]:
    """effnet's probability of every class, by the photo's file name."""
    command = [effnet, "classify", photo_folder, "--model", model_folder]
    command += ["--jsonl", "-k", classes, "--no-exif", "--quiet"]
    # 1 says that some photos failed; their lines name the reason.
    finished = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if finished.returncode not in (0, 1):
        raise SystemExit(f"{effnet.name} ended with {finished.returncode}")
    answers = {}
    for line in finished.stdout.splitlines():
        record = json.loads(line)
        if "error" in record:
            raise SystemExit(f"{record['path']}: {record['error']['message']}")
        probabilities = np.full(classes, np.nan)
        for prediction in record["predictions"]:
            probabilities[prediction["index"]] = prediction["score"]
        answers[Path(record["path"]).name] = probabilities
    return answers


def compare(ours: np.ndarray, reference: np.ndarray) -> Comparison:
    """Compare the probabilities of one photo."""
    if np.isnan(ours).any():
        raise SystemExit("effnet did not give every class a probability")
    our_order, reference_order = (np.argsort(-values, kind="stable")[:5] for values in (ours, reference))
    return Comparison(
        largest_difference=float(np.abs(ours - reference).max()),
        top_1_agrees=bool(our_order[0] == reference_order[0]),
        top_5_agrees=bool((our_order == reference_order).all()),
        top_score=float(reference.max()),
    )


def print_comparisons(comparisons: dict[str, Comparison]) -> None:
    """One line per photo, then the totals."""
    for name, comparison in comparisons.items():
        notes = "" if comparison.top_1_agrees else "  top-1 differs"
        notes += "" if comparison.top_5_agrees else "  top-5 differs"
        print(f"{comparison.largest_difference:.2e} of {comparison.top_score:.3f}  {name}{notes}")
    results = comparisons.values()
    print(
        f"{len(results)} photos: largest difference {max(r.largest_difference for r in results):.2e}, "
        f"mean of the largest {np.mean([r.largest_difference for r in results]):.2e}, "
        f"top-1 agrees on {sum(r.top_1_agrees for r in results)}, "
        f"top-5 in order on {sum(r.top_5_agrees for r in results)}"
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effnet", type=Path, required=True, metavar="BIN", help="the built effnet")
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="a folder of photos")
    parser.add_argument("--arch", default="tf_efficientnet_b0", help="timm's architecture (default: %(default)s)")
    parser.add_argument("--same-pixels", action="store_true", help="give both PNG copies of the photos")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="largest difference (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    photos, photo_folder = photos_in(arguments.photos), arguments.photos
    if not photos:
        raise SystemExit(f"no photos in {arguments.photos}")
    model = timm.create_model(arguments.arch, pretrained=False).eval()
    load_generated(model)
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.same_pixels:
            photo_folder = Path(temporary, "photos")
            photos = copy_as_png(photos, photo_folder)
        features = photo_features(model, photos)
        spread_logits(model, features)
        reference = timm_probabilities(model, features)
        model_folder = Path(temporary, "model")
        save_for_hf(model, model_folder, safe_serialization=True)
        answers = effnet_probabilities(arguments.effnet, model_folder, photo_folder, model.num_classes)
    names = [photo.name for photo in photos]
    if sorted(answers) != sorted(names):
        raise SystemExit(f"effnet and timm did not see the same photos: {sorted(set(answers) ^ set(names))}")
    comparisons = {name: compare(answers[name], row) for name, row in zip(names, reference)}
    print_comparisons(comparisons)
    if any(comparison.largest_difference > arguments.tolerance for comparison in comparisons.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
