"""What became of replies is counted once, for records of every kind, and said first where too many are no answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import NothingAnswered
from burnish.records import Answer, Dropped, Judgement, Prediction, PreferencePair, Record, Rejected, ReplyEnd
from burnish.replies import ReplyCounts, count_replies, refuse_unanswered


def predicted(text: str, *replies: ReplyEnd) -> Prediction:
    return Prediction(id="1", image="", question="?", answer="yes", text=text, source="s", replies=replies)


def dropped(reason: str, detail: str = "", *replies: ReplyEnd) -> Dropped:
    return Dropped(id="1", source="s", reason=reason, detail=detail, replies=replies)


MIXED: list[Record] = [
    predicted("yes", "answered"),
    predicted("a cat on", "cut"),
    predicted("", "empty"),
    predicted("", "thinking cut"),
    dropped("refused", "too long: 4096 tokens", "refused"),
    dropped("refused", "too long: 5000 tokens", "refused"),
    dropped("refused", "no pictures here", "refused"),
    dropped("broken image"),
    dropped("equal answers", "yes", "answered", "cut"),
]


def test_every_reply_is_counted_once() -> None:
    assert count_replies(MIXED) == ReplyCounts(
        asked=9,
        answered=4,
        empty=2,
        cut=2,
        thinking_cut=1,
        refused=3,
        left_out={"refused": 3, "broken image": 1, "equal answers": 1},
        refusals={"too long: 4096 tokens": 2, "no pictures here": 1},
    )


def test_records_from_before_are_counted_as_far_as_they_tell() -> None:
    pair = PreferencePair(
        id="1",
        image="",
        question="?",
        chosen=Answer(text="a"),
        rejected=(Rejected(distortion="flip", seed=0, answer=Answer(text="")),),
        source="s",
    )
    judged = Judgement(id="1", source="s", asked={}, said=("Score: 3",))
    refused = Judgement(id="2", source="s", asked={}, refused="too long")
    counts = count_replies([predicted("yes"), predicted(" "), pair, judged, refused, dropped("refused", "no")])
    assert (counts.asked, counts.answered, counts.empty, counts.refused) == (7, 3, 2, 2)
    assert counts.left_out == {"refused": 2}
    assert counts.refusals == {"too long": 1, "no": 1}


@pytest.mark.parametrize(("empty", "warns"), [(0, False), (1, False), (2, True)])
def test_more_than_one_in_twenty_is_said(empty: int, warns: bool) -> None:
    records = [predicted("yes", "answered")] * (20 - empty) + [predicted("", "empty")] * empty
    said = count_replies(records).warning()
    assert said == ("Of 20 replies 2 (10.0 %) are not whole answers: 2 empty." if warns else "")


def test_nothing_answered_is_refused_with_the_reasons() -> None:
    refuse_unanswered(Path("run"), MIXED)
    with pytest.raises(NothingAnswered, match=r"1 empty, 1 refused; .*refused \(1\), broken image \(1\).*refusal: no"):
        refuse_unanswered(Path("run"), [predicted("", "empty"), dropped("refused", "no", "refused"), MIXED[7]])
    with pytest.raises(NothingAnswered, match="it has no record yet"):
        refuse_unanswered(Path("run"), [])
