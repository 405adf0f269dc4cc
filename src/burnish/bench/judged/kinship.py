"""Whether a judge judges its own words, or those of a model of its family: judges prefer both.

A family is told by the name of a model ("Qwen2.5-VL-7B" is of qwen), and by `model_type` in a checkpoint's folder.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.store import Run
from burnish.store.manifest import NAME

_WORD = re.compile(r"[a-z]{2,}")


class Kinship(NamedTuple):
    """Between a judge and what it judges."""

    itself: bool
    """The judge made one of the runs."""
    family: str
    """What the judge has in common with a model that it judges; empty for none, and where it judges itself."""


def judges_kin(run: Run) -> Kinship:
    """Of the run's judge and the models of its answers; a file of answers is known by its name alone."""
    judge = str(run.manifest.config.get("judge", ""))
    given = run.manifest.settings.get("answers")
    models = [_model(Path(str(path))) for path in (given if isinstance(given, list) else [given]) if path]
    itself = judge in models
    own = family(judge)
    return Kinship(itself, own if own and not itself and own in map(family, models) else "")


def family(model: str) -> str:
    """The first word of a model's name or type, in lower case; empty where it has none."""
    if model.startswith(("http://", "https://")):
        model = model.partition("#")[2]
    kind = _type(Path(model)) if Path(model).is_dir() else Path(model).name
    found = _WORD.match(kind.lower())
    return found[0].removesuffix("vl") if found else ""


def _model(path: Path) -> str:
    return str(Run.open(path).manifest.config.get("model", "")) if (path / NAME).exists() else path.stem


def _type(folder: Path) -> str:
    """What the checkpoint says that it is; empty where it does not."""
    try:
        config = read_json(read_plain(folder / "config.json"))
    except (OSError, ValueError):
        return ""
    return str(config.get("model_type", "")) if isinstance(config, dict) else ""
