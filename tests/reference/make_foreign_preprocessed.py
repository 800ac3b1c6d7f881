"""Make tests/fixtures/foreign/preprocessed.safetensors: other libraries' preprocessing.

    python tests/reference/make_foreign_preprocessed.py

Puts the pictures of draw_pictures.py through torchvision's presets and through
transformers' EfficientNetImageProcessor, and stores a sample of the results:

* ``torchvision|<picture file>|<model>|<weights>|<resize>|<size>|<interpolation>``
  and ``transformers|<picture file>|<resize>|<size>|<resample>``: u8 [ceil(size / 5),
  ceil(size / 5), 3], every fifth row and column (from 0) of the resized and cropped
  picture, before it becomes floats;
* ``normalised|torchvision|<the same>`` and ``normalised|transformers|<the same>|
  <include_top>``: f32 [32, 3], the final values at the (y, x) pairs in
  ``positions|<size>`` (i32 [32, 2]).

torchvision brings the shorter side to ``resize`` pixels and cuts out the middle.
transformers changes both sides to ``resize`` pixels, whatever the proportions; a
``size`` below it means ``do_center_crop``, which cuts out the middle, half a pixel
to the left and top where that is uneven. ``resample`` is Pillow's number: 0
nearest, 2 bilinear, 3 bicubic. With ``include_top`` (true or false) the values are
divided by the standard deviation a second time: google/efficientnet-b*'s is the
square root of ImageNet's, so that twice is ImageNet's own.

transformers has two processors of that name. This is the one with Pillow
(``backend="pil"``), which the published models were converted and checked with.
AutoImageProcessor now gives the one with torchvision's tensors instead, which
differs on these pictures: by one level when bilinear, by up to 14 when bicubic;
and when nearest it picks the other source pixel where two are as near, such as
in every ninth column of a picture 256 pixels wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torchvision.models import get_model_weights
from transformers.models.efficientnet.image_processing_pil_efficientnet import EfficientNetImageProcessorPil

from common import FIXTURES, save_fixture
from make_preprocessed import (
    EDGES,
    NORMALISED_PIXELS,
    RINGS,
    SAMPLE_STEP,
    SCENE,
    TEXT,
    TEXT_JPEG,
    TEXTURE,
    TINY,
    open_picture,
)

NORMALISED_PICTURE = SCENE


@dataclass(frozen=True)
class TorchvisionPreset:
    """The transform that comes with weights of torchvision."""

    model: str
    weights: str

    def transform(self, **changes: object) -> torch.nn.Module:
        """The preset, with these arguments changed."""
        return get_model_weights(self.model)[self.weights].transforms(**changes)

    def size(self) -> int:
        """Pixels per side of the result."""
        return self.transform().crop_size[0]

    def key(self, picture: str) -> str:
        """The fixture's key for ``picture``."""
        preset = self.transform()
        resize, interpolation = preset.resize_size[0], preset.interpolation.value
        return f"torchvision|{picture}|{self.model}|{self.weights}|{resize}|{self.size()}|{interpolation}"

    def crop(self, picture: str) -> np.ndarray:
        """The resized and cropped picture, u8 HWC."""
        unchanged = self.transform(mean=(0, 0, 0), std=(1, 1, 1))(open_picture(picture))
        return (unchanged * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()

    def values(self, picture: str) -> dict[str, np.ndarray]:
        """The final values, f32 CHW, by key."""
        return {self.key(picture): self.transform()(open_picture(picture)).numpy()}


@dataclass(frozen=True)
class TransformersProcessor:
    """A setting of transformers' processor, otherwise as published for google/efficientnet-b0."""

    resize: int
    cropped_size: int
    resample: int

    def processor(self, **changes: object) -> EfficientNetImageProcessorPil:
        """The processor, with these settings changed."""
        settings = {
            "size": {"height": self.resize, "width": self.resize},
            "crop_size": {"height": self.cropped_size, "width": self.cropped_size},
            "do_center_crop": self.cropped_size != self.resize,
            "resample": self.resample,
            "image_mean": [0.485, 0.456, 0.406],
            "image_std": [0.47853944, 0.4732864, 0.47434163],
        }
        return EfficientNetImageProcessorPil(**settings | changes)

    def size(self) -> int:
        """Pixels per side of the result."""
        return self.cropped_size

    def key(self, picture: str) -> str:
        """The fixture's key for ``picture``."""
        return f"transformers|{picture}|{self.resize}|{self.cropped_size}|{self.resample}"

    def crop(self, picture: str) -> np.ndarray:
        """The resized and cropped picture, u8 HWC."""
        unchanged = self.processor(do_rescale=False, do_normalize=False, include_top=False)
        return unchanged(open_picture(picture))["pixel_values"][0].transpose(1, 2, 0)

    def values(self, picture: str) -> dict[str, np.ndarray]:
        """The final values, f32 CHW, by key."""
        found = {}
        for include_top in (False, True):
            processor = self.processor(include_top=include_top)
            key = f"{self.key(picture)}|{str(include_top).lower()}"
            found[key] = np.asarray(processor(open_picture(picture))["pixel_values"][0])
        return found


PRESETS = (
    TorchvisionPreset("efficientnet_b0", "IMAGENET1K_V1"),
    TorchvisionPreset("efficientnet_b1", "IMAGENET1K_V1"),
    TorchvisionPreset("efficientnet_b1", "IMAGENET1K_V2"),
    TorchvisionPreset("efficientnet_b3", "IMAGENET1K_V1"),
    TorchvisionPreset("efficientnet_v2_s", "IMAGENET1K_V1"),
    TorchvisionPreset("efficientnet_v2_l", "IMAGENET1K_V1"),
)
# From 255 to 224 a crop starts at 15.5, which torchvision rounds to 16, and transformers to 15.
PROCESSORS = tuple(
    TransformersProcessor(resize, 224, resample) for resample in (0, 2, 3) for resize in (224, 255)
)
PICTURES_OF = {
    TorchvisionPreset: (TEXT, TINY, RINGS, SCENE),
    TransformersProcessor: (EDGES, TEXT, TEXTURE, TINY, RINGS, SCENE, TEXT_JPEG),
}


def positions(size: int) -> torch.Tensor:
    """The (y, x) pairs whose final values are stored, spread over the picture."""
    index = torch.arange(NORMALISED_PIXELS)
    return torch.stack(((index * 37) % size, (index * 101) % size), dim=1)


def main() -> None:
    tensors = {}
    for setting in (*PRESETS, *PROCESSORS):
        for picture in PICTURES_OF[type(setting)]:
            crop = setting.crop(picture)
            assert crop.shape == (setting.size(), setting.size(), 3) and crop.dtype == np.uint8
            tensors[setting.key(picture)] = torch.from_numpy(crop[::SAMPLE_STEP, ::SAMPLE_STEP].copy())
        places = positions(setting.size())
        tensors[f"positions|{setting.size()}"] = places.to(torch.int32)
        for key, values in setting.values(NORMALISED_PICTURE).items():
            assert values.dtype == np.float32
            sample = values[:, places[:, 0], places[:, 1]].T
            tensors[f"normalised|{key}"] = torch.from_numpy(sample.copy())
    save_fixture(tensors, FIXTURES / "foreign" / "preprocessed.safetensors", "transformers")


if __name__ == "__main__":
    main()
