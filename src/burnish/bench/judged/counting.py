"""How a run's judge did: how many of its replies can be read. Every judged figure stands beside this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias

from burnish.bench.judged.asking import Reads
from burnish.bench.naming import speaker
from burnish.bench.standard.numbers import bounds
from burnish.records import Judgement
from burnish.scores import Judging
from burnish.store import Run
from burnish.uncertainty import wilson

Outcome: TypeAlias = Literal["at once", "again", "unread", "refused"]


def readable(judgement: Judgement, reads: Reads) -> str | None:
    """The first of its replies that can be read; None where there is none."""
    return next((said for said in judgement.said if reads(judgement.asked, said)), None)


def last_said(judgement: Judgement, reads: Reads) -> str:
    """The reply that official layouts hold: the readable one, else the last, else nothing."""
    found = readable(judgement, reads)
    return found if found is not None else judgement.said[-1] if judgement.said else ""


def judging(run: Run, judgements: Iterable[Judgement], reads: Reads) -> Judging:
    """How the judge did."""
    counts = Counter(_outcome(judgement, reads) for judgement in judgements)
    n, read = counts.total(), counts["at once"] + counts["again"]
    return Judging(
        judge=speaker(run.manifest.config, "judge"),
        prompt=run.manifest.fingerprints.get("judge prompt", ""),
        n=n,
        at_once=counts["at once"],
        again=counts["again"],
        unread=counts["unread"],
        refused=counts["refused"],
        parse_rate=read / n if n else None,
        interval=bounds(wilson(read, n)) if n else None,
    )


def _outcome(judgement: Judgement, reads: Reads) -> Outcome:
    found = readable(judgement, reads)
    if found is not None:
        return "at once" if found is judgement.said[0] else "again"
    return "refused" if judgement.refused and not judgement.said else "unread"
