"""Make tests/fixtures/logits.safetensors: timm's logits for generated weights.

    python tests/reference/make_logits.py                      # the fixture
    python tests/reference/make_logits.py --noise              # print float32 against float64
    python tests/reference/make_logits.py --activations DIR    # B0's inner activations, to debug

The fixture has one float32 tensor of 1000 logits per model, named after timm's
architecture: ``efficientnet_b0`` .. ``b7`` (symmetric padding, batch norm
epsilon 1e-5) and ``tf_efficientnet_b0`` .. ``b7`` (TensorFlow's SAME padding,
epsilon 1e-3), each at its own resolution. Keys ``<architecture>@<H>x<W>`` have
an odd, non-square input. Weights and inputs come from generated_weights.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import timm
import torch

from common import FIXTURES, save_fixture
from generated_weights import input_picture, load_generated

RESOLUTIONS = (224, 240, 260, 300, 380, 456, 528, 600)
FAMILIES = ("efficientnet", "tf_efficientnet")
ODD_SIZE = (191, 255)
NOISE_VARIANTS = (0, 4, 7)


def generated_model(arch: str) -> torch.nn.Module:
    """A timm model in evaluation mode, holding generated weights."""
    model = timm.create_model(arch, pretrained=False).eval()
    load_generated(model)
    return model


def input_batch(height: int, width: int) -> torch.Tensor:
    """The generated picture as a batch of one, NCHW."""
    return torch.from_numpy(input_picture(height, width))[None]


@torch.inference_mode()
def logits(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The logits of the only picture in ``batch``."""
    return model(batch)[0]


def write_logits(path: Path) -> None:
    """Run all sixteen models, and both B0 at the odd size, and save the logits."""
    tensors = {}
    for family in FAMILIES:
        for variant, size in enumerate(RESOLUTIONS):
            arch = f"{family}_b{variant}"
            model = generated_model(arch)
            tensors[arch] = logits(model, input_batch(size, size))
            if variant == 0:
                height, width = ODD_SIZE
                tensors[f"{arch}@{height}x{width}"] = logits(model, input_batch(height, width))
            print(f"{arch}: logit std {tensors[arch].std():.3f}", flush=True)
    save_fixture({key: value.clone() for key, value in tensors.items()}, path)


def print_noise() -> None:
    """Print how far float32 is from float64, relative to the largest logit."""
    for family in FAMILIES:
        for variant in NOISE_VARIANTS:
            size = RESOLUTIONS[variant]
            model = generated_model(f"{family}_b{variant}")
            batch = input_batch(size, size)
            single = logits(model, batch).double()
            double = logits(model.double(), batch.double())
            relative = (single - double).abs().max() / double.abs().max()
            print(f"{family}_b{variant}: max|f32 - f64| / max|logit| = {relative:.2e}", flush=True)


def write_activations(folder: Path) -> None:
    """Save the stem, every block, the head, the pooled features and the logits of B0.

    Pictures are NHWC. One file per family, named after the architecture.
    """
    for family in FAMILIES:
        arch = f"{family}_b0"
        model = generated_model(arch)
        batch = input_batch(RESOLUTIONS[0], RESOLUTIONS[0])
        recorded = {"input": to_nhwc(batch)}
        for name, module in observed_modules(model).items():
            module.register_forward_hook(
                lambda _module, _inputs, output, name=name: recorded.update({name: to_nhwc(output)})
            )
        recorded["logits"] = logits(model, batch)[None].clone()
        save_fixture(recorded, folder / f"{arch}.activations.safetensors")


def observed_modules(model: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """The modules whose outputs :func:`write_activations` saves, by key."""
    observed = {"stem": model.bn1, "head": model.bn2, "pooled": model.global_pool}
    for stage_index, stage in enumerate(model.blocks):
        for block_index, block in enumerate(stage):
            observed[f"blocks.{stage_index}.{block_index}"] = block
    return observed


def to_nhwc(tensor: torch.Tensor) -> torch.Tensor:
    """A contiguous copy, with the channels last if it is a picture."""
    if tensor.dim() == 4:
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.contiguous().clone()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noise", action="store_true", help="print float32 against float64 instead")
    parser.add_argument("--activations", type=Path, metavar="DIR", help="write B0's activations there instead")
    arguments = parser.parse_args()
    if arguments.noise:
        print_noise()
    elif arguments.activations:
        write_activations(arguments.activations)
    else:
        write_logits(FIXTURES / "logits.safetensors")


if __name__ == "__main__":
    main()
