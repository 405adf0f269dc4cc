"""Burnish's models inside lmms-eval, which finds them by the entry point `burnish` of the group `lmms_eval.models`.

    lmms-eval --model burnish --model_args model=pocket,adapter=PATH --batch_size 16 --tasks mme …

lmms-eval is not a dependency: nothing else of Burnish imports this room, and only lmms-eval itself calls it.
"""

from __future__ import annotations

from typing import Any


def manifest() -> Any:
    """What lmms-eval registers: a class for its conversations, and one for the tasks that weigh answers."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(
        model_id="burnish",
        chat_class_path="burnish.bench.lmms.models.Chat",
        simple_class_path="burnish.bench.lmms.models.Simple",
    )
