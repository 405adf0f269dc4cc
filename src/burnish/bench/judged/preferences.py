"""What a judge preferred in both orders, as preference pairs to train on (`burnish import pairs judged:RUN`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import final

from burnish.bench.judged.answers import BETWEEN
from burnish.bench.judged.judge_counts import readable
from burnish.bench.judged.pairwise import reads, verdict
from burnish.bench.judged.verdicts import TwoVerdicts
from burnish.errors import ImageError, RunError
from burnish.records import Answer, Dropped, Judgement, PreferencePair, Rejected
from burnish.store import Run, first_picture
from burnish.store.codec import fingerprint_of


@final
class JudgedPairs:
    """The questions of a run of `burnish bench judged pairwise`: the answer that won in both orders is chosen."""

    def __init__(self, path: str) -> None:
        """Raises RunError for another kind of run, and one that is not finished."""
        self._run = Run.open(Path(path))
        if self._run.manifest.kind != "judged pairwise" or self._run.summary is None:
            raise RunError(f"{path} is not a finished run of `burnish bench judged pairwise`: give one of these.")

    @cached_property
    def fingerprint(self) -> str:
        """Of the pairs."""
        return fingerprint_of(self)

    def __iter__(self) -> Iterator[PreferencePair | Dropped]:
        """One for each question and pair of models."""
        judgements = list(self._run.records(Judgement))
        for forth, back in zip(judgements[::2], judgements[1::2], strict=True):
            yield _outcome(forth, back)

    def picture(self, image: str) -> bytes:
        """The picture that the judge's run, or one of the judged runs, keeps."""
        if (kept := first_picture(self._runs, image)) is None:
            raise ImageError("missing image", f"No run keeps the picture {image}.")
        return kept

    @cached_property
    def _runs(self) -> list[Run]:
        """The judge's, and those of the answers that are still there."""
        answers = self._run.manifest.settings.get("answers")
        paths = [Path(str(one)) for one in answers] if isinstance(answers, list) else []
        return [self._run, *(Run.open(path) for path in paths if (path / "manifest.json").is_file())]


def _outcome(forth: Judgement, back: Judgement) -> PreferencePair | Dropped:
    two = TwoVerdicts(str(forth.facts["picture"]), _read(forth), _read(back))
    name = f"{forth.id}, {forth.part}"
    if not two.read:
        return Dropped(id=name, source=forth.source, reason="unreadable verdict", detail=forth.part)
    if two.outcome == "ties":
        reason = "contradicting verdicts" if two.contradicts else "tie"
        return Dropped(id=name, source=forth.source, reason=reason, detail=f"{two.forth}, then {two.back}")
    sides = ("first", "second") if two.outcome == "wins" else ("second", "first")
    chosen, rejected = (forth.asked[side].strip() for side in sides)
    if not chosen or not rejected:
        return Dropped(id=name, source=forth.source, reason="empty answer", detail=forth.part)
    image, *more = two.picture.split(BETWEEN)
    return PreferencePair(
        id=name,
        image=image,
        more_images=tuple(more),
        question=forth.asked["question"],
        chosen=Answer(text=chosen),
        rejected=(Rejected(distortion="", seed=0, answer=Answer(text=rejected)),),
        source=forth.source,
        answer=forth.asked.get("reference") or None,
    )


def _read(judgement: Judgement) -> str | None:
    reply = readable(judgement, reads)
    return None if reply is None else verdict(reply)
