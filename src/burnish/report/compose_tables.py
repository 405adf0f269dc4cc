"""What composing dialogues came to, as tables."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from burnish.fire.composed import ComposeResult
from burnish.report.pairs_tables import decimal, share
from burnish.report.tables import NOTHING, Table

NAME_WIDTH = 60
"""A longer model name is shortened, so that tables fit a terminal of 80 columns."""


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
        share(result.kept, result.made),
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
    rows = tuple((reason, f"{n:,}", share(n, whole)) for reason, n in reasons.items())
    return Table(title=title, columns=("reason", counted, "share"), rows=rows)


def _turns(result: ComposeResult) -> Table:
    rows = tuple((turns, f"{n:,}", share(n, result.kept)) for turns, n in result.turns.items())
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
