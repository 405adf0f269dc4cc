"""The page of a comparison: the verdict, all numbers, and the questions that flipped, with their pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from burnish.errors import BurnishError
from burnish.report import html
from burnish.report.compare_tables import compare_tables, flips_title, numbers_table, verdict_line
from burnish.report.pages import Report
from burnish.report.pictures import thumbnail
from burnish.report.tables import p_value
from burnish.scores import Compared, Flip
from burnish.store.codec import to_json


def write_comparison(compared: Compared, folder: Path, shown: int) -> Report:
    """Write the page, with `shown` flips, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(compare_page(compared, compared.flips[:shown]), encoding="utf-8")
    return Report((path,), tuple(compare_tables(compared)), to_json(compared))


def compare_page(compared: Compared, flips: Sequence[Flip]) -> str:
    """The page, with these of the flips."""
    before, after = compared.before, compared.after
    lead = f'<p class="lead">{html.text(" ".join(verdict_line(compared).split()))}</p>'
    tiles = html.tiles(
        [
            ("verdict", compared.verdict, ""),
            ("p", p_value(compared.headline.p_value), ""),
            ("answers paired", f"{compared.n:,}", ""),
            ("won", f"{compared.won:,}", ""),
            ("lost", f"{compared.lost:,}", ""),
        ]
    )
    cards = "".join(_flip(flip, before.name, after.name) for flip in flips)
    told = f"{len(flips):,} of {len(compared.flips):,} questions that flipped"
    samples = f'<h2>{told}</h2><p class="lead">{html.text(flips_title(compared))}.</p><div class="pairs">{cards}</div>'
    numbers = numbers_table(compared)
    note = f'<p class="lead">{html.text(" ".join(numbers.note.split()))}</p>'
    made = json.dumps({"before": to_json(before), "after": to_json(after)}, indent=2, ensure_ascii=False)
    return html.page(
        f"{compared.benchmark}: {after.name} against {before.name}",
        f"{lead}{tiles}",
        f"<h2>Numbers</h2>{html.tables([numbers])}{note}\n"
        f"{samples if flips else '<h2>No question flipped</h2>'}\n"
        f"{html.origin('What was compared', f'{before.path} and {after.path}', made)}",
    )


def _flip(flip: Flip, before: str, after: str) -> str:
    """A question with both answers; the better one has the colour of chosen answers."""
    won = flip.outcome == "won"
    sides = (
        _side("rejected" if won else "chosen", before, flip.before, flip.after, flip.value_before),
        _side("chosen" if won else "rejected", after, flip.after, flip.before, flip.value_after),
    )
    truth = f'<p class="truth"><b>Ground truth</b> {html.text(flip.truth)}</p>' if flip.truth else ""
    place = " · ".join(filter(None, (flip.outcome, flip.source, flip.id, flip.distortion)))
    return (
        f'<article class="pair"><h3 class="question">{html.text(flip.question or flip.id)}</h3>'
        f'<p class="where">{html.text(place)}</p>{_picture(flip)}'
        f'<div class="views">{"".join(sides)}</div>{truth}</article>\n'
    )


def _picture(flip: Flip) -> str:
    """The picture, or why it cannot be shown; a flip without one is still a flip."""
    if not flip.picture:
        return '<p class="detail">The result does not tell where the picture is: give --images.</p>'
    try:
        shown = html.picture(thumbnail(Path(flip.picture)), "the picture")
    except (BurnishError, OSError) as error:
        return f'<p class="detail">The picture cannot be shown: {html.text(str(error))}</p>'
    return f'<figure class="shown">{shown}</figure>'


def _side(kind: str, name: str, said: str, other: str, value: float) -> str:
    return (
        f'<figure class="{kind}"><figcaption><span class="kind">{html.text(name)}</span> · {value:.3g}</figcaption>'
        f"{html.answer(said, [other])}</figure>"
    )
