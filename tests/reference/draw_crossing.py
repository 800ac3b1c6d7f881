"""Draw assets/explain/crossing.png, which `effnet explain` is shown with in README.md.

    python tests/reference/draw_crossing.py
"""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from common import ASSETS

WIDTH, HEIGHT = 320, 280
# Drawn larger and reduced, so that edges are smooth.
SCALE = 4
SKY = (178, 208, 232)


def scaled(*values: float) -> list[float]:
    return [value * SCALE for value in values]


def traffic_light(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle(scaled(70, 150, 78, 262), fill=(60, 60, 62))
    draw.rounded_rectangle(scaled(52, 32, 96, 158), radius=8 * SCALE, fill=(28, 28, 30))
    for top, colour in ((38, (235, 40, 30)), (78, (90, 75, 20)), (118, (20, 70, 35))):
        draw.ellipse(scaled(57, top, 91, top + 34), fill=(12, 12, 12))
        draw.ellipse(scaled(60, top + 3, 88, top + 31), fill=colour)
    draw.ellipse(scaled(66, 46, 73, 53), fill=(255, 150, 140))


def umbrella(draw: ImageDraw.ImageDraw) -> None:
    x, y, radius = 212, 146, 76

    def dome(share: float, colour: tuple[int, int, int]) -> None:
        angles = [math.pi * i / 60 for i in range(61)]
        edge = [(x + radius * share * math.cos(a), y - radius * 0.82 * math.sin(a)) for a in angles]
        draw.polygon([tuple(scaled(*point)) for point in edge], fill=colour)

    dome(1.0, (196, 44, 52))
    dome(0.62, (222, 78, 80))
    dome(0.22, (196, 44, 52))
    for i in range(5):
        left = x - radius + 2 * radius * i / 5
        draw.ellipse(scaled(left, y - 7, left + 2 * radius / 5, y + 9), fill=SKY)
    brown = (70, 48, 30)
    draw.line(scaled(x, y - 6, x, 240), fill=brown, width=5 * SCALE)
    draw.arc(scaled(x - 2, 228, x + 24, 256), 0, 180, fill=brown, width=5 * SCALE)
    draw.line(scaled(x, y - radius * 0.82 - 9, x, y - radius * 0.82), fill=brown, width=3 * SCALE)


def main() -> None:
    picture = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), SKY)
    draw = ImageDraw.Draw(picture)
    draw.ellipse(scaled(-60, 168, 150, 360), fill=(104, 140, 84))
    draw.ellipse(scaled(130, 184, 380, 380), fill=(96, 132, 78))
    road = ((0, HEIGHT), (0, 250), (WIDTH, 238), (WIDTH, HEIGHT))
    draw.polygon([tuple(scaled(*point)) for point in road], fill=(98, 98, 104))
    traffic_light(draw)
    umbrella(draw)
    picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    to = ASSETS / "explain" / "crossing.png"
    to.parent.mkdir(exist_ok=True)
    picture.save(to, optimize=True)


if __name__ == "__main__":
    main()
