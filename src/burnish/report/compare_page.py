"""The page of a comparison: the verdict, all numbers, and the questions that flipped, with their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from burnish.errors import BurnishError
from burnish.report import html
from burnish.report.compare_tables import compare_tables, flips_title, numbers_table, verdict_line
from burnish.report.pages import Report
from burnish.report.pictures import Shown, thumbnail
from burnish.report.section import Tile
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
    return html.page(
        "compare.html",
        title=f"{compared.benchmark}: {compared.after.name} against {compared.before.name}",
        compared=compared,
        lead=" ".join(verdict_line(compared).split()),
        tiles=(
            Tile("verdict", compared.verdict),
            Tile("p", p_value(compared.headline.p_value)),
            Tile("answers paired", f"{compared.n:,}"),
            Tile("won", f"{compared.won:,}"),
            Tile("lost", f"{compared.lost:,}"),
        ),
        numbers=numbers_table(compared),
        flips_title=flips_title(compared),
        flips=[(flip, _picture(flip)) for flip in flips],
    )


def _picture(flip: Flip) -> Shown:
    """The picture, or why it cannot be shown; a flip without one is still a flip."""
    if not flip.picture:
        return Shown("", trouble="The result does not tell where it is: give --images.")
    try:
        return thumbnail(Path(flip.picture))
    except (BurnishError, OSError) as error:
        return Shown("", trouble=str(error))
