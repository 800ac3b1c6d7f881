"""Make tests/fixtures/features.safetensors: timm's pooled features of a picture.

    python tests/reference/make_features.py

One float32 tensor per model, named after timm's architecture: what
``forward_head(forward_features(x), pre_logits=True)`` gives for
assets/pictures/star.jpg, prepared as timm evaluates (224 pixels, bicubic,
crop_pct 0.875, ImageNet's mean and deviation), with the generated weights.
"""

from __future__ import annotations

import torch
from PIL import Image
from timm.data import create_transform

from architectures import generated_model
from common import ASSETS, FIXTURES, save_fixture

ARCHITECTURES = (
    "efficientnet_b0",
    "tf_efficientnet_b0",
    "efficientnet_lite0",
    "tf_efficientnetv2_b0",
    "tf_efficientnet_es",
)
SIZE = 224


@torch.inference_mode()
def features(architecture: str, batch: torch.Tensor) -> torch.Tensor:
    """The pooled features of the only picture in ``batch``."""
    model = generated_model(architecture)
    return model.forward_head(model.forward_features(batch), pre_logits=True)[0].clone()


def main() -> None:
    transform = create_transform((3, SIZE, SIZE), interpolation="bicubic", crop_pct=0.875, is_training=False)
    with Image.open(ASSETS / "pictures" / "star.jpg") as picture:
        batch = transform(picture.convert("RGB"))[None]
    tensors = {architecture: features(architecture, batch) for architecture in ARCHITECTURES}
    save_fixture(tensors, FIXTURES / "features.safetensors")


if __name__ == "__main__":
    main()
