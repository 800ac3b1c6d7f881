"""Make tests/fixtures/alpha.safetensors: what networks that see alpha are shown.

    python tests/reference/make_alpha.py

* ``alpha|<name>`` u8 [height, width]: alpha of the files of the other fixtures (formats, avif,
  jpeg_xl), as Pillow's ``convert("RGBA")`` has it and turned as ``ImageOps.exif_transpose``
  turns it; that of JPEG XL is imagecodecs', and that of ``strips.tiff``, which Pillow's libtiff may not
  read, as it is drawn. A file that is missing here is opaque.
* ``unread`` u8: names of those that Pillow refuses or takes no alpha from by its own fault, one a line.
* ``clear|<name>`` u8: files of formats whose alpha the other fixtures lack, with ``alpha|<name>``.
* ``crop|<size>|<crop_pct>|<crop_mode>|<interpolation>`` u8 [size, size, 4]: ``picture``, a PNG,
  through timm's evaluation transform, before it becomes floats. A border has the mean
  (0.1, 0.3, 0.5, 0.7).
* ``logits|<picture>`` f32 [3]: timm's test_efficientnet with ``in_chans`` 4 and generated weights,
  of ``picture`` and of a JPEG, which has no alpha; the JPEG is ``photo``.
"""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import timm
import torch
from PIL import Image, ImageOps
from safetensors import safe_open
from timm.data import create_transform

from common import FIXTURES, save_fixture
from generated_weights import load_generated
from make_formats import alpha, colours, tiff

MEAN = (0.1, 0.3, 0.5, 0.7)
STD = (0.2, 0.25, 0.3, 0.35)


def opacity(file: bytes, name: str) -> np.ndarray | None:
    """Alpha as Pillow has it, or None where it reads no such file."""
    if name.endswith(".jxl") or file[:2] == b"\xff\x0a" or file[4:8] == b"JXL ":
        return None
    try:
        picture = Image.open(io.BytesIO(file))
        picture.load()
        picture = ImageOps.exif_transpose(picture)
        return np.asarray(picture.convert("RGBA"))[..., 3]
    except (OSError, ValueError, SyntaxError, NotImplementedError):
        return None


def stored() -> dict[str, bytes]:
    files = {}
    for fixture in ("formats", "avif"):
        with safe_open(FIXTURES / f"{fixture}.safetensors", "numpy") as tensors:
            for key in tensors.keys():
                kind, _, name = key.partition("|")
                if kind == "file":
                    files[name] = tensors.get_tensor(key).tobytes()
    return files


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def clear_files() -> dict[str, bytes]:
    """Files with alpha of kinds that the other fixtures have without it."""
    rgba = Image.fromarray(np.dstack((colours(), alpha(8))).astype(np.uint8))
    with_hole = np.array(rgba)
    with_hole[..., 3] = np.where(with_hole[..., 3] > 100, 255, 0)
    hole = Image.fromarray(with_hole)
    width, height = rgba.size
    bottom_up = np.array(rgba)[::-1, :, [2, 1, 0, 3]].tobytes()
    header = struct.pack("<IiiHHIIiiII", 124, width, height, 1, 32, 3, len(bottom_up), 0, 0, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + bytes(124 - 56)
    bytes_ = saved(rgba, "DDS")
    masks = b"BM" + struct.pack("<IHHI", 138 + len(bottom_up), 0, 0, 138) + header
    return {
        "hole-png.ico": saved(hole, "ICO", sizes=[(width, height)]),
        "bytes.ico": saved(rgba, "ICO", sizes=[(width, height)], bitmap_format="bmp"),
        "mask.ico": with_mask(hole),
        "masks.bmp": masks + bottom_up,
        "empty-mask.dds": bytes_[:104] + bytes(4) + bytes_[108:],
        "strips.tiff": strips(np.array(rgba)),
    }


def strips(rgba: np.ndarray) -> bytes:
    """A TIFF of two strips in WebP, which leaves out the alpha of the first: it is opaque."""
    rgba[:9, :, 3] = 255
    parts = [saved(Image.fromarray(part), "WEBP", lossless=True, exact=True) for part in (rgba[:9], rgba[9:])]
    return tiff(rgba, 2, pack=50001, rows=9, more={338: (3, [2])}, parts=parts)


def with_mask(picture: Image.Image) -> bytes:
    """An icon of 24 bits, with a bit for each pixel that is clear."""
    width, height = picture.size
    rgba = np.array(picture)[::-1]
    rows = (rgba[:, :, [2, 1, 0]].tobytes()[y * width * 3 :][: width * 3] for y in range(height))
    pixels = b"".join(row + bytes(-len(row) % 4) for row in rows)
    bits = np.packbits(np.pad(rgba[..., 3] == 0, ((0, 0), (0, -width % 32))), axis=1).tobytes()
    bitmap = struct.pack("<IiiHHIIiiII", 40, width, height * 2, 1, 24, 0, 0, 0, 0, 0, 0) + pixels + bits
    entry = struct.pack("<BBBBHHII", width, height, 0, 0, 1, 24, len(bitmap), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + bitmap


def drawn() -> Image.Image:
    """A scene with clear, half clear and opaque parts, and colours under what is clear."""
    y, x = np.mgrid[0:70, 0:90]
    red, green, blue = x * 255 // 89, y * 255 // 69, (x * 29 + y * 53) % 256
    clear = ((x - 40) ** 2 + (y - 30) ** 2) * 255 // 1500
    clear[50:, 60:] = 0
    return Image.fromarray(np.dstack((red, green, blue, clear.clip(0, 255))).astype(np.uint8))


def transform(size: int, crop_pct: float, crop_mode: str, interpolation: str):
    return create_transform(
        input_size=(4, size, size), crop_pct=crop_pct, crop_mode=crop_mode,
        interpolation=interpolation, mean=MEAN, std=STD,
    )


def tensor(file: bytes) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(file, np.uint8).copy())


def main() -> None:
    tensors, unread = {}, []
    files = stored()
    clear = clear_files()
    for name, file in {**files, **clear}.items():
        values = opacity(file, name)
        if values is None:
            unread.append(name)
        elif (values < 255).any():
            tensors[f"alpha|{name}"] = torch.from_numpy(values.copy())
    with safe_open(FIXTURES / "jpeg_xl.safetensors", "numpy") as jpeg_xl:
        for key in jpeg_xl.keys():
            if key.startswith("file|lossless-") and "alpha" in key:
                file = jpeg_xl.get_tensor(key).tobytes()
                tensors[key.replace("file|", "alpha|")] = torch.from_numpy(imagecodecs.jpegxl_decode(file)[..., -1].copy())
    unread.remove("strips.tiff")
    strip = alpha(8).astype(np.uint8)
    strip[:9] = 255
    tensors["alpha|strips.tiff"] = torch.from_numpy(strip)
    tensors["unread"] = tensor("\n".join(sorted(unread)).encode())
    for name, file in clear.items():
        tensors[f"clear|{name}"] = tensor(file)
    picture = drawn()
    tensors["picture"] = tensor(saved(picture, "PNG"))
    photo = saved(picture.convert("RGB"), "JPEG", quality=90)
    tensors["photo"] = tensor(photo)
    for size, crop_pct, mode, interpolation in (
        (48, 0.875, "center", "bicubic"), (48, 1.0, "squash", "bilinear"), (40, 0.9, "center", "nearest"),
        (70, 1.0, "center", "bicubic"), (64, 1.6, "center", "bicubic"), (64, 1.0, "border", "bicubic"),
        (120, 1.0, "center", "lanczos"), (33, 0.95, "squash", "box"),
    ):
        steps = transform(size, crop_pct, mode, interpolation).transforms[:-2]
        shown = picture
        for step in steps:
            shown = step(shown)
        assert shown.mode == "RGBA" and shown.size == (size, size)
        tensors[f"crop|{size}|{crop_pct}|{mode}|{interpolation}"] = torch.from_numpy(np.array(shown))
    model = timm.create_model("test_efficientnet", num_classes=3, in_chans=4).eval()
    load_generated(model)
    for name, file in (("picture", tensors["picture"]), ("photo", tensors["photo"])):
        shown = Image.open(io.BytesIO(file.numpy().tobytes())).convert("RGBA")
        with torch.inference_mode():
            tensors[f"logits|{name}"] = model(transform(160, 0.95, "center", "bicubic")(shown)[None])[0]
    save_fixture(tensors, FIXTURES / "alpha.safetensors", "imagecodecs")
    print("not read:", *unread)


if __name__ == "__main__":
    main()
