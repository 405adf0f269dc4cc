"""What pages are made of: templates that escape every text, one style, and a policy that trusts nothing shown.

A page is one HTML file that needs nothing beside it. Its own policy forbids outside resources and every script but
the one that filters and sorts, which it knows by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from burnish.report import diff
from burnish.store.codec import to_json
from burnish.web.templates import templates_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from matplotlib.figure import Figure

    from burnish.records import Answer, Json

MAX_TEXT = 6000
"""Characters of one text that are shown."""
MAX_LINES = 150_000
"""Bytes of a figure's SVG in a page."""
SCREEN = 150
"""Pixels an inch of a figure that would take more."""
_DRAWN: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()
"""Figures that were drawn: a page is tried with less and less text until it is small enough."""


@cache
def templates() -> Environment:
    """The templates of all pages."""
    made = templates_of("burnish.report")
    made.filters |= {one.__name__: one for one in (cut, marked, facts, drawing, pretty, compact)}
    return made


def page(template: str, **values: object) -> str:
    """A whole page. The style and the script stand in it, and its policy allows just these."""
    script = resource("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    given = {"policy": policy, "style": Markup(resource("page.css")), "script": Markup(script)}
    return templates().get_template(template).render(given | values)


def resource(name: str) -> str:
    """The text of a file of this package."""
    return files("burnish.report").joinpath(name).read_text(encoding="utf-8")


@pass_context
def cut(context: Context, text: str) -> str:
    """The text, shortened where it is longer than anyone would read, or than the page has room for (`longest`)."""
    longest: int = context.get("longest", MAX_TEXT)
    return shortened(text, longest)


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text):,} characters)"


@pass_context
def marked(context: Context, text: str, others: Sequence[str]) -> Markup:
    """A model's words, those marked that differ from the others; shortened in the same way."""
    longest: int = context.get("longest", MAX_TEXT)
    end = f" … ({len(text):,} characters)" if len(text) > longest else ""
    return Markup(diff.marked(text[:longest], [other[:longest] for other in others])) + end


def facts(answer: Answer) -> list[str]:
    """What is known of an answer besides its words."""
    numbers = [f"{len(answer.token_ids):,} tokens"] if answer.token_ids else []
    return numbers + ([f"log p {answer.ref_logp:.1f}"] if answer.ref_logp is not None else [])


def drawing(figure: Figure) -> str:
    """The figure as a data URL: lines, or pixels where these are fewer bytes than very many lines."""
    if figure not in _DRAWN:
        from burnish.report.plots import as_png, as_svg

        kind, data = "svg+xml", as_svg(figure)
        if len(data) > MAX_LINES:
            kind, data = "png", as_png(figure, SCREEN)
        _DRAWN[figure] = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return _DRAWN[figure]


def pretty(made: DataclassInstance) -> str:
    """All that a record holds, a manifest for example."""
    return json.dumps(to_json(made), indent=2, ensure_ascii=False)


def compact(numbers: Mapping[str, Json]) -> str:
    """JSON for a page's script; the template escapes it."""
    return json.dumps(dict(numbers), ensure_ascii=False)
