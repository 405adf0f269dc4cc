"""Dialogues of a student and a teacher on one base, beside a loop that holds one after the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from burnish.dialogue.roles_config import open_pair
from burnish.dialogue.stopping import StopRules
from burnish.dialogue.talk import Conversations, Pair
from burnish.make.simulate import SimulateConfig
from burnish.models import Decoding, Model, OnReply, Reply, Request
from burnish.models.active_adapter import ActiveAdapter
from burnish.models.base import ignore
from burnish.models.local import LocalModel
from burnish.records import Record
from burnish.roles import Role
from burnish.sources import stream
from burnish.store import Run, new_manifest
from generate_alone import one_at_a_time

TASKS = 8
"""Of the source, which has as many questions of each."""


class Talked(NamedTuple):
    """How long it took, and the dialogues."""

    seconds: float
    cpu_seconds: float
    """Of this process."""
    records: list[Record]


@dataclass(frozen=True)
class Alone:
    """A local model that is given one prompt at a time, by transformers' own `generate`."""

    local: LocalModel

    @property
    def fingerprint(self) -> str:
        """The model's."""
        return self.local.fingerprint

    @property
    def template_fingerprint(self) -> str:
        """The model's."""
        return self.local.template_fingerprint

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        """One reply per request."""
        replies = []
        for number, ids in enumerate(one_at_a_time(self.local, requests, decoding)):
            text = self.local.processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
            replies.append(Reply(text=text, token_ids=ids))
            on_reply(number, replies[-1])
        return replies


def pocket_dialogues(dialogues: int) -> SimulateConfig:
    """The student and teacher that come with Burnish, about so many questions on pictures that nobody has seen."""
    return SimulateConfig(
        source=f"pocket:heldout#per_task={dialogues // TASKS}",
        student="pocket",
        student_adapter="pocket-student",
        teacher="pocket",
        teacher_adapter="pocket-teacher",
        device="cpu",
        out="",
    )


def compare(dialogues: int, batch_size: int, repeats: int) -> dict[str, object]:
    """Run all in turns; the bars' numbers."""
    config = replace(pocket_dialogues(dialogues), batch_size=batch_size)
    reusing, reading = open_pair(config), open_pair(replace(config, reuse_gib=0.0))
    times = []
    for _ in range(repeats):
        alone = talk(replace(config, in_flight=1), peers(reading))
        again, ours = talk(config, reading), talk(config, reusing)
        times.append((alone.seconds, again.seconds, ours.seconds))
        print("dialogues: {:.2f} s alone, {:.2f} s without reuse, {:.2f} s with it".format(*times[-1]), flush=True)
    return {
        "speedup_dialogues": median(alone / ours for alone, _, ours in times),
        "speedup_dialogues_without_reuse": median(alone / again for alone, again, _ in times),
        "equal_dialogues": alone.records == again.records == ours.records,
        "dialogues": len(alone.records),
        "runs_dialogues": times,
    }


def peers(pair: Pair) -> Pair:
    """The same two, given one prompt at a time."""
    student, teacher = pair
    assert isinstance(student, Role)
    assert isinstance(teacher, Role)
    return Pair(replace(student, model=_alone(student.model)), replace(teacher, model=_alone(teacher.model)))


def _alone(model: Model) -> Alone:
    """With the adapter as PEFT computes it."""
    assert isinstance(model, LocalModel)
    assert isinstance(model.activate_adapter, ActiveAdapter)
    plain = copy(model)
    plain.activate_adapter = replace(model.activate_adapter, merges=False)
    return Alone(plain)


def talk(config: SimulateConfig, pair: Pair) -> Talked:
    """All dialogues of the source, in a run that is thrown away."""
    inputs = stream(config.source, config)
    rules = StopRules(threshold=config.threshold, max_turns=config.max_turns)
    conversations = Conversations(pair=pair, rules=rules, in_flight=config.in_flight)
    with tempfile.TemporaryDirectory() as folder:
        began, cpu_began = time.perf_counter(), time.process_time()
        with Run.begin(Path(folder) / "run", new_manifest("simulate", config, seed=0, fingerprints={})) as run:
            conversations.fill(run, inputs, label="dialogues")
            return Talked(time.perf_counter() - began, time.process_time() - cpu_began, [*run])
