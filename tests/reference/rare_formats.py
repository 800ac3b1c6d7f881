"""The rare formats of make_formats.py: TGA, DDS, BLP, SGI, Apple's icons, Photoshop's files and JPEG 2000.

Pillow writes only some varieties of them; the others come from writers of our own.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    to = io.BytesIO()
    picture.save(to, kind, **options)
    return to.getvalue()


def rare(rgb: np.ndarray, alpha: np.ndarray, table: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """``rgb`` [H, W, 3] and ``alpha`` [H, W] are the picture, ``table`` [256, 3] a palette, all u8."""
    picture = Image.fromarray(rgb)
    rgba = picture.copy()
    rgba.putalpha(Image.fromarray(alpha))
    yield from tgas(picture, rgba, table)
    yield from dds_of_pillow(picture, rgba)
    yield from dds_of_numbers(rgb, alpha, table)
    yield from dds_of_blocks()
    yield from blps(picture, rgb, table)
    yield from sgis(picture, rgba)
    yield from icons(picture)
    yield from photoshop(rgb, alpha, table)
    yield from jpeg_2000(picture, rgba)


# TGA


def tga(kind: int, bits: int, data: bytes, size: tuple[int, int], flags: int, colours: tuple = (0, 0, 0, b"")) -> bytes:
    first, count, depth, entries = colours
    name = b"a name"
    header = struct.pack("<BBBHHBHHHHBB", len(name), int(depth > 0), kind, first, count, depth, 0, 0, *size, bits, flags)
    return header + name + entries + data


def runs(data: bytes, size: int, width: int) -> bytes:
    """Runs of equal pixels within a row, and the others in tens, which go on in the next row."""
    pixels = [data[at : at + size] for at in range(0, len(data), size)]
    packed, at = b"", 0
    while at < len(pixels):
        end = min(len(pixels), at - at % width + width)
        same = next((n for n in range(at, end) if pixels[n] != pixels[at]), end) - at
        if same > 1:
            same = min(same, 128)
            packed += bytes((127 + same,)) + pixels[at]
            at += same
        else:
            part = pixels[at : at + 10]
            packed += bytes((len(part) - 1,)) + b"".join(part)
            at += len(part)
    return packed


def tgas(picture: Image.Image, rgba: Image.Image, table: np.ndarray) -> Iterator[tuple[str, bytes]]:
    size = picture.size
    few = picture.quantize(200)
    for name, mode in (("grey", picture.convert("L")), ("la", rgba.convert("LA")), ("palette", few), ("rgb", picture), ("rgba", rgba)):
        for compression in (None, "tga_rle"):
            for orientation in (1, -1):
                ending = f"{'rle' if compression else 'raw'}-{'down' if orientation > 0 else 'up'}"
                yield f"{name}-{ending}.tga", saved(mode, "TGA", compression=compression, orientation=orientation)
    rgb = np.asarray(picture)
    five = (rgb >> 3).astype(np.uint16)
    fifteen = (five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2]).astype("<u2").tobytes()
    bgr = rgb[..., ::-1].tobytes()
    for flags in (0x00, 0x10, 0x20, 0x30):
        yield f"fifteen-{flags >> 4}.tga", tga(2, 16, fifteen, size, flags)
        yield f"runs-{flags >> 4}.tga", tga(10, 24, runs(bgr, 3, size[0]), size, flags)
    yield "fifteen-runs.tga", tga(10, 16, runs(fifteen, 2, size[0]), size, 0x20)
    indices = np.asarray(picture.convert("L")).tobytes()
    entries = {24: table[:, ::-1].tobytes(), 32: np.concatenate((table[:, ::-1], table[:, :1]), axis=1).tobytes()}
    numbers = (table >> 3).astype(np.uint16)
    entries[16] = (numbers[:, 0] << 10 | numbers[:, 1] << 5 | numbers[:, 2]).astype("<u2").tobytes()
    for depth, data in entries.items():
        part = data[: 100 * depth // 8]
        # A hundred colours from the thirtieth on.
        yield f"palette-{depth}-part.tga", tga(1, 8, indices, size, 0x20, (30, 100, depth, part))
        yield f"palette-{depth}-runs.tga", tga(9, 8, runs(indices, 1, size[0]), size, 0x20, (0, 256, depth, data))
    yield "palette-not-used.tga", tga(2, 24, bgr, size, 0x20, (0, 256, 24, entries[24]))


# DDS


def dds(size: tuple[int, int], flags: int, code: bytes, bits: int, masks: tuple[int, ...], data: bytes) -> bytes:
    width, height = size
    pixel_format = struct.pack("<II4sI4I", 32, flags, code, bits, *masks)
    header = struct.pack("<7I44x", 124, 0x1007, height, width, 0, 0, 0) + pixel_format + struct.pack("<5I", 0x1000, 0, 0, 0, 0)
    return b"DDS " + header + data


def dds_of_pillow(picture: Image.Image, rgba: Image.Image) -> Iterator[tuple[str, bytes]]:
    for mode in ("L", "LA", "RGB", "RGBA"):
        yield f"{mode.lower()}.dds", saved(rgba.convert(mode), "DDS")
    for code in ("DXT1", "DXT3", "DXT5", "BC2", "BC3"):
        yield f"{code.lower()}-pillow.dds", saved(rgba, "DDS", pixel_format=code)
    yield "bc5-pillow.dds", saved(picture, "DDS", pixel_format="BC5")


def dds_of_numbers(rgb: np.ndarray, alpha: np.ndarray, table: np.ndarray) -> Iterator[tuple[str, bytes]]:
    size = (rgb.shape[1], rgb.shape[0])
    values = rgb.astype(np.uint32)
    for name, bits, depths in (
        ("565", 16, (5, 6, 5)),
        ("555", 16, (5, 5, 5)),
        ("444", 16, (4, 4, 4)),
        ("332", 8, (3, 3, 2)),
        ("888", 24, (8, 8, 8)),
        ("x888", 32, (8, 8, 8)),
        ("101010", 32, (10, 10, 10)),
    ):
        shifts = (depths[1] + depths[2], depths[2], 0)
        masks = tuple(((1 << depth) - 1) << shift for depth, shift in zip(depths, shifts))
        number = sum((values[..., n] * 257 >> (16 - depth)) << shift for n, (depth, shift) in enumerate(zip(depths, shifts)))
        data = b"".join(int(pixel).to_bytes(bits // 8, "little") for pixel in number.ravel())
        yield f"{name}.dds", dds(size, 0x40, bytes(4), bits, (*masks, 0), data)
    quads = np.concatenate((table, table[:, :1]), axis=1).tobytes()
    yield "palette.dds", dds(size, 0x20, bytes(4), 8, (0, 0, 0, 0), quads + rgb[..., 0].tobytes())
    rgba = np.concatenate((rgb, alpha[..., None]), axis=2).tobytes()
    yield "dxgi-bytes.dds", dds(size, 4, b"DX10", 0, (0, 0, 0, 0), struct.pack("<5I", 28, 3, 0, 1, 0) + rgba)


def dds_of_blocks() -> Iterator[tuple[str, bytes]]:
    """Any bits are a picture."""
    random = np.random.default_rng(13)
    width, height = 46, 35
    blocks = -(-width // 4) * -(-height // 4)

    def bits(size: int) -> bytes:
        return random.integers(0, 256, blocks * size, dtype=np.uint8).tobytes()

    for code, size in (("DXT1", 8), ("DXT3", 16), ("DXT5", 16), ("ATI1", 8), ("BC4U", 8), ("ATI2", 16), ("BC5U", 16), ("BC5S", 16)):
        yield f"{code.lower()}-random.dds", dds((width, height), 4, code.encode(), 0, (0, 0, 0, 0), bits(size))
    for name, number, size in (("bc1", 71, 8), ("bc4", 80, 8), ("bc5", 83, 16), ("bc5s", 84, 16), ("bc6h", 95, 16), ("bc6hs", 96, 16), ("bc7", 98, 16)):
        data = bits(size)
        if name == "bc6hs":
            # Pillow loses the sign in the modes that store differences, so in those that do not.
            data = b"".join(bytes((data[at] & 0xE0 | (3, 30)[at % 32 // 16],)) + data[at + 1 : at + 16] for at in range(0, len(data), 16))
        extension = struct.pack("<5I", number, 3, 0, 1, 0)
        yield f"dxgi-{name}.dds", dds((width, height), 4, b"DX10", 0, (0, 0, 0, 0), extension + data)


# BLP


def blp(kind: int, header: bytes, size: tuple[int, int], between: bytes, data: bytes) -> bytes:
    """``between`` is a palette, or what the JPEGs of a file share."""
    start = b"BLP%d" % kind + header[:8] + struct.pack("<2I", *size) + header[8:]
    at = len(start) + 128 + len(between)
    places = struct.pack("<16I", at, *[0] * 15) + struct.pack("<16I", len(data), *[0] * 15)
    return start + places + between + data


def blps(picture: Image.Image, rgb: np.ndarray, table: np.ndarray) -> Iterator[tuple[str, bytes]]:
    few = picture.quantize(200)
    for version in ("BLP1", "BLP2"):
        yield f"palette-{version.lower()}.blp", saved(few, "BLP", blp_version=version)
    quads = np.concatenate((table[:, ::-1], table[:, :1]), axis=1).tobytes()
    indices = rgb[..., 0].tobytes()
    alphas = rgb[..., 1].tobytes()
    yield "palette-alpha.blp", blp(1, struct.pack("<4I", 1, 8, 4, 0), picture.size, quads, indices + alphas)
    random = np.random.default_rng(17)
    width, height = 44, 34
    blocks = -(-width // 4) * -(-height // 4)
    for name, size, depth, coding in (("dxt1", 8, 0, 0), ("dxt1-alpha", 8, 1, 0), ("dxt3", 16, 8, 1), ("dxt5", 16, 8, 7)):
        header = struct.pack("<I4B", 1, 2, depth, coding, 0)
        data = random.integers(0, 256, blocks * size, dtype=np.uint8).tobytes()
        yield f"{name}.blp", blp(2, header, (width, height), bytes(1024), data)
    inks = saved(picture.convert("CMYK"), "JPEG", quality=92)
    mark = inks.index(b"\xff\xee")
    unmarked = inks[:mark] + inks[mark + 16 :]
    jpegs = {"inks": unmarked, "ycbcr": saved(picture, "JPEG"), "grey": saved(picture.convert("L"), "JPEG")}
    for name, jpeg in jpegs.items():
        # What is shared ends behind the tables; two bytes that belong to nothing follow.
        shared = jpeg.index(b"\xff\xc0")
        between = struct.pack("<I", shared) + jpeg[:shared] + b"\0\0"
        yield f"jpeg-{name}.blp", blp(1, struct.pack("<4I", 0, 8, 5, 0), picture.size, between, jpeg[shared:])


# SGI


def sgi_runs(picture: Image.Image, size: int) -> bytes:
    """In runs, of which Pillow writes none; ``size`` bytes a value."""
    planes = [np.asarray(plane).astype(np.uint16) for plane in picture.split()]
    atom = (lambda value: struct.pack(">H", value)) if size == 2 else (lambda value: bytes((value,)))
    wide = (lambda value: atom(int(value) * 257)) if size == 2 else (lambda value: atom(int(value)))
    rows = []
    for plane in planes:
        for row in plane[::-1]:
            packed, at = b"", 0
            while at < len(row):
                same = next((n for n in range(at, len(row)) if row[n] != row[at]), len(row)) - at
                if same > 2:
                    packed += atom(same) + wide(row[at])
                    at += same
                else:
                    part = row[at : at + 2]
                    packed += atom(128 | len(part)) + b"".join(map(wide, part))
                    at += len(part)
            rows.append(packed + atom(0))
    start = 512 + 8 * len(rows)
    starts = [start + sum(map(len, rows[:n])) for n in range(len(rows))]
    tables = struct.pack(f">{len(rows)}I", *starts) + struct.pack(f">{len(rows)}I", *map(len, rows))
    header = struct.pack(">hBBHHHH", 474, 1, size, 3 if len(planes) > 1 else 2, *picture.size, len(planes))
    return header.ljust(512, b"\0") + tables + b"".join(rows)


def sgis(picture: Image.Image, rgba: Image.Image) -> Iterator[tuple[str, bytes]]:
    for mode in ("L", "RGB", "RGBA"):
        image = rgba.convert(mode)
        for size in (1, 2):
            yield f"{mode.lower()}-{size}.sgi", saved(image, "SGI", bpc=size)
            yield f"{mode.lower()}-{size}-runs.sgi", sgi_runs(image, size)


# Apple's icons


def icns(*parts: tuple[bytes, bytes]) -> bytes:
    data = b"".join(name + struct.pack(">I", len(part) + 8) + part for name, part in parts)
    return b"icns" + struct.pack(">I", len(data) + 8) + data


def icon_runs(picture: Image.Image) -> bytes:
    packed = b""
    for plane in picture.split():
        values, at = np.asarray(plane).ravel(), 0
        while at < len(values):
            same = next((n for n in range(at, len(values)) if values[n] != values[at]), len(values)) - at
            if same > 2:
                same = min(same, 130)
                packed += bytes((same + 125, values[at]))
            else:
                same = min(2, len(values) - at)
                packed += bytes((same - 1,)) + values[at : at + same].tobytes()
            at += same
    return packed


def icons(picture: Image.Image) -> Iterator[tuple[str, bytes]]:
    small = picture.resize((16, 16))
    medium = picture.resize((32, 32))
    raw = (b"is32", np.asarray(small).tobytes())
    mask = (b"l8mk", bytes(range(256)) * 4)
    yield "raw.icns", icns(raw, (b"s8mk", bytes(256)))
    yield "runs.icns", icns(raw, (b"il32", icon_runs(medium)), mask)
    yield "runs-128.icns", icns((b"it32", bytes(4) + icon_runs(picture.resize((128, 128), Image.Resampling.NEAREST))))
    yield "png.icns", icns((b"il32", icon_runs(medium)), mask, (b"icp5", saved(medium, "PNG")), raw)
    yield "jpeg-2000.icns", icns((b"icp4", saved(small, "PNG")), (b"icp5", saved(medium, "JPEG2000")))


# Photoshop


def psd(mode: int, planes: list[np.ndarray], packed: bool, palette: bytes = b"") -> bytes:
    height, width = planes[0].shape
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), height, width, 8, mode)
    resources = b"8BIM" + struct.pack(">HHI", 1005, 0, 4) + bytes(4)
    parts = b"".join(struct.pack(">I", len(part)) + part for part in (palette, resources, bytes(6)))
    rows = [row.tobytes() for plane in planes for row in plane]
    if not packed:
        return header + parts + b"\0\0" + b"".join(rows)
    rows = [pack_bits(row) for row in rows]
    return header + parts + b"\0\1" + struct.pack(f">{len(rows)}H", *map(len, rows)) + b"".join(rows)


def pack_bits(row: bytes) -> bytes:
    """PackBits."""
    packed, at = b"", 0
    while at < len(row):
        same = next((n for n in range(at, len(row)) if row[n] != row[at]), len(row)) - at
        if same > 2:
            packed += bytes((257 - same, row[at]))
        else:
            packed += bytes((same - 1,)) + row[at : at + same]
        at += same
    return packed


def photoshop(rgb: np.ndarray, alpha: np.ndarray, table: np.ndarray) -> Iterator[tuple[str, bytes]]:
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    inks = 255 - np.asarray(Image.fromarray(rgb).convert("CMYK"))
    colours = [rgb[..., n] for n in range(3)]
    for packed in (False, True):
        ending = "-packed.psd" if packed else ".psd"
        yield f"grey{ending}", psd(1, [grey], packed)
        yield f"two-tones{ending}", psd(8, [grey], packed)
        yield f"palette{ending}", psd(2, [grey], packed, table.T.tobytes())
        yield f"rgb{ending}", psd(3, colours, packed)
        yield f"rgba{ending}", psd(3, [*colours, alpha], packed)
        yield f"five-channels{ending}", psd(3, [*colours, alpha, grey], packed)
        yield f"cmyk{ending}", psd(4, [inks[..., n] for n in range(4)], packed)
        yield f"inks{ending}", psd(7, [grey, alpha], packed)


# JPEG 2000


def jpeg_2000(picture: Image.Image, rgba: Image.Image) -> Iterator[tuple[str, bytes]]:
    for mode in ("L", "LA", "RGB", "RGBA"):
        image = rgba.convert(mode)
        yield f"{mode.lower()}.jp2", saved(image, "JPEG2000")
        yield f"{mode.lower()}.j2k", saved(image, "JPEG2000", no_jp2=True)
    yield "tiles.jp2", saved(picture, "JPEG2000", tile_size=(16, 8), mct=1, num_resolutions=3)
    yield "layers.jp2", saved(picture, "JPEG2000", quality_layers=[60, 30, 0], progression="RPCL", plt=True)
    yield "lossy.jp2", saved(picture, "JPEG2000", irreversible=True, quality_layers=[10])
    wide = (np.asarray(picture).astype(np.uint32).sum(axis=2) * 257 // 3).astype(np.uint16)
    yield "grey-16.jp2", saved(Image.fromarray(wide), "JPEG2000")
