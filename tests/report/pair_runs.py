"""Runs of preference pairs for tests, written by the real store, with real pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from burnish.images import encode_png
from burnish.records import Answer, Dropped, PreferencePair, Rejected
from burnish.store import Run, new_manifest


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str = "pocket"


def answer(text: str, tokens: int = 0, logp: float | None = None) -> Answer:
    """An answer of so many tokens; 0 is a server's, which tells none."""
    return Answer(text=text, token_ids=tuple(range(tokens)), ref_logp=logp)


def pair(
    number: int,
    chosen: Answer,
    rejected: Sequence[Answer],
    *,
    question: str = "What is it?",
    source: str = "quiz",
    truth: str | None = None,
    distortions: Sequence[str] = ("flip:1", "grey", "invert"),
) -> PreferencePair:
    """A pair whose picture `write_run` draws."""
    return PreferencePair(
        id=f"p{number}",
        image="",
        question=question,
        chosen=chosen,
        rejected=tuple(
            Rejected(distortion=spec, seed=number, answer=one) for spec, one in zip(distortions, rejected, strict=False)
        ),
        source=source,
        answer=truth,
    )


def write_run(
    folder: Path, records: Iterable[PreferencePair | Dropped], *, side: int = 32, kind: str = "pairs", done: bool = True
) -> Run:
    """Writes the records, each pair with a picture of its own of `side` pixels, and opens the run for reading."""
    with Run.begin(folder, new_manifest(kind, _Config(), seed=7, fingerprints={"model": "ab" * 32})) as run:
        for i, record in enumerate(records):
            picture = Image.new("RGB", (side, side), (i % 256, 40, 90))
            drawn = isinstance(record, PreferencePair)
            run.append([replace(record, image=run.add_image(encode_png(picture))) if drawn else record])
        if done:
            run.finish({})
    return Run.open(folder)


def dropped(number: int, reason: str, source: str = "quiz") -> Dropped:
    """An example without a pair."""
    return Dropped(id=f"d{number}", source=source, reason=reason)
