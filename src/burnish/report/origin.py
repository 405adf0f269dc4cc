"""What made a run, for whoever wants to trace a number or to repeat it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from burnish.flags import words_of
from burnish.lazy import load
from burnish.pocket.defaults import usual_values
from burnish.store import Run
from burnish.store.manifest import Manifest

_COMMIT = re.compile(r"\+([0-9a-f]{7,40})(-dirty)?$")
VERBS: Mapping[str, str] = {
    "dialogues": "import",
    "teacher bench": "bench teacher",
    **{kind: f"train {kind}" for kind in ("dpo", "sft", "student", "teacher")},
    **{kind: f"bench {kind}" for kind in ("answers", "fixed", "free", "sampled")},
    **{
        f"judged {name}": f"bench judged {name}"
        for name in ("mmvet", "llava-bench", "mmhal", "shr", "consistency", "pairwise", "grades", "calibrate")
    },
}
"""The verb that makes a kind of run, where its name is another; of a standard benchmark, its run tells which."""


class Origin(NamedTuple):
    """What a report says about where its numbers come from."""

    name: str
    line: str
    code: str
    """What brings back the code that made the run, as a shell takes it; empty where no commit is known."""
    command: str
    """What repeats the run, as a shell takes it; empty where that cannot be told."""
    manifest: Manifest


def origin_of(name: str, run: Run) -> Origin:
    """Where a run comes from."""
    made = run.manifest
    commit = _COMMIT.search(made.version)
    dirty = ", from a checkout with changes that were not committed" if commit and commit[2] else ""
    line = f"{run.path}, begun {made.created} by Burnish {made.version} with seed {made.seed}{dirty}."
    code = f"git checkout {commit[1]}" if commit else ""
    return Origin(name, line, code, _command(run), made)


def _command(run: Run) -> str:
    """The verb with every flag that is not at its default."""
    # The table of verbs stands above the reports, and names their configurations: it is looked at when it is needed.
    verbs = load("burnish.commands:VERBS")
    verb = _verb(run)
    if verb not in verbs:
        return ""
    words = words_of(load(verbs[verb].config), run.manifest.settings, usual_values(verb))
    return shlex.join(["burnish", *verb.split(), *words])


def _verb(run: Run) -> str:
    kind = run.manifest.kind
    if kind == "standard":  # named by its scores, so that one that is not finished cannot be told from another
        return f"bench standard {(run.summary or {}).get('benchmark', '')}"
    if kind == "dialogues" and "student" in run.manifest.settings:  # one of the seeds of a bench, in its folder
        return "bench free"
    if kind == "pairs" and "model" not in run.manifest.settings:
        return "pairs from-dialogues" if "learn" in run.manifest.settings else "import pairs"
    return VERBS.get(kind, kind)
