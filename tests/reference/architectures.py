"""The architectures of timm that effnet runs, and the input size of each reference.

timm's own list of pretrained EfficientNets says which there are; the ones that
need layers effnet does not have are left out.
"""

from __future__ import annotations

import timm
import torch

from generated_weights import load_generated

# Both families of the paper exist in all eight sizes, though timm publishes
# no weights for efficientnet_b6 and b7.
FAMILIES = ("efficientnet", "tf_efficientnet")
PAPER_RESOLUTIONS = (224, 240, 260, 300, 380, 456, 528, 600)

MISSING_LAYERS = {
    "gc_efficientnetv2_rw_t": "global context attention",
    "test_efficientnet_evos": "EvoNorm",
    "test_efficientnet_gn": "group norm",
    "test_efficientnet_ln": "layer norm",
    "tf_efficientnet_cc_b0_4e": "conditional convolution",
    "tf_efficientnet_cc_b0_8e": "conditional convolution",
    "tf_efficientnet_cc_b1_8e": "conditional convolution",
}


def resolutions() -> dict[str, int]:
    """The input size of every architecture, by name.

    It is the paper's for B0 to B7, and for the others the smallest one that a
    published checkpoint was trained for.
    """
    sizes = {}
    for name in timm.list_pretrained("*efficientnet*"):
        architecture = name.partition(".")[0]
        if architecture not in MISSING_LAYERS:
            _, height, width = timm.get_pretrained_cfg(name).input_size
            assert height == width
            sizes[architecture] = min(height, sizes.get(architecture, height))
    for family in FAMILIES:
        for variant, size in enumerate(PAPER_RESOLUTIONS):
            sizes[f"{family}_b{variant}"] = size
    return dict(sorted(sizes.items()))


def generated_model(architecture: str) -> torch.nn.Module:
    """A timm model in evaluation mode, holding generated weights."""
    model = timm.create_model(architecture, pretrained=False).eval()
    load_generated(model)
    return model
