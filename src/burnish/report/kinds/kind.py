"""What a kind of run has to say: a section of its own, and sections of several such runs together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from burnish.report.section import NamedRun, Section
from burnish.store import Run

SideBySide: TypeAlias = Callable[[Sequence[NamedRun]], list[Section]]
"""Sections of several runs together. Kinds that name the same function stand side by side."""


@dataclass(frozen=True, kw_only=True)
class RunKind:
    """Each module of this package declares one, `KIND`."""

    section: Callable[[Run], Section]
    """Raises RunError for a run that holds nothing to report."""
    together: tuple[SideBySide, ...] = ()
    replies: bool = True
    """Whether a model was asked, so that the replies are counted."""
