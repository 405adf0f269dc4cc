"""Brings preferences that exist already into a run of pairs, with their pictures: the verb `import pairs`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import tyro

from burnish.config import RunFlags
from burnish.distort import parse
from burnish.errors import ConfigError, DistortionError, ImageError
from burnish.images import decode
from burnish.progress import Progress
from burnish.records import Dropped, PreferencePair, Rejected
from burnish.store import Run, new_manifest


@dataclass(frozen=True, kw_only=True)
class ImportPairsConfig(RunFlags):
    """Bring preferences that exist already into a run, to train on them."""

    source: tyro.conf.Positional[str]
    """A file, folder or hub name in the form of TRL, ms-swift, LLaMA-Factory, RLAIF-V or RLHF-V, POVID or VLFeedback.
    Burnish recognises the form by its columns, or by `trl:`, `swift:`, `llamafactory:`, `rlaifv:`, `povid:` or
    `vlfeedback:` before it. Or `review:STORE` for what people chose on the review page, or `judged:RUN` for what a
    judge preferred in both orders."""

    runs: tuple[str, ...] = ()
    """With `review:STORE`: the runs that were reviewed, which hold the pictures."""

    def __post_init__(self) -> None:
        for flag, value in (("SOURCE", self.source), ("--out", self.out)):
            if not value:
                raise ConfigError(f"{flag} is empty: give preferences and the folder of a run.")


class PairSet(Protocol):
    """Preferences in an order that never changes, which may be read any number of times."""

    @property
    def fingerprint(self) -> str:
        """Hex digest of all that iterating gives."""
        ...

    def __iter__(self) -> Iterator[PreferencePair | Dropped]:
        """Every pair, its `images` names that `picture` knows; in the place of one that is no use, its reason."""
        ...

    def picture(self, image: str) -> bytes:
        """The file content of a picture. Raises ImageError."""
        ...


class ImportPairsResult(NamedTuple):
    """Where the pairs are, and what became of the rows."""

    run: Path
    made: int
    kept: int
    dropped: dict[str, int]


def import_pairs(config: ImportPairsConfig, pairs: PairSet) -> ImportPairsResult:
    """Fill the run `config.out` with a PreferencePair or Dropped for all of `pairs`; a killed call is resumed.

    Raises SourceError for a source that is wrong as a whole, RunError for a run that cannot be written.
    """
    manifest = new_manifest("pairs", config, seed=0, fingerprints={"source": pairs.fingerprint})
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            run.append(_records(run, pairs))
            kept = sum(1 for _ in run.records(PreferencePair))
            run.finish({"made": len(run), "kept": kept})
        dropped = Counter(record.reason for record in run.records(Dropped))
        return ImportPairsResult(run.path, len(run), len(run) - dropped.total(), dict(dropped.most_common()))


def _records(run: Run, pairs: PairSet) -> Iterator[PreferencePair | Dropped]:
    """A record for each pair that the run does not hold yet."""
    done = len(run)
    with Progress("import", done=done, unit="pairs") as progress:
        for outcome in islice(pairs, done, None):
            yield outcome if isinstance(outcome, Dropped) else _kept(run, pairs, outcome)
            progress.advance()


def _kept(run: Run, pairs: PairSet, pair: PreferencePair) -> PreferencePair | Dropped:
    try:
        pictures = [pairs.picture(name) for name in pair.images]
        for data in pictures:
            decode(data)
    except ImageError as error:
        return Dropped(id=pair.id, source=pair.source, reason=error.reason, detail=str(error))
    image, *more = map(run.add_image, pictures)
    return replace(pair, image=image, more_images=tuple(more), rejected=tuple(map(_drawable, pair.rejected)))


def _drawable(rejected: Rejected) -> Rejected:
    """Without a distortion that is none of Burnish's: its picture could not be drawn."""
    try:
        parse(rejected.distortion or "flip")
    except DistortionError:
        return replace(rejected, distortion="", seed=0)
    return rejected
