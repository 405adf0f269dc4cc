"""Brings dialogues that were made elsewhere into a run, with their pictures: the verb `import`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import tyro

from burnish.config import RunFlags, runtime
from burnish.dialogue.loaders import DialogueSet, open_dialogues
from burnish.errors import ConfigError, ImageError
from burnish.images import decode
from burnish.progress import Progress, tracked
from burnish.records import Dialogue, Dropped, Json
from burnish.sources.sharding import Shard
from burnish.store import Run, new_manifest

PICTURES = 100_000
"""Pictures whose keys are remembered: dialogues about one picture stand close to each other."""


@dataclass(frozen=True, kw_only=True)
class ImportConfig(RunFlags):
    """Bring the dialogues of a FIRE file into a run, to train on them or to bench with them."""

    source: tyro.conf.Positional[str]
    """FIRE's JSON: a file, or `fire:FILE#root=DIR` if its pictures are in another folder."""
    shard: str | None = runtime(None)
    """Import part I of N of the dialogues, as I/N. `burnish merge` joins the parts to the whole run."""

    def __post_init__(self) -> None:
        for flag, value in (("SOURCE", self.source), ("--out", self.out)):
            if not value:
                raise ConfigError(f"{flag} is empty: give a FIRE file and the folder of a run.")
        if self.shard is not None:
            Shard.parse(self.shard)


class ImportResult(NamedTuple):
    """Where the dialogues are, and what became of the items."""

    run: Path
    items: int
    kept: int
    dropped: dict[str, int]
    """Items without a dialogue, by reason."""
    unscored: int
    """Feedback texts without a score that can be read, in the dialogues that were kept."""

    def to_json(self) -> dict[str, Json]:
        """The counts."""
        return {"items": self.items, "kept": self.kept, "dropped": {**self.dropped}, "unscored": self.unscored}


def import_dialogues(config: ImportConfig) -> ImportResult:
    """Fill the run `config.out` with one Dialogue or Dropped for every item; a killed call is resumed by a second one.

    Raises SourceError for a file that is wrong as a whole, RunError for a run that cannot be written.
    """
    dialogues = open_dialogues(config.source)
    shard = Shard.parse(config.shard) if config.shard else None
    part = shard.range_of(sum(1 for _ in dialogues), batch=1) if shard else None
    fingerprint = shard.mark(dialogues.fingerprint) if shard else dialogues.fingerprint
    manifest = new_manifest("dialogues", config, seed=0, fingerprints={"source": fingerprint})
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            run.append(_records(run, dialogues, part))
            run.finish(counted(run).to_json())
        return counted(run)


def _records(run: Run, dialogues: DialogueSet, part: range | None) -> Iterator[Dialogue | Dropped]:
    """A record for each item, or each in the part, that the run does not hold yet."""

    @lru_cache(PICTURES)
    def kept(image: str) -> str:
        data = dialogues.picture(image)
        decode(data)
        return run.add_image(data)

    done = len(run)
    with Progress("import", done=done, unit="dialogues") as progress:
        begin, end = (part.start, part.stop) if part else (0, None)
        for outcome in islice(dialogues, begin + done, end):
            try:
                yield outcome if isinstance(outcome, Dropped) else replace(outcome, image=kept(outcome.image))
            except ImageError as error:
                yield Dropped(id=outcome.id, source=outcome.source, reason=error.reason, detail=str(error))
            progress.advance()


def counted(run: Run) -> ImportResult:
    """What became of the items of a run that holds them all."""
    dropped = Counter[str]()
    unscored = 0
    for record in tracked(run, f"count {run.path.name}", len(run), unit="records"):
        if isinstance(record, Dropped):
            dropped[record.reason] += 1
        elif isinstance(record, Dialogue):
            unscored += sum(turn.feedback.score is None for turn in record.turns)
    kept = len(run) - dropped.total()
    return ImportResult(run.path, len(run), kept, dict(dropped.most_common()), unscored)
