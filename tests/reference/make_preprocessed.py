"""Make tests/fixtures/preprocessed.safetensors and the pictures it starts from.

    python tests/reference/make_preprocessed.py

Draws the pictures (draw_pictures.py), puts them through timm's own evaluation
transform, and stores a sample of the results:

* ``<picture file>|<size>|<crop_pct>|<crop_mode>|<interpolation>``: u8
  [ceil(size / 5), ceil(size / 5), 3], every fifth row and column (from 0) of the
  resized and cropped picture, before it becomes a float tensor;
* ``normalised|<the same>``: f32 [32, 3], the transform's final values at the
  (y, x) pairs in ``positions|<the same>`` (i32 [32, 2]). Size 288 is normalised
  with mean and std 0.5, all others with ImageNet's.

JPEG rows also show whether the decoder does libjpeg's arithmetic, which is what
Pillow decodes with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config
from timm.data.transforms import MaybePILToTensor, MaybeToTensor
from torchvision.transforms import Compose

from common import FIXTURES, save_fixture
from draw_pictures import PICTURES, draw_all

SAMPLE_STEP = 5
NORMALISED_PIXELS = 32


@dataclass(frozen=True)
class Preprocessing:
    """One setting of timm's evaluation transform, checked against timm's own."""

    architecture: str
    size: int
    crop_pct: float
    crop_mode: str = "center"
    interpolation: str = "bicubic"
    mean_and_std: float | None = None

    def config(self) -> dict:
        """timm's resolved data configuration, with this setting's changes."""
        pretrained = timm.get_pretrained_cfg(self.architecture).to_dict()
        changes = {
            "input_size": (3, self.size, self.size),
            "crop_pct": self.crop_pct,
            "crop_mode": self.crop_mode,
            "interpolation": self.interpolation,
        }
        if self.mean_and_std is not None:
            changes["mean"] = changes["std"] = (self.mean_and_std,) * 3
        own = resolve_data_config({}, pretrained_cfg=pretrained)
        return own | changes

    def key(self, picture: str) -> str:
        """The fixture's key for ``picture``."""
        return f"{picture}|{self.size}|{self.crop_pct}|{self.crop_mode}|{self.interpolation}"


B0, B1, B2, B3, B4, B5, B6, B7 = (
    Preprocessing(f"tf_efficientnet_b{variant}.ns_jft_in1k", size, crop_pct)
    for variant, (size, crop_pct) in enumerate(
        ((224, 0.875), (240, 0.882), (260, 0.89), (300, 0.904), (380, 0.922), (456, 0.934), (528, 0.942), (600, 0.949))
    )
)
BILINEAR = Preprocessing(B0.architecture, 224, 0.875, interpolation="bilinear")
SQUASHED = Preprocessing(B0.architecture, 448, 1.0, crop_mode="squash")
HALF = Preprocessing(B0.architecture, 288, 1.0, mean_and_std=0.5)
# At the larger size that timm's best published figures are measured at.
RW_S_TEST = Preprocessing("efficientnetv2_rw_s.ra2_in1k", 384, 1.0)
V2_M_TEST = Preprocessing("tf_efficientnetv2_m.in21k_ft_in1k", 480, 1.0, crop_mode="squash")

GRADIENT, EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE = (
    "gradient-333x250.png",
    "edges-256x341.png",
    "text-401x301.png",
    "texture-512x388.png",
    "tiny-97x64.png",
    "rings-481x640.png",
    "scene-1022x767.png",
)
TEXT_JPEG, SCENE_JPEG = "text-401x301.jpg", "scene-1022x767.jpg"

# Every setting meets each parity of width and height (the list above is
# odd-even, even-odd, odd-odd, even-even, odd-even, odd-even, even-odd); the
# large, and so costly, settings see fewer pictures beyond that.
CASES = {
    B0: (GRADIENT, EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE, TEXT_JPEG, SCENE_JPEG),
    B1: (GRADIENT, EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE),
    B2: (GRADIENT, EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE),
    B3: (EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE, SCENE_JPEG),
    B4: (EDGES, TEXT, TEXTURE, TINY, RINGS, TEXT_JPEG),
    B5: (TEXT, TEXTURE, RINGS, SCENE),
    B6: (EDGES, TEXT, TEXTURE, RINGS),
    B7: (TEXT, TEXTURE, RINGS, SCENE),
    BILINEAR: (GRADIENT, EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE, SCENE_JPEG),
    SQUASHED: (EDGES, TEXT, TEXTURE, RINGS),
    HALF: (EDGES, TEXT, TEXTURE, RINGS),
    RW_S_TEST: (TEXT, TEXTURE, RINGS, SCENE),
    V2_M_TEST: (TEXT, TEXTURE, RINGS),
}
NORMALISED_CASES = ((B0, SCENE), (HALF, TEXTURE))


def check_against_timm() -> None:
    """Fail unless the variants' settings are what timm resolves by itself."""
    for setting in (B0, B1, B2, B3, B4, B5, B6, B7, RW_S_TEST, V2_M_TEST):
        pretrained = timm.get_pretrained_cfg(setting.architecture).to_dict()
        own = resolve_data_config({}, pretrained_cfg=pretrained, use_test_size=setting in (RW_S_TEST, V2_M_TEST))
        if setting.config() != own:
            raise SystemExit(f"{setting.architecture}: timm resolves {own}")


def open_picture(name: str) -> Image.Image:
    """The source picture as timm's data sets open it."""
    return Image.open(PICTURES / name).convert("RGB")


def before_tensor(transform: Compose) -> Compose:
    """The leading part of ``transform`` that still yields a PIL picture."""
    steps = transform.transforms
    stop = next(i for i, step in enumerate(steps) if isinstance(step, (MaybeToTensor, MaybePILToTensor)))
    return Compose(steps[:stop])


def sampled_crop(setting: Preprocessing, picture: str) -> torch.Tensor:
    """Every fifth pixel of the resized and cropped picture, u8 HWC."""
    crop = np.asarray(before_tensor(create_transform(**setting.config()))(open_picture(picture)))
    assert crop.shape == (setting.size, setting.size, 3) and crop.dtype == np.uint8
    return torch.from_numpy(crop[::SAMPLE_STEP, ::SAMPLE_STEP].copy())


def normalised_sample(setting: Preprocessing, picture: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions (y, x) spread over the crop, and the transform's values there."""
    tensor = create_transform(**setting.config())(open_picture(picture))
    index = torch.arange(NORMALISED_PIXELS)
    positions = torch.stack(((index * 37) % setting.size, (index * 101) % setting.size), dim=1)
    values = tensor[:, positions[:, 0], positions[:, 1]].T
    return positions.to(torch.int32), values.contiguous()


def main() -> None:
    check_against_timm()
    draw_all()
    tensors = {}
    for setting, pictures in CASES.items():
        for picture in pictures:
            tensors[setting.key(picture)] = sampled_crop(setting, picture)
    for setting, picture in NORMALISED_CASES:
        key = setting.key(picture)
        tensors[f"positions|{key}"], tensors[f"normalised|{key}"] = normalised_sample(setting, picture)
    save_fixture(tensors, FIXTURES / "preprocessed.safetensors")


if __name__ == "__main__":
    main()
