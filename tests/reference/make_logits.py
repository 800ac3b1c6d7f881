"""Make tests/fixtures/logits.safetensors: timm's logits for generated weights.

    python tests/reference/make_logits.py                          # the fixture
    python tests/reference/make_logits.py --noise [ARCH ...]       # print float32 against float64
    python tests/reference/make_logits.py --activations DIR [ARCH ...]  # inner activations, to debug

The fixture has one float32 tensor of 1000 logits per model, named after timm's
architecture, at its resolution in architectures.py. Padding and batch norm
epsilon are the architecture's own: symmetric and 1e-5 for models trained with
PyTorch, TensorFlow's SAME and 1e-3 for ``tf_*`` and the pruned B1 to B3. The
2 x 2 convolutions of efficientnet_x_b5 and h_b5 have SAME, all their others have
symmetric padding. Keys ``<architecture>@<H>x<W>`` have a non-square input with
odd sides. Weights and inputs come from generated_weights.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from architectures import generated_model, resolutions
from common import FIXTURES, save_fixture
from generated_weights import input_picture

# The second size of efficientnet_x_b5 leaves odd sides to its 2 x 2 convolution.
ODD_SIZES = {
    "efficientnet_b0": [(191, 255)],
    "tf_efficientnet_b0": [(191, 255)],
    "tf_efficientnetv2_s": [(191, 255)],
    "efficientnetv2_rw_s": [(191, 255)],
    "tf_efficientnet_es": [(191, 255)],
    "efficientnet_lite0": [(191, 255)],
    "efficientnet_x_b5": [(191, 255), (189, 253)],
    "test_efficientnet": [(191, 255)],
}
NOISE_ARCHITECTURES = (
    "efficientnet_b0",
    "tf_efficientnet_b7",
    "tf_efficientnet_b8",
    "tf_efficientnet_l2",
    "tf_efficientnet_lite4",
    "tf_efficientnet_el",
    "efficientnet_h_b5",
    "efficientnetv2_rw_m",
    "tf_efficientnetv2_xl",
)
ACTIVATION_ARCHITECTURES = ("efficientnet_b0", "tf_efficientnet_b0")


def input_batch(height: int, width: int) -> torch.Tensor:
    """The generated picture as a batch of one, NCHW."""
    return torch.from_numpy(input_picture(height, width))[None]


@torch.inference_mode()
def logits(model: torch.nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """The logits of the only picture in ``batch``."""
    return model(batch)[0].clone()


def write_logits(path: Path) -> None:
    """Run every architecture, some at odd sizes too, and save the logits."""
    tensors = {}
    for architecture, size in resolutions().items():
        model = generated_model(architecture)
        tensors[architecture] = logits(model, input_batch(size, size))
        for height, width in ODD_SIZES.get(architecture, []):
            tensors[f"{architecture}@{height}x{width}"] = logits(model, input_batch(height, width))
        print(f"{architecture} at {size}: logit std {tensors[architecture].std():.3f}", flush=True)
    save_fixture(tensors, path)


def print_noise(architectures: list[str]) -> None:
    """Print how far float32 is from float64, relative to the largest logit."""
    sizes = resolutions()
    for architecture in architectures:
        size = sizes[architecture]
        model = generated_model(architecture)
        batch = input_batch(size, size)
        single = logits(model, batch).double()
        double = logits(model.double(), batch.double())
        relative = (single - double).abs().max() / double.abs().max()
        print(f"{architecture}: max|f32 - f64| / max|logit| = {relative:.2e}", flush=True)


def write_activations(architectures: list[str], folder: Path) -> None:
    """Save the stem, every block, the head, the pooled features and the logits.

    Pictures are NHWC. One file per architecture, named after it.
    """
    sizes = resolutions()
    for architecture in architectures:
        size = sizes[architecture]
        model = generated_model(architecture)
        batch = input_batch(size, size)
        recorded = {"input": to_nhwc(batch)}
        for name, module in observed_modules(model).items():
            module.register_forward_hook(
                lambda _module, _inputs, output, name=name: recorded.update({name: to_nhwc(output)})
            )
        recorded["logits"] = logits(model, batch)[None]
        save_fixture(recorded, folder / f"{architecture}.activations.safetensors")


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
    parser.add_argument("--activations", type=Path, metavar="DIR", help="write inner activations there instead")
    parser.add_argument("architectures", nargs="*", metavar="ARCH", help="whose noise or activations")
    arguments = parser.parse_args()
    if arguments.noise:
        print_noise(arguments.architectures or NOISE_ARCHITECTURES)
    elif arguments.activations:
        write_activations(arguments.architectures or ACTIVATION_ARCHITECTURES, arguments.activations)
    elif arguments.architectures:
        parser.error("the fixture holds every architecture")
    else:
        write_logits(FIXTURES / "logits.safetensors")


if __name__ == "__main__":
    main()
