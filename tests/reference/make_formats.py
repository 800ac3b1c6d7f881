"""Make tests/fixtures/formats.safetensors: one small picture in every format, and what Pillow sees.

    python tests/reference/make_formats.py

Two entries per picture, both u8:

* ``file|<name>``: the encoded file;
* ``pixels|<name>`` [height, width, 3]: Pillow's ``convert("RGB")`` of it, turned as
  ``ImageOps.exif_transpose`` turns it. 16-bit grey, which Pillow cuts off at 255,
  is scaled: by the high byte in PNG, as Pillow does with 16-bit colours, and to the
  nearest elsewhere; so is lossless JPEG of other depths than 8, which it refuses.

PNG, BMP and TIFF come from writers of our own where Pillow does not write a variety
(interlaced, 2 and 4 bits, run lengths, tiles, planes). JPEG with arithmetic codes is
written by libjpeg-turbo's `cjpeg`.
"""

from __future__ import annotations

import io
import lzma
import struct
import subprocess
import zlib
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps

from common import FIXTURES, save_fixture
from lossless_jpeg import deep, lossless, lossless_jpegs
from rare_formats import rare, saved

WIDTH, HEIGHT = 23, 17
TO_LAB = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
ORIENTATION = 0x0112


def colours() -> np.ndarray:
    """A picture that no turn or flip leaves as it is, u8 HWC."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = x * 255 // (WIDTH - 1)
    green = y * 255 // (HEIGHT - 1)
    blue = (x * 29 + y * 53) % 256
    picture = np.stack((red, green, blue), axis=2).astype(np.uint8)
    picture[2:6, 3:12] = (250, 20, 30)
    picture[9:14, 14:17] = (10, 240, 60)
    return picture


def grey(bits: int) -> np.ndarray:
    """The colours' mean in ``bits`` bits, HW."""
    wide = colours().astype(np.uint32).sum(axis=2) * 257 // 3 + np.arange(WIDTH, dtype=np.uint32)
    return wide.clip(0, 65535) >> (16 - bits)


GREYS = {bits: grey(bits) for bits in (2, 4, 7, 8, 9, 12, 16)}


def alpha(bits: int) -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return ((x + y) * 65535 // (WIDTH + HEIGHT - 2)) >> (16 - bits)


def palette(count: int) -> np.ndarray:
    """``count`` colours, u8 [count, 3]."""
    index = np.arange(count)
    return np.stack((index * 37 % 256, 255 - index * 91 % 256, index * 151 % 256), axis=1).astype(np.uint8)


# PNG


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples: np.ndarray, bits: int) -> bytes:
    """Rows of samples [H, W, channels], each with filter 0 before it."""
    rows = []
    for row in samples.reshape(samples.shape[0], -1):
        if bits == 16:
            data = row.astype(">u2").tobytes()
        elif bits == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            digits = "".join(format(int(value), f"0{bits}b") for value in row)
            digits += "0" * (-len(digits) % 8)
            data = bytes(int(digits[i : i + 8], 2) for i in range(0, len(digits), 8))
        rows.append(b"\0" + data)
    return b"".join(rows)


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(samples: np.ndarray, bits: int, kind: int, interlaced: bool, chunks: list[bytes] = ()) -> bytes:
    samples = samples.reshape(HEIGHT, WIDTH, -1)
    if interlaced:
        passes = (samples[y::dy, x::dx] for x, y, dx, dy in ADAM7)
        data = b"".join(packed_rows(part, bits) for part in passes if part.size)
    else:
        data = packed_rows(samples, bits)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, int(interlaced))
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", zlib.compress(data, 9)), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def pngs() -> Iterator[tuple[str, bytes]]:
    rgb = colours()
    for interlaced in (False, True):
        ending = "-interlaced.png" if interlaced else ".png"
        for bits in (1, 2, 4, 8, 16):
            yield f"grey-{bits}{ending}", png(grey(bits), bits, 0, interlaced)
        for bits in (8, 16):
            wide = rgb.astype(np.uint32) * 257 + 13 * (rgb < 255) if bits == 16 else rgb
            yield f"rgb-{bits}{ending}", png(wide, bits, 2, interlaced)
            with_alpha = np.concatenate((wide, alpha(bits)[..., None]), axis=2)
            yield f"rgba-{bits}{ending}", png(with_alpha, bits, 6, interlaced)
            yield f"grey-alpha-{bits}{ending}", png(np.stack((grey(bits), alpha(bits)), 2), bits, 4, interlaced)
        for bits in (1, 2, 4, 8):
            table = png_chunk(b"PLTE", palette(1 << bits).tobytes())
            yield f"palette-{bits}{ending}", png(grey(bits), bits, 3, interlaced, [table])
            clear = png_chunk(b"tRNS", bytes(range(1 << bits)))
            yield f"palette-alpha-{bits}{ending}", png(grey(bits), bits, 3, interlaced, [table, clear])
    key = png_chunk(b"tRNS", struct.pack(">HHH", 250, 20, 30))
    yield "rgb-8-keyed.png", png(rgb, 8, 2, False, [key])
    key = png_chunk(b"tRNS", struct.pack(">H", int(grey(8)[3, 4])))
    yield "grey-8-keyed.png", png(grey(8), 8, 0, False, [key])
    gamma = [png_chunk(b"gAMA", struct.pack(">I", 100000))]
    yield "rgb-8-gamma.png", png(rgb, 8, 2, False, gamma)
    yield "animated.png", saved(frames()[0], "PNG", save_all=True, append_images=frames()[1:], duration=50)


# BMP


def bmp(bits: int, rows: bytes, compression: int = 0, table: bytes = b"", masks: bytes = b"", height: int = HEIGHT) -> bytes:
    start = 14 + 40 + len(masks) + len(table)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(rows), 2835, 2835, len(table) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + masks + table + rows


def padded(row: bytes) -> bytes:
    return row + b"\0" * (-len(row) % 4)


def bmp_table(count: int) -> bytes:
    return b"".join(bytes((b, g, r, 0)) for r, g, b in palette(count).tolist())


def run_lengths(row: np.ndarray) -> bytes:
    data = b""
    x = 0
    while x < len(row):
        run = 1
        while x + run < len(row) and row[x + run] == row[x]:
            run += 1
        data += bytes((run, int(row[x])))
        x += run
    return data + b"\0\0"


def bmps() -> Iterator[tuple[str, bytes]]:
    rgb = colours()
    bottom_up = rgb[::-1]
    plain = b"".join(padded(row[:, ::-1].tobytes()) for row in bottom_up)
    yield "rgb-24.bmp", bmp(24, plain)
    yield "rgb-24-top-down.bmp", bmp(24, b"".join(padded(row[:, ::-1].tobytes()) for row in rgb), height=-HEIGHT)
    for bits in (1, 4, 8):
        index = grey(bits)[::-1]
        rows = b"".join(padded(packed_rows(row[None, :, None], bits)[1:]) for row in index)
        yield f"palette-{bits}.bmp", bmp(bits, rows, table=bmp_table(1 << bits))
    rows = b"".join(run_lengths(row) for row in grey(8)[::-1]) + b"\0\1"
    yield "palette-8-runs.bmp", bmp(8, rows, 1, bmp_table(256))
    wide = bottom_up.astype(np.uint16)
    five = (wide[..., 0] >> 3) << 10 | (wide[..., 1] >> 3) << 5 | wide[..., 2] >> 3
    yield "rgb-16-555.bmp", bmp(16, b"".join(padded(row.astype("<u2").tobytes()) for row in five))
    six = (wide[..., 0] >> 3) << 11 | (wide[..., 1] >> 2) << 5 | wide[..., 2] >> 3
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    yield "rgb-16-565.bmp", bmp(16, b"".join(padded(row.astype("<u2").tobytes()) for row in six), 3, masks=masks)
    four = np.concatenate((bottom_up[..., ::-1], np.zeros((HEIGHT, WIDTH, 1), np.uint8)), axis=2)
    yield "rgb-32.bmp", bmp(32, four.tobytes())


def short_header(bits: int, rows: bytes, table: bytes) -> bytes:
    """OS/2's first header: sides of two bytes, and a palette of three bytes a colour."""
    start = 14 + 12 + len(table)
    info = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + table + rows


def os2_bmps() -> Iterator[tuple[str, bytes]]:
    plain = b"".join(padded(row[:, ::-1].tobytes()) for row in colours()[::-1])
    yield "os2-rgb-24.bmp", short_header(24, plain, b"")
    for bits in (1, 4, 8):
        index = grey(bits)[::-1]
        rows = b"".join(padded(packed_rows(row[None, :, None], bits)[1:]) for row in index)
        yield f"os2-palette-{bits}.bmp", short_header(bits, rows, palette(1 << bits)[:, ::-1].tobytes())
        whole = bmp(bits, rows, table=bmp_table(1 << bits))
        yield f"palette-{bits}.dib", whole[14:]
    whole = bmp(8, rows, table=bmp_table(256))
    longer = whole[:10] + struct.pack("<II", 14 + 64 + 1024, 64) + whole[18:54] + bytes(24) + whole[54:]
    yield "os2-2-palette-8.bmp", longer
    yield "rgb-24.dib", bmp(24, plain)[14:]
    # A row is four runs and a rest; the last run of each is too long.
    runs = b"".join(bytes((6, 0x12, 6, 0x34, 6, 0x5F, 9, 0xA0, 0, 0)) for _ in range(HEIGHT)) + b"\0\1"
    yield "palette-4-runs-too-long.bmp", bmp(4, runs, 2, bmp_table(16))


# TIFF


def pack_bits(data: bytes) -> bytes:
    parts = [data[i : i + 100] for i in range(0, len(data), 100)]
    return b"".join(bytes((len(part) - 1,)) + part for part in parts)


def tiff(
    samples: np.ndarray,
    photometric: int,
    *,
    bits: int = 8,
    order: str = "<",
    big: bool = False,
    pack: int = 1,
    tile: int = 0,
    rows: int = HEIGHT,
    planes: bool = False,
    predictor: int = 1,
    reverse: bool = False,
    kind: int = 1,
    more: dict[int, tuple[int, list[int]]] | None = None,
    parts: list[bytes] | None = None,
) -> bytes:
    """``samples`` [H, W, channels] in strips of ``rows`` rows or square tiles, ``pack`` being TIFF's number."""
    samples = samples.reshape(HEIGHT, WIDTH, -1)
    channels = samples.shape[2]

    def stored(part: np.ndarray) -> bytes:
        if bits < 8:
            return b"".join(packed_rows(row[None], bits)[1:] for row in part)
        if bits == 12:
            digits = ["".join(format(int(value), "012b") for value in row.ravel()) for row in part]
            digits = [row + "0" * (-len(row) % 8) for row in digits]
            return b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in digits)
        wide = part.astype(part.dtype.newbyteorder(order))
        if predictor == 2:
            wide = wide.copy()
            wide[:, 1:] = wide[:, 1:] - wide[:, :-1]
            wide = wide.astype(part.dtype.newbyteorder(order))
        if predictor == 3:
            big_first = part.astype(">f4").reshape(part.shape[0], -1, 1).view(np.uint8)
            flat = big_first.transpose(0, 2, 1).reshape(part.shape[0], -1)
            flat = flat.copy()
            flat[:, channels:] = flat[:, channels:] - flat[:, :-channels]
            return flat.tobytes()
        return wide.tobytes()

    packers = {1: bytes, 8: zlib.compress, 32773: pack_bits, 34925: lzma.compress}
    if parts is None:
        layers = [samples[..., c : c + 1] for c in range(channels)] if planes else [samples]
        parts = []
        for layer in layers:
            if tile:
                down, across = -(-HEIGHT // tile) * tile, -(-WIDTH // tile) * tile
                padding = ((0, down - HEIGHT), (0, across - WIDTH), (0, 0))
                layer = np.pad(layer, padding)
                blocks = [layer[y : y + tile, x : x + tile] for y in range(0, down, tile) for x in range(0, across, tile)]
            else:
                blocks = [layer[y : y + rows] for y in range(0, HEIGHT, rows)]
            parts += [packers[pack](stored(block)) for block in blocks]
    if reverse:
        parts = [bytes(int(f"{byte:08b}"[::-1], 2) for byte in part) for part in parts]
    long = 16 if big else 4
    tags = {
        256: (3, [WIDTH]),
        257: (3, [HEIGHT]),
        258: (3, [bits] * channels),
        259: (3, [pack]),
        262: (3, [photometric]),
        266: (3, [2 if reverse else 1]),
        277: (3, [channels]),
        284: (3, [2 if planes else 1]),
        317: (3, [predictor]),
        339: (3, [kind] * channels),
        **(more or {}),
    }
    offsets, counts = (324, 325) if tile else (273, 279)
    tags |= {322: (3, [tile]), 323: (3, [tile])} if tile else {278: (3, [rows])}
    tags[counts] = (long, [len(part) for part in parts])
    tags[offsets] = (long, [0] * len(parts))
    return tiff_file(tags, offsets, parts, order, big)


def tiff_file(tags: dict, offsets: int, parts: list[bytes], order: str, big: bool) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    start = mark + struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else mark + struct.pack(order + "HI", 42, 8)
    number, inside = ("Q", 8) if big else ("I", 4)
    size = struct.calcsize(order + number)
    length = len(start) + (8 if big else 2) + len(tags) * (4 + 2 * size) + size
    codes = {1: "B", 3: "H", 4: "I", 5: "I", 16: "Q"}
    behind = b""
    places = {}
    for tag, (kind, values) in tags.items():
        data = struct.pack(order + codes[kind] * len(values), *values)
        if len(data) > inside:
            places[tag] = length + len(behind)
            behind += data + b"\0" * (len(data) % 2)
    at = length + len(behind)
    firsts = []
    for part in parts:
        firsts.append(at)
        at += len(part)
    tags[offsets] = (tags[offsets][0], firsts)
    entries = b""
    data_behind = b""
    for tag, (kind, values) in sorted(tags.items()):
        data = struct.pack(order + codes[kind] * len(values), *values)
        count = len(values) // 2 if kind == 5 else len(values)
        value = struct.pack(order + number, places[tag]) if tag in places else data.ljust(inside, b"\0")
        entries += struct.pack(order + "HH" + number, tag, kind, count) + value
    for tag, (kind, values) in tags.items():
        if tag in places:
            data = struct.pack(order + codes[kind] * len(values), *values)
            data_behind += data + b"\0" * (len(data) % 2)
    head = struct.pack(order + ("Q" if big else "H"), len(tags))
    return start + head + entries + struct.pack(order + number, 0) + data_behind + b"".join(parts)


def colour_map(count: int) -> dict[int, tuple[int, list[int]]]:
    return {320: (3, (palette(count).T.astype(int) * 257).ravel().tolist())}


def subsampled(across: int, down: int) -> bytes:
    """YCbCr, with one pair of colours for several pixels."""
    ycc = np.asarray(Image.fromarray(colours()).convert("YCbCr"))
    tall, wide = -(-HEIGHT // down) * down, -(-WIDTH // across) * across
    ycc = np.pad(ycc, ((0, tall - HEIGHT), (0, wide - WIDTH), (0, 0)), mode="edge")
    data = b""
    for y in range(0, tall, down):
        for x in range(0, wide, across):
            block = ycc[y : y + down, x : x + across]
            data += block[..., 0].tobytes() + block[0, 0, 1:].tobytes()
    return data


def scanner_tiffs() -> Iterator[tuple[str, bytes]]:
    rgb = colours()
    for bits in (1, 2, 4, 8):
        yield f"grey-{bits}-white-is-zero.tiff", tiff(grey(bits).astype(np.uint8), 0, bits=bits)
        yield f"grey-{bits}-black-is-zero.tiff", tiff(grey(bits).astype(np.uint8), 1, bits=bits, order=">")
        yield f"palette-{bits}.tiff", tiff(grey(bits).astype(np.uint8), 3, bits=bits, more=colour_map(1 << bits))
        yield f"grey-{bits}-reversed.tiff", tiff(grey(bits).astype(np.uint8), 1, bits=bits, reverse=True)
    for order, name in (("<", "little"), (">", "big")):
        yield f"bigtiff-{name}.tiff", tiff(rgb, 2, order=order, big=True, rows=5)
        wide = rgb.astype(np.uint16) * 257 + 13
        for predictor in (1, 2):
            yield f"rgb-16-{name}-{predictor}.tiff", tiff(wide, 2, bits=16, order=order, pack=8, predictor=predictor)
        inks = np.asarray(Image.fromarray(rgb).convert("CMYK"))
        yield f"cmyk-16-{name}.tiff", tiff(inks.astype(np.uint16) * 257, 5, bits=16, order=order)
        floats = grey(8).astype(np.float32) * 1.2 - 20
        # Of packed floating-point numbers Pillow expects the other order where the file is big-endian.
        for predictor in (1, 3) if order == "<" else (1,):
            pack = 8 if predictor == 3 else 1
            name_of = f"float-{name}-{predictor}.tiff"
            yield name_of, tiff(floats, 1, bits=32, order=order, pack=pack, predictor=predictor, kind=3)
        signed = (grey(8).astype(np.int32) * 2 - 100)[..., None]
        yield f"signed-16-{name}.tiff", tiff(signed.astype(np.int16), 1, bits=16, order=order, kind=2)
        yield f"signed-32-{name}.tiff", tiff(signed, 1, bits=32, order=order, kind=2)
    for tile in (0, 16):
        for planes in (False, True):
            name = ("tiles" if tile else "strips") + ("-planes" if planes else "")
            for pack, packed in ((1, "raw"), (8, "deflate"), (32773, "packbits"), (34925, "lzma")):
                if tile and planes and pack == 1:
                    continue  # Pillow lays the tiles of raw planes over each other.
                yield f"{name}-{packed}.tiff", tiff(rgb, 2, tile=tile, planes=planes, pack=pack, rows=4)
    rgba = np.concatenate((rgb, alpha(8)[..., None]), axis=2).astype(np.uint8)
    for extra in (0, 1, 2):
        yield f"rgb-extra-{extra}.tiff", tiff(rgba, 2, more={338: (3, [extra])})
    both = np.stack((grey(8), alpha(8)), 2).astype(np.uint8)
    yield "grey-alpha.tiff", tiff(both, 1, more={338: (3, [2])})
    yield "grey-and-more.tiff", tiff(both, 1, more={338: (3, [0])})
    for across, down in ((1, 1), (2, 1), (1, 2), (2, 2), (4, 2)):
        packed = [pack_bits(subsampled(across, down))]
        more = {530: (3, [across, down])}
        yield f"ycbcr-{across}{down}.tiff", tiff(rgb, 6, pack=32773, parts=packed, more=more)
    video = {530: (3, [2, 2]), 532: (5, [15, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1])}
    yield "ycbcr-range.tiff", tiff(rgb, 6, pack=32773, parts=[pack_bits(subsampled(2, 2))], more=video)
    whole = {530: (3, [2, 2]), 532: (4, [15, 235, 128, 240, 128, 240])}
    yield "ycbcr-range-whole.tiff", tiff(rgb, 6, pack=32773, parts=[pack_bits(subsampled(2, 2))], more=whole)
    ycc = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    yield "ycbcr-raw.tiff", tiff(ycc, 6, more={530: (3, [1, 1])})
    yield "lab.tiff", tiff(np.asarray(ImageCms.applyTransform(Image.fromarray(rgb), TO_LAB)), 8)
    yield from packed_by_pillow()


def packed_by_pillow() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    one = rgb.convert("1")
    for options, name in ((0, "1d"), (1, "2d"), (4, "1d-filled"), (5, "2d-filled")):
        yield f"group3-{name}.tiff", saved(one, "TIFF", compression="group3", tiffinfo={292: options})
    for fill_order in (1, 2):
        for compression in ("group3", "group4", "tiff_ccitt", "tiff_lzw"):
            name = f"{compression}-fill-{fill_order}.tiff"
            yield name, saved(one, "TIFF", compression=compression, tiffinfo={266: fill_order})
    inner = saved(rgb, "WEBP", lossless=True)
    yield "rgb-webp.tiff", tiff(colours(), 2, pack=50001, parts=[inner])
    for compression in ("zstd", "lzma", "tiff_lzw"):
        yield f"rgb-{compression}-pillow.tiff", saved(rgb, "TIFF", compression=compression)
    yield "ycbcr-jpeg.tiff", saved(rgb.convert("YCbCr"), "TIFF", compression="jpeg", quality=90)
    yield "grey-jpeg.tiff", saved(rgb.convert("L"), "TIFF", compression="jpeg", quality=90)
    yield "cmyk-jpeg.tiff", saved(rgb.convert("CMYK"), "TIFF", compression="jpeg", quality=90)
    planes = [colours()[..., n] for n in range(3)]
    yield "rgb-lossless-jpeg.tiff", tiff(colours(), 2, pack=7, parts=[lossless(planes, predictor=6)])
    yield "grey-lossless-jpeg.tiff", tiff(planes[0], 1, pack=7, parts=[lossless(planes[:1])])
    yield "predicted.tiff", saved(rgb, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "tiff_raw_16.tiff", saved(one, "TIFF", compression="tiff_raw_16")
    # JPEG before 1995: a whole file within the file.
    for subsampling in (0, 2):
        inner = saved(rgb, "JPEG", quality=90, subsampling=subsampling)
        at = len(tiff(colours(), 6, pack=6, parts=[inner], more=old_jpeg(subsampling, 0, inner))) - len(inner)
        more = old_jpeg(subsampling, at, inner)
        yield f"old-jpeg-{subsampling}.tiff", tiff(colours(), 6, pack=6, parts=[inner], more=more)


def old_jpeg(subsampling: int, at: int, inner: bytes) -> dict[int, tuple[int, list[int]]]:
    factors = [2, 2] if subsampling else [1, 1]
    return {512: (3, [1]), 513: (4, [at]), 514: (4, [len(inner)]), 530: (3, factors)}


# What Pillow writes


def frames() -> list[Image.Image]:
    rgb = colours()
    return [Image.fromarray(rgb), Image.fromarray(255 - rgb), Image.fromarray(rgb[:, ::-1].copy())]


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags.tobytes()


def oriented() -> Iterator[tuple[str, bytes]]:
    picture = frames()[0]
    for orientation in range(1, 9):
        name = f"orientation-{orientation}"
        yield f"{name}.jpg", saved(picture, "JPEG", quality=92, exif=exif(orientation))
        yield f"{name}.png", saved(picture, "PNG", exif=exif(orientation))
        yield f"{name}.webp", saved(picture, "WEBP", lossless=True, exif=exif(orientation))
        yield f"{name}.tiff", saved(picture, "TIFF", tiffinfo={ORIENTATION: orientation})


def exif_of(code: int, kind: int, order: str) -> bytes:
    """An EXIF block with the orientation as a short or a long."""
    mark = b"II" if order == "<" else b"MM"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((code, 0) if kind == 3 else (code,)))
    entry = struct.pack(order + "HHI", ORIENTATION, kind, 1) + value
    return b"Exif\0\0" + mark + struct.pack(order + "HIH", 42, 8, 1) + entry + bytes(4)


def xmp(code: int, *, element: bool = False) -> bytes:
    said = f"<tiff:Orientation>{code}</tiff:Orientation>" if element else f'<rdf:Description tiff:Orientation="{code}"/>'
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + said.encode() + b"</x:xmpmeta>"


def with_app1(jpeg: bytes, *segments: bytes) -> bytes:
    parts = b"".join(b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data for data in segments)
    return jpeg[:2] + parts + jpeg[2:]


def with_chunks(webp: bytes, flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """An extended WebP of a simple one."""
    size = struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
    parts = [(b"VP8X", struct.pack("<I", flags) + size), (webp[12:16], webp[20:]), *chunks]
    data = b"".join(name + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for name, part in parts)
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def oriented_oddly() -> Iterator[tuple[str, bytes]]:
    picture = frames()[0]
    jpeg = saved(picture, "JPEG", quality=92)
    for order, name in (("<", "little"), (">", "big")):
        for kind, size in ((3, "short"), (4, "long")):
            yield f"exif-{size}-{name}.jpg", with_app1(jpeg, exif_of(6, kind, order))
    other = b"http://ns.adobe.com/xap/1.0/\0"
    yield "exif-after-xmp.jpg", with_app1(jpeg, other + xmp(3), exif_of(6, 3, "<"))
    yield "exif-in-two.jpg", with_app1(jpeg, exif_of(6, 3, ">")[:20], b"Exif\0\0" + exif_of(6, 3, ">")[20:])
    yield "xmp-attribute.jpg", with_app1(jpeg, other + xmp(6))
    yield "xmp-element.jpg", with_app1(jpeg, other + xmp(8, element=True))
    webp = saved(picture, "WEBP", lossless=True)
    for code in (2, 6):
        block = exif_of(code, 3, "<")
        yield f"exif-prefix-{code}.webp", with_chunks(webp, 8, (b"EXIF", block))
        yield f"exif-plain-{code}.webp", with_chunks(webp, 8, (b"EXIF", block[6:]))
        yield f"exif-without-flag-{code}.webp", with_chunks(webp, 0, (b"EXIF", block))
    yield "xmp.webp", with_chunks(webp, 4, (b"XMP ", xmp(6)))
    for flags in (4, 8, 12, 0x20):
        yield f"empty-promise-{flags}.webp", with_chunks(webp, flags)
    block = exif_of(6, 3, ">")
    digits = block.hex()
    lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
    profile = f"\nexif\n{len(block):8}\n{lines}\n".encode()
    key = b"Raw profile type exif\0"
    chunks = {
        "exif-prefix": (b"eXIf", block),
        "exif-plain": (b"eXIf", block[6:]),
        "profile-ztxt": (b"zTXt", key + b"\0" + zlib.compress(profile)),
        "profile-text": (b"tEXt", key + profile),
        "profile-itxt": (b"iTXt", key + b"\1\0en\0\0" + zlib.compress(profile)),
        "xmp": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)),
    }
    for name, (kind, data) in chunks.items():
        chunk = png_chunk(kind, data)
        whole = png(colours(), 8, 2, False)
        end = whole.index(b"IEND") - 4
        yield f"{name}-before.png", png(colours(), 8, 2, False, [chunk])
        yield f"{name}-behind.png", whole[:end] + chunk + whole[end:]


def jpegs() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"baseline-{name}.jpg", saved(rgb, "JPEG", quality=90, subsampling=subsampling)
        yield f"progressive-{name}.jpg", saved(rgb, "JPEG", quality=90, subsampling=subsampling, progressive=True)
    yield "grey.jpg", saved(rgb.convert("L"), "JPEG", quality=90)
    yield "grey-progressive.jpg", saved(rgb.convert("L"), "JPEG", quality=90, progressive=True)
    yield "rgb.jpg", saved(rgb, "JPEG", quality=90, keep_rgb=True)
    yield "restarts.jpg", saved(rgb, "JPEG", quality=90, restart_marker_blocks=1)
    yield "coarse.jpg", saved(rgb, "JPEG", quality=5)
    for name, options in (("arithmetic", []), ("arithmetic-progressive", ["-progressive"])):
        command = ["cjpeg", "-quality", "90", "-arithmetic", *options]
        made = subprocess.run(command, input=saved(rgb, "PPM"), capture_output=True, check=True)
        yield f"{name}.jpg", made.stdout
    inks = saved(rgb.convert("CMYK"), "JPEG", quality=95)
    progressive = saved(rgb.convert("CMYK"), "JPEG", quality=95, progressive=True)
    # The last byte of Adobe's segment: 0 for CMYK, 2 for YCCK.
    for name, data in (("", inks), ("-progressive", progressive)):
        at = data.index(b"Adobe") + 11
        yield f"cmyk{name}.jpg", data[:at] + b"\0" + data[at + 1 :]
        yield f"ycck{name}.jpg", data[:at] + b"\2" + data[at + 1 :]
    yield from lossless_jpegs(colours(), GREYS, np.asarray(rgb.convert("CMYK")))


def gifs() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    for count in (2, 4, 16, 256):
        yield f"palette-{count}.gif", saved(rgb.quantize(count), "GIF", interlace=0)
    yield "interlaced.gif", saved(rgb.quantize(64), "GIF", interlace=1)
    yield "transparent.gif", saved(rgb.quantize(64), "GIF", transparency=3)
    whole = saved(rgb.quantize(64), "GIF", interlace=0)
    for width, height in ((1, 1), (0, 0), (WIDTH + 9, HEIGHT + 4)):
        screen = struct.pack("<HH", width, height)
        yield f"screen-{width}x{height}.gif", whole[:6] + screen + whole[10:]
    frame = whole.index(b",", 13 + 3 * 64)
    yield "moved.gif", whole[: frame + 1] + struct.pack("<HH", 5, 3) + whole[frame + 5 :]
    clear = saved(rgb.quantize(64), "GIF", transparency=3, interlace=0)
    yield "transparent-around.gif", clear[:6] + struct.pack("<HH", WIDTH + 9, HEIGHT + 4) + clear[10:]
    rest = [frame.quantize(64) for frame in frames()[1:]]
    yield "animated.gif", saved(rgb.quantize(64), "GIF", save_all=True, append_images=rest, duration=50)


def webps() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(alpha(8).astype(np.uint8)))
    yield "lossless.webp", saved(rgb, "WEBP", lossless=True)
    yield "lossless-alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True)
    yield "lossy.webp", saved(rgb, "WEBP", quality=80)
    yield "lossy-alpha.webp", saved(rgba, "WEBP", quality=80, exact=True)
    clear = [rgba, rgba.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    yield "animated-alpha.webp", saved(clear[0], "WEBP", lossless=True, exact=True, save_all=True, append_images=clear[1:])
    yield "animated-lossy-alpha.webp", saved(clear[0], "WEBP", quality=80, save_all=True, append_images=clear[1:])
    yield "animated.webp", saved(rgb, "WEBP", lossless=True, save_all=True, append_images=frames()[1:], duration=50)


def tiffs() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(alpha(8).astype(np.uint8)))
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"rgb-{compression}.tiff", saved(rgb, "TIFF", compression=compression)
    yield "rgba.tiff", saved(rgba, "TIFF")
    yield "grey-8.tiff", saved(rgb.convert("L"), "TIFF")
    yield "grey-16.tiff", saved(Image.fromarray(grey(16).astype(np.uint16)), "TIFF")
    yield "grey-1.tiff", saved(rgb.convert("1"), "TIFF")
    yield "grey-1-group4.tiff", saved(rgb.convert("1"), "TIFF", compression="group4")
    yield "palette-8-of-200.tiff", saved(rgb.quantize(200), "TIFF")
    yield "cmyk.tiff", saved(rgb.convert("CMYK"), "TIFF")
    yield "jpeg.tiff", saved(rgb, "TIFF", compression="jpeg", quality=90)
    yield "pages.tiff", saved(rgb, "TIFF", save_all=True, append_images=frames()[1:])


def others() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    yield "bits.pbm", saved(rgb.convert("1"), "PPM")
    yield "grey.pgm", saved(rgb.convert("L"), "PPM")
    yield "rgb.ppm", saved(rgb, "PPM")
    wide = grey(16).astype(">u2").tobytes()
    yield "grey-16.pgm", b"P5\n%d %d\n65535\n" % (WIDTH, HEIGHT) + wide
    text = " ".join(str(value) for value in colours().ravel().tolist())
    yield "text.ppm", b"P3\n# a remark\n%d %d\n255\n" % (WIDTH, HEIGHT) + text.encode() + b"\n"
    yield "rgb.qoi", saved(rgb, "QOI")
    icon = rgb.crop((0, 0, 16, 16)).convert("RGBA")
    yield "rgba.ico", saved(icon, "ICO", sizes=[(16, 16)])
    yield "rgb.ico", saved(icon.convert("RGB"), "ICO", sizes=[(16, 16)])
    yield "grey.ico", saved(icon.convert("L"), "ICO", sizes=[(16, 16)])
    yield "palette-bitmap.ico", saved(icon.convert("RGB").quantize(16), "ICO", sizes=[(16, 16)], bitmap_format="bmp")
    yield "two-sizes.ico", saved(icon, "ICO", sizes=[(8, 8), (16, 16)], bitmap_format="bmp")
    cursor = saved(icon, "ICO", sizes=[(16, 16)], bitmap_format="bmp")
    yield "rgba.cur", cursor[:2] + b"\2" + cursor[3:10] + bytes(4) + cursor[14:]
    yield "rgba-bitmap.ico", saved(icon, "ICO", sizes=[(16, 16)], bitmap_format="bmp")


def rarities() -> Iterator[tuple[str, bytes]]:
    yield from rare(colours(), alpha(8).astype(np.uint8), palette(256))


def seen_by_pillow(name: str, data: bytes) -> np.ndarray:
    if name == "tiff_raw_16.tiff":
        # Of this coding libtiff loses the last rows.
        return np.asarray(frames()[0].convert("1").convert("RGB"))
    if name in ("bigtiff-big.tiff", "rgb-webp.tiff", "palette-not-used.tga"):
        # Pillow reads the other order only, as published no WebP in TIFF, and no palette beside colours.
        return colours()
    if name in ("five-channels-packed.psd", "inks-packed.psd"):
        # Pillow takes the lengths of the rows that it does not show for rows.
        data = dict(rarities())[name.replace("-packed", "")]
    if name in deep(GREYS):
        bits, values, _ = deep(GREYS)[name]
        most = (1 << bits) - 1
        scaled = (values.astype(np.uint32) * 255 + most // 2) // most
        return np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)
    picture = Image.open(io.BytesIO(data))
    if name.startswith("grey-16"):
        values = np.asarray(picture).astype(np.uint32)
        scaled = values >> 8 if name.endswith(".png") else (values * 255 + 32767) // 65535
        return np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def main() -> None:
    tensors = {}
    for group in (pngs, bmps, os2_bmps, jpegs, gifs, webps, tiffs, scanner_tiffs, others, rarities, oriented, oriented_oddly):
        for name, data in group():
            assert f"file|{name}" not in tensors, name
            tensors[f"file|{name}"] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            tensors[f"pixels|{name}"] = torch.from_numpy(seen_by_pillow(name, data).copy())
    save_fixture(tensors, FIXTURES / "formats.safetensors")


if __name__ == "__main__":
    main()
