"""Win rates as they would be at equal lengths (AlpacaEval 2; Dubois et al., 2024, equation 2).

A logistic regression of the outcomes on tanh of the standardised difference of lengths; its constant says how often a
model wins where both answers are as long. The paper's third term, how hard each instruction is, needs many models and
is left out. Weak normal priors (deviation 10) keep it finite where one model always wins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from burnish.uncertainty import Floats, Interval, Z

PRIOR = 0.01
"""One over the priors' variance."""
_TURNS = 50


class Controlled(NamedTuple):
    """A win rate at equal lengths."""

    rate: float
    interval: Interval | None
    """With errors that are robust to several questions about one picture; None for a single picture."""


def at_equal_lengths(pictures: Sequence[str], worth: Sequence[float], longer: Sequence[float]) -> Controlled:
    """From what each comparison is worth (1, 0.5 or 0) and how much longer the first answer is, in any unit."""
    spread = float(np.std(longer))
    lengths = np.tanh(np.asarray(longer) / spread) if spread else np.zeros(len(longer))
    design_N2 = np.stack((np.ones(len(longer)), lengths), axis=1)
    worth_N = np.asarray(worth, dtype=np.float64)
    weights_2 = _fit(design_N2, worth_N)
    error = _error(design_N2, worth_N, weights_2, pictures)
    low, high = (_rate(weights_2[0] + sign * Z * error) for sign in (-1, 1))
    return Controlled(_rate(weights_2[0]), Interval(low, high) if len(set(pictures)) > 1 else None)


def _rate(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _fit(design_N2: Floats, worth_N: Floats) -> Floats:
    """Newton's method; the priors make the largest likelihood unique."""
    weights_2: Floats = np.zeros(2)
    for _ in range(_TURNS):
        slope_2 = design_N2.T @ (worth_N - _chances(design_N2, weights_2)) - PRIOR * weights_2
        step_2 = np.linalg.solve(_curvature(design_N2, weights_2), slope_2)
        weights_2 = weights_2 + np.clip(step_2, -2.0, 2.0)
        if float(np.abs(step_2).max()) < 1e-10:
            break
    return weights_2


def _chances(design_N2: Floats, weights_2: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-design_N2 @ weights_2))
    return chances


def _curvature(design_N2: Floats, weights_2: Floats) -> Floats:
    chances_N = _chances(design_N2, weights_2)
    curvature: Floats = (design_N2 * (chances_N * (1 - chances_N))[:, None]).T @ design_N2 + PRIOR * np.eye(2)
    return curvature


def _error(design_N2: Floats, worth_N: Floats, weights_2: Floats, pictures: Sequence[str]) -> float:
    """Of the constant: the sandwich of Liang and Zeger (1986), summed by picture."""
    places = {name: place for place, name in enumerate(dict.fromkeys(pictures))}
    slopes_P2 = np.zeros((len(places), 2))
    slopes_N2 = design_N2 * (worth_N - _chances(design_N2, weights_2))[:, None]
    np.add.at(slopes_P2, [places[name] for name in pictures], slopes_N2)
    bread = np.linalg.inv(_curvature(design_N2, weights_2))
    return math.sqrt(float((bread @ (slopes_P2.T @ slopes_P2) @ bread)[0, 0]))
