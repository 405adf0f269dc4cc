"""The flags that verbs take with `--model pocket` where nothing says otherwise, in one place and with the reason.

The verbs' own defaults are the papers', for models of billions of parameters. They move nothing in one of 2.7 million:
its answers are some words long, its pictures are noisy themselves, and a training of minutes has few steps. These were
found on the pocket world (docs/seva.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

Flags: TypeAlias = Mapping[str, Any]


class Defaults(NamedTuple):
    """Values by field name, and why they are not the papers'."""

    flags: Flags
    reason: str


POCKET: Mapping[str, Defaults] = {
    "pairs": Defaults(
        {"max_new_tokens": 96},
        "its longest description has 90 tokens",
    ),
    "train dpo": Defaults(
        {"lora_rank": 64, "lr": 4e-4, "batch_size": 32, "per_device": 32, "loss": ["softmax=0.9", "sft=0.1"]},
        "at the paper's 2e-6 and 128 pairs a step, so small a model does not move in so few steps; without the SFT "
        "term more of its answers are neither yes nor no, and it loses more where things are as usual",
    ),
}
"""By verb."""


def usual_values(verb: str) -> Callable[[str], Flags]:
    """By a model's name, what the verb takes with it: nothing for models of one's own."""

    def usual(model: str) -> Flags:
        return POCKET[verb].flags if model == "pocket" and verb in POCKET else {}

    return usual
