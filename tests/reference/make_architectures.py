"""Make tests/fixtures/architectures.json: what timm counts in every architecture.

    python tests/reference/make_architectures.py

One line per architecture of architectures.py: ``resolution`` (pixels per side, as
in logits.safetensors), ``parameters`` (the trainable ones, at 1000 classes), and
``macs`` (multiply-adds of all convolutions, those of squeeze-excitation too, and
of the classifier, at that resolution). The pruned B1 to B3 have widths that follow
no rule; for them ``shapes`` has the shape of every float tensor by timm's name.
"""

from __future__ import annotations

import math

import timm
import torch

from architectures import resolutions
from common import FIXTURES, save_json

IRREGULAR = ("efficientnet_b1_pruned", "efficientnet_b2_pruned", "efficientnet_b3_pruned")


def multiply_adds(model: torch.nn.Module, size: int) -> int:
    """The multiply-adds for one picture of ``size`` x ``size``, counted by hooks."""
    total = 0

    def count(module: torch.nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        nonlocal total
        total += output.numel() * math.prod(module.weight.shape[1:])

    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(count)
    model(torch.empty(1, 3, size, size, device="meta"))
    return total


def describe(architecture: str, size: int) -> dict:
    """One architecture's line of the fixture."""
    model = timm.create_model(architecture, pretrained=False, device="meta").eval()
    line = {
        "resolution": size,
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "macs": multiply_adds(model, size),
    }
    if architecture in IRREGULAR:
        state = model.state_dict().items()
        line["shapes"] = {name: list(tensor.shape) for name, tensor in state if tensor.is_floating_point()}
    return line


def main() -> None:
    lines = {architecture: describe(architecture, size) for architecture, size in resolutions().items()}
    save_json(lines, FIXTURES / "architectures.json")


if __name__ == "__main__":
    main()
