"""The examples that a verb works on: sampled from one or more sources, in a fixed order, opened one at a time."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from burnish.errors import ConfigError, ImageError, SourceError
from burnish.records import Dropped, Example, TextMessage
from burnish.sources.base import Candidate, Source
from burnish.sources.draws import Chosen, Draws
from burnish.sources.folds import Folds
from burnish.sources.registry import open_sources
from burnish.sources.sampling import Sampling
from burnish.sources.sharding import Shard

CandidateOrDropped: TypeAlias = Candidate | Dropped
IN_MEMORY = 32_000_000
"""Bytes of chosen candidates that are held in memory; more of them wait in a temporary file."""
_DIGEST = 16


class Inputs(Protocol):
    """A fixed sequence of examples, in the place of each that is no use its reason: what `stream` gives."""

    def __len__(self) -> int:
        """How many outcomes there are."""
        ...

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        """The outcomes from `start` on; those before it are not opened."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a verb can use of what sources hold: by default a question about one picture, asked alone."""

    text_only: bool = False
    """Questions about no picture."""
    several_images: bool = False
    """Questions about several pictures."""
    before: bool = False
    """The messages before a question, without which it is asked else."""


PICTURED = Scope()
SEVERAL = Scope(several_images=True)
TRAINING = Scope(text_only=True, several_images=True, before=True)


def stream(spec: str, sampling: Sampling, scope: Scope = PICTURED) -> ExampleStream:
    """The sampled examples of the sources in `spec` (`folder:a.jsonl,pocket`); those out of `scope` are dropped.

    Raises SourceError for a source that cannot be read, ConfigError for an `only` that names nothing.
    """
    return ExampleStream(open_sources(spec), sampling, scope)


class ExampleStream:
    """A fixed sequence of outcomes, each an Example or a Dropped with its reason.

    The sources are read twice: once to draw lots, once to keep what was drawn. Memory holds a few numbers a
    candidate and at most IN_MEMORY bytes of the chosen ones; pictures are opened only when they are reached.
    """

    def __init__(self, sources: Sequence[Source], sampling: Sampling, scope: Scope = PICTURED) -> None:
        self._sources = sources
        self._scope = scope
        self._only = frozenset(sampling.only)
        self._folds = Folds.parse(sampling.fold) if sampling.fold else None
        self.population = 0
        """Candidates to choose from, those that are no use included."""
        chosen = self._draw(sampling)
        shard = Shard.parse(sampling.shard) if sampling.shard else None
        self._part = shard.range_of(len(chosen.positions)) if shard else range(len(chosen.positions))
        """Ranks of those that are this stream's, among all that were drawn."""
        self._offsets = array("Q", bytes(8 * len(chosen.positions)))
        self._spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # lives as long as the stream
        weakref.finalize(self, self._spool.close)
        fingerprint = self._keep(chosen)
        self.fingerprint = shard.mark(fingerprint) if shard else fingerprint
        """Hex digest of the chosen candidates in order: it changes when lines that were drawn change, and not
        with the place of the files. Pictures are not read for it. A shard has that of the whole, and its number."""

    def __len__(self) -> int:
        """How many outcomes there are."""
        return len(self._part)

    def __iter__(self) -> Iterator[Example | Dropped]:
        """All outcomes."""
        return self.from_index(0)

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        """The outcomes from number `start` on; the pictures of those before it are not opened."""
        for rank in self._part[start:]:
            yield self._outcome(rank)

    def _outcome(self, rank: int) -> Example | Dropped:
        self._spool.seek(self._offsets[rank])
        number, listed = _from_line(self._spool.readline())
        if isinstance(listed, Dropped):
            return listed
        try:
            example = self._sources[number].load(listed)
        except ImageError as error:
            return Dropped(id=listed.id, source=listed.source, reason=error.reason, detail=str(error))
        if example.more_images and not self._scope.several_images:
            detail = (
                f"{listed.id} is about {len(example.images)} pictures, and this verb takes one: choose with #which=1."
            )
            return Dropped(id=listed.id, source=listed.source, reason="several images", detail=detail)
        return example

    def _draw(self, sampling: Sampling) -> Chosen:
        draws, names = Draws(sampling.seed), set[str]()
        for number, listed in self._all():
            names.add(listed.source)
            if self._wanted(listed):
                draws.add(listed.id, f"{number}:{_picture(listed)}", listed.source)
                self.population += 1
        if unknown := sorted(self._only - names):
            raise ConfigError(f"--only {unknown[0]} fits no example: the sources are {', '.join(sorted(names))}.")
        return draws.choose(per_image=sampling.per_image, per_source=sampling.per_source, limit=sampling.limit)

    def _keep(self, chosen: Chosen) -> str:
        """Write the chosen candidates down and return the fingerprint of their sequence."""
        digests = bytearray(_DIGEST * len(chosen.positions))
        ranks = iter(chosen.positions.argsort().tolist())
        rank = next(ranks, None)
        wanted = (item for item in self._all() if self._wanted(item[1]))
        for position, (number, listed) in enumerate(wanted):
            if rank is None:
                break
            if position == chosen.positions[rank]:
                line = _as_line(number, _without_repeat(listed, position) if chosen.repeats[rank] else listed)
                self._offsets[rank] = self._spool.tell()
                self._spool.write(line)
                digests[rank * _DIGEST : (rank + 1) * _DIGEST] = hashlib.blake2b(line, digest_size=_DIGEST).digest()
                rank = next(ranks, None)
        if rank is not None:
            raise SourceError("A source became shorter while it was read: wait until its file is complete.")
        return hashlib.sha256(digests).hexdigest()

    def _all(self) -> Iterator[tuple[int, CandidateOrDropped]]:
        """What all sources list, with the number of the source; ids of joined sources are kept apart by it."""
        for number, source in enumerate(self._sources):
            for found in source.candidates():
                listed = _within(self._scope, found)
                several = len(self._sources) > 1
                yield number, dataclasses.replace(listed, id=f"{number + 1}-{listed.id}") if several else listed

    def _wanted(self, listed: CandidateOrDropped) -> bool:
        named = not self._only or listed.source in self._only
        return named and (self._folds is None or self._folds.hold(_picture(listed)))


def _picture(listed: CandidateOrDropped) -> str:
    """The picture's name; what has no picture shares none: its own id keeps it apart."""
    names = (listed.image, *listed.more_images) if isinstance(listed, Candidate) else ()
    return "\x1f".join(names) or f"\x1f{listed.id}"


def _as_line(number: int, listed: CandidateOrDropped) -> bytes:
    kind = "candidate" if isinstance(listed, Candidate) else "dropped"
    fields = {name: getattr(listed, name) for name in listed.__slots__}
    for rare in ("before", "more_images"):
        if not fields.get(rare):
            fields.pop(rare, None)
    return json.dumps([number, kind, fields], sort_keys=True).encode() + b"\n"


def _from_line(line: bytes) -> tuple[int, CandidateOrDropped]:
    number, kind, fields = json.loads(line)
    if kind != "candidate":
        return number, Dropped(**fields)
    lists = {
        "before": tuple(TextMessage(*one) for one in fields.get("before", ())),
        "more_images": tuple(fields.get("more_images", ())),
    }
    return number, Candidate(**{**fields, **lists})


def _without_repeat(listed: CandidateOrDropped, position: int) -> Dropped:
    detail = f"The id {listed.id!r} stands more than once: make ids unique, or leave them out."
    return Dropped(id=f"{listed.id}#{position}", source=listed.source, reason="repeated id", detail=detail)


def _within(scope: Scope, found: CandidateOrDropped) -> CandidateOrDropped:
    """As the scope has it."""
    if isinstance(found, Dropped):
        return found
    if not found.image and not scope.text_only:
        return Dropped(id=found.id, source=found.source, reason="no image", detail=f"{found.id} has no picture.")
    return dataclasses.replace(found, before=()) if found.before and not scope.before else found
