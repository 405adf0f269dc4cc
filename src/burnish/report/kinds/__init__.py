"""The kinds of runs: which module here describes each, and the verb that makes it.

A new kind is one module with a `KIND`, and one line in `KINDS`. A module is imported only for a run of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from burnish.errors import RunError
from burnish.lazy import load
from burnish.scores import JUDGED_RESULTS
from burnish.store import Run

if TYPE_CHECKING:
    from burnish.report.kinds.kind import RunKind


class Entry(NamedTuple):
    """Where a kind of run is described, and where it comes from."""

    module: str
    verb: str
    """`{benchmark}` stands for the one that the run's scores name."""


KINDS: Mapping[str, Entry] = {
    "pairs": Entry("pairs", "pairs"),
    "compose": Entry("compose", "compose"),
    "simulate": Entry("simulate", "simulate"),
    "dialogues": Entry("dialogues", "import"),
    **{kind: Entry("training", f"train {kind}") for kind in ("dpo", "sft", "student", "teacher", "distil")},
    **{kind: Entry(kind, f"bench {kind}") for kind in ("answers", "sampled", "fixed", "free")},
    "teacher bench": Entry("fooled", "bench teacher"),
    "standard": Entry("standard", "bench standard {benchmark}"),
    "results": Entry("standard", "import results"),
    **{kind: Entry("judged", f"bench {kind}") for kind in JUDGED_RESULTS},
}
"""By the kind that a run's manifest names; sections of several runs stand in this order."""
_TOLD_BY_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "dialogues": {"student": "bench free"},  # one of the seeds of a bench, in its folder
    "pairs": {"samples": "pairs from-samples", "learn": "pairs from-dialogues"},
    "results": {"tasks": "bench lmms"},
}
"""Verbs whose runs are of a kind that another verb makes too, by kind and by a setting that only they have."""


def kind_of(run: Run) -> RunKind:
    """What there is to say of such runs. Raises RunError for a kind without a report."""
    kind = run.manifest.kind
    if kind not in KINDS:
        raise RunError(f"{run.path} holds {kind}, for which there is no report: give one of {', '.join(KINDS)}.")
    found: RunKind = load(f"burnish.report.kinds.{KINDS[kind].module}:KIND")
    return found


def verb_of(run: Run) -> str:
    """The verb that made the run, as it is called; empty where that cannot be told."""
    kind, settings = run.manifest.kind, run.manifest.settings
    for setting, verb in _TOLD_BY_SETTINGS.get(kind, {}).items():
        if setting in settings:
            return verb
    if kind == "simulate" and "student" not in settings:
        return "pairs to-dialogues"
    if kind == "pairs" and "model" not in settings:
        return "import pairs"
    benchmark = (run.summary or {}).get("benchmark", "")
    verb = KINDS[kind].verb if kind in KINDS else ""
    return verb.format(benchmark=benchmark) if benchmark or "{" not in verb else ""
