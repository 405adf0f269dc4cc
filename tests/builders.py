"""Records and runs made by hand, for the tests of every room: written by the real store, with real pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from burnish.images import encode_png
from burnish.records import Answer, Dropped, Json, Prediction, PreferencePair, Record, Rejected
from burnish.store import Run, new_manifest


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Stands for a verb's configuration."""

    model: str = "pocket"


def png(colour: str | tuple[int, int, int], width: int, height: int) -> bytes:
    """A picture of one colour."""
    return encode_png(Image.new("RGB", (width, height), colour))


def picture(number: int) -> bytes:
    """A picture of its own for each number."""
    return png((number % 256, 90, 160), 48, 32)


def answer(text: str, tokens: int = 0, logp: float | None = None) -> Answer:
    """An answer of so many tokens; 0 is a server's, which counts none."""
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


def dropped(number: int, reason: str = "equal answers", source: str = "quiz", detail: str = "") -> Dropped:
    """An example without a result."""
    return Dropped(id=f"d{number}", source=source, reason=reason, detail=detail)


def prediction(
    number: int,
    truth: str,
    text: str,
    *,
    distortion: str = "",
    picture: int | None = None,
    source: str = "quiz",
    tokens: int = 2,
    **facts: Json,
) -> Prediction:
    """The answer `text` to question `number`, whose ground truth is `truth`; each on its own picture by default, which
    no run keeps."""
    return Prediction(
        id=f"q{number}",
        image=f"picture {number if picture is None else picture}",
        question=f"question {number}?",
        answer=truth,
        text=text,
        source=source,
        distortion=distortion,
        n_tokens=tokens,
        facts=facts,
    )


def by_place(side: int = 32) -> Callable[[int, Record], bytes]:
    """Square pictures that differ by the place of their record."""
    return lambda place, _: png((place % 256, 40, 90), side, side)


def by_id(_: int, record: Record) -> bytes:
    """The picture of the number in a record's id."""
    return picture(int(record.id[1:]))


def always(picture: bytes) -> Callable[[int, Record], bytes]:
    """The same picture for every record."""
    return lambda *_: picture


def begin(
    folder: Path,
    kind: str = "pairs",
    config: Any = None,
    *,
    seed: int = 7,
    fingerprints: Mapping[str, str] | None = None,
    like: Run | None = None,
    restart: bool = False,
) -> Run:
    """A run to be filled, with the flags of another where one is `like` it; an unfinished one is gone on with."""
    made_by = {"model": "ab" * 32} if fingerprints is None else fingerprints
    manifest = (
        like.manifest if like is not None else new_manifest(kind, config or Flags(), seed=seed, fingerprints=made_by)
    )
    return Run.begin(folder, manifest, restart=restart)


def write_run(
    folder: Path,
    records: Iterable[Record],
    *,
    kind: str = "pairs",
    config: Any = None,
    seed: int = 7,
    fingerprints: Mapping[str, str] | None = None,
    pictures: Callable[[int, Record], bytes] | None = None,
    summary: Mapping[str, Json] | Callable[[Run], Mapping[str, Json]] | None = None,
    like: Run | None = None,
    done: bool = True,
    restart: bool = False,
) -> Run:
    """The run of these records, opened for reading; `begin` says how it begins.

    Where a record's `image` is empty, `pictures` draws one for its place and for itself.
    """
    pictures = pictures or by_place()
    with begin(folder, kind, config, seed=seed, fingerprints=fingerprints, like=like, restart=restart) as run:
        for place, record in enumerate(records):
            drawn = getattr(record, "image", None) == ""
            run.append([replace(record, image=run.add_image(pictures(place, record))) if drawn else record])
        if done:
            run.finish(summary(run) if callable(summary) else summary or {})
    return Run.open(folder)
