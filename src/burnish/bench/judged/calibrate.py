"""How far a judge can be trusted: it rates what people rated, in FIRE's form, with the scale in either order.

Answers about the pocket world are rated by its oracle instead, which knows the truth. Both orders tell whether it goes
by the order of the scale; asked a third time, in the first order, it tells how alike it rates again (test-retest).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from burnish.bench.judged.answers import Given, read_sampled
from burnish.bench.judged.configs import CalibrateConfig
from burnish.bench.judged.judge_counts import judging, readable
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.judged.rating_statistics import RatedTurn, calibration
from burnish.bench.standard.files import Item, items
from burnish.errors import SourceError
from burnish.pocket.oracle import oracle_rating
from burnish.records import Judgement
from burnish.scores import PEOPLE, CalibrateJudged
from burnish.store import Run

FORM = "give a file in FIRE's form, whose `conversations` have a `human_rating` from 1 to 5 beside rated turns"
RATINGS = ("1: bad", "2: rather bad", "3: neither good nor bad", "4: rather good", "5: good")
FORTH, BACK, AGAIN = "1 to 5", "5 to 1", "1 to 5, again"
ORACLE_RATES = "the pocket world's oracle"
SPEAKERS = {"student": "Student", "teacher": "Teacher"}
NOTHING_YET = "(nothing)"
"""What stands before a first turn."""
_RATING = re.compile(r"\brating[*_ ]*:[\s*_\"'\[(]*([1-5])\b(?![.,]\d)", re.IGNORECASE)


def calibrate_to_judge(config: CalibrateConfig) -> ToJudge:
    """Every rated turn, which the judge rates three times. Raises a BurnishError."""
    by_oracle = Path(config.rated).is_dir()
    rated = list(answers_by_oracle(config.rated) if by_oracle else read_rated(config.rated))
    raters = ORACLE_RATES if by_oracle else PEOPLE
    if not rated:
        raise SourceError(f"{config.rated} has no turn with a human rating: {FORM}.")

    def score(run: Run) -> CalibrateJudged:
        judgements = list(run.records(Judgement))
        return calibration(_ratings(judgements), judging(run, judgements, reads), raters)

    return ToJudge([_in_order(one, order) for one in rated for order in (FORTH, BACK, AGAIN)], reads, score)


def read_rated(path: str) -> Iterator[JudgeQuestion]:
    """Every turn that a person rated, without the scale. Raises SourceError."""
    for number, row in enumerate(items(path, FORM)):
        turns = [_turn(row, turn) for turn in row.sequence("conversations")]
        for place, (speaker, text, rating) in enumerate(turns):
            if rating is None:
                continue
            before = "\n".join(f"{who}: {reply}" for who, reply, _ in turns[:place]) or NOTHING_YET
            yield JudgeQuestion(
                id=f"{number}/{place}",
                source=speaker.lower(),
                values={
                    "question": _value(row, "question"),
                    "groundtruth": _value(row, "groundtruth"),
                    "history": before,
                    "speaker": speaker,
                    "turn": text,
                },
                facts={"picture": str(number), "human": rating, "length": len(text)},
            )


def answers_by_oracle(path: str) -> Iterator[JudgeQuestion]:
    """Every answer of a run about the pocket world, rated by the truth. Raises SourceError for any other run."""
    for answers in read_sampled(path).values():
        for given in filter(lambda one: one.text.strip(), answers.by_id.values()):
            yield _answer(given)


def _answer(given: Given) -> JudgeQuestion:
    drawn = f" at {given.temperature:g}" if given.temperature else ""
    truth = oracle_rating(given.facts, given.question, given.truth, given.text)
    return JudgeQuestion(
        id=f"{given.source}/{given.id}{drawn}",
        source="student",
        values={
            "question": given.question,
            "groundtruth": given.truth,
            "history": NOTHING_YET,
            "speaker": SPEAKERS["student"],
            "turn": given.text,
        },
        facts={"picture": given.image, "human": truth, "length": len(given.text)},
    )


def _turn(row: Item, turn: object) -> tuple[str, str, int | None]:
    """Who speaks, what is said, and what a person thinks of it."""
    if not isinstance(turn, dict) or turn.get("role") not in SPEAKERS or not isinstance(turn.get("value"), str):
        raise row.fault(f"has a turn without the `role` student or teacher and a `value`: {FORM}")
    rating = turn.get("human_rating")
    if rating is not None and rating not in (1, 2, 3, 4, 5):
        raise row.fault(f"has the human rating {rating!r:.20}, and that must be 1 to 5")
    return SPEAKERS[turn["role"]], turn["value"].strip(), rating


def _value(row: Item, name: str) -> str:
    value = row.values.get(name)
    return str(value.get("value", "")) if isinstance(value, dict) else str(value or "")


def _in_order(one: JudgeQuestion, order: str) -> JudgeQuestion:
    scale = RATINGS[::-1] if order == BACK else RATINGS
    return JudgeQuestion(
        id=one.id,
        source=one.source,
        values={**one.values, "scale": "\n".join(scale)},
        facts=one.facts,
        part=order,
    )


def rating(reply: str) -> int | None:
    """The rating that a reply names, if it names only one."""
    found = set(_RATING.findall(reply))
    return int(found.pop()) if len(found) == 1 else None


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """There is exactly one rating."""
    return rating(reply) is not None


def _ratings(judgements: Sequence[Judgement]) -> list[RatedTurn]:
    """What people and the judge gave each turn; what the judge said unreadably is None."""
    by_turn: dict[str, dict[str, Judgement]] = {}
    for judgement in judgements:
        by_turn.setdefault(judgement.id, {})[judgement.part] = judgement
    return [
        RatedTurn(
            dialogue=str(of[FORTH].facts["picture"]),
            speaker=of[FORTH].source,
            human=float(str(of[FORTH].facts["human"])),
            length=float(str(of[FORTH].facts["length"])),
            forth=_read(of[FORTH]),
            back=_read(of[BACK]),
            again=_read(of[AGAIN]) if AGAIN in of else None,  # runs of older builds asked twice
        )
        for of in by_turn.values()
    ]


def _read(judgement: Judgement) -> int | None:
    reply = readable(judgement, reads)
    return None if reply is None else rating(reply)
