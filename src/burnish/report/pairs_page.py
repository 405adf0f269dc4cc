"""A page of preference pairs: one HTML file that needs nothing beside it, and trusts nothing that it shows.

Every text is escaped, pictures are data URLs, and the page's own policy forbids scripts and outside resources.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from random import Random

from burnish.records import Answer, PreferencePair
from burnish.report.differences import marked
from burnish.report.pairs_tables import pairs_tables, share
from burnish.report.pictures import Thumbnail, clean_thumbnail, distorted_thumbnail
from burnish.report.summary import PairsSummary
from burnish.report.tables import NOTHING, Table
from burnish.store import Run
from burnish.store.codec import to_json

MAX_TEXT = 6000
"""Characters of one text that are shown."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def sample(pairs: Iterable[PreferencePair], count: int, seed: int) -> list[PreferencePair]:
    """`count` pairs drawn evenly from a stream of unknown length, in its order (reservoir sampling; Vitter, 1985)."""
    random = Random(seed)
    kept: list[tuple[int, PreferencePair]] = []
    for position, pair in enumerate(pairs):
        if len(kept) < count:
            kept.append((position, pair))
        elif (place := random.randrange(position + 1)) < count:
            kept[place] = (position, pair)
    return [pair for _, pair in sorted(kept, key=lambda item: item[0])]


def pairs_page(run: Run, summary: PairsSummary, pairs: Sequence[PreferencePair]) -> str:
    """The page: the run's numbers, the given pairs with their pictures, and what made the run."""
    title = f"Preference pairs: {run.path.name}"
    shown = "".join(_pair(run, pair) for pair in pairs)
    samples = f'<h2>{len(pairs):,} of {summary.kept:,} pairs</h2><div class="pairs">{shown}</div>'
    nothing = "<h2>No pairs</h2><p>Every example was dropped; the reasons stand above.</p>"
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{_text(title)}</title><style>{_style()}</style></head>\n"
        f"<body><header><h1>{_text(title)}</h1>{_lead(run)}{_tiles(summary)}</header>\n"
        f'<h2>What became of the examples</h2><div class="tables">{"".join(map(_table, pairs_tables(summary)))}</div>\n'
        f"{samples if pairs else nothing}\n{_provenance(run)}</body></html>\n"
    )


def _style() -> str:
    return files("burnish.report").joinpath("page.css").read_text(encoding="utf-8")


def _text(text: str) -> str:
    """Escaped, and cut where it is longer than anyone would read."""
    return escape(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text):,} characters)")


def _lead(run: Run) -> str:
    state = "" if run.summary is not None else " This run is not finished."
    model = str(run.manifest.config.get("model", "A model"))
    return (
        f'<p class="lead">{_text(model)} answered every question on the picture itself (chosen) '
        "and on distorted copies of it (rejected). Marked words differ. Log p is the log-probability of an answer, in "
        f"nats, that the model gives on the clean picture.{state}</p>"
    )


def _tiles(summary: PairsSummary) -> str:
    lengths = [("chosen", summary.chosen), ("rejected", summary.rejected)]
    tiles = [
        ("examples", f"{summary.made:,}", ""),
        ("pairs kept", f"{summary.kept:,}", share(summary.kept, summary.made)),
        ("dropped", f"{summary.dropped.total():,}", share(summary.dropped.total(), summary.made)),
    ]
    for name, answers in lengths:
        measured, unit = (answers.tokens, "tokens") if answers.tokens.n else (answers.words, "words")
        tiles.append((f"median length, {name}", _short(measured.median), unit))
    cells = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{_text(value)} <small>{_text(extra)}</small></dd></div>"
        for name, value, extra in tiles
    )
    return f'<dl class="tiles">{cells}</dl>'


def _short(value: float | None) -> str:
    return NOTHING if value is None else f"{value:g}"


def _table(table: Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        kinds = ["" if i in table.text_columns else ' class="number"' for i in range(len(cells))]
        return "".join(f"<{tag}{kind}>{_text(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in table.rows)
    head = f"<thead><tr>{row(table.columns, 'th')}</tr></thead>"
    return (
        f'<div class="scroll"><table><caption>{_text(table.title)}</caption>{head}<tbody>{body}</tbody></table></div>'
    )


def _pair(run: Run, pair: PreferencePair) -> str:
    texts = [rejected.answer.text for rejected in pair.rejected]
    views = [_view("chosen", "the picture", clean_thumbnail(run, pair), pair.chosen, texts)]
    for i, rejected in enumerate(pair.rejected):
        picture = distorted_thumbnail(run, pair, i)
        views.append(_view("rejected", rejected.distortion, picture, rejected.answer, [pair.chosen.text]))
    truth = "" if pair.answer is None else f'<p class="truth"><b>Ground truth</b> {_text(pair.answer)}</p>'
    width = " wide" if len(pair.rejected) > 1 else ""
    return (
        f'<article class="pair{width}"><h3 class="question">{_text(pair.question)}</h3>'
        f'<p class="where">{_text(pair.source)} · {_text(pair.id)}</p>'
        f'<div class="views">{"".join(views)}</div>{truth}</article>\n'
    )


def _view(kind: str, caption: str, picture: Thumbnail, answer: Answer, others: Sequence[str]) -> str:
    """A picture with the answer to it; `others` are the texts whose differences are marked."""
    pixels = ' class="small"' if picture.small else ""
    facts = [f"{len(answer.token_ids):,} tokens"] if answer.token_ids else []
    facts += [f"log p {answer.ref_logp:.1f}"] if answer.ref_logp is not None else []
    cut = answer.text[:MAX_TEXT]
    return (
        f'<figure class="{kind}"><img{pixels} src="{picture.url}" alt="{_text(caption)}">'
        f'<figcaption><span class="kind">{kind}</span> · {_text(caption)}</figcaption>'
        f'<p class="answer">{marked(cut, [other[:MAX_TEXT] for other in others])}</p>'
        f'<p class="detail">{", ".join(facts)}</p></figure>'
    )


def _provenance(run: Run) -> str:
    """What made the run, whole: configuration, seed, fingerprints, version."""
    manifest = json.dumps(to_json(run.manifest), indent=2, ensure_ascii=False)
    return (
        "<h2>What made this run</h2>"
        f'<p class="lead">Burnish {_text(run.manifest.version)}, {_text(run.manifest.created)}, '
        f"seed {run.manifest.seed}.</p><details><summary>Configuration and fingerprints</summary>"
        f"<pre>{escape(manifest)}</pre></details>"
    )
