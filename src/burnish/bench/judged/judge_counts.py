"""How a run's judge did: how many of its replies can be read. Every judged figure stands beside this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from burnish.bench.judged.kinship import judges_kin
from burnish.bench.naming import speaker
from burnish.bench.standard.numbers import bounds
from burnish.errors import RunError
from burnish.records import Judgement
from burnish.scores import PEOPLE, CalibrateJudged, Judging
from burnish.store import Run
from burnish.store.codec import from_json
from burnish.uncertainty import wilson

NOT_KNOWN = "undefined"
Reads: TypeAlias = Callable[[Mapping[str, str], str], bool]
"""From what was asked and the reply to whether the reply can be read."""
ReplyOutcome: TypeAlias = Literal["at once", "again", "unread", "refused", "settled"]


def readable(judgement: Judgement, reads: Reads) -> str | None:
    """The first of its replies that can be read, or what stands for one; None where there is none."""
    if judgement.settled:
        return judgement.settled
    return next((reply for reply in judgement.said if reads(judgement.asked, reply)), None)


def last_reply(judgement: Judgement, reads: Reads) -> str:
    """The reply that official layouts hold: the readable one, else the last, else nothing."""
    found = readable(judgement, reads)
    return found if found is not None else judgement.said[-1] if judgement.said else ""


def judging(run: Run, judgements: Iterable[Judgement], reads: Reads) -> Judging:
    """How the judge did."""
    counts = Counter(_outcome(judgement, reads) for judgement in judgements)
    settled = counts.pop("settled", 0)
    n, read = counts.total(), counts["at once"] + counts["again"]
    kinship = judges_kin(run)
    return Judging(
        judge=speaker(run.manifest.config, "judge"),
        prompt=run.manifest.fingerprints.get("judge prompt", ""),
        n=n,
        at_once=counts["at once"],
        again=counts["again"],
        unread=counts["unread"],
        refused=counts["refused"],
        settled=settled,
        parse_rate=read / n if n else None,
        interval=bounds(wilson(read, n)) if n else None,
        calibration=calibrated(run),
        relative=kinship.itself,
        family=kinship.family,
    )


def calibrated(run: Run) -> str:
    """How far the run's judge agrees with people (or the oracle), by the run of --calibration; "" without one.

    Raises RunError for a run that is none, or is of another judge.
    """
    path = run.manifest.settings.get("calibration")
    if not path:
        return ""
    other = Run.open(Path(str(path)))
    if other.manifest.kind != "judged calibrate" or other.summary is None:
        raise RunError(
            f"--calibration {path} is not a finished run of `burnish bench judged calibrate`: make one first."
        )
    ours, theirs = (speaker(one.manifest.config, "judge") for one in (run, other))
    if ours != theirs:
        raise RunError(
            f"--calibration {path} is of the judge {theirs}, and this one is {ours}: calibrate the same one."
        )
    found = from_json(CalibrateJudged, other.summary)
    rho, alpha = (NOT_KNOWN if one.value is None else f"{one.value:.2f}" for one in (found.spearman, found.alpha))
    rated = f"{found.spearman.n:,} {'turns' if found.raters == PEOPLE else 'answers'} that {found.raters} rated"
    return f"Calibrated on {rated}: Spearman {rho}, Krippendorff's alpha {alpha}."


def _outcome(judgement: Judgement, reads: Reads) -> ReplyOutcome:
    if judgement.settled:
        return "settled"
    found = readable(judgement, reads)
    if found is not None:
        return "at once" if found is judgement.said[0] else "again"
    return "refused" if judgement.refused and not judgement.said else "unread"
