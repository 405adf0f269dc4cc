"""What became of the examples that dialogues were made of, counted in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from burnish.records import Dialogue, Dropped, Json, Record


@dataclass(slots=True, kw_only=True)
class DialogueCounts:
    """Counts of examples and of the dialogues that came of them."""

    examples: Counter[str] = field(default_factory=Counter)
    """Examples that went in, by source."""
    dialogues: Counter[str] = field(default_factory=Counter)
    """Dialogues that came out, by source."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Examples without a dialogue, by reason."""
    endings: Counter[str] = field(default_factory=Counter)
    """Dialogues by why they ended."""
    turns: Counter[int] = field(default_factory=Counter)
    """Dialogues by how many turns they have."""

    def to_json(self) -> dict[str, Json]:
        """The counts as JSON values."""
        return {
            "made": self.examples.total(),
            "kept": self.dialogues.total(),
            "dropped": dict(self.dropped.most_common()),
            "endings": dict(self.endings.most_common()),
            "turns": {str(turns): count for turns, count in sorted(self.turns.items())},
            "sources": {
                source: {"made": made, "kept": self.dialogues[source]} for source, made in sorted(self.examples.items())
            },
        }


def count_dialogues(records: Iterable[Record]) -> DialogueCounts:
    """Counts every Dialogue and Dropped."""
    counts = DialogueCounts()
    for record in records:
        if isinstance(record, Dialogue | Dropped):
            counts.examples[record.source] += 1
        if isinstance(record, Dropped):
            counts.dropped[record.reason] += 1
        elif isinstance(record, Dialogue):
            counts.dialogues[record.source] += 1
            counts.endings[record.ended] += 1
            counts.turns[len(record.turns)] += 1
    return counts
