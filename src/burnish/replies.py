"""What became of the replies that a run asked for: counted here alone, for every verb, page and file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import final

from burnish.errors import NothingAnswered
from burnish.records import Dialogue, Dropped, Judgement, Prediction, PreferencePair, Record, ReplyEnd

WORTH_SAYING = 0.05
"""Where more of the replies than this are not whole answers, a result says so first."""
FAILED_AT_SERVER = "Others are answered, but "
"""How the refusal of a request begins that failed at an endpoint after all retries."""
NO_TRUTH = "no ground truth"
"""The reason of an example that was dropped because it lacks the truth that it needs."""
GIVE_TRUTHS = "give a source with ground truths, such as a column `answer` or #truths=TABLE"
_NUMBER = re.compile(r"\d+")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCounts:
    """How many replies were asked for, and what came: `asked` is `answered` and `empty` and `refused`."""

    asked: int
    answered: int
    """Replies with an answer, whole or cut."""
    empty: int
    """Replies without one: no answer in every score, never read as one."""
    cut: int
    """Of the answered, those that were cut at the length limit."""
    thinking_cut: int
    """Of the empty, those whose thoughts were cut before any answer."""
    refused: int
    """Requests that were refused for good."""
    left_out: Mapping[str, int]
    """What has no result, by reason: broken pictures, refusals, answers that make no pair …"""
    refusals: Mapping[str, int] = field(default_factory=dict)
    """What was said of refused requests; texts that differ in numbers alone count as one."""

    def warning(self) -> str:
        """A sentence where too many replies are not whole answers; else nothing."""
        wanting = {"empty": self.empty, "cut at the length limit": self.cut, "refused": self.refused}
        total = sum(wanting.values())
        if total <= WORTH_SAYING * self.asked:
            return ""
        parts = ", ".join(f"{count:,} {name}" for name, count in wanting.items() if count)
        return f"Of {self.asked:,} replies {total:,} ({100 * total / self.asked:.1f} %) are not whole answers: {parts}."


def count_replies(records: Iterable[Record]) -> ReplyCounts:
    """Counts every record's replies, and what was left out."""
    ends, left_out, refusals = Counter[ReplyEnd](), Counter[str](), Counter[str]()
    named = dict[str, str]()
    for record in records:
        ends.update(ends_of(record))
        if reason := _left_out(record):
            left_out[reason] += 1
        if refusal := _refusal(record):
            refusals[named.setdefault(_NUMBER.sub("0", refusal), refusal)] += 1
    return count_ends(ends.elements(), dict(left_out.most_common()), dict(refusals.most_common()))


def count_ends(
    ends: Iterable[ReplyEnd], left_out: Mapping[str, int] | None = None, refusals: Mapping[str, int] | None = None
) -> ReplyCounts:
    """The same of replies that are in no record."""
    count = Counter(ends)
    return ReplyCounts(
        asked=count.total(),
        answered=count["answered"] + count["cut"],
        empty=count["empty"] + count["thinking cut"],
        cut=count["cut"],
        thinking_cut=count["thinking cut"],
        refused=count["refused"],
        left_out=left_out or {},
        refusals=refusals or {},
    )


def ends_of(record: Record) -> Sequence[ReplyEnd]:
    """What became of each reply of a record; of one from before that was kept, as far as its texts tell."""
    if record.replies:
        return record.replies
    if isinstance(record, Dropped):
        return ("refused",) if record.reason == "refused" else ()
    if isinstance(record, Judgement) and record.refused:
        return (*map(_end, record.said), "refused")
    return [_end(text) for text in _texts(record)]


def is_lost(record: Record) -> bool:
    """Whether a record holds nothing because an endpoint failed, which may be mended by now."""
    return FAILED_AT_SERVER in _refusal(record)


def refuse_unanswered(path: Path, records: Iterable[Record], without_truths: str = GIVE_TRUTHS) -> None:
    """Raise NothingAnswered, naming the reasons, unless some reply of a run is an answer.

    `without_truths` is what to do if no example had the ground truth that it needs.
    """
    counts = count_replies(records)
    mend = without_truths if [*counts.left_out] == [NO_TRUTH] and not counts.asked else "fix this"
    refuse_no_answer(path, counts, f"{mend}, and start again with --restart")


def refuse_no_answer(place: Path | str, counts: ReplyCounts, mend: str) -> None:
    """Raise NothingAnswered, naming the reasons, where none of the counted replies is an answer."""
    if counts.answered:
        return
    ends = {"empty": counts.empty, "refused": counts.refused}
    asked = ", ".join(f"{count:,} {name}" for name, count in ends.items() if count)
    refusal = f" The first refusal: {next(iter(counts.refusals))}" if counts.refusals else ""
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in counts.left_out.items())
    why = "; ".join(filter(None, (asked and f"replies: {asked}", reasons and f"every question was dropped: {reasons}")))
    raise NothingAnswered(f"{place} has no answer ({why or 'it has no record yet'}): {mend}.{refusal}", asdict(counts))


def added(counts: Iterable[ReplyCounts]) -> ReplyCounts:
    """The counts of several runs as those of one."""
    each = list(counts)
    return ReplyCounts(
        asked=sum(one.asked for one in each),
        answered=sum(one.answered for one in each),
        empty=sum(one.empty for one in each),
        cut=sum(one.cut for one in each),
        thinking_cut=sum(one.thinking_cut for one in each),
        refused=sum(one.refused for one in each),
        left_out=dict(sum((Counter(one.left_out) for one in each), Counter[str]()).most_common()),
        refusals=dict(sum((Counter(one.refusals) for one in each), Counter[str]()).most_common()),
    )


def count_texts(texts: Iterable[str], left_out: Mapping[str, int] | None = None) -> ReplyCounts:
    """The counts of replies of which a file has the texts alone."""
    return count_ends(map(_end, texts), left_out)


def _texts(record: Record) -> Sequence[str]:
    if isinstance(record, PreferencePair):
        return (record.chosen.text, *(one.answer.text for one in record.rejected))
    if isinstance(record, Dialogue):
        return [text for turn in record.turns for text in (turn.response.text, turn.feedback.text)]
    if isinstance(record, Judgement):
        return record.said
    return (record.text,) if isinstance(record, Prediction) else ()


def _end(text: str) -> ReplyEnd:
    return "answered" if text.strip() else "empty"


def _left_out(record: Record) -> str:
    """Why there is no result; empty where there is one."""
    if isinstance(record, Dropped):
        return record.reason
    return "refused" if isinstance(record, Judgement) and record.refused and not record.said else ""


def _refusal(record: Record) -> str:
    if isinstance(record, Judgement):
        return record.refused
    return record.detail if isinstance(record, Dropped) and record.reason == "refused" else ""
