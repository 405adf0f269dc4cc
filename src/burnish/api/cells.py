"""Runs, records and tables as HTML that stands in a notebook's cell: no script, no style but its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any, NamedTuple

from burnish.errors import ImageError, RunError
from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record
from burnish.report.cards import PictureOf, Views, card_of
from burnish.report.pictures import album
from burnish.report.section import NamedRun
from burnish.report.sections import section_of
from burnish.report.tables import Table
from burnish.store import Run

MOST_BYTES = 600_000
"""Of the pictures in a cell."""
_BOX = "display:inline-block;vertical-align:top;max-width:22em;margin:0 1em 1em 0"


class NotebookCell(NamedTuple):
    """What a notebook displays."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def run_cell(run: Run) -> NotebookCell:
    """What a run holds, its few numbers, and its first record."""
    begun = f"<b>{escape(str(run.path))}</b>: {len(run):,} {escape(run.manifest.kind)}"
    if run.summary is None:
        return NotebookCell(f"<p>{begun}, unfinished</p>")
    try:
        section = section_of(run.path.name, NamedRun(run.path.name, run).run)
    except RunError as error:
        return NotebookCell(f"<p>{begun}</p>{text_html(str(error))}")
    tiles = "".join(
        f'<div style="{_BOX}"><b style="font-size:1.4em">{escape(tile.value)}</b> {escape(tile.unit)}<br>'
        f"{escape(tile.name)}</div>"
        for tile in section.tiles
    )
    first = next((record for record in run if not isinstance(record, Dropped)), None)
    return NotebookCell(f"<p>{begun}</p>{tiles}{'' if first is None else record_cell(run, first).html}")


def record_cell(run: Run, record: Record) -> NotebookCell:
    """A record with its pictures, the distorted ones drawn again."""
    card = card_of(record, run.manifest.seed)
    return NotebookCell(_title(record) + _BODIES[type(record)](record, _views(run, card.views)))


def table_html(table: Table) -> str:
    """A table with its title."""
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<p><b>{escape(table.title)}</b></p><table><tr>{head}</tr>{rows}</table>"


def text_html(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def _views(run: Run, views: Sequence[Views]) -> list[str]:
    """The pictures of each answer."""
    drawn = iter(_pictures(run, [of for view in views for of in view]))
    return ["".join(islice(drawn, len(view))) for view in views]


def _pictures(run: Run, wanted: Sequence[PictureOf]) -> list[str]:
    """One `img` each, or why there is none."""
    try:
        shown = album([(run, of) for of in wanted], MOST_BYTES)
    except (RunError, ImageError) as error:
        return [text_html(str(error))] * len(wanted)
    found = [shown[run.path, of] for of in wanted]
    return [
        f'<img src="{one.url}" style="display:block;min-width:128px">' if one.url else text_html(one.trouble)
        for one in found
    ]


def _title(record: Record) -> str:
    question = "" if isinstance(record, Judgement | Dropped) else f"<b>{escape(record.question)}</b> "
    return f"<p>{question}<small>{escape(record.source)}, {escape(record.id)}</small></p>"


def _boxes(boxes: Sequence[tuple[str, str, str]]) -> str:
    """Pictures side by side, each with what was said about it below: picture, label, text."""
    return "".join(
        f'<div style="{_BOX}">{picture}<small>{escape(label)}</small><br>{_lines(text)}</div>'
        for picture, label, text in boxes
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _pair(pair: PreferencePair, pictures: Sequence[str]) -> str:
    labelled = [("chosen", pair.chosen.text)]
    labelled += [(f"rejected, {one.distortion}", one.answer.text) for one in pair.rejected]
    return _boxes([(picture, *one) for picture, one in zip(pictures, labelled, strict=True)])


def _dialogue(dialogue: Dialogue, pictures: Sequence[str]) -> str:
    turns = "".join(
        f"<p><small>student</small><br>{_lines(turn.response.text)}</p>"
        f"<p><small>teacher</small><br>{_lines(turn.feedback.text)}</p>"
        for turn in dialogue.turns
    )
    truth = text_html(f"Ground truth: {dialogue.answer}")
    return f'<div style="{_BOX}">{pictures[0]}{truth}</div><div style="{_BOX}">{turns}</div>'


def _prediction(prediction: Prediction, pictures: Sequence[str]) -> str:
    truth = text_html(f"Ground truth: {prediction.answer}") if prediction.answer else ""
    return _boxes([(pictures[0], prediction.distortion or "clean", prediction.text)]) + truth


def _judgement(judgement: Judgement, _pictures: Sequence[str]) -> str:
    return "".join(f"<p>{_lines(text)}</p>" for text in (*judgement.said, judgement.refused) if text)


def _dropped(dropped: Dropped, _pictures: Sequence[str]) -> str:
    return text_html(f"Dropped: {dropped.reason}. {dropped.detail}")


_BODIES: Mapping[type[Record], Callable[[Any, Sequence[str]], str]] = {
    PreferencePair: _pair,
    Dialogue: _dialogue,
    Prediction: _prediction,
    Judgement: _judgement,
    Dropped: _dropped,
}
