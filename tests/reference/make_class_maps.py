"""Make tests/fixtures/class_maps.safetensors: class activation maps of timm's networks.

    python tests/reference/make_class_maps.py

The map of a class is its row of the classifier applied to ``forward_features`` at
each position, with the whole bias (Zhou et al., arXiv:1512.04150), computed here in
float64 from float32 features. Keys are ``<architecture>@<H>x<W>``, values float32 of shape
(class, row, column) for the classes below. Weights and inputs come from
generated_weights.py.
"""

from __future__ import annotations

import torch

from architectures import generated_model
from common import FIXTURES, save_fixture
from make_logits import input_batch

CLASSES = (0, 281, 282, 999)

SIZES = {
    "efficientnet_b0": (224, 224),
    "tf_efficientnet_b0": (191, 255),
    "tf_efficientnetv2_b0": (192, 192),
    "efficientnet_lite0": (224, 224),
}


@torch.inference_mode()
def class_maps(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The maps of ``CLASSES`` for the only picture in ``batch``; their means are checked."""
    features = model.forward_features(batch)[0].double()
    weight = model.classifier.weight[list(CLASSES)].double()
    bias = model.classifier.bias[list(CLASSES)].double()
    maps = torch.einsum("kc,chw->khw", weight, features) + bias[:, None, None]
    logits = model(batch)[0]
    means = maps.mean((1, 2))
    assert torch.allclose(means, logits[list(CLASSES)].double(), atol=1e-4 * logits.abs().max())
    return maps.float()


def main() -> None:
    tensors = {}
    for architecture, (height, width) in SIZES.items():
        model = generated_model(architecture)
        maps = class_maps(model, input_batch(height, width))
        tensors[f"{architecture}@{height}x{width}"] = maps.contiguous()
    save_fixture(tensors, FIXTURES / "class_maps.safetensors")


if __name__ == "__main__":
    main()
