"""Draw the source pictures of the preprocessing fixtures.

    python tests/reference/draw_pictures.py

Writes tests/fixtures/pictures/*.png, and JPEG versions of two of them. The
pictures are drawn, not photographed: a resampler shows its faults best on sharp
edges, fine texture and smooth ramps. Widths and heights have every parity, and
sizes lie on both sides of the networks' input sizes. make_preprocessed.py calls
this too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from common import FIXTURES

PICTURES = FIXTURES / "pictures"
JPEG_OF = ("text-401x301", "scene-1022x767")
JPEG_QUALITY = 90
GLYPH_COLUMNS, GLYPH_ROWS = 5, 7


def coordinates(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The x and y of every pixel, both from 0 to 1."""
    y, x = np.mgrid[0:height, 0:width]
    return x / (width - 1), y / (height - 1)


def to_picture(*channels: np.ndarray) -> Image.Image:
    """An RGB picture from three arrays of values from 0 to 255."""
    pixels = np.stack(np.broadcast_arrays(*channels), axis=-1)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "RGB")


def draw_gradient(width: int, height: int) -> Image.Image:
    """Smooth ramps in every direction, from black to full colour."""
    x, y = coordinates(width, height)
    return to_picture(255 * x, 255 * y, 255 * (1 - (x + y) / 2))


def draw_edges(width: int, height: int) -> Image.Image:
    """Flat, saturated shapes with hard edges: steps that make bicubic overshoot."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 8, height // 10, width // 2, height // 3), fill="black")
    draw.polygon(((width - 5, 3), (width // 2, height // 2), (width - 9, height // 2)), fill=(255, 0, 0))
    draw.ellipse((3, height // 2, width * 2 // 3, height - 4), fill=(0, 0, 255))
    draw.ellipse((width // 6, height * 5 // 8, width // 2, height * 7 // 8), fill=(255, 255, 0))
    for step in range(12):
        left = width * 2 // 3 + step * 6
        draw.rectangle((left, height * 3 // 4, left + step // 3, height - 1), fill=(0, 128, 0))
    return picture


def draw_text(width: int, height: int) -> Image.Image:
    """Lines of small random glyphs, in several colours on coloured bands."""
    random = np.random.default_rng(20)
    inks = np.array([(20, 20, 20), (150, 20, 30), (20, 60, 160)], dtype=np.uint8)
    pixels = np.full((height, width, 3), 250, dtype=np.uint8)
    pixels[:, width // 2 :] = (225, 240, 215)
    for top in range(6, height - GLYPH_ROWS, GLYPH_ROWS + 10):
        ink = inks[random.integers(len(inks))]
        line_end = random.integers(width // 3, width - GLYPH_COLUMNS)
        for left in range(5, line_end, GLYPH_COLUMNS + 2):
            if random.random() < 0.8:
                glyph = random.random((GLYPH_ROWS, GLYPH_COLUMNS)) < 0.5
                pixels[top : top + GLYPH_ROWS, left : left + GLYPH_COLUMNS][glyph] = ink
    return Image.fromarray(pixels, "RGB")


def draw_texture(width: int, height: int) -> Image.Image:
    """Checkerboards and stripes of one to four pixels: detail that must not alias."""
    y, x = np.mgrid[0:height, 0:width]
    checker = (x + y) % 2 * 255
    stripes = (x // 2 + y // 3) % 2 * 200 + 20
    tiles = ((x // 4) % 2 ^ (y // 4) % 2) * 160 + 60
    upper, left = y < height // 2, x < width // 2
    red = np.where(upper, np.where(left, checker, stripes), np.where(left, tiles, 128))
    green = np.where(upper, stripes, np.where(left, 90, checker))
    blue = np.where(left, tiles, np.where(upper, checker, stripes))
    return to_picture(red, green, blue)


def draw_tiny(width: int, height: int) -> Image.Image:
    """A thumbnail of pure noise: every target enlarges it."""
    pixels = np.random.default_rng(97).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels, "RGB")


def draw_rings(width: int, height: int) -> Image.Image:
    """Rings that narrow outwards (a zone plate), in six levels."""
    x, y = coordinates(width, height)
    distance = (x - 0.4) ** 2 + ((y - 0.55) * height / width) ** 2
    level = np.rint(2.5 + 2.5 * np.cos(distance * 180))
    return to_picture(level * 51, 255 - level * 24, 85 * (level // 2))


def draw_scene(width: int, height: int) -> Image.Image:
    """A landscape: a sky, hills of different roughness, a sun and fences."""
    columns = np.arange(width)
    _, y = coordinates(width, height)
    sky = np.rint(y * 48) * 3
    red, green, blue = 90 + sky, 140 + sky / 2, 255 - sky / 2
    row = np.arange(height)[:, None]
    hills = ((0.50, 31.0, 40, (70, 110, 90)), (0.62, 9.0, 22, (60, 140, 50)), (0.78, 3.5, 9, (110, 80, 40)))
    for base, period, tall, colour in hills:
        ridge = height * base + tall * np.sin(columns / period / 3) + tall / 3 * np.sin(columns / period)
        below = row > ridge[None, :]
        red, green, blue = (np.where(below, c, plane) for c, plane in zip(colour, (red, green, blue)))
    picture = to_picture(red, green, blue)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width // 7, height // 9, width // 7 + 120, height // 9 + 120), fill=(255, 240, 120))
    for post in range(7, width, 23):
        draw.line((post, height * 5 // 6, post + post % 5, height - 10), fill=(250, 250, 245), width=1 + post % 3)
    return picture


# The function, width and height of every picture. The parities of (width,
# height) are odd-even, even-odd, odd-odd, even-even, odd-even, odd-even, even-odd;
# B0 leaves the second one's size as it is.
SOURCES = {
    "gradient-333x250": (draw_gradient, 333, 250),
    "edges-256x341": (draw_edges, 256, 341),
    "text-401x301": (draw_text, 401, 301),
    "texture-512x388": (draw_texture, 512, 388),
    "tiny-97x64": (draw_tiny, 97, 64),
    "rings-481x640": (draw_rings, 481, 640),
    "scene-1022x767": (draw_scene, 1022, 767),
}


def draw_all(folder: Path = PICTURES) -> None:
    """Write all pictures to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (draw, width, height) in SOURCES.items():
        picture = draw(width, height)
        picture.save(folder / f"{name}.png", optimize=True)
        if name in JPEG_OF:
            picture.save(folder / f"{name}.jpg", quality=JPEG_QUALITY, subsampling="4:2:0")


if __name__ == "__main__":
    draw_all()
    for written in sorted(PICTURES.iterdir()):
        print(f"{written.name}: {written.stat().st_size} bytes")
