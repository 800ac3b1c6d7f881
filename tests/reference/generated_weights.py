"""Deterministic stand-in weights and input picture for the parity tests.

The tests generate the same numbers from the same rules, so that a stored
fixture needs only the 1000 logits of a model and never its weights.

Every value depends on the name of its tensor, its row-major index and the
tensor's shape only:

* the seed is FNV-1a (64 bit) of the name in UTF-8;
* element ``i`` is output ``i`` of the SplitMix64 generator started at that seed;
* its top 24 bits give ``u`` in [0, 1), and the value is ``lo + (hi - lo) * u``
  computed in float64 and rounded once to float32;
* ``(lo, hi)`` comes from :func:`value_range`.

Names are timm's, and convolution weights have timm's layout (OIHW).
"""

from __future__ import annotations

import math

import numpy as np

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
U64_MASK = 0xFFFFFFFFFFFFFFFF

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)

# Elements made at a time, to bound the memory of the 64-bit intermediates.
CHUNK = 1 << 20

# Vectors (batch norm parameters and all biases): first match on the name's end.
VECTOR_RANGES = (
    (".running_mean", -0.1, 0.1),
    (".running_var", 0.2, 1.4),
    (".conv_expand.bias", -1.0, 1.0),
    (".bias", -0.2, 0.2),
    (".weight", 0.5, 1.0),
)

# Weights of convolutions and of the classifier: first match on the name's end.
# The range is +-gain * sqrt(3 / fan_in), which has standard deviation
# gain / sqrt(fan_in). The gains keep activations within a few units through a
# hundred blocks (tf_efficientnetv2_xl) and within some tens where there is no
# squeeze-excitation: the first block of a stage (index 0) has no skip and must
# pass the signal on, while the later ones only add to their skip. Fused and
# plain convolutions see neighbours that agree, so they need less; with less
# than this the logits would hardly depend on the picture.
MATRIX_GAINS = (
    ("conv_stem.weight", 3.0),
    (".conv.weight", 0.3),
    (".conv_exp.weight", 0.3),
    (".0.conv_pwl.weight", 6.0),
    (".conv_pwl.weight", 0.4),
    ("classifier.weight", 5.0),
    (".weight", 1.0),
)


def fnv1a_64(text: str) -> int:
    """FNV-1a, 64 bit, of the UTF-8 bytes of ``text``."""
    value = FNV_OFFSET
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * FNV_PRIME) & U64_MASK
    return value


def value_range(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """The half-open range ``(lo, hi)`` of the values of tensor ``name``."""
    if len(shape) == 1:
        for ending, lo, hi in VECTOR_RANGES:
            if name.endswith(ending):
                return lo, hi
    else:
        fan_in = math.prod(shape[1:])
        for ending, gain in MATRIX_GAINS:
            if name.endswith(ending):
                hi = gain * math.sqrt(3.0 / fan_in)
                return -hi, hi
    raise ValueError(f"no rule for tensor {name} of shape {shape}")


def uniform(name: str, shape: tuple[int, ...], lo: float, hi: float) -> np.ndarray:
    """A float32 array of the stream ``name``, uniform in ``[lo, hi)``."""
    count = math.prod(shape)
    seed = np.uint64(fnv1a_64(name))
    values = np.empty(count, dtype=np.float32)
    for start in range(0, count, CHUNK):
        stop = min(start + CHUNK, count)
        # numpy's unsigned 64-bit array arithmetic wraps, as required.
        z = np.arange(start + 1, stop + 1, dtype=np.uint64) * GOLDEN_GAMMA + seed
        z = (z ^ (z >> np.uint64(30))) * MIX_1
        z = (z ^ (z >> np.uint64(27))) * MIX_2
        z ^= z >> np.uint64(31)
        u = (z >> np.uint64(40)).astype(np.float64) * 2.0**-24
        values[start:stop] = lo + (hi - lo) * u
    return values.reshape(shape)


def generate(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The generated float32 tensor with timm's name ``name``."""
    shape = tuple(shape)
    return uniform(name, shape, *value_range(name, shape))


def input_picture(height: int, width: int) -> np.ndarray:
    """The generated, already normalised input of shape ``(3, height, width)``.

    Coarse 8 x 8 blocks of colour with fine noise on top:
    ``1.5 * blocks[c, y * 8 // height, x * 8 // width] + 0.5 * noise[c, y, x]``,
    each operation rounded to float32.
    """
    blocks = uniform("input.blocks", (3, 8, 8), -1.0, 1.0)
    noise = uniform("input.noise", (3, height, width), -1.0, 1.0)
    rows = np.arange(height) * 8 // height
    columns = np.arange(width) * 8 // width
    coarse = blocks[:, rows[:, None], columns[None, :]] * np.float32(1.5)
    fine = noise * np.float32(0.5)
    return coarse + fine


def load_generated(model) -> None:
    """Fill a timm model with generated weights; every tensor must have a rule."""
    import torch

    state = model.state_dict()
    for name, tensor in state.items():
        if not name.endswith(".num_batches_tracked"):
            state[name] = torch.from_numpy(generate(name, tuple(tensor.shape)))
    model.load_state_dict(state, strict=True)
