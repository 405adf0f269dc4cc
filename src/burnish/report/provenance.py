"""What made a run, for whoever wants to trace a number or to repeat it."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from burnish.flags import flag_words
from burnish.pocket.defaults import usual_values
from burnish.report.kinds import verb_of
from burnish.store import Run
from burnish.store.manifest import Manifest

_COMMIT = re.compile(r"\+([0-9a-f]{7,40})(-dirty)?$")


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
    """The verb with the words that gave the run's settings, where both are known."""
    verb, words, settings = verb_of(run), run.manifest.words, run.manifest.settings
    if not verb or not words:
        return ""
    # Words leave out what is at the verb's default, which with some models is not what the verb takes by itself.
    usual = usual_values(verb)(str(settings.get("model", "")))
    flags = {name: f"--{name.replace('_', '-')}" for name in usual}
    left_out = [name for name in usual if flags[name] not in words and settings.get(name) != usual[name]]
    own = [word for name in left_out for word in flag_words(flags[name], settings.get(name), once=False)]
    return shlex.join(["burnish", *verb.split(), *words, *own])
