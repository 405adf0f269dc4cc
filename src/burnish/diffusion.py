"""The noise schedule of diffusion that SeVa's distortion and the pocket world's haze share; no torch."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

STEPS = 1000
"""Steps of the schedule; valid ones are 0 .. 999."""


class NoiseLevel(NamedTuple):
    """What is left of the picture and what is added to it: x_t = signal * x + noise * eps."""

    signal: float
    noise: float


@lru_cache(maxsize=1)
def levels() -> tuple[NoiseLevel, ...]:
    """(sqrt(abar_t), sqrt(1 - abar_t)) for t = 0 .. 999, in double precision.

    beta_t = sigmoid(s_t) * (0.5e-2 - 1e-5) + 1e-5 with s_t evenly from -6 to 6; abar_t is the product of 1 - beta
    up to and including t.
    """
    abar, made = 1.0, []
    for t in range(STEPS):
        s = -6 + 12 * t / (STEPS - 1)
        beta = (0.5e-2 - 1e-5) / (1 + math.exp(-s)) + 1e-5
        abar *= 1 - beta
        made.append(NoiseLevel(math.sqrt(abar), math.sqrt(1 - abar)))
    return tuple(made)
