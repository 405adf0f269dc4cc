"""What a page begins with: what was compared, what came of it, one figure, and three questions that flipped.

Of runs that are not comparable: what they are, and the few numbers that say what they came to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from burnish.errors import BurnishError
from burnish.report.changes import Panel, panels_of
from burnish.report.html import MAX_TEXT, shortened
from burnish.report.naming import listed_names, models_of
from burnish.report.pictures import ShownPicture, thumbnail
from burnish.report.section import NamedRun, Section, Tile
from burnish.report.titles import leading, title_of, what_was_compared
from burnish.report.verdicts import NamedVerdict, Sentence, changed_line, gate_line, sentences
from burnish.scores import Compared, Flip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FLIPS = 3
FEW_WORDS = 80
"""Characters of a text that is read at a glance."""
LONGEST = 160
"""Characters of a text on the first screen."""
MOST = 6
"""Verdicts that are told at once; further ones are folded away."""
CAUTION = (
    "Better and worse need a 95 % interval of the change without 0, and p < 0.05; of 20 comparisons without any "
    "change, one would be called better or worse by chance."
)


class VerdictLink(NamedTuple):
    """A verdict, and a link to its numbers."""

    sentence: Sentence
    link: str


class ShownFlip(NamedTuple):
    """A question that flipped, as it stands in a page."""

    flip: Flip
    picture: ShownPicture
    before: str
    """Who answered first."""
    after: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The first screen of a page."""

    title: str
    lead: str = ""
    told: Sequence[VerdictLink] = ()
    most: int = MOST
    caution: str = ""
    panels: Sequence[Panel] = ()
    tiles: Sequence[Tile] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """One, for runs that are not comparable."""
    changed: str = ""
    """How many answers changed."""
    gate: str = ""
    """Whether a release passes, and why."""
    flips_title: str = ""
    flips: Sequence[ShownFlip] = ()
    flipped: str = ""
    """The folder of the run whose records they are."""


def opening_of(
    verdicts: Sequence[NamedVerdict], links: Sequence[str], *, about: str, seed: int, flips: int = FLIPS
) -> Opening:
    """The first screen of comparisons, of which there is one at least; each link leads to one's numbers."""
    first = leading(verdicts)
    compared = first.compared
    drawn = drawn_flips(shown_flips(compared), seed, flips)
    where = f" {first.where}" if len(verdicts) > 1 else ""
    return Opening(
        title=title_of(verdicts, about),
        lead=what_was_compared(verdicts),
        told=[VerdictLink(one, links[min(i, len(links) - 1)]) for i, one in enumerate(sentences(verdicts))],
        caution=CAUTION,
        panels=panels_of(verdicts),
        changed=changed_line(compared),
        gate=gate_line(compared.gate) if compared.gate else "",
        flips_title=_flips_title(compared, len(drawn), where),
        flips=[shown_flip(flip, first, LONGEST) for flip in drawn],
        flipped=compared.after.path,
    )


def shown_flips(compared: Compared) -> tuple[Flip, ...]:
    """What is shown first: the questions that flipped; answers that changed where no question can flip."""
    return compared.flips or compared.reworded


def _flips_title(compared: Compared, drawn: int, where: str) -> str:
    if not compared.flips and compared.reworded:
        return f"{drawn} of {len(compared.reworded):,} answers that changed{where}"
    flips = f"{drawn} of {len(compared.flips):,} questions that flipped{where}"
    return f"{flips}: {compared.won:,} won, {compared.lost:,} lost"


def plain_opening(
    runs: Sequence[NamedRun], joint: Sequence[Section], own: Sequence[Section], about: str = ""
) -> Opening:
    """The first screen of runs that are not comparable."""
    drawn = next((section.figures for section in (*joint, *own[:1]) if section.figures), {})
    figures = dict([*drawn.items()][:1])
    kinds = listed_names(list(dict.fromkeys(section.title.partition(":")[0] for section in own)), most=4)
    models = listed_names(list(dict.fromkeys(name for _, run in runs for name in models_of(run.manifest))))
    title = about or f"{kinds}: {models or listed_names([name for name, _ in runs])}"
    if len(runs) == 1:
        (section,) = own
        return Opening(title=title, lead=section.lead, tiles=section.tiles, figures=figures)
    lead = f"{len(runs)} runs: their numbers stand below, side by side where they are of one kind."
    return Opening(title=title, lead=lead, figures=figures if joint else {})


def drawn_flips(flips: Sequence[Flip], seed: int, count: int) -> list[Flip]:
    """Flips, as many won and lost as of all, drawn by the seed: of clean pictures that are there, of few words, and of
    different sources, where they can be."""
    drawn = Random(seed).sample(flips, len(flips))
    drawn.sort(key=lambda flip: (not flip.picture, bool(flip.distortion), _is_long(flip)))
    sides = {name: [flip for flip in drawn if flip.outcome == name] for name in ("won", "lost", "changed")}
    if sides["changed"]:
        return _varied(sides["changed"], count)
    won = min(round(count * len(sides["won"]) / max(1, len(flips))), len(sides["won"]))
    return [*_varied(sides["won"], won), *_varied(sides["lost"], min(count, len(flips)) - won)]


def _is_long(flip: Flip) -> bool:
    return max(map(len, (flip.question, flip.before, flip.after, flip.truth))) > FEW_WORDS


def _varied(flips: Sequence[Flip], count: int) -> list[Flip]:
    """The first of each source, then the others."""
    firsts = dict[str, Flip]()
    for flip in flips:
        firsts.setdefault(flip.source, flip)
    chosen = [*firsts.values(), *(flip for flip in flips if flip is not firsts[flip.source])]
    return chosen[:count]


def shown_flip(flip: Flip, verdict: NamedVerdict, longest: int = MAX_TEXT) -> ShownFlip:
    """With its picture, or why that cannot be shown (a flip without one is still a flip); texts cut to `longest`."""
    before, after, truth = (shortened(text, longest) for text in (flip.before, flip.after, flip.truth))
    flip = replace(flip, before=before, after=after, truth=truth)
    try:
        trouble = "" if flip.picture else "The result does not say where the picture is: give --images."
        picture = ShownPicture("", trouble=trouble) if trouble else thumbnail(Path(flip.picture))
    except (BurnishError, OSError) as error:
        picture = ShownPicture("", trouble=str(error))
    return ShownFlip(flip, picture, verdict.old, verdict.new)
