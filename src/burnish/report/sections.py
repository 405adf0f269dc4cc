"""What is written about a run, and about several runs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from burnish.report.kinds import KINDS, kind_of
from burnish.report.replies_tables import with_replies
from burnish.report.section import NamedRun, Section
from burnish.store import Run


def section_of(name: str, run: Run) -> Section:
    """What there is to say of a run. Raises RunError for one that holds nothing to report."""
    kind = kind_of(run)
    section = kind.section(run)
    titled = replace(section, title=f"{section.title}: {name}")
    return with_replies(titled, NamedRun(name, run)) if kind.replies else titled


def sections_together(runs: Sequence[NamedRun]) -> list[Section]:
    """Sections of all runs that can be laid side by side; none for a single run."""
    of = {named.run.manifest.kind: kind_of(named.run) for named in runs}
    ways = dict.fromkeys(way for kind in KINDS if kind in of for way in of[kind].together)
    sections = []
    for way in ways:
        laid = [named for named in runs if way in of[named.run.manifest.kind].together]
        sections += way(laid) if len(laid) > 1 else []
    return sections
