"""What verbs say on a terminal: tables that fit it and where files are, in colour only where that is wanted.

Rich decides as its users expect: colour on a terminal, or where FORCE_COLOR is set. With NO_COLOR there is no escape
code at all, and nothing is ever said by colour alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.table import Table as Grid
from rich.text import Text

from burnish.printable import printable
from burnish.report.layout import GAP, Placed, fit
from burnish.report.tables import NOTHING, Table, align_margins

WIDTH = 80
"""Columns of what is not a terminal, and the widest that running words become on one."""
STYLES: Mapping[str, str] = {NOTHING: "dim", "better": "green", "won": "green", "worse": "red", "lost": "red"}
"""Of whole cells: a number that is undefined, and verdicts."""
BEST = "bold green"


VERBOSE: ContextVar[bool] = ContextVar("verbose", default=False)
"""Whether the command has --verbose."""


def verbose() -> bool:
    """Whether verbs print their long tables too: with --verbose, or where BURNISH_VERBOSE is set."""
    return VERBOSE.get() or bool(os.environ.get("BURNISH_VERBOSE"))


def terminal() -> Console:
    """Standard output as it is now: plain where it is not a terminal, or where NO_COLOR is set."""
    return Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else WIDTH,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def coloured() -> bool:
    """Whether standard output takes colours."""
    return terminal().color_system is not None


def say(*parts: RenderableType) -> None:
    """Print parts one below the other, without the spaces that Rich fills lines with."""
    console = terminal()
    with console.capture() as captured:
        for part in parts:
            console.print(part, crop=False)
    sys.stdout.write("\n".join(line.rstrip() for line in captured.get().split("\n")))
    sys.stdout.flush()


def show(tables: Iterable[Table], files: Iterable[Path | str] = ()) -> None:
    """Print tables, an empty line before each, and where files are."""
    width = terminal().width
    say(*(drawn(table, width) for table in tables))
    listed("Written:", files)


def listed(heading: str, lines: Iterable[Path | str]) -> None:
    """Print what is there to be copied, a path or a command a line: no line is wrapped, however long it is."""
    if shown := [printable(str(line)) for line in lines]:
        print(f"\n{heading}", *(f"  {line}" for line in shown), sep="\n", flush=True)


def drawn(table: Table, width: int) -> Group:
    """The table within so many columns, an empty line before it; what does not fit wraps, or moves below."""
    cells = [list(map(_one_line, column)) for column in zip(table.columns, *table.rows, strict=True)]
    columns = [column if i in table.text_columns else align_margins(column) for i, column in enumerate(cells)]
    parts = fit(columns, table.text_columns, width)
    grids = [piece for part in parts for piece in ("", _grid(table, columns, part))]
    note = ["", prose(table.note, "dim")] if table.note else []
    return Group("", prose(table.title, "bold"), *grids, *note)


def prose(text: str, style: str = "") -> RenderableType:
    """Running words, wrapped; their own new lines stay."""
    return Constrain(Text(printable(text), style=style), WIDTH)


def _grid(table: Table, columns: Sequence[Sequence[str]], part: Sequence[Placed]) -> Grid:
    """One grid, as wide as its columns even where the terminal is narrower: Rich would cut their numbers."""
    total = sum(placed.width for placed in part) + GAP * (len(part) - 1)
    padding = (0, GAP - 1, 0, 0)  # and the box's own column between two columns
    grid = Grid(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, width=total, header_style="cyan")
    for column, width in part:
        side: Literal["left", "right"] = "left" if column in table.text_columns else "right"
        grid.add_column(Text(columns[column][0]), justify=side, width=width, overflow="fold")
    for row in range(len(table.rows)):
        cells = {column: columns[column][row + 1] for column, _ in part}
        styles = {column: STYLES.get(cell.strip(), "") for column, cell in cells.items()}
        styles |= {column: BEST for column in cells if (row, column) in table.best}
        grid.add_row(*(Text(cell, styles[column]) for column, cell in cells.items()))
    return grid


def _one_line(cell: str) -> str:
    """Unlike running words, a cell keeps the spaces it begins with: they say what stands below what."""
    return printable(cell).replace("\n", " ")
