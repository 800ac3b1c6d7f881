"""Lossless JPEGs of make_formats.py, of which Pillow reads those with 8 bits and writes none."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

# Of 17 sizes each has a code of 5 bits, its own number.
TABLE = bytes((0, 0, 0, 0, 17)) + bytes(11) + bytes(range(17))


def segment(code: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(data) + 2) + data


def predicted(values: np.ndarray, predictor: int, bits: int, first: set[int]) -> np.ndarray:
    """``values`` [H, W] less what is predicted for each; in the rows ``first`` prediction begins anew."""
    wide = values.astype(np.int64)
    guess = np.empty_like(wide)
    for y in range(wide.shape[0]):
        left, above = wide[y, :-1], wide[y - 1, 1:]
        corner = wide[y - 1, :-1]
        if y in first:
            guess[y, 0] = 1 << (bits - 1)
            guess[y, 1:] = left
            continue
        guess[y, 0] = wide[y - 1, 0]
        guess[y, 1:] = (
            left,
            above,
            corner,
            left + above - corner,
            left + ((above - corner) >> 1),
            above + ((left - corner) >> 1),
            (left + above) >> 1,
        )[predictor - 1]
    # Modulo 65,536, from -32,767 to 32,768.
    return (wide - guess + 32767) % 65536 - 32767


def digits(difference: int) -> str:
    size = abs(difference).bit_length()
    code = format(size, "05b")
    if size in (0, 16):
        return code
    return code + format(difference if difference > 0 else difference + (1 << size) - 1, f"0{size}b")


def packed(text: str) -> bytes:
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0") if text else b""


def lossless(
    planes: list[np.ndarray],
    bits: int = 8,
    *,
    predictor: int = 1,
    shift: int = 0,
    restart_rows: int = 0,
    factors: list[tuple[int, int]] | None = None,
    size: tuple[int, int] | None = None,
    apart: bool = False,
    before: bytes = b"",
) -> bytes:
    """``planes`` are of ``size``, or fewer by their sampling factors; ``apart`` each in a scan of its own."""
    factors = factors or [(1, 1)] * len(planes)
    height, width = size or planes[0].shape
    most = [max(pair[n] for pair in factors) for n in (0, 1)]
    members = [struct.pack("3B", n + 1, h << 4 | v, 0) for n, (h, v) in enumerate(factors)]
    frame = struct.pack(">BHHB", bits, height, width, len(planes)) + b"".join(members)
    file = b"\xff\xd8" + before + segment(0xC4, b"\0" + TABLE) + segment(0xC3, frame)
    for scan in [[n] for n in range(len(planes))] if apart else [list(range(len(planes)))]:
        groups = {n: (1, 1) if len(scan) == 1 else factors[n] for n in scan}
        if len(scan) == 1:
            rows, columns = planes[scan[0]].shape
        else:
            rows, columns = -(-height // most[1]), -(-width // most[0])
        differences = {}
        for n in scan:
            across, down = groups[n]
            first = set(range(0, rows * down, restart_rows * down)) if restart_rows else {0}
            plane = predicted(planes[n] >> shift, predictor, bits - shift, first)
            missing = (rows * down - plane.shape[0], columns * across - plane.shape[1])
            differences[n] = np.pad(plane, ((0, missing[0]), (0, missing[1])))
        if restart_rows:
            file += segment(0xDD, struct.pack(">H", restart_rows * columns))
        choice = b"".join(bytes((n + 1, 0)) for n in scan)
        file += segment(0xDA, bytes((len(scan),)) + choice + bytes((predictor, 0, shift)))
        part = ""
        for row in range(rows):
            if restart_rows and row and row % restart_rows == 0:
                file += packed(part) + bytes((0xFF, 0xD0 + (row // restart_rows - 1) % 8))
                part = ""
            for column in range(columns):
                for n in scan:
                    across, down = groups[n]
                    block = differences[n][row * down :, column * across :][:down, :across]
                    part += "".join(digits(int(value)) for value in block.ravel())
        file += packed(part)
    return file + b"\xff\xd9"


ADOBE_RGB = segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 0))


def lossless_jpegs(rgb: np.ndarray, grey: dict[int, np.ndarray], inks: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """``rgb`` [H, W, 3] and ``inks`` [H, W, 4] of 8 bits, ``grey`` [H, W] by its bits."""
    planes = [rgb[..., n] for n in range(3)]
    for predictor in range(1, 8):
        yield f"lossless-{predictor}.jpg", lossless(planes, predictor=predictor)
        yield f"lossless-{predictor}-restarts.jpg", lossless(planes, predictor=predictor, restart_rows=2)
    yield "lossless-shifted.jpg", lossless(planes, predictor=4, shift=3)
    yield "lossless-apart.jpg", lossless(planes, predictor=7, apart=True, restart_rows=3)
    yield "lossless-adobe.jpg", lossless(planes, predictor=6, before=ADOBE_RGB)
    yield "lossless-cmyk.jpg", lossless([inks[..., n] for n in range(4)], predictor=5)
    for across, down in ((2, 2), (2, 1), (1, 2), (4, 1)):
        fewer = [planes[0], planes[1][::down, ::across], planes[2][::down, ::across]]
        factors = [(across, down), (1, 1), (1, 1)]
        name = f"lossless-{across}{down}"
        yield f"{name}.jpg", lossless(fewer, predictor=6, factors=factors)
        yield f"{name}-apart.jpg", lossless(fewer, predictor=2, factors=factors, apart=True)
    yield "lossless-8.jpg", lossless([grey[8]], predictor=5)
    for name, (bits, plane, shift) in deep(grey).items():
        yield name, lossless([plane], bits, predictor=bits % 7 + 1, shift=shift)


def deep(grey: dict[int, np.ndarray]) -> dict[str, tuple[int, np.ndarray, int]]:
    """Those that Pillow refuses, by their names: bits, what is shown, and how far it is shifted."""
    those = {f"lossless-grey-{bits}.jpg": (bits, grey[bits], 0) for bits in (2, 4, 7, 9, 12, 16)}
    far = np.random.default_rng(3).integers(0, 2, grey[16].shape) * 32768
    those["lossless-grey-16-far.jpg"] = (16, far, 0)
    those["lossless-grey-12-shifted.jpg"] = (12, grey[12] >> 4 << 4, 4)
    return those
