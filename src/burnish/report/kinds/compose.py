"""A run of composed dialogues: what became of the examples, and what that took."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from burnish.fire.composed import ComposeResult
from burnish.report.kinds.dialogues.together import dialogues_together, histograms
from burnish.report.kinds.kind import RunKind
from burnish.report.section import Section, scored_section, scores_of
from burnish.report.tables import NOTHING, Table, decimal, share_of
from burnish.report.tiles import counted_tiles
from burnish.store import Run

NAME_WIDTH = 60
"""A longer model name is shortened, so that tables fit a terminal of 80 columns."""


def _section(run: Run) -> Section:
    result = scores_of(ComposeResult, run)
    tiles = counted_tiles(result.made, result.kept, result.turns)
    return scored_section("Composed dialogues", compose_tables(result), result, tiles, histograms(run))


def compose_tables(result: ComposeResult) -> list[Table]:
    """Counts, drops and turned-down replies by reason, turns, tokens and cost."""
    tables = [
        _dialogues(result),
        _reasons("Examples without a dialogue", "examples", result.dropped, result.made),
        _reasons("Replies that became no dialogue", "replies", result.turned_down, result.usage.calls),
        _turns(result),
        _spending(result),
    ]
    return [table for table in tables if table.rows]


def _dialogues(result: ComposeResult) -> Table:
    model = textwrap.shorten(result.model, NAME_WIDTH, placeholder=" …") or result.model[:NAME_WIDTH]
    row = (
        f"{result.made:,}",
        f"{result.kept:,}",
        share_of(result.kept, result.made),
        decimal(result.first_score),
        decimal(result.last_score),
    )
    return Table(
        title=f"Dialogues composed by {model}",
        columns=("examples", "dialogues", "share", "first score", "last score"),
        rows=(row,),
        text_columns=frozenset(),
        note="Scores are means over the dialogues.",
    )


def _reasons(title: str, counted: str, reasons: Mapping[str, int], whole: int) -> Table:
    rows = tuple((reason, f"{n:,}", share_of(n, whole)) for reason, n in reasons.items())
    return Table(title=title, columns=("reason", counted, "share"), rows=rows)


def _turns(result: ComposeResult) -> Table:
    rows = tuple((turns, f"{n:,}", share_of(n, result.kept)) for turns, n in result.turns.items())
    return Table(title="Turns", columns=("turns", "dialogues", "share"), rows=rows)


def _spending(result: ComposeResult) -> Table:
    usage = result.usage
    if usage.uncounted == usage.calls:  # the oracle, or an endpoint that counts nothing
        return Table(title="Tokens", columns=(), rows=())
    cost = NOTHING if result.cost is None else f"{result.cost:,.2f} {result.currency}"
    row = (f"{usage.calls:,}", f"{usage.prompt_tokens:,}", f"{usage.completion_tokens:,}", cost)
    note = "Without --prices there is no cost." if result.cost is None else ""
    if usage.uncounted:
        note = f"{note} {usage.uncounted:,} replies came without a count of tokens: the sums lack them.".strip()
    return Table(
        title="Tokens",
        columns=("replies", "tokens in", "tokens out", "cost"),
        rows=(row,),
        text_columns=frozenset(),
        note=note,
    )


KIND = RunKind(section=_section, together=(dialogues_together,))
