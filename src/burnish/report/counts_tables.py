"""What came of a call that leaves no run to report on, as one small table of counts."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.report.tables import Table


def counted(title: str, counts: Mapping[str, int], left_out: Mapping[str, int] | None = None, note: str = "") -> Table:
    """A row for each count, and below them one for each reason for which something was left out."""
    rows = [(name, f"{number:,}") for name, number in counts.items()]
    rows += [(f"  left out: {reason}", f"{number:,}") for reason, number in (left_out or {}).items()]
    return Table(title=title, columns=("", "number"), rows=tuple(rows), note=note)
