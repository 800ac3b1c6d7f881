"""Writes tests/fixtures/crops.txt: what timm's evaluation transform makes of generated pictures.

Each line has the picture's width x height, `RGB` or `L`, timm's crop_mode and interpolation, the
input's height x width, the crop_pct and the 64-bit FNV-1a hash of the 8-bit crop, row by row.
Needs timm 1.0.31 with Pillow: python tests/reference/make_crops.py > tests/fixtures/crops.txt
"""

import itertools

import numpy as np
from PIL import Image
from timm.data.transforms_factory import transforms_imagenet_eval

MEAN = (0.485, 0.3, 0.406)


def picture(width: int, height: int) -> Image.Image:
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    index = ((y * width + x) * 3 + c).astype(np.uint64)
    noise = (index * 2654435761 % 2**32) >> 26
    values = (x * 7 + y * 13 + c * 50 + noise.astype(np.int64)) % 256
    return Image.fromarray(values.astype(np.uint8), "RGB")


def fnv(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


PICTURES = [(67, 45), (45, 67), (200, 30), (300, 221), (64, 64), (9, 150)]
FILTERS = ["nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"]
SIZES = [((32, 32), 0.875), ((32, 48), 0.95), ((64, 40), 1.0)]

for size, mode, (number, name), (input_size, crop_pct) in itertools.product(
    PICTURES, ["center", "squash", "border"], enumerate(FILTERS), SIZES
):
    # A third of all, so that each pair of choices still comes.
    if (number + sum(size) + len(mode) + input_size[1]) % 3:
        continue
    for kind in ["RGB", "L"] if number == 2 else ["RGB"]:
        transform = transforms_imagenet_eval(
            img_size=input_size,
            crop_pct=crop_pct,
            crop_mode=mode,
            interpolation=name,
            mean=MEAN if kind == "RGB" else (sum(MEAN) / 3,),
            use_prefetcher=True,
        )
        crop = transform(picture(*size).convert(kind)).numpy().transpose(1, 2, 0)
        crop = np.repeat(crop, 3 // crop.shape[2], axis=2)
        assert crop.shape == (*input_size, 3)
        shape = f"{input_size[0]}x{input_size[1]}"
        print(f"{size[0]}x{size[1]} {kind} {mode} {name} {shape} {crop_pct} {fnv(crop.tobytes()):016x}")
