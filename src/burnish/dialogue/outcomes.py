"""What becomes of an example about which a dialogue is made: a Dialogue, or a Dropped with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, final

from burnish.ids import content_key
from burnish.models import Reply
from burnish.records import Dialogue, Dropped, Ending, Example, ReplyEnd, Turn

Outcome: TypeAlias = Dialogue | Dropped


@final
@dataclass(slots=True)
class Replies:
    """What became of each reply about an example so far, which its record tells."""

    example: Example
    ends: list[ReplyEnd] = field(default_factory=list)

    def note(self, name: str, reply: Reply) -> Dropped | None:
        """Count a reply; the record where it is a refusal."""
        self.ends.append(reply.end)
        return self.dropped("refused", f"{name}: {reply.error}") if reply.finish == "error" else None

    def dropped(self, reason: str, detail: str) -> Dropped:
        """The record of an example that is given up."""
        example = self.example
        return Dropped(id=example.id, source=example.source, reason=reason, detail=detail, replies=tuple(self.ends))

    def dialogue(self, turns: tuple[Turn, ...], ending: Ending = "") -> Dialogue:
        """The record of an example about which these turns were made."""
        example = self.example
        return Dialogue(
            id=example.id,
            image=content_key(example.image),
            question=example.question,
            answer=example.answer or "",
            turns=turns,
            source=example.source,
            ended=ending,
            facts=example.facts,
            replies=tuple(self.ends),
        )
