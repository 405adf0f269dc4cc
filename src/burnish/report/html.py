"""Pages: one HTML file that needs nothing beside it, and trusts nothing that it shows.

Every text is escaped, pictures are data URLs, and the page's own policy forbids scripts and outside resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from burnish.report.differences import marked
from burnish.report.pictures import Thumbnail
from burnish.report.tables import Table

MAX_TEXT = 6000
"""Characters of one text that are shown."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, header: str, body: str) -> str:
    """A whole page; `header` stands below the title, and both are HTML already."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{text(title)}</title><style>{_style()}</style></head>\n"
        f"<body><header><h1>{text(title)}</h1>{header}</header>\n{body}</body></html>\n"
    )


def _style() -> str:
    return files("burnish.report").joinpath("page.css").read_text(encoding="utf-8")


def text(words: str) -> str:
    """Escaped, and cut where it is longer than anyone would read."""
    return escape(words if len(words) <= MAX_TEXT else f"{words[:MAX_TEXT]} … ({len(words):,} characters)")


def tiles(of: Iterable[tuple[str, str, str]]) -> str:
    """Large numbers in a row: name, value, and what stands small behind it."""
    cells = "".join(
        f"<div><dt>{text(name)}</dt><dd>{text(value)} <small>{text(extra)}</small></dd></div>"
        for name, value, extra in of
    )
    return f'<dl class="tiles">{cells}</dl>'


def tables(of: Iterable[Table]) -> str:
    """Tables beside each other where there is room."""
    return f'<div class="tables">{"".join(map(_table, of))}</div>'


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        kinds = ["" if i in table.text_columns else ' class="number"' for i in range(len(cells))]
        return "".join(f"<{tag}{kind}>{text(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in table.rows)
    head = f"<thead><tr>{row(table.columns, 'th')}</tr></thead>"
    return f'<div class="scroll"><table><caption>{text(table.title)}</caption>{head}<tbody>{body}</tbody></table></div>'


def picture(of: Thumbnail, what: str) -> str:
    """A picture; `what` is said to who cannot see it."""
    pixels = ' class="small"' if of.small else ""
    return f'<img{pixels} src="{of.url}" alt="{text(what)}">'


def answer(said: str, others: Sequence[str]) -> str:
    """A model's words, those marked that differ from the others."""
    return f'<p class="answer">{marked(said[:MAX_TEXT], [other[:MAX_TEXT] for other in others])}</p>'


def origin(title: str, line: str, details: str) -> str:
    """What made the numbers, whole but folded; `details` is shown as it is written."""
    return (
        f"<h2>{text(title)}</h2>"
        f'<p class="lead">{text(line)}</p><details><summary>Configuration and fingerprints</summary>'
        f"<pre>{escape(details)}</pre></details>"
    )
