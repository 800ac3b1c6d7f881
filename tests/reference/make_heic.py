"""Make tests/fixtures/heic.safetensors: small HEICs of every variety, and what pillow-heif sees.

    python tests/reference/make_heic.py

The entries are those of avif.safetensors (make_avif.py). Grey of 10 bits, which Pillow cuts off
at 255, is scaled by its highest bits.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator

import numpy as np
import pillow_heif
import torch
from PIL import Image

from common import FIXTURES, save_fixture
from make_formats import ORIENTATION, alpha, colours

pillow_heif.register_heif_opener()

ODD = np.ascontiguousarray(colours()[2:13, 4:19])
EVEN = np.ascontiguousarray(np.tile(colours()[:10, :14], (2, 2, 1)))
WITH_ALPHA = np.dstack((EVEN, np.tile(alpha(8)[:10, :14], (2, 2)))).astype(np.uint8)
Y, X = np.mgrid[0:136, 0:200]
TILES = np.stack((X, Y, 255 - X // 2 - Y // 2), axis=2).clip(0, 255).astype(np.uint8)


def saved(pixels: np.ndarray, mode: str | None = None, **options) -> bytes:
    picture = Image.fromarray(pixels)
    file = io.BytesIO()
    options = {"quality": 80, "chroma": "420", **options}
    picture.convert(mode or picture.mode).save(file, "HEIF", **options)
    return file.getvalue()


def deep(mode: str, pixels: np.ndarray, **options) -> bytes:
    """Of 10 bits."""
    wide = pixels.astype(np.uint16) * 257
    height, width = pixels.shape[:2]
    picture = pillow_heif.from_bytes(mode, (width, height), wide.tobytes())
    file = io.BytesIO()
    picture.save(file, quality=80, **options)
    return file.getvalue()


def varieties() -> Iterator[tuple[str, bytes]]:
    for chroma in ("420", "422", "444"):
        yield f"even-{chroma}", saved(EVEN, chroma=chroma)
        yield f"odd-{chroma}", saved(ODD, chroma=chroma)
    # As numbers of the matrix.
    for matrix in (1, 4, 6, 7, 9):
        for extent in (0, 1):
            options = {"matrix_coefficients": matrix, "full_range_flag": extent}
            yield f"matrix-{matrix}-{'full' if extent else 'limited'}", saved(EVEN, **options)
    for chroma in ("422", "444"):
        options = {"matrix_coefficients": 1, "full_range_flag": 0}
        yield f"limited-{chroma}", saved(EVEN, chroma=chroma, **options)
    yield "matrix-0", saved(EVEN, quality=-1, chroma="444", matrix_coefficients=0)
    yield "unsaid", saved(EVEN, save_nclx_profile=False)
    yield "lossless", saved(EVEN, quality=-1, chroma="444")
    yield "coarse", saved(EVEN, quality=10)
    yield "grey", saved(EVEN, "L")
    yield "alpha", saved(WITH_ALPHA)
    yield "alpha-444", saved(WITH_ALPHA, chroma="444")
    yield "alpha-grey", saved(WITH_ALPHA, "LA")
    for chroma in ("420", "422", "444"):
        yield f"deep-{chroma}", deep("RGB;16", EVEN, chroma=chroma)
        limited = {"matrix_coefficients": 9, "full_range_flag": 0}
        yield f"deep-limited-{chroma}", deep("RGB;16", EVEN, chroma=chroma, **limited)
    yield "deep-alpha", deep("RGBA;16", WITH_ALPHA, chroma="420")
    yield "deep-grey", deep("L;16", EVEN[..., 0])
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    # Which is not for the picture.
    yield "exif-6", saved(EVEN, exif=exif.tobytes())
    yield "animated", saved(EVEN, save_all=True, append_images=[Image.fromarray(255 - EVEN)])


def replaced(file: bytes, name: bytes, other: bytes, body: bytes) -> bytes:
    """With another property in the place of the first ``name``, and of its length."""
    at = file.index(name)
    end = at - 4 + int.from_bytes(file[at - 4 : at], "big")
    return file[:at] + other + body.ljust(end - at - 4, b"\0") + file[end:]


def reordered(file: bytes) -> bytes:
    """With the crop that cuts off what was added before what stands for the depth and the colours."""
    before = bytes((0x81, 2, 3, 5, 0x84))
    assert file.count(before) == 1
    return file.replace(before, bytes((0x81, 3, 0x84, 5, 2)))


def turned() -> Iterator[tuple[str, bytes]]:
    file = reordered(saved(EVEN))
    for quarters in range(4):
        turned = replaced(file, b"pixi", b"irot", bytes((quarters,)))
        yield f"turned-{quarters}", turned
        for axis in range(2):
            yield f"turned-{quarters}-mirrored-{axis}", replaced(turned, b"colr", b"imir", bytes((axis,)))
    first = saved(EVEN).replace(bytes((0x81, 2, 3, 5, 0x84)), bytes((0x81, 2, 3, 0x84, 5)))
    yield "mirrored", replaced(first, b"pixi", b"imir", bytes((1,)))
    # Of a picture of 64 x 64: width and height, and how far the middle is from the middle.
    for name, size, offset in (
        ("cropped", (20, 12), (-32, -44)),
        ("cropped-beyond", (40, 30), (-80, 60)),
        ("cropped-between", (21, 13), (-31, -43)),
    ):
        numbers = struct.pack(">8i", size[0], 1, size[1], 1, offset[0], 2, offset[1], 2)
        yield name, replaced(saved(EVEN, chroma="444"), b"clap", b"clap", numbers)


def grids() -> Iterator[tuple[str, bytes]]:
    yield "grid", saved(TILES, tile_size=64)
    yield "grid-444", saved(TILES, tile_size=64, chroma="444")


def seen(name: str, file: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(file))
    if name == "deep-grey":
        high = (np.asarray(picture).astype(np.uint32) >> 8).astype(np.uint8)
        return np.repeat(high[..., None], 3, axis=2)
    return np.array(picture.convert("RGB"))


def main() -> None:
    entries = {}
    for name, file in (*varieties(), *turned()):
        entries[f"file|{name}.heic"] = torch.frombuffer(bytearray(file), dtype=torch.uint8)
        entries[f"pixels|{name}.heic"] = torch.from_numpy(seen(name, file).copy())
    for name, file in grids():
        pixels = seen(name, file)
        size = b"".join(side.to_bytes(4, "big") for side in pixels.shape[:2])
        digest = hashlib.sha256(size + pixels.tobytes()).digest()
        entries[f"file|{name}.heic"] = torch.frombuffer(bytearray(file), dtype=torch.uint8)
        entries[f"sha256|{name}.heic"] = torch.frombuffer(bytearray(digest), dtype=torch.uint8)
    save_fixture(entries, FIXTURES / "heic.safetensors", "pillow-heif")


main()
