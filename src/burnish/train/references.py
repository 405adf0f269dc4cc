"""Log-probabilities under the reference model that came with the pairs: used in the place of a pass of their own.

A run of `burnish pairs` weighs its answers with the model that gave them. Where that model is the one to be trained,
these are DPO's reference. They are trusted once a sample of them, the first pairs that are trained on, has been
computed again and found the same.
"""

from __future__ import annotations

import sys
from typing import Final, NamedTuple, final

import pyarrow.compute as pc
import torch
from accelerate import PartialState
from accelerate.utils import gather
from datasets import Dataset
from torch import Tensor

from burnish.errors import ConfigError, RunError
from burnish.train.config import DPOConfig, is_main_process
from burnish.train.sequences import Batch
from burnish.train.trainer import computes_in_bfloat16

SAMPLE: Final = 16
"""Pairs that are compared, over all processes."""


class Tolerance(NamedTuple):
    """How far a stored value may be from a computed one."""

    nats: float
    share: float
    """Of the computed value, on top of `nats`."""


FLOAT32 = Tolerance(0.01, 1e-4)
"""Rounding in another order of batches; with `--beta 0.1` it moves a reward by some thousandths at most."""
BFLOAT16 = Tolerance(1.0, 0.01)
"""Eight bits of mantissa: sums over a hundred tokens are off by some tenths."""


@final
class StoredReferences:
    """The reference log-probabilities of a run's answers, and whether they can be trusted."""

    def __init__(self, run: str, tolerance: Tolerance, *, pairs: int, required: bool) -> None:
        """`pairs`: how many are trained on; `required`: raise where they are wrong, instead of computing them."""
        self._run, self._tolerance, self._required = run, tolerance, required
        self._pairs = pairs
        self._compared, self._furthest, self._wrong = 0, 0.0, False

    @property
    def trusted(self) -> bool:
        """Whether a sample has been found right."""
        return self._compared >= SAMPLE and not self._wrong

    def agree(self, batch: Batch, computed_EA: Tensor) -> bool:
        """Whether the batch's stored values, and all before, are the computed ones but for rounding.

        Every process must call this equally often. Raises RunError where they are too far off and are required.
        """
        if self._wrong:
            return False
        off_EA = (batch["reference_EA"] - computed_EA).abs()
        excess_EA = off_EA - self._tolerance.nats - self._tolerance.share * computed_EA.abs()
        found = torch.stack([off_EA.max(), (~(excess_EA <= 0)).sum(), torch.tensor(len(off_EA)).to(off_EA)])
        each = gather(found[None]) if PartialState().num_processes > 1 else found[None]
        self._furthest = max(self._furthest, each[:, 0].max().item())
        self._wrong = bool(each[:, 1].sum() > 0)
        self._compared += int(each[:, 2].sum())
        if self._wrong or self.trusted:
            self._report()
        return not self._wrong

    def _report(self) -> None:
        sample = f"a stored value is {self._furthest:.2g} nats from the model's own"
        if self._wrong and self._required:
            raise RunError(
                f"The reference log-probabilities of {self._run} are not those of the model ({sample}): "
                "take --references computed."
            )
        if not is_main_process():
            return
        if self._wrong:
            print(f"Reference log-probabilities are computed, because {sample}.", file=sys.stderr)
        else:
            compared = min(self._compared, self._pairs)
            print(
                "Reference log-probabilities are those stored with the pairs: "
                f"{compared:,} pairs were computed again, none off by more than {self._furthest:.2g} nats.",
                file=sys.stderr,
            )


def stored_references(config: DPOConfig, table: Dataset) -> StoredReferences | None:
    """The prepared table's references, None where they are to be computed; says why unless the flags do.

    Raises ConfigError for `--references stored` without any.
    """
    if config.references == "computed":
        return None
    half, required = computes_in_bfloat16(config), config.references == "stored"
    if loss := config.objective.needs_references:
        reason = f"a run does not hold those that --loss {loss} needs"
    elif pc.min(pc.list_value_length(table.data.column("references"))).as_py() == 0:
        reason = f"not every answer of {', '.join(config.shares)} has one that is whole and of this model"
    elif half and not required:
        # step 0 must have rewards of 0, and rounding this coarse cancels only within one kind of pass
        reason = "training is in bfloat16"
    else:
        return StoredReferences(
            ", ".join(config.shares), BFLOAT16 if half else FLOAT32, pairs=len(table), required=required
        )
    if required:
        raise ConfigError(f"--references stored is not available: {reason}; take --references auto.")
    if is_main_process():
        print(f"Reference log-probabilities are computed: {reason}.", file=sys.stderr)
    return None
