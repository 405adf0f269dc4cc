"""A page of preference pairs: pictures, answers with their differences marked, and what made the run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from random import Random

from burnish.records import Answer, PreferencePair
from burnish.report import html
from burnish.report.pairs_tables import pairs_tables, share
from burnish.report.pictures import Thumbnail, clean_thumbnail, distorted_thumbnail
from burnish.report.summary import PairsSummary
from burnish.report.tables import NOTHING
from burnish.store import Run
from burnish.store.codec import to_json


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
    shown = "".join(_pair(run, pair) for pair in pairs)
    samples = f'<h2>{len(pairs):,} of {summary.kept:,} pairs</h2><div class="pairs">{shown}</div>'
    nothing = "<h2>No pairs</h2><p>Every example was dropped; the reasons stand above.</p>"
    return html.page(
        f"Preference pairs: {run.path.name}",
        f"{_lead(run)}{_tiles(summary)}",
        f"<h2>What became of the examples</h2>{html.tables(pairs_tables(summary))}\n"
        f"{samples if pairs else nothing}\n{_provenance(run)}",
    )


def _lead(run: Run) -> str:
    state = "" if run.summary is not None else " This run is not finished."
    model = str(run.manifest.config.get("model", "A model"))
    return (
        f'<p class="lead">{html.text(model)} answered every question on the picture itself (chosen) '
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
    return html.tiles(tiles)


def _short(value: float | None) -> str:
    return NOTHING if value is None else f"{value:g}"


def _pair(run: Run, pair: PreferencePair) -> str:
    texts = [rejected.answer.text for rejected in pair.rejected]
    views = [_view("chosen", "the picture", clean_thumbnail(run, pair), pair.chosen, texts)]
    for i, rejected in enumerate(pair.rejected):
        picture = distorted_thumbnail(run, pair, i)
        views.append(_view("rejected", rejected.distortion, picture, rejected.answer, [pair.chosen.text]))
    truth = "" if pair.answer is None else f'<p class="truth"><b>Ground truth</b> {html.text(pair.answer)}</p>'
    width = " wide" if len(pair.rejected) > 1 else ""
    return (
        f'<article class="pair{width}"><h3 class="question">{html.text(pair.question)}</h3>'
        f'<p class="where">{html.text(pair.source)} · {html.text(pair.id)}</p>'
        f'<div class="views">{"".join(views)}</div>{truth}</article>\n'
    )


def _view(kind: str, caption: str, picture: Thumbnail, answer: Answer, others: Sequence[str]) -> str:
    """A picture with the answer to it; `others` are the texts whose differences are marked."""
    facts = [f"{len(answer.token_ids):,} tokens"] if answer.token_ids else []
    facts += [f"log p {answer.ref_logp:.1f}"] if answer.ref_logp is not None else []
    return (
        f'<figure class="{kind}">{html.picture(picture, caption)}'
        f'<figcaption><span class="kind">{kind}</span> · {html.text(caption)}</figcaption>'
        f'{html.answer(answer.text, others)}<p class="detail">{", ".join(facts)}</p></figure>'
    )


def _provenance(run: Run) -> str:
    """What made the run, whole: configuration, seed, fingerprints, version."""
    made = run.manifest
    return html.origin(
        "What made this run",
        f"Burnish {made.version}, {made.created}, seed {made.seed}.",
        json.dumps(to_json(made), indent=2, ensure_ascii=False),
    )
