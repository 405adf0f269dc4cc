"""How a user writes down sources: `kind:path#option=value#option=value`, several joined by commas.

A comma begins a new source only where a known kind and a colon follow it, or `pocket` alone: other commas belong
to the path. A `#` begins an option only where `name=` follows it, or one single word at the end, which is short
for `split=WORD`: any other `#` belongs to the path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import SourceError

REPEATED = "ask"
"""The option that may be given several times; its values stand on lines of one text."""
_OPTION = re.compile(r"#(?=[A-Za-z_]\w*(?:=|$|#))")


@dataclass(frozen=True, slots=True)
class Spec:
    """One source as written, taken apart."""

    kind: str
    path: str
    options: Mapping[str, str]

    def only(self, *known: str) -> Mapping[str, str]:
        """The options. Raises SourceError for one that is not among `known`."""
        for name in self.options:
            if name not in known:
                choices = ", ".join(f"#{option}=" for option in known) or "none"
                raise SourceError(f"{self.kind}:{self.path} has no option #{name}; the options are: {choices}.")
        return self.options


def split_specs(text: str, kinds: Collection[str]) -> list[str]:
    """The sources of a comma-joined list."""
    names = "|".join(kinds)
    return re.split(rf",\s*(?=(?:{names}):|pocket\s*(?:[,#]|$))", text)


def parse_spec(text: str, kinds: Collection[str]) -> Spec:
    """One source taken apart. Raises SourceError for an unknown kind or a missing path."""
    head, *options = _OPTION.split(text.strip())
    kind, _, path = head.partition(":")
    if kind not in kinds:
        known = ", ".join(f"{name}:PATH" for name in kinds if name != "pocket")
        raise SourceError(f"{text!r} does not begin with a kind of source: write {known}, or pocket.")
    if not path and kind != "pocket":
        raise SourceError(f"{text!r} has no path: write {kind}:PATH.")
    found: dict[str, str] = {}
    for name, value in (_option(option, text) for option in options):
        if name in found and name != REPEATED:
            raise SourceError(f"{text!r} gives the option #{name}= twice: give it once.")
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return Spec(kind, path, found)


def at_home(path: str) -> str:
    """The path with `~/`, which a shell leaves as it is behind a colon, as the home folder."""
    return str(Path(path).expanduser()) if path.startswith("~/") else path


def _option(written: str, text: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        return "split", name
    if not value:
        raise SourceError(f"{text!r} gives the option #{name}= no value.")
    return name, value
