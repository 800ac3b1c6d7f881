"""Make tests/fixtures/formats.safetensors: one small picture in every format, and what Pillow sees.

    python tests/reference/make_formats.py

Two entries per picture, both u8:

* ``file|<name>``: the encoded file;
* ``pixels|<name>`` [height, width, 3]: Pillow's ``convert("RGB")`` of it, turned as
  ``ImageOps.exif_transpose`` turns it. 16-bit grey, which Pillow cuts off at 255,
  is scaled: by the high byte in PNG, as Pillow does with 16-bit colours, and to the
  nearest elsewhere.

PNG and BMP come from writers of our own where Pillow does not write a variety
(interlaced, 2 and 4 bits, run lengths).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image, ImageOps

from common import FIXTURES, save_fixture

WIDTH, HEIGHT = 23, 17
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


# What Pillow writes


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    to = io.BytesIO()
    picture.save(to, kind, **options)
    return to.getvalue()


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
    inks = saved(rgb.convert("CMYK"), "JPEG", quality=95)
    progressive = saved(rgb.convert("CMYK"), "JPEG", quality=95, progressive=True)
    # The last byte of Adobe's segment: 0 for CMYK, 2 for YCCK.
    for name, data in (("", inks), ("-progressive", progressive)):
        at = data.index(b"Adobe") + 11
        yield f"cmyk{name}.jpg", data[:at] + b"\0" + data[at + 1 :]
        yield f"ycck{name}.jpg", data[:at] + b"\2" + data[at + 1 :]


def gifs() -> Iterator[tuple[str, bytes]]:
    rgb = frames()[0]
    for count in (2, 4, 16, 256):
        yield f"palette-{count}.gif", saved(rgb.quantize(count), "GIF", interlace=0)
    yield "interlaced.gif", saved(rgb.quantize(64), "GIF", interlace=1)
    yield "transparent.gif", saved(rgb.quantize(64), "GIF", transparency=3)
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
    yield "palette-8.tiff", saved(rgb.quantize(200), "TIFF")
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
    yield "rgba-bitmap.ico", saved(icon, "ICO", sizes=[(16, 16)], bitmap_format="bmp")


def seen_by_pillow(name: str, data: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(data))
    if name.startswith("grey-16"):
        values = np.asarray(picture).astype(np.uint32)
        scaled = values >> 8 if name.endswith(".png") else (values * 255 + 32767) // 65535
        return np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def main() -> None:
    tensors = {}
    for group in (pngs, bmps, jpegs, gifs, webps, tiffs, others, oriented):
        for name, data in group():
            assert f"file|{name}" not in tensors, name
            tensors[f"file|{name}"] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            tensors[f"pixels|{name}"] = torch.from_numpy(seen_by_pillow(name, data).copy())
    save_fixture(tensors, FIXTURES / "formats.safetensors")


if __name__ == "__main__":
    main()
