"""Adapters that were trained under older versions of transformers, which called a VLM's layers by other names.

Version 4.52 moved LLaVA's `language_model.model.layers` to `model.language_model.layers`, Qwen-VL's `model.layers` to
the same, and likewise in most families (transformers pull request 37033). A checkpoint's weights are renamed when they
are loaded. PEFT 0.21 renames an adapter's too, but misses Qwen-VL's and some vision towers', and only warns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, cast

from peft import PeftModel
from safetensors import safe_open
from transformers import PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightRenaming

_PREFIX = "base_model.model."
_LEAF = re.compile(r"\.(lora_|weight$|bias$)")
"""Where the name of a layer ends in that of an adapter's weight."""


class RenamedLayers(NamedTuple):
    """What is called otherwise today; empty for an adapter whose layers the model has."""

    patterns: dict[str, str]
    """Of old names, and what stands for them today, as PEFT's `key_mapping` takes them."""
    adapted: list[str]
    """The layers with LoRA weights that have new names, by these."""


def renamed_layers(model: PreTrainedModel | PeftModel, weights: Path) -> RenamedLayers:
    """What of an adapter's layers has another name in the model.

    Raises OSError and SafetensorError for a file that cannot be read.
    """
    base = cast(PreTrainedModel, model.get_base_model()) if isinstance(model, PeftModel) else model
    present = {name for name, _ in base.named_modules()}
    missing = {name: is_adapted for name, is_adapted in _layers(weights).items() if name not in present}
    found = RenamedLayers({}, [])
    if not missing:
        return found
    renamings = [one for one in get_model_conversion_mapping(base) if isinstance(one, WeightRenaming)]
    for old, is_adapted in missing.items():
        new = old
        for renaming in renamings:
            new, _ = renaming.rename_source_key(new)
        if new in present:
            found.patterns.update([_shortest(old.split("."), new.split("."))])
            found.adapted.extend([new] if is_adapted else [])
    return found


def _layers(weights: Path) -> dict[str, bool]:
    """The names of the layers, and whether LoRA is on them; the others are trained whole."""
    with safe_open(weights, framework="pt") as file:
        names: Iterable[str] = file.keys()
        return {_LEAF.split(name.removeprefix(_PREFIX))[0]: ".lora_" in name for name in names}


def _shortest(old: list[str], new: list[str]) -> tuple[str, str]:
    """What differs at the beginning of two names, as a pattern and its replacement."""
    same = 0
    while same < min(len(old), len(new)) - 1 and old[-1 - same] == new[-1 - same]:
        same += 1
    kept = re.escape(f".{old[len(old) - same]}.") if same else r"\."
    return f"^{re.escape('.'.join(old[: len(old) - same]))}(?={kept})", ".".join(new[: len(new) - same])
