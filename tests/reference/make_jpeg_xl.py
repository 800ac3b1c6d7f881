"""Make tests/fixtures/jpeg_xl.safetensors: small JPEG XL files of every variety, and what libjxl sees.

    python tests/reference/make_jpeg_xl.py

The entries are those of formats.safetensors (make_formats.py): ``file|<name>`` and
``pixels|<name>``. Files and pixels are libjxl's, by way of imagecodecs; 16 bits and
floating-point numbers are rounded to 8 bits. What imagecodecs does not write (turns,
inks, colours multiplied by alpha) is made of a lossless file: its header is written
anew, and the pixels are computed. ``file|strip`` is black, one pixel wide and 30,000 high.
"""

from __future__ import annotations

from collections.abc import Iterator

import imagecodecs
import numpy as np
import torch
from PIL import Image, ImageOps

from common import FIXTURES, save_fixture
from make_formats import ORIENTATION, alpha, colours, saved

ODD = np.ascontiguousarray(colours()[2:13, 4:19])
OTHER = alpha(8)[6:17, 8:23].astype(np.uint8)
WITH_ALPHA = np.ascontiguousarray(np.dstack((ODD, OTHER)))
GREY = np.ascontiguousarray(ODD[:, :, 1])
WIDE = ODD.astype(np.uint16) * 257 + np.arange(15, dtype=np.uint16)[:, None] % 100
# Several groups of 256 x 256, and light enough for the numbers of a nearly lossless file.
Y, X = np.mgrid[0:40, 0:270]
LARGE = np.stack((X * 240, 65535 - Y * 700, 30000 + X * 100 + Y * 5), axis=2).astype(np.uint16)

encode = imagecodecs.jpegxl_encode


def plain() -> Iterator[tuple[str, bytes]]:
    yield "lossless", encode(ODD, lossless=True)
    yield "lossless-alpha", encode(WITH_ALPHA, lossless=True)
    yield "lossless-grey", encode(GREY, lossless=True)
    yield "lossless-grey-alpha", encode(np.ascontiguousarray(np.dstack((GREY, OTHER))), lossless=True)
    yield "lossless-16", encode(WIDE, lossless=True)
    yield "lossless-effort-1", encode(ODD, lossless=True, effort=1)
    yield "lossless-container", encode(ODD, lossless=True, usecontainer=True)
    yield "xyb", encode(ODD, distance=1.0)
    yield "xyb-container", encode(ODD, distance=1.0, usecontainer=True)
    yield "xyb-alpha", encode(WITH_ALPHA, distance=1.0)
    yield "xyb-grey", encode(GREY, distance=0.5)
    yield "xyb-16", encode(WIDE, distance=0.5)
    yield "xyb-float", encode(WIDE.astype(np.float32) / 65535, distance=0.5)
    yield "one-pixel", encode(ODD[:1, :1].copy(), lossless=True)
    yield "xyb-one-row", encode(ODD[3:4].copy(), distance=1.0)
    yield "jpeg", imagecodecs.jpegxl_encode_jpeg(saved(Image.fromarray(ODD), "JPEG", quality=90))
    grey = saved(Image.fromarray(GREY), "JPEG", quality=90)
    yield "jpeg-grey", imagecodecs.jpegxl_encode_jpeg(grey)
    # What comes again and again is kept in a frame of its own.
    yield "xyb-patches", encode(signs(), distance=1.0, effort=7)
    # Numbers of more than 16 bits in files that say that there are none.
    yield "xyb-nearly-lossless-16", encode(LARGE, level=100, lossless=False)
    yield "xyb-nearly-lossless-8", encode((LARGE >> 8).astype(np.uint8), distance=0.01)


def signs() -> np.ndarray:
    """Rows of three signs."""
    random = np.random.default_rng(3)
    forms = [random.random((7, 5)) > 0.5 for _ in range(3)]
    page = np.full((64, 96, 3), 250, np.uint8)
    for y in range(4, 54, 12):
        for number, x in enumerate(range(4, 88, 9)):
            page[y : y + 7, x : x + 5][forms[number % 3]] = (20, 30, 40)
    return page


class Bits:
    """Bits, the lowest of each byte first."""

    def __init__(self, data: bytes = b"") -> None:
        self.bits = [byte >> bit & 1 for byte in data for bit in range(8)]
        self.at = 0

    def take(self, count: int) -> int:
        bits = self.bits[self.at : self.at + count]
        self.at += count
        return sum(bit << place for place, bit in enumerate(bits))

    def put(self, *fields: tuple[int, int]) -> Bits:
        for value, count in fields:
            self.bits += [value >> bit & 1 for bit in range(count)]
        return self

    def bytes(self) -> bytes:
        bits = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(sum(bit << n for n, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8))


def frames(file: bytes) -> bytes:
    """What follows the header of a lossless file with an alpha channel of 8 bits."""
    bits = Bits(file)
    assert bits.take(16) == 0x0AFF and bits.take(1) == 0
    bits.take((9, 13, 18, 30)[bits.take(2)])
    if bits.take(3) == 0:
        bits.take((9, 13, 18, 30)[bits.take(2)])
    # Not all as usual, no more fields, 8 bits, 16 bits do, one more channel of the usual kind, no XYB, sRGB.
    assert [bits.take(1) for _ in range(2)] == [0, 0]
    assert (bits.take(3), bits.take(1), bits.take(2), bits.take(1), bits.take(1)) == (0, 1, 1, 1, 0)
    assert bits.take(1) == 1, "a colour encoding at length"
    assert (bits.take(2), bits.take(1)) == (0, 1)
    return file[(bits.at + 7) // 8 :]


def anew(file: bytes, channel: list[tuple[int, int]], orientation: int = 1) -> bytes:
    """The same with another orientation, and its last channel described otherwise."""
    height, width = ODD.shape[:2]
    header = Bits().put((0x0AFF, 16), (0, 1), (0, 2), (height - 1, 9), (0, 3), (0, 2), (width - 1, 9))
    header.put((0, 1), (1, 1), (orientation - 1, 3), (0, 3), (0, 3), (1, 1), (1, 2))
    header.put(*channel).put((0, 1), (1, 1), (1, 1), (0, 2), (1, 1))
    return header.bytes() + frames(file)


USUAL = [(1, 1)]
# Its kind, depth, shift and name, and whether colours are multiplied by it.
MULTIPLIED = [(0, 1), (0, 2), (0, 3), (0, 2), (0, 2), (1, 1)]
BLACK = [(0, 1), (2, 2), (2, 4), (0, 3), (0, 2), (0, 2)]


def made() -> Iterator[tuple[str, bytes, np.ndarray]]:
    file = encode(WITH_ALPHA, lossless=True)
    for orientation in range(1, 9):
        turned = Image.fromarray(ODD)
        turned.getexif()[ORIENTATION] = orientation
        turned = ImageOps.exif_transpose(turned)
        yield f"turned-{orientation}", anew(file, USUAL, orientation), np.asarray(turned)
    share = OTHER.astype(np.float64)[..., None] / 255
    with np.errstate(divide="ignore"):
        straight = np.where(share > 0, ODD / 255 / share, ODD * 1e9).clip(0, 1)
    yield "multiplied", anew(file, MULTIPLIED), (straight * 255 + 0.5).astype(np.uint8)
    # Of ink 255 is none, and so it is of black.
    inks, black = 255 - ODD.astype(np.int64), OTHER.astype(np.int64)[..., None]
    shown = black - (inks * black + 127) // 255
    yield "inks", anew(file, BLACK), shown.clip(0, 255).astype(np.uint8)


def seen(file: bytes) -> np.ndarray:
    pixels = imagecodecs.jpegxl_decode(file)
    if pixels.dtype == np.uint16:
        pixels = (pixels.astype(np.uint32) * 255 + 32767) // 65535
    elif pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float64).clip(0, 1) * 255 + 0.5
    pixels = pixels.astype(np.uint8)
    if pixels.ndim == 2 or pixels.shape[2] < 3:
        pixels = np.repeat(pixels.reshape(*pixels.shape[:2], -1)[..., :1], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])


def main() -> None:
    entries = {}
    for name, file, pixels in (*((name, file, seen(file)) for name, file in plain()), *made()):
        entries[f"file|{name}.jxl"] = torch.frombuffer(bytearray(file), dtype=torch.uint8)
        entries[f"pixels|{name}.jxl"] = torch.from_numpy(pixels.copy())
    strip = encode(np.zeros((30_000, 1, 3), np.uint8), lossless=True)
    entries["file|strip"] = torch.frombuffer(bytearray(strip), dtype=torch.uint8)
    save_fixture(entries, FIXTURES / "jpeg_xl.safetensors", "imagecodecs")


main()
