"""The page of a comparison: the verdict, the numbers, and the questions that flipped, with their pictures."""

from __future__ import annotations

from pathlib import Path

from burnish.report import html
from burnish.report.compare_tables import (
    compare_tables,
    comparison_tiles,
    flips_title,
    judged_table,
    numbers_table,
    reworded_title,
)
from burnish.report.opening import FLIPS, drawn_flips, opening_of, shown_flip, shown_flips
from burnish.report.pages import WrittenReport
from burnish.report.verdicts import verdict_line, verdicts_of
from burnish.scores import Compared
from burnish.store.codec import to_json


def write_comparison(compared: Compared, folder: Path, shown: int) -> WrittenReport:
    """Write the page, with `shown` flips, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text(compare_page(compared, shown), encoding="utf-8")
    return WrittenReport((path,), tuple(compare_tables(compared)), to_json(compared))


def compare_page(compared: Compared, shown: int) -> str:
    """The page, with so many of the flips."""
    (verdict,) = verdicts_of([compared])
    first = min(FLIPS, shown)
    opening = opening_of([verdict], ["#numbers"], about="", seed=0, flips=first)
    begun = drawn_flips(shown_flips(compared), 0, first)
    others, reworded = ([flip for flip in flips if flip not in begun] for flips in (compared.flips, compared.reworded))
    return html.page(
        "compare.html",
        title=opening.title,
        opening=opening,
        flip_links=[""] * len(opening.flips),
        compared=compared,
        line=" ".join(verdict_line(compared).split()),
        tiles=comparison_tiles(compared),
        numbers=[numbers_table(compared), *([judged_table(compared.judged)] if compared.judged else [])],
        flips_title=flips_title(compared),
        flips=[shown_flip(flip, verdict) for flip in others[: shown - first]],
        reworded_title=reworded_title(compared),
        reworded=[shown_flip(flip, verdict) for flip in reworded[: max(0, shown - first - len(others))]],
    )
