"""Make tests/fixtures/avif.safetensors: small AVIFs of every variety, and what Pillow sees.

    python tests/reference/make_avif.py

The entries are those of formats.safetensors (make_formats.py): ``file|<name>`` and
``pixels|<name>``. Of grids, whose tiles have at least 64 pixels a side, there is
``sha256|<name>`` in place of the pixels: u8 [32], of height and width as four bytes
each with the high byte first, and of the pixels. Where Pillow writes no such AVIF
(10 and 12 bits, other matrices, turns, grids) it is libavif's `avifenc` that does.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from common import FIXTURES, save_fixture
from make_formats import ORIENTATION, alpha, colours

ODD = np.ascontiguousarray(colours()[2:13, 4:19])
EVEN = ODD[:10, :14]
WITH_ALPHA = np.dstack((ODD, alpha(8)[6:17, 8:23])).astype(np.uint8)
Y, X = np.mgrid[0:128, 0:128]
TILES = np.stack((X * 2, Y * 2, 255 - X - Y), axis=2).clip(0, 255).astype(np.uint8)


def saved(pixels: np.ndarray, mode: str | None = None, **options) -> bytes:
    picture = Image.fromarray(pixels)
    file = io.BytesIO()
    picture.convert(mode or picture.mode).save(file, "AVIF", max_threads=1, **options)
    return file.getvalue()


def encoded(pictures: list[np.ndarray], *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for number, pixels in enumerate(pictures):
            sources.append(str(Path(folder, f"{number}.png")))
            Image.fromarray(pixels).save(sources[-1])
        to = Path(folder, "picture.avif")
        quality = ["--min", "0", "--max", "40", "--speed", "10", "--jobs", "1"]
        subprocess.run(["avifenc", *quality, *options, *sources, to], check=True, capture_output=True)
        return to.read_bytes()


def of_pillow() -> Iterator[tuple[str, bytes]]:
    for sampling in ("4:2:0", "4:2:2", "4:4:4", "4:0:0"):
        name = sampling.replace(":", "")
        yield f"even-{name}", saved(EVEN, subsampling=sampling)
        yield f"odd-{name}", saved(ODD, subsampling=sampling, quality=90)
    yield "limited", saved(ODD, range="limited")
    yield "lossless-speed-10", saved(ODD, quality=100, subsampling="4:4:4", speed=10)
    yield "grey", saved(ODD, "L")
    yield "alpha", saved(WITH_ALPHA)
    yield "alpha-grey", saved(WITH_ALPHA, "RGBA", subsampling="4:0:0")
    yield "alpha-multiplied", saved(WITH_ALPHA, alpha_premultiplied=True)
    yield "animated", saved(ODD, save_all=True, append_images=[Image.fromarray(255 - ODD)])
    yield "one-pixel", saved(ODD[:1, :1])
    yield "one-column", saved(ODD[:, 3:4])
    yield "one-row", saved(ODD[3:4])
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    yield "exif-6", saved(ODD, exif=exif.tobytes())
    yield "xmp-6", saved(ODD, xmp=b'<x tiff:Orientation="6"/>')


def of_libavif() -> Iterator[tuple[str, bytes]]:
    for depth in ("10", "12"):
        for sampling in ("420", "422", "444", "400"):
            yield f"{sampling}-{depth}", encoded([ODD], "--depth", depth, "--yuv", sampling)
        for sampling in ("420", "444", "400"):
            name = f"alpha-{sampling}-{depth}"
            yield name, encoded([WITH_ALPHA], "--depth", depth, "--yuv", sampling)
    multiplied = ["--depth", "10", "--premultiply", "--range", "limited"]
    yield "alpha-multiplied-10", encoded([WITH_ALPHA], *multiplied)
    # Primaries, transfer and matrix.
    for colour in ("1/13/1", "9/16/9", "1/13/8", "4/13/4", "7/13/7", "12/13/12"):
        for extent in ("full", "limited"):
            # Green and orange are of full range.
            if (colour, extent) == ("1/13/8", "limited"):
                continue
            name = f"matrix-{colour.split('/')[2]}-{extent}"
            yield name, encoded([EVEN], "--cicp", colour, "--range", extent)
    yield "matrix-0", encoded([EVEN], "--cicp", "1/13/0", "--yuv", "444")
    yield "matrix-0-limited", encoded([EVEN], "--cicp", "1/13/0", "--yuv", "444", "--range", "limited")
    for turn in ("1", "2", "3"):
        yield f"turned-{turn}", encoded([ODD], "--irot", turn)
        for mirror in ("0", "1"):
            yield f"turned-{turn}-mirrored-{mirror}", encoded([ODD], "--irot", turn, "--imir", mirror)
    for mirror in ("0", "1"):
        yield f"mirrored-{mirror}", encoded([ODD], "--imir", mirror)
    # Which Pillow leaves whole.
    yield "aperture", encoded([EVEN], "--clap", "10,1,6,1,0,1,0,1")
    yield "animated-alpha-12", encoded([WITH_ALPHA] * 2, "--depth", "12")


def grids() -> Iterator[tuple[str, bytes]]:
    grid = encoded([TILES], "--grid", "2x2")
    yield "grid", grid
    yield "grid-alpha-444-10", encoded(
        [np.dstack((TILES, TILES[:, :, 0]))], "--grid", "2x1", "--yuv", "444", "--depth", "10"
    )
    # Of the last column and row there is more than is shown.
    for wide, narrow in ((b"\0\0\1\1\0\x80\0\x80", b"\0\0\1\1\0\x64\0\x4e"), (SIZE + SIDES, SIZE + SHOWN)):
        assert wide in grid
        grid = grid.replace(wide, narrow)
    yield "grid-partly-shown", grid


# The property of a size, with a version; width and height.
SIZE = b"ispe\0\0\0\0"
SIDES = b"\0\0\0\x80\0\0\0\x80"
SHOWN = b"\0\0\0\x64\0\0\0\x4e"


def seen(file: bytes) -> np.ndarray:
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    return np.array(picture.convert("RGB"))


def main() -> None:
    entries = {}
    for name, file in (*of_pillow(), *of_libavif()):
        entries[f"file|{name}.avif"] = torch.frombuffer(bytearray(file), dtype=torch.uint8)
        entries[f"pixels|{name}.avif"] = torch.from_numpy(seen(file))
    for name, file in grids():
        pixels = seen(file)
        size = b"".join(side.to_bytes(4, "big") for side in pixels.shape[:2])
        digest = hashlib.sha256(size + pixels.tobytes()).digest()
        entries[f"file|{name}.avif"] = torch.frombuffer(bytearray(file), dtype=torch.uint8)
        entries[f"sha256|{name}.avif"] = torch.frombuffer(bytearray(digest), dtype=torch.uint8)
    save_fixture(entries, FIXTURES / "avif.safetensors")


main()
