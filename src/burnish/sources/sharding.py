"""One run divided among machines: which part of its examples each of them takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

from burnish.errors import ConfigError

BATCH = 256
"""Examples that are never divided: a local model answers so many together, and neighbours decide last digits."""
_FORM = re.compile(r"([1-9]\d*)/([1-9]\d*)")
_MARKED = re.compile(r"(?P<whole>.*) shard (?P<shard>\d+/\d+)")


@final
@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """What `--shard` names. Raises ConfigError."""
        found = _FORM.fullmatch(text)
        if not found or int(found[1]) > int(found[2]):
            raise ConfigError(f"--shard {text} is not part of a whole: give I/N with I from 1 to N, such as 2/8.")
        return cls(int(found[1]), int(found[2]))

    def range_of(self, examples: int, batch: int = BATCH) -> range:
        """Its examples among so many: whole batches, about as many for every shard, in order and without gaps.

        Raises ConfigError where there are fewer batches than shards.
        """
        batches = -(-examples // batch)
        if batches < self.count:
            most = f"{batches:,} batches of {batch}, so give at most {batches:,} shards"
            one = f"one batch of {batch} at most, which is not divided: leave --shard out"
            raise ConfigError(
                f"--shard {self} divides {examples:,} examples among too many: they are {most if batches > 1 else one}."
            )
        begin, end = (batch * (batches * number // self.count) for number in (self.number - 1, self.number))
        return range(begin, min(end, examples))

    def mark(self, fingerprint: str) -> str:
        """The fingerprint of the whole source as a shard has it, so that shards are never taken for one another."""
        return f"{fingerprint} shard {self}"

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def unmarked(fingerprint: str) -> tuple[str, Shard | None]:
    """A source's fingerprint without its shard, and the shard; None for a whole."""
    found = _MARKED.fullmatch(fingerprint)
    return (found["whole"], Shard.parse(found["shard"])) if found else (fingerprint, None)
