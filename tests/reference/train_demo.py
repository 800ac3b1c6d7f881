"""Draws everyday things, trains the tiny built-in EfficientNet on them and stores it.

    pip install torch torchvision timm pillow numpy safetensors
    python tests/reference/train_demo.py

Every picture is drawn by this file, so no data set is needed. The network is
timm's EfficientNet-B0 with width 0.35 and depth 0.5, for 96 x 96 pixels. The
same seed, package versions and machine give the same weights; nothing uses a
GPU. Pass ``--contact-sheet sheet.png`` to look at the drawings and stop there.

Written, relative to the root of the repository:

* ``assets/demo/model.safetensors``: the weights in float16, under timm's names;
* ``assets/demo/config.json``: labels and preprocessing, as on timm's Hub;
* ``assets/pictures/<label>.jpg``: a few tidy pictures for the README;
* ``tests/fixtures/demo/<label>_NN.jpg``: small pictures for the tests;
* ``tests/fixtures/demo/probabilities.json``: timm's probabilities for those;
* ``tests/fixtures/demo/accuracy.json``: accuracy on pictures not trained on.

All measurements use the float16-rounded weights, computing in float32.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

# Waiting threads should sleep: spinning is ruinous on a busy small machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import safetensors.torch
import timm.data
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFilter
from timm.models.efficientnet import _gen_efficientnet

ROOT = Path(__file__).resolve().parents[2]
MODEL_DIR = ROOT / "assets" / "demo"
SHOWCASE_DIR = ROOT / "assets" / "pictures"
FIXTURE_DIR = ROOT / "tests" / "fixtures" / "demo"

WIDTH = 0.35
DEPTH = 0.5
RESOLUTION = 96
CROP_PCT = 1.0
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

# Each purpose draws from random streams of its own.
TRAINING, HELD_OUT, STORED, SHOWCASE = range(4)

STORED_PER_LABEL = 10
STORED_MAX_BYTES = 4000
SHOWCASE_LABELS = ("house", "umbrella", "fish", "flower", "car", "star")
SHOWCASE_CANDIDATES = 12


# ---------------------------------------------------------------- the drawings
#
# Things are drawn in a square from -1 to 1, x to the right and y downwards.


class Pen:
    """Draws on a transparent layer through a rotation, a scale and a shift."""

    def __init__(self, layer, to_pixels, unit, style, colours, outline_width):
        self.draw = ImageDraw.Draw(layer)
        self.to_pixels = to_pixels
        self.unit = unit
        self.filled = style != "outlined"
        self.outlined = style in ("outlined", "both")
        self.colours = colours
        self.outline_width = outline_width

    def _pixels(self, points):
        points = np.asarray(points, dtype=float)
        moved = points @ self.to_pixels[:, :2].T + self.to_pixels[:, 2]
        return [tuple(point) for point in moved]

    def _thick_line(self, pixels, width, colour):
        width = max(1.0, width * self.unit)
        self.draw.line(pixels, fill=colour, width=round(width), joint="curve")
        radius = width / 2
        for x, y in (pixels[0], pixels[-1]):
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def area(self, points, role="body"):
        pixels = self._pixels(points)
        if self.filled:
            self.draw.polygon(pixels, fill=self.colours[role])
        if self.outlined:
            self._thick_line(pixels + pixels[:1], self.outline_width, self.colours["ink"])

    def bar(self, points, width, role="body"):
        """A line with a width of its own, such as a handle."""
        pixels = self._pixels(points)
        if self.outlined and self.filled:
            self._thick_line(pixels, width + self.outline_width, self.colours["ink"])
            width = max(width - self.outline_width, 0.03)
        colour = self.colours[role if self.filled else "ink"]
        self._thick_line(pixels, width, colour)

    def crease(self, points):
        """A thin line within an area."""
        role = "ink" if self.outlined else "detail"
        self._thick_line(self._pixels(points), self.outline_width, self.colours[role])


def rectangle(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def arc(x, y, radius_x, radius_y, start, end, steps=40):
    """Points on an ellipse from angle ``start`` to ``end``, in degrees clockwise from +x."""
    angles = np.radians(np.linspace(start, end, steps))
    return [(x + radius_x * math.cos(a), y + radius_y * math.sin(a)) for a in angles]


def ellipse(x, y, radius_x, radius_y=None):
    return arc(x, y, radius_x, radius_x if radius_y is None else radius_y, 0, 360)


def polar(angle, radius, x=0.0, y=0.0):
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def billows(rng, left, right, base, height, count):
    """The outline of a row of bulging circles standing on a flat base."""
    centres = np.linspace(left, right, count + 2)[1:-1]
    centres = centres + rng.uniform(-0.06, 0.06, count)
    middle = 1 - np.abs(np.linspace(-1, 1, count)) ** 1.5
    radii = (right - left) / count * rng.uniform(0.75, 0.95, count)
    lift = height * middle * rng.uniform(0.75, 1.1, count)
    xs = np.linspace(centres[0] - radii[0], centres[-1] + radii[-1], 160)
    inside = radii**2 - (xs[:, None] - centres) ** 2
    tops = np.where(inside >= 0, lift + np.sqrt(np.maximum(inside, 0)), -np.inf)
    heights = np.maximum(tops.max(axis=1), 0)
    corner = 0.25 * radii.min()
    return (
        [(x, base - h) for x, h in zip(xs, heights)]
        + arc(xs[-1] - corner, base, corner, corner, 0, 90, 8)
        + arc(xs[0] + corner, base, corner, corner, 90, 180, 8)
    )


def draw_star(pen, rng):
    tips = rng.choice([5, 5, 5, 5, 6])
    inner = rng.uniform(0.36, 0.52)
    points = [
        polar(math.pi * i / tips - math.pi / 2, 0.98 if i % 2 == 0 else inner)
        for i in range(2 * tips)
    ]
    pen.area(points)


def draw_heart(pen, rng):
    height = rng.uniform(0.9, 1.1)
    t = np.linspace(0, 2 * math.pi, 90)
    x = np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    pen.area(np.stack([0.95 * x, -height * (y + 2.5) / 15.5], axis=1))


def draw_house(pen, rng):
    half = rng.uniform(0.6, 0.78)
    eaves = rng.uniform(-0.25, 0.05)
    if rng.random() < 0.6:
        x = rng.choice([-1, 1]) * 0.5 * half
        pen.area(rectangle(x - 0.1, -0.85, x + 0.1, eaves - 0.05), "accent")
    pen.area(rectangle(-half, eaves, half, 0.9))
    overhang = half + rng.uniform(0.05, 0.2)
    if rng.random() < 0.75:
        roof = [(-overhang, eaves), (0, -0.95), (overhang, eaves)]
    else:
        ridge = 0.55 * half
        roof = [(-overhang, eaves), (-ridge, -0.75), (ridge, -0.75), (overhang, eaves)]
    pen.area(roof, "accent")
    door = rng.uniform(-0.3, 0.3) * half
    pen.area(rectangle(door - 0.14, 0.35, door + 0.14, 0.9), "detail")
    for side in (-1, 1):
        x = side * 0.62 * half
        if abs(x - door) > 0.3:
            pen.area(rectangle(x - 0.13, eaves + 0.17, x + 0.13, eaves + 0.43), "detail")


def draw_tree(pen, rng):
    trunk = rng.uniform(0.09, 0.17)
    pen.area(rectangle(-trunk, 0.2, trunk, 0.95), "accent")
    kind = rng.choice(["conifer", "conifer", "round", "billowing"])
    if kind == "conifer":
        tiers = int(rng.integers(2, 5))
        foot = rng.uniform(0.45, 0.65)
        width = rng.uniform(0.5, 0.75)
        right = []
        for tier in range(tiers):
            share = (tier + 1) / tiers
            y = -0.97 + (foot + 0.97) * share
            right.append((width * (0.35 + 0.65 * share), y))
            if tier < tiers - 1:
                right.append((0.4 * width * (0.3 + 0.7 * share), y))
        crown = [(0, -0.97)] + right + [(-x, y) for x, y in reversed(right)]
        pen.area(crown)
    elif kind == "round":
        radius = rng.uniform(0.55, 0.68)
        pen.area(ellipse(0, -0.3, radius, 0.65))
    else:
        bumps = int(rng.integers(7, 11))
        angles = np.linspace(0, 2 * math.pi, 120)
        radii = 0.55 + 0.1 * np.abs(np.sin(bumps * angles / 2))
        pen.area([polar(a, r, 0, -0.3) for a, r in zip(angles, radii)])


def draw_sun(pen, rng):
    rays = int(rng.integers(8, 15))
    disc = rng.uniform(0.42, 0.56)
    gap = rng.uniform(0.06, 0.14)
    pointed = rng.random() < 0.5
    for ray in range(rays):
        angle = 2 * math.pi * ray / rays
        if pointed:
            half = 0.75 * math.pi / rays
            foot = disc + gap
            points = [polar(angle - half, foot), polar(angle, 0.98), polar(angle + half, foot)]
            pen.area(points, "accent")
        else:
            pen.bar([polar(angle, disc + gap + 0.05), polar(angle, 0.95)], 0.09, "accent")
    pen.area(ellipse(0, 0, disc))


def draw_umbrella(pen, rng):
    brim = rng.uniform(-0.05, 0.12)
    scallops = int(rng.integers(3, 6))
    hook = rng.uniform(0.13, 0.2)
    stick_end = 0.92 - hook
    pen.bar(
        [(0, -0.95), (0, stick_end)] + arc(hook, stick_end, hook, hook, 180, 10, 20),
        rng.uniform(0.07, 0.11),
        "accent",
    )
    dome = arc(0, brim, 0.95, 0.9 + brim, 180, 360)
    edges = np.linspace(0.95, -0.95, scallops + 1)
    hem = []
    for right, left in zip(edges[:-1], edges[1:]):
        half = (right - left) / 2
        hem += arc((right + left) / 2, brim, half, 0.45 * half, 0, -180, 12)
    pen.area(dome + hem)
    for x in edges[1:-1]:
        rib = [
            (x * math.sin(t), -0.87 + (brim + 0.87) * (1 - math.cos(t)))
            for t in np.linspace(0, math.pi / 2, 12)
        ]
        pen.crease(rib)


def draw_arrow(pen, rng):
    if rng.random() < 0.65:
        shaft = rng.uniform(0.12, 0.28)
        wing = rng.uniform(max(0.42, shaft + 0.22), 0.68)
        neck = rng.uniform(0.0, 0.4)
        notch = neck - rng.choice([0, 0, 0.12])
        points = [(-0.97, -shaft), (neck, -shaft), (notch, -wing), (0.97, 0)]
        pen.area(points + [(x, -y) for x, y in reversed(points[:-1])])
    else:
        width = rng.uniform(0.1, 0.22)
        wing = rng.uniform(0.38, 0.6)
        back = rng.uniform(0.35, 0.6)
        tip = 0.88
        pen.bar([(-0.9, 0), (tip - 0.08, 0)], width)
        pen.bar([(tip - back, -wing), (tip, 0), (tip - back, wing)], width)


def draw_moon(pen, rng):
    opening = rng.uniform(38, 62)
    outer = arc(0, 0, 0.95, 0.95, opening, 360 - opening, 60)
    tip_x, tip_y = outer[-1]
    centre_x = tip_x + rng.uniform(-0.12, 0.1)
    reach = math.hypot(tip_x - centre_x, tip_y)
    start = math.degrees(math.atan2(tip_y, tip_x - centre_x)) % 360
    inner = arc(centre_x, 0, reach, reach, start, 360 - start, 60)
    pen.area([(x + 0.2, y) for x, y in outer + inner])


def draw_cloud(pen, rng):
    count = int(rng.integers(3, 6))
    pen.area(billows(rng, -0.85, 0.85, rng.uniform(0.3, 0.5), rng.uniform(0.25, 0.5), count))


def draw_fish(pen, rng):
    tall = rng.uniform(0.38, 0.58)
    fork = rng.uniform(0.7, 0.9)
    spread = rng.uniform(0.38, 0.58)
    pen.area([(0.45, 0), (0.97, -spread), (fork, 0), (0.97, spread)], "accent")
    if rng.random() < 0.7:
        pen.area([(-0.3, -0.75 * tall), (0.05, -tall - 0.28), (0.3, -0.6 * tall)], "accent")
    if rng.random() < 0.5:
        pen.area([(-0.15, 0.8 * tall), (0.12, tall + 0.22), (0.25, 0.6 * tall)], "accent")
    t = np.linspace(0, 2 * math.pi, 70)
    x = -0.2 + 0.76 * np.cos(t)
    y = tall * np.sin(t) * (1 - 0.25 * np.cos(t))
    pen.area(np.stack([x, y], axis=1))
    pen.area(ellipse(-0.62, -0.28 * tall, rng.uniform(0.05, 0.09)), "detail")
    if rng.random() < 0.6:
        pen.crease(arc(-0.72, 0, 0.38, 0.8 * tall, -45, 45, 16))


def draw_flower(pen, rng):
    petals = int(rng.integers(5, 9))
    reach = rng.uniform(0.32, 0.4)
    centre_y = -0.4
    stem_width = rng.uniform(0.07, 0.12)
    sway = rng.uniform(-0.15, 0.15)
    t = np.linspace(0, 1, 14)
    stem = np.stack([sway * np.sin(math.pi * t), centre_y + (0.95 - centre_y) * t], axis=1)
    silhouette = pen.colours["detail"] == pen.colours["paper"]
    green = "body" if silhouette else "detail"
    pen.bar(stem, stem_width, green)
    for side in rng.choice([-1, 1], size=int(rng.integers(1, 3)), replace=False):
        foot = 0.55 + 0.1 * side
        leaf = [
            (
                0.5 * sway + side * (0.03 + 0.42 * s),
                foot - 0.22 * s + side_y * 0.14 * math.sin(math.pi * s),
            )
            for side_y, span in ((1, np.linspace(0, 1, 12)), (-1, np.linspace(1, 0, 12)))
            for s in span
        ]
        pen.area(leaf, green)
    turn = rng.uniform(0, 2 * math.pi)
    half_width = min(0.9 * reach * math.pi / petals, 0.22)
    for petal in range(petals):
        angle = turn + 2 * math.pi * petal / petals
        x, y = polar(angle, reach * 0.95, 0, centre_y)
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        points = [
            (x, y) + 0.22 * math.cos(a) * along + half_width * math.sin(a) * across
            for a in np.linspace(0, 2 * math.pi, 30)
        ]
        pen.area(points)
    pen.area(ellipse(0, centre_y, rng.uniform(0.15, 0.2)), "accent")


def draw_key(pen, rng):
    bow = rng.uniform(0.26, 0.36)
    thick = rng.uniform(0.11, 0.17)
    bow_x = -0.9 + bow
    teeth = int(rng.integers(2, 4))
    for tooth in range(teeth):
        x = 0.85 - 0.22 * tooth
        pen.bar([(x, 0), (x, rng.uniform(0.26, 0.38))], thick * 0.95)
    pen.bar([(bow_x + bow, 0), (0.93, 0)], thick)
    ring = ellipse(bow_x, 0, bow, bow * rng.uniform(0.9, 1.15))
    pen.bar(ring, thick)


def draw_cup(pen, rng):
    top, bottom = rng.uniform(-0.55, -0.4), rng.uniform(0.6, 0.75)
    half_top = rng.uniform(0.5, 0.62)
    half_bottom = half_top * rng.uniform(0.65, 1.0)
    grip = (bottom - top) * rng.uniform(0.26, 0.34)
    middle = (top + bottom) / 2 - 0.08
    shift = -0.18
    pen.bar(arc(shift + half_top - 0.08, middle, 0.4, grip, -80, 80, 24), rng.uniform(0.1, 0.15))
    corner = 0.12
    pen.area(
        [(shift - half_top, top), (shift + half_top, top)]
        + arc(shift + half_bottom - corner, bottom - corner, corner, corner, 0, 90, 8)
        + arc(shift - half_bottom + corner, bottom - corner, corner, corner, 90, 180, 8)
    )
    if rng.random() < 0.5:
        pen.area(ellipse(shift, top, half_top, 0.11), "detail")
    if rng.random() < 0.5:
        t = np.linspace(0, 1, 16)
        for x in (-0.22, 0.0, 0.22):
            wave = 0.06 * np.sin(2 * math.pi * t)
            pen.bar(np.stack([shift + x + wave, top - 0.18 - 0.25 * t], axis=1), 0.05, "accent")
    if rng.random() < 0.35:
        pen.area(ellipse(shift, bottom + 0.06, 0.8, 0.08), "accent")


def draw_car(pen, rng):
    belt = rng.uniform(-0.1, 0.05)
    floor = 0.42
    roof = belt - rng.uniform(0.36, 0.5)
    front, back = rng.uniform(0.15, 0.4), rng.uniform(-0.65, -0.4)
    cabin = [(back - 0.15, belt), (back + 0.08, roof), (front - 0.1, roof), (front + 0.22, belt)]
    body = [(-0.95, floor), (-0.95, belt + 0.08), (-0.85, belt)] + cabin
    body += [(0.85, belt + rng.uniform(0.02, 0.12)), (0.96, belt + 0.22), (0.96, floor)]
    pen.area(body)
    sill = belt - 0.02
    window_top = roof + 0.09
    middle = (back + front) / 2
    pen.area(
        [
            (back - 0.01, sill),
            (back + 0.13, window_top),
            (middle - 0.04, window_top),
            (middle - 0.04, sill),
        ],
        "detail",
    )
    pen.area(
        [
            (middle + 0.04, sill),
            (middle + 0.04, window_top),
            (front - 0.13, window_top),
            (front + 0.07, sill),
        ],
        "detail",
    )
    wheel = rng.uniform(0.19, 0.25)
    for x in (-0.53, 0.55):
        pen.area(ellipse(x, floor, wheel), "accent")
        pen.area(ellipse(x, floor, 0.45 * wheel), "detail")


def draw_ladder(pen, rng):
    rungs = int(rng.integers(4, 8))
    foot = rng.uniform(0.32, 0.45)
    top = foot * rng.uniform(0.7, 1.0)
    width = rng.uniform(0.08, 0.14)
    for rung in range(rungs):
        share = (rung + 0.7) / (rungs + 0.4)
        half = top + (foot - top) * share
        y = -0.95 + 1.9 * share
        pen.bar([(-half, y), (half, y)], 0.85 * width, "accent" if pen.outlined else "body")
    for side in (-1, 1):
        pen.bar([(side * top, -0.93), (side * foot, 0.93)], width)


def draw_envelope(pen, rng):
    high = rng.uniform(0.55, 0.68)
    pen.area(rectangle(-0.95, -high, 0.95, high))
    flap = high * rng.uniform(0.05, 0.3)
    if rng.random() < 0.5:
        pen.area([(-0.95, -high), (0.95, -high), (0, flap)], "accent")
    pen.crease([(-0.95, -high), (0, flap), (0.95, -high)])
    if rng.random() < 0.6:
        pen.crease([(-0.95, high), (-0.3, flap - 0.32 * high)])
        pen.crease([(0.95, high), (0.3, flap - 0.32 * high)])
    if rng.random() < 0.3:
        pen.area(ellipse(0, flap, 0.13), "detail")


# label: (how to draw it, largest tilt in degrees, its usual body and accent colours)
THINGS = {
    "star": (draw_star, 180, (250, 205, 50), (240, 160, 40)),
    "heart": (draw_heart, 30, (225, 40, 60), (240, 120, 140)),
    "house": (draw_house, 18, (235, 205, 160), (180, 70, 50)),
    "tree": (draw_tree, 18, (50, 140, 65), (120, 80, 45)),
    "sun": (draw_sun, 180, (250, 205, 60), (245, 160, 40)),
    "umbrella": (draw_umbrella, 40, (210, 50, 70), (90, 65, 50)),
    "arrow": (draw_arrow, 180, (40, 105, 205), (30, 60, 120)),
    "moon": (draw_moon, 60, (245, 230, 150), (220, 200, 120)),
    "cloud": (draw_cloud, 12, (240, 244, 250), (200, 210, 225)),
    "fish": (draw_fish, 35, (245, 130, 50), (250, 180, 70)),
    "flower": (draw_flower, 25, (225, 80, 150), (250, 210, 70)),
    "key": (draw_key, 180, (205, 165, 60), (160, 125, 40)),
    "cup": (draw_cup, 18, (70, 150, 175), (230, 235, 235)),
    "car": (draw_car, 18, (205, 45, 45), (45, 45, 50)),
    "ladder": (draw_ladder, 45, (165, 115, 65), (190, 140, 85)),
    "envelope": (draw_envelope, 25, (245, 240, 225), (220, 205, 175)),
}
LABELS = list(THINGS)


def random_colour(rng):
    return tuple(int(channel) for channel in rng.integers(0, 256, 3))


def distance(one, other):
    return float(np.linalg.norm(np.subtract(one, other)))


def colour_apart_from(rng, others, enough, wished=None):
    """A colour that differs from all ``others`` by ``enough``, or the best of a few random ones.

    ``wished`` is taken if it differs enough.
    """
    best, best_gap = None, -1.0
    for _ in range(25):
        colour = random_colour(rng) if wished is None else wished
        gap = min(distance(colour, other) for other in others)
        if gap >= enough:
            return colour
        if gap > best_gap:
            best, best_gap = colour, gap
        wished = None
    return best


def paint_background(rng, width, height, tidy):
    """An RGB picture as floats, and the colours that a thing must stand out from."""
    kinds = (
        ["plain", "linear", "radial"]
        if tidy
        else ["plain", "linear", "radial", "stripes", "checks", "texture", "blobs"]
    )
    kind = rng.choice(kinds)
    first = random_colour(rng)
    if tidy:
        first = tuple(int(c) for c in rng.integers(150, 250, 3))
    if rng.random() < 0.25 and not tidy:
        first = (255, 255, 255) if rng.random() < 0.7 else (15, 15, 15)
    reach = 45 if tidy else 80
    second = tuple(
        int(c) for c in np.clip(np.add(first, rng.integers(-reach, reach + 1, 3)), 0, 255)
    )
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    angle = rng.uniform(0, 2 * math.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    if kind == "plain":
        return np.tile(np.array(first, float), (height, width, 1)), [first]
    if kind == "linear":
        mix = (along - along.min()) / (np.ptp(along) + 1e-9)
    elif kind == "radial":
        mix = np.hypot(x - rng.uniform(0.2, 0.8), y - rng.uniform(0.2, 0.8))
        mix = np.clip(mix, 0, 1)
    elif kind == "stripes":
        mix = 0.5 + 0.5 * np.clip(3 * np.sin(along * rng.uniform(15, 60)), -1, 1)
    elif kind == "checks":
        across = -x * math.sin(angle) + y * math.cos(angle)
        pitch = rng.uniform(10, 40)
        mix = 0.5 + 0.5 * np.clip(4 * np.sin(along * pitch) * np.sin(across * pitch), -1, 1)
    else:
        grid = int(rng.integers(12, 50) if kind == "texture" else rng.integers(3, 7))
        coarse = Image.fromarray(rng.integers(0, 256, (grid, grid), dtype=np.uint8))
        mix = np.asarray(coarse.resize((width, height), Image.BICUBIC), float) / 255
    picture = np.array(first) + mix[..., None] * np.subtract(second, first)
    middle = tuple((np.add(first, second) / 2).astype(int))
    return picture, [first, middle, second]


def choose_colours(rng, label, backdrop, tidy):
    _, _, usual_body, usual_accent = THINGS[label]
    usual = tidy or rng.random() < 0.4
    contrast = 0.5 if tidy else 1.0
    body = colour_apart_from(rng, backdrop, contrast * 115, usual_body if usual else None)
    paper = backdrop[len(backdrop) // 2]
    ink_wish = (25, 25, 30) if tidy or rng.random() < 0.6 else None
    ink = colour_apart_from(rng, backdrop + [body], 110, ink_wish)
    colours = {"body": body, "paper": paper, "ink": ink}
    if not tidy and rng.random() < 0.15:
        return colours | {"accent": body, "detail": paper}
    accent_wish = usual_accent if usual else None
    accent = colour_apart_from(rng, backdrop + [body], contrast * 80, accent_wish)
    detail_wish = (240, 240, 225) if tidy else None
    detail = colour_apart_from(rng, [body, accent], contrast * 90, detail_wish)
    if usual and label == "flower":
        detail = colour_apart_from(rng, backdrop, 60, (60, 145, 60))
    return colours | {"accent": accent, "detail": detail}


def draw_thing(rng, label, width, height, backdrop, tidy):
    """The thing alone, on a transparent layer drawn large and scaled down."""
    draw, tilt, _, _ = THINGS[label]
    enlarge = 3
    layer = Image.new("RGBA", (width * enlarge, height * enlarge))
    side = min(width, height)
    size = side / 2 * (rng.uniform(0.78, 0.88) if tidy else rng.uniform(0.5, 0.98))
    room = side / 2 * 1.06 - size
    shift = rng.uniform(-1, 1, 2) * max(room, 0) * (0.3 if tidy else 1)
    angle = math.radians(rng.uniform(-tilt, tilt) * (0.3 if tidy else 1))
    stretch = np.exp(rng.uniform(-0.15, 0.15, 2) * (0.3 if tidy else 1))
    mirror = rng.choice([-1, 1])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = turn @ np.diag([mirror * stretch[0], stretch[1]]) * size * enlarge
    centre = (np.array([width, height]) / 2 + shift) * enlarge
    style = "both" if tidy else rng.choice(["filled", "filled", "both", "outlined"])
    pen = Pen(
        layer,
        np.column_stack([linear, centre]),
        size * enlarge,
        style,
        choose_colours(rng, label, backdrop, tidy),
        rng.uniform(0.035, 0.05) if tidy else rng.uniform(0.04, 0.1),
    )
    draw(pen, rng)
    return layer.resize((width, height), Image.BOX)


def draw_picture(rng, label, sides, tidy=False):
    """A picture of ``label``, with width and height within ``sides``."""
    width, height = (int(n) for n in rng.integers(sides[0], sides[1] + 1, 2))
    background, backdrop = paint_background(rng, width, height, tidy)
    picture = Image.fromarray(np.clip(background, 0, 255).astype(np.uint8))
    thing = draw_thing(rng, label, width, height, backdrop, tidy)
    if not tidy and rng.random() < 0.2:
        shade = Image.new("RGBA", thing.size)
        offset = int(0.03 * min(width, height)) + 1
        shade.paste((0, 0, 0, 90), (offset, offset), thing.getchannel("A"))
        picture.paste(shade, (0, 0), shade.filter(ImageFilter.GaussianBlur(offset / 2)))
    picture.paste(thing, (0, 0), thing)
    if tidy:
        return picture
    if rng.random() < 0.3:
        picture = picture.filter(
            ImageFilter.GaussianBlur(rng.uniform(0.3, 0.012 * min(width, height)))
        )
    pixels = np.asarray(picture, float)
    pixels = (pixels - 128) * rng.uniform(0.65, 1.15) + 128 + rng.uniform(-35, 35)
    if rng.random() < 0.4:
        pixels = pixels + rng.normal(0, rng.uniform(2, 18), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def jpeg(picture, quality, subsampling="4:2:0"):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def draw_file(seed, purpose, index):
    """The bytes of one picture file, and its label's index."""
    rng = np.random.default_rng([seed, purpose, index])
    target = index % len(LABELS)
    picture = draw_picture(rng, LABELS[target], (90, 260))
    if rng.random() < 0.25:
        return png(picture), target
    return jpeg(picture, int(rng.integers(35, 96))), target


def draw_stored_file(seed, label, number):
    """A JPEG small enough to be kept; every second one has unreduced chroma."""
    subsampling = "4:4:4" if number % 2 == 0 else "4:2:0"
    for attempt in range(100):
        rng = np.random.default_rng([seed, STORED, LABELS.index(label), number, attempt])
        picture = draw_picture(rng, label, (90, 150))
        for quality in (85, 70, 55):
            data = jpeg(picture, quality, subsampling)
            if len(data) <= STORED_MAX_BYTES:
                return data
    raise RuntimeError(f"no picture of a {label} fits in {STORED_MAX_BYTES} bytes")


def decode(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def eval_transform(normalize):
    return timm.data.create_transform(
        (3, RESOLUTION, RESOLUTION),
        is_training=False,
        interpolation="bicubic",
        crop_pct=CROP_PCT,
        crop_mode="center",
        mean=MEAN,
        std=STD,
        normalize=normalize,
    )


def pixels_of_file(job):
    """The network's input as 8-bit pixels, and the label's index."""
    data, target = draw_file(*job)
    return np.asarray(eval_transform(normalize=False)(decode(data))), target


def one_thread_each():
    torch.set_num_threads(1)


def draw_set(path, seed, purpose, count, workers):
    """Draws ``count`` pictures into a memory-mapped file, with several processes."""
    shape = (count, 3, RESOLUTION, RESOLUTION)
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    targets = np.empty(count, dtype=np.int64)
    jobs = [(seed, purpose, index) for index in range(count)]
    with multiprocessing.Pool(workers, initializer=one_thread_each) as pool:
        for index, (picture, target) in enumerate(pool.imap(pixels_of_file, jobs, chunksize=32)):
            pixels[index] = picture
            targets[index] = target
    return torch.from_numpy(pixels), torch.from_numpy(targets)


# ------------------------------------------------------------------- training


def build_model():
    return _gen_efficientnet(
        "efficientnet_b0",
        channel_multiplier=WIDTH,
        depth_multiplier=DEPTH,
        pretrained=False,
        num_classes=len(LABELS),
        drop_rate=0.1,
    )


def normalized(pixels):
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    std = torch.tensor(STD).view(1, 3, 1, 1)
    return (pixels - mean) / std


def augment(pixels, generator):
    """Mirrors, turns, zooms and shifts each picture a little, and changes its light."""
    count = len(pixels)

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    angle = uniform(-0.2, 0.2)
    zoom = uniform(0.9, 1.15)
    mirror = torch.sign(uniform(-1, 1))
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = uniform(-0.08, 0.08, 2)
    affine = torch.stack(
        [
            torch.stack([cos * mirror, -sin, shift[:, 0]], dim=1),
            torch.stack([sin * mirror, cos, shift[:, 1]], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(affine, pixels.shape, align_corners=False)
    pixels = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    gain = uniform(0.75, 1.2, 1, 1, 1) * uniform(0.9, 1.1, 3, 1, 1)
    return ((pixels - 0.5) * gain + 0.5 + uniform(-0.12, 0.12, 1, 1, 1)).clamp(0, 1)


def train(model, pixels, targets, epochs, batch, peak_rate, seed):
    model.to(memory_format=torch.channels_last).train()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    )
    steps_per_epoch = len(targets) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, peak_rate, total_steps=epochs * steps_per_epoch, pct_start=0.15
    )
    generator = torch.Generator().manual_seed(seed)
    started = time.monotonic()
    for epoch in range(epochs):
        order = torch.randperm(len(targets), generator=generator)
        total_loss = 0.0
        for step in range(steps_per_epoch):
            chosen = order[step * batch : (step + 1) * batch]
            pictures = augment(pixels[chosen].float() / 255, generator)
            pictures = normalized(pictures).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(pictures), targets[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total_loss += loss.item()
        elapsed = time.monotonic() - started
        print(
            f"epoch {epoch + 1}/{epochs}: loss {total_loss / steps_per_epoch:.4f}, {elapsed:.0f} s",
            flush=True,
        )


def half_precision_tensors(model):
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        half = tensor.contiguous().half()
        if not torch.isfinite(half).all():
            raise RuntimeError(f"{name} overflows float16")
        if name.endswith("running_var") and half.min() < torch.finfo(torch.float16).tiny:
            raise RuntimeError(f"{name} underflows float16")
        tensors[name] = half
    return tensors


def rounded_model(tensors):
    model = build_model()
    missing = model.load_state_dict({n: t.float() for n, t in tensors.items()}, strict=False)
    if missing.unexpected_keys or any(
        not k.endswith("num_batches_tracked") for k in missing.missing_keys
    ):
        raise RuntimeError(f"stored tensors do not fit the model: {missing}")
    return model.eval()


# ----------------------------------------------------------------- evaluation


@torch.inference_mode()
def probabilities_of_pixels(model, pixels):
    """Softmax probabilities for 8-bit network inputs."""
    batches = [model(normalized(chunk.float() / 255)).softmax(dim=1) for chunk in pixels.split(128)]
    return torch.cat(batches)


@torch.inference_mode()
def probabilities_of_file(model, data):
    pixels = eval_transform(normalize=True)(decode(data))
    return model(pixels[None]).softmax(dim=1)[0]


def report_held_out(probabilities, targets):
    best, guesses = probabilities.max(dim=1)
    right = guesses == targets
    loss = -probabilities[range(len(targets)), targets].log().mean()
    print(f"mean confidence {best.mean():.4f}, mean loss {loss:.4f}")
    for low, high in ((0.0, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        inside = (best >= low) & (best < high)
        if inside.any():
            print(
                f"  confidence {low:.2f} to {min(high, 1):.2f}: {int(inside.sum())} pictures, "
                f"mean {best[inside].mean():.3f}, right {right[inside].float().mean():.3f}"
            )
    for target, label in enumerate(LABELS):
        mine = targets == target
        wrong = guesses[mine & ~right].bincount(minlength=len(LABELS))
        mistaken = ", ".join(
            f"{LABELS[i]} {int(wrong[i])}" for i in wrong.argsort(descending=True) if wrong[i]
        )
        print(f"  {label}: {right[mine].float().mean():.4f} {mistaken and 'taken for ' + mistaken}")
    return right.float().mean().item()


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_model(model, tensors):
    MODEL_DIR.mkdir(parents=True, exist_ok=True)
    path = MODEL_DIR / "model.safetensors"
    path.write_bytes(safetensors.torch.save(tensors, metadata={"format": "pt"}))
    config = {
        "architecture": "efficientnet_demo",
        "num_classes": len(LABELS),
        "num_features": model.num_features,
        "label_names": LABELS,
        "pretrained_cfg": {
            "tag": "shapes",
            "input_size": [3, RESOLUTION, RESOLUTION],
            "interpolation": "bicubic",
            "crop_pct": CROP_PCT,
            "crop_mode": "center",
            "mean": MEAN,
            "std": STD,
            "num_classes": len(LABELS),
            "license": "mit",
        },
    }
    write_json(MODEL_DIR / "config.json", config)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{path.relative_to(ROOT)}: {parameters} parameters, {path.stat().st_size} bytes")


def write_stored_pictures(model, seed):
    """Writes the tests' pictures and timm's answers to them, and returns top-1 accuracy."""
    FIXTURE_DIR.mkdir(parents=True, exist_ok=True)
    pictures, right = {}, 0
    for target, label in enumerate(LABELS):
        for number in range(STORED_PER_LABEL):
            name = f"{label}_{number:02}.jpg"
            data = draw_stored_file(seed, label, number)
            (FIXTURE_DIR / name).write_bytes(data)
            probabilities = probabilities_of_file(model, data)
            right += int(probabilities.argmax()) == target
            pictures[name] = [float(f"{p:.9g}") for p in probabilities.tolist()]
    rows = ",\n".join(f"    {json.dumps(n)}: {json.dumps(p)}" for n, p in pictures.items())
    text = f'{{\n  "labels": {json.dumps(LABELS)},\n  "pictures": {{\n{rows}\n  }}\n}}\n'
    (FIXTURE_DIR / "probabilities.json").write_text(text, encoding="utf-8")
    return right / len(pictures)


def write_showcase(model, seed):
    """Writes the README's pictures: for each label the surest of a few tidy ones."""
    SHOWCASE_DIR.mkdir(parents=True, exist_ok=True)
    for label in SHOWCASE_LABELS:
        target = LABELS.index(label)
        candidates = []
        for attempt in range(SHOWCASE_CANDIDATES):
            rng = np.random.default_rng([seed, SHOWCASE, target, attempt])
            data = jpeg(draw_picture(rng, label, (220, 320), tidy=True), 90, "4:4:4")
            candidates.append((probabilities_of_file(model, data)[target].item(), data))
        probability, data = max(candidates)
        (SHOWCASE_DIR / f"{label}.jpg").write_bytes(data)
        print(f"  {label}.jpg: {probability:.4f}, {len(data)} bytes")


def write_contact_sheet(path, seed, columns=14, cell=112):
    sheet = Image.new("RGB", (columns * cell, len(LABELS) * cell), "white")
    for row, label in enumerate(LABELS):
        for column in range(columns):
            if column < columns - 2:
                data, _ = draw_file(seed, TRAINING, column * len(LABELS) + row)
                picture = decode(data)
            else:
                rng = np.random.default_rng([seed, SHOWCASE, row, column])
                picture = draw_picture(rng, label, (220, 320), tidy=True)
            picture.thumbnail((cell - 4, cell - 4))
            sheet.paste(picture, (column * cell + 2, row * cell + 2))
    sheet.save(path)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--per-label", type=int, default=750, help="training pictures of each label (%(default)s)"
    )
    parser.add_argument(
        "--held-out", type=int, default=3200, help="pictures to measure accuracy on (%(default)s)"
    )
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument(
        "--rate", type=float, default=4e-3, help="highest learning rate (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument(
        "--threads", type=int, default=1, help="threads to train with (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, default=2, help="processes to draw with (%(default)s)"
    )
    parser.add_argument(
        "--contact-sheet", type=Path, help="only draw an overview of the pictures into this file"
    )
    options = parser.parse_args()
    if options.contact_sheet:
        write_contact_sheet(options.contact_sheet, options.seed)
        return

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    started = time.monotonic()
    model = build_model()
    with tempfile.TemporaryDirectory() as scratch:
        count = options.per_label * len(LABELS)
        drawn = draw_set(
            Path(scratch) / "training.npy", options.seed, TRAINING, count, options.workers
        )
        print(f"drew {count} pictures in {time.monotonic() - started:.0f} s", flush=True)
        train(model, *drawn, options.epochs, options.batch, options.rate, options.seed)

        tensors = half_precision_tensors(model)
        model = rounded_model(tensors)
        write_model(model, tensors)
        pixels, targets = draw_set(
            Path(scratch) / "held_out.npy",
            options.seed,
            HELD_OUT,
            options.held_out,
            options.workers,
        )
        top1 = report_held_out(probabilities_of_pixels(model, pixels), targets)
    stored_top1 = write_stored_pictures(model, options.seed)
    write_showcase(model, options.seed)
    accuracy = {
        "held_out": options.held_out,
        "top1": round(top1, 4),
        "stored": STORED_PER_LABEL * len(LABELS),
        "stored_top1": round(stored_top1, 4),
    }
    write_json(FIXTURE_DIR / "accuracy.json", accuracy)
    print(json.dumps(accuracy), f"after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
