"""What `--loss` may name, with weights, and the numbers that some losses need; nothing heavy is imported here."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, final

from burnish.errors import ConfigError

DEFAULT_LOSS: Final = "softmax"
"""SeVa's (equation 16 with 6)."""
SFT: Final = "sft"
"""The loss that looks at the chosen answer alone, and is a mean over its tokens."""
ROBUST: Final = "robust"
LENGTH_DESENSITISED: Final = "ld"
CONDITIONAL: Final = "copo"
"""The loss that looks at the distorted pictures, too."""
ANCHORED: Final = "tpo"
"""The loss that weighs tokens by how much they depend on the picture."""
LOSS_NAMES: Final = (
    "softmax",
    "sum",
    "sigmoid",
    "sigmoid_norm",
    "hinge",
    "ipo",
    ROBUST,
    "bco_pair",
    "apo_zero",
    "apo_down",
    LENGTH_DESENSITISED,
    CONDITIONAL,
    "ancpo",
    ANCHORED,
    SFT,
)
"""`burnish.train.losses` has a function for each."""
TOGETHER: Final = {"mdpo": ("sigmoid", CONDITIONAL, "ancpo")}
"""What a paper calls several terms of one weight (arXiv 2406.11839)."""


class LossTerm(NamedTuple):
    """A loss that is part of the whole."""

    name: str
    weight: float

    @property
    def spec(self) -> str:
        """As `--loss` takes it."""
        return self.name if self.weight == 1 else f"{self.name}={self.weight:g}"


@final
@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a training on preferences minimises: the weighted sum of its terms."""

    terms: tuple[LossTerm, ...] = (LossTerm(DEFAULT_LOSS, 1),)
    beta: float = 0.1
    """How strongly the policy is held to the reference model."""
    label_smoothing: float | None = None
    """Share of pairs whose preference is taken to be the wrong way round; `robust` needs it."""
    ld_alpha: float | None = None
    """Weight of the tokens that a longer answer has beyond the length of the shorter; `ld` needs it."""

    def __post_init__(self) -> None:
        if not self.beta > 0:
            raise ConfigError(f"--beta must be above 0, not {self.beta}.")
        self._require(
            ROBUST,
            "--label-smoothing",
            self.label_smoothing,
            "the share of pairs whose preference is taken to be the wrong way round (its paper has 0.1)",
        )
        self._require(
            LENGTH_DESENSITISED,
            "--ld-alpha",
            self.ld_alpha,
            "the weight of what a longer answer has beyond the length of the shorter, 1 being that of DPO",
        )
        if self.label_smoothing is not None and not 0 <= self.label_smoothing < 0.5:
            raise ConfigError(f"--label-smoothing must be 0 or above and below 0.5, not {self.label_smoothing}.")
        if self.ld_alpha is not None and not 0 <= self.ld_alpha <= 1:
            raise ConfigError(f"--ld-alpha must be from 0 to 1, not {self.ld_alpha}.")

    @property
    def names(self) -> Collection[str]:
        """Of the losses."""
        return [term.name for term in self.terms]

    @property
    def needs_token_logps(self) -> bool:
        """Whether some loss needs log-probabilities token by token, not only their sum over an answer."""
        return LENGTH_DESENSITISED in self.names or self.needs_picture_logps

    @property
    def needs_picture_logps(self) -> bool:
        """Whether some loss needs all answers' log-probabilities under the distorted pictures, token by token."""
        return ANCHORED in self.names

    @property
    def sees_distorted(self) -> bool:
        """Whether some loss needs the chosen answer's log-probability under the distorted pictures, too."""
        return CONDITIONAL in self.names or self.needs_picture_logps

    @property
    def needs_references(self) -> str:
        """The loss whose reference log-probabilities no run of pairs holds; empty where stored ones will do."""
        return next((name for name in (LENGTH_DESENSITISED, ANCHORED, CONDITIONAL) if name in self.names), "")

    def _require(self, loss: str, flag: str, value: float | None, meaning: str) -> None:
        if loss in self.names and value is None:
            raise ConfigError(f"--loss {loss} needs {flag}: {meaning}.")
        if loss not in self.names and value is not None:
            raise ConfigError(f"{flag} {value} is used by --loss {loss} alone, which is not among the losses.")


def parse_terms(specs: Sequence[str]) -> tuple[LossTerm, ...]:
    """The terms that the `--loss` flags name as NAME or NAME=WEIGHT; the default where there are none."""
    terms = tuple(term for spec in specs for term in _parse(spec)) or (LossTerm(DEFAULT_LOSS, 1),)
    names = [term.name for term in terms]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"--loss {min(twice)} is given twice: give each loss once, with its whole weight.")
    return terms


def _parse(spec: str) -> list[LossTerm]:
    name, given, weight = spec.partition("=")
    if name not in LOSS_NAMES and name not in TOGETHER:
        raise ConfigError(f"--loss {spec} names no loss: choose from {', '.join((*LOSS_NAMES, *TOGETHER))}.")
    try:
        value = float(weight) if given else 1.0
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ConfigError(f"--loss {spec} must have a weight above 0, such as {name}=0.5.")
    return [LossTerm(one, value) for one in TOGETHER.get(name, (name,))]
