"""Makes a POPE of one's own from detection annotations (Li et al., 2023, section 5): what is not there is asked too.

Of each picture the first objects are asked about, and after each one an object that is not in the picture: any one
(random), the one that most of the chosen pictures have (popular), or the one that they most often have together with
the object just asked about (adversarial). Objects are counted over the chosen pictures, as in the official code.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import ClassVar, TypeAlias

import tyro

from burnish.bench.standard.detections import DetectedPicture, read_detections
from burnish.bench.standard.making import WrittenBenchmark
from burnish.errors import ConfigError, SourceError
from burnish.ids import stable_seed
from burnish.store.codec import dump
from burnish.store.disk import explained, write_whole

Candidates: TypeAlias = Callable[[str], Sequence[str]]
"""From an object that is in the picture to those that are asked about beside it, the best first."""
SPLITS = ("random", "popular", "adversarial")


@dataclass(frozen=True, kw_only=True)
class MakePopeConfig:
    """Make a POPE of your own pictures: three files of questions, which `bench standard pope` and `score pope` read."""

    benchmark: ClassVar[str] = "pope"
    annotations: tyro.conf.Positional[str]
    """Detection annotations in COCO's form, such as instances_val2014.json, with `images`, `annotations` and
    `categories`."""
    out: str
    """Folder for the files."""
    name: str = "own"
    """Beginning of the file names, as in own_pope_random.json."""
    pictures: int = 500
    """Pictures to ask about, drawn from those with enough objects."""
    objects: int = 3
    """Objects to ask about per picture, and as many that are absent."""
    seed: int = 0
    """Seed of every draw."""
    json: str | None = None
    """Also write the counts to this file."""

    def __post_init__(self) -> None:
        for flag, value in (("--pictures", self.pictures), ("--objects", self.objects)):
            if value < 1:
                raise ConfigError(f"{flag} must be at least 1, not {value}.")
        if self.seed < 0:
            raise ConfigError(f"--seed must be 0 or more, not {self.seed}.")
        if not self.name or "/" in self.name:
            raise ConfigError(f"--name must be a part of a file's name, not {self.name!r}.")


def make_pope(config: MakePopeConfig) -> WrittenBenchmark:
    """Write a file of questions for each split. Raises SourceError for annotations that do not suffice."""
    eligible = [seen for seen in read_detections(config.annotations) if len(seen.objects) >= config.objects]
    if len(eligible) < config.pictures:
        raise SourceError(
            f"{config.annotations} has {len(eligible):,} pictures with {config.objects} kinds of objects or more, and "
            f"{config.pictures:,} are asked for: give fewer --pictures or --objects."
        )
    chosen = random.Random(stable_seed(config.seed, "pictures")).sample(eligible, config.pictures)
    out, files = Path(config.out), []
    with explained(out, "written"):
        out.mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            files.append(out / f"{config.name}_pope_{split}.json")
            lines = (f"{dump(question)}\n" for question in questions(chosen, split, config.objects, config.seed))
            write_whole(files[-1], "".join(lines).encode(), sync=False)
    asked = 2 * config.objects * len(chosen)
    counts = {
        f"pictures with {config.objects} kinds of objects or more": len(eligible),
        "pictures drawn of them": len(chosen),
        "questions per split": asked,
    }
    return WrittenBenchmark(
        tuple(files), counts, {"pictures": len(chosen), "questions": asked, "eligible": len(eligible)}
    )


def questions(chosen: Sequence[DetectedPicture], split: str, objects: int, seed: int) -> Iterator[dict[str, object]]:
    """The questions of one split in the official schema. Raises SourceError where a picture has nearly everything."""
    candidates = _candidates(chosen, split)
    everything = list(_frequency(chosen))
    draws = random.Random(stable_seed(seed, split))
    numbers = count(1)
    for seen in chosen:
        taken = set(seen.objects)
        for present in seen.objects[:objects]:
            yield _question(next(numbers), seen.picture, present, "yes")
            absent = next((name for name in candidates(present) if name not in taken), None)
            absent = absent or _any_other(everything, taken, draws, seen)
            taken.add(absent)
            yield _question(next(numbers), seen.picture, absent, "no")


def text_of(name: str) -> str:
    """POPE's question about an object."""
    return f"Is there {'an' if name[:1].lower() in 'aeiou' else 'a'} {name} in the image?"


def _candidates(chosen: Sequence[DetectedPicture], split: str) -> Candidates:
    if split == "popular":
        popular = [name for name, _ in _frequency(chosen).most_common()]
        return lambda _: popular
    if split == "adversarial":
        together = {name: [other for other, _ in met.most_common()] for name, met in _co_occurrence(chosen).items()}
        return lambda present: together[present]
    return lambda _: ()


def _frequency(chosen: Sequence[DetectedPicture]) -> Counter[str]:
    """In how many pictures each object is; of equal ones the first seen comes first."""
    return Counter(name for seen in chosen for name in seen.objects)


def _co_occurrence(chosen: Sequence[DetectedPicture]) -> Mapping[str, Counter[str]]:
    """For each object, in how many pictures each other one is with it."""
    met: dict[str, Counter[str]] = {}
    for seen in chosen:
        for name in seen.objects:
            met.setdefault(name, Counter()).update(other for other in seen.objects if other != name)
    return met


def _any_other(everything: Sequence[str], taken: set[str], draws: random.Random, seen: DetectedPicture) -> str:
    others = [name for name in everything if name not in taken]
    if not others:
        raise SourceError(
            f"{seen.picture} has {len(seen.objects)} of the {len(everything)} kinds of objects in the chosen pictures, "
            "too many to ask about as many that it lacks: give more --pictures, or fewer --objects."
        )
    return draws.choice(others)


def _question(number: int, picture: str, name: str, label: str) -> dict[str, object]:
    return {"question_id": number, "image": picture, "text": text_of(name), "label": label}
