"""Names for runs that stand beside each other, for their models, and for what these were asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from burnish.errors import SourceError
from burnish.sources import KINDS
from burnish.sources.spec import parse_spec, split_specs
from burnish.store import Manifest

_NAMED = 3
"""Names that are listed one by one."""


def short_names(paths: Sequence[Path]) -> list[str]:
    """The shortest end of each path, its ending aside, that no other has; the whole path of one given twice.

    Folders in which all paths end are left out: of `a/made` and `b/made`, the names are a and b. A link keeps its name.
    """
    parts = [path.absolute().with_suffix("").parts for path in paths]
    while len(parts) > 1 and min(map(len, parts)) > 2 and len({path[-1] for path in parts}) == 1:
        parts = [path[:-1] for path in parts]
    if len({*parts}) < len(parts):
        return [f"{number}: {path}" for number, path in enumerate(paths, start=1)]
    return ["/".join(_shortest_end(path, parts)) for path in parts]


def _shortest_end(path: tuple[str, ...], among: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest end of a path that is no other's."""
    ends = (path[-length:] for length in range(1, 1 + len(path)))
    return next((end for end in ends if sum(other[-len(end) :] == end for other in among) == 1), path)


def short_models(names: Sequence[str]) -> list[str]:
    """Names of models and adapters without their folders, where these tell nothing apart."""
    short = [" + ".join(map(_base, name.split(" + "))) for name in names]
    of = dict[str, set[str]]()
    for name, one in zip(names, short, strict=True):
        of.setdefault(one, set()).add(name)
    return [one if len(of[one]) == 1 else name for name, one in zip(names, short, strict=True)]


def models_of(manifest: Manifest) -> list[str]:
    """Whose the records of a run are, as its flags name them, without folders."""
    roles = ("model", "student", "teacher", "judge")
    named = [
        (manifest.config.get(role), manifest.config.get("adapter" if role == "model" else f"{role}_adapter"))
        for role in roles
    ]
    return [" + ".join(_base(str(part)) for part in parts if part) for parts in named if parts[0]]


def _base(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def asked_name(source: str) -> str:
    """The data sets of a source as a person names them: "new/reading" of `pocket:new/reading#per_task=9`."""
    names = [_data_set(text) for text in split_specs(source, KINDS)] if source else []
    return listed_names(list(dict.fromkeys(names)))


def _data_set(text: str) -> str:
    try:
        spec = parse_spec(text, KINDS)
    except SourceError:  # a run that another version made
        return text
    if spec.kind == "pocket":
        return spec.path or "pocket"
    split = spec.options.get("split", "")
    return " ".join(filter(None, (Path(spec.path).stem, split)))


def listed_names(names: Sequence[str], most: int = _NAMED) -> str:
    """ "a, b and c"; of many the first ones, and how many more there are."""
    shown = [*names[:most], *([f"{len(names) - most:,} more"] if len(names) > most else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
