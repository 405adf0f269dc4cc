"""Imports by name: what a table of verbs or benchmarks names is imported only when it is called, if it is installed."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

from burnish.errors import ConfigError


def load(name: str) -> Any:
    """What `module:name` names, imported now; the name may have dots: `module:BENCHMARK.score`."""
    module, _, attribute = name.partition(":")
    return attrgetter(attribute)(importlib.import_module(module))


def need(packages: tuple[str, ...], verb: str, extra: str) -> None:
    """Raise ConfigError unless the packages are installed, which come with an extra of Burnish."""
    for package in packages:
        if find_spec(package) is None:
            raise ConfigError(f"`burnish {verb}` needs the package {package}: pip install 'burnish[{extra}]'.")
