"""Two models' answers to the same questions, compared by a judge in both orders (SeVa's figure 5).

A model wins a question only where both orders say so (as in MT-Bench; Zheng et al., 2023): a judge that goes by the
order alone gives nothing but ties, and how much it does stands beside the result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

from burnish.bench.judged.answers import read_answers
from burnish.bench.judged.configs import PairwiseConfig
from burnish.bench.judged.judge_counts import judging, readable
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.judged.lengths import lengths
from burnish.bench.judged.pairs import Both, both, name_apart, read_questions
from burnish.bench.judged.verdicts import TwoVerdicts, pair_result, position_bias
from burnish.records import Judgement
from burnish.scores import PairwiseJudged
from burnish.store import Run

_VERDICT = re.compile(r"\bverdict[*_ ]*:[\s*_\"'\[(]*(first|second|tie)\b", re.IGNORECASE)


def pairwise_to_judge(config: PairwiseConfig) -> ToJudge:
    """Answers of every pair of models, in both orders. Raises a BurnishError."""
    answers = name_apart([read_answers(path) for path in config.answers])
    asked = read_questions(config)
    pairs = {(a.name, b.name): (a, b) for a, b in combinations(answers, 2)}
    shared = {names: both(a, b, asked) for names, (a, b) in pairs.items()}
    owner = {one.asked.image: pairs[names][0] for names, of_pair in shared.items() for one in of_pair}

    def score(run: Run) -> PairwiseJudged:
        judgements = list(run.records(Judgement))
        found = verdicts_by_pair(judgements)
        counted = lengths(answers, config.tokenizer)
        return PairwiseJudged(
            judging=judging(run, judgements, reads),
            pairs=tuple(
                pair_result(names, found[names], unpaired=len({*a.by_id} ^ {*b.by_id}))
                for names, (a, b) in pairs.items()
            ),
            bias=position_bias([two for of_pair in asked_of(judgements).values() for two in of_pair]),
            lengths=counted.by_name,
            tokens=counted.unit,
        )

    questions = [
        question for names, of_pair in shared.items() for one in of_pair for question in _in_both_orders(names, one)
    ]
    return ToJudge(questions, reads, score, lambda image: owner[image].pictures(image, config.images))


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """It names one verdict, and no other."""
    return verdict(reply) is not None


def verdict(reply: str) -> str | None:
    """ "first", "second" or "tie", from "Verdict: first"; None where there is none, or several that differ."""
    named = {found.lower() for found in _VERDICT.findall(reply)}
    return named.pop() if len(named) == 1 else None


def _in_both_orders(names: tuple[str, str], one: Both) -> list[JudgeQuestion]:
    texts = dict(zip(names, (one.first.text, one.second.text), strict=True))
    return [
        JudgeQuestion(
            id=one.first.id,
            source=one.first.source,
            values={
                "question": one.asked.text,
                "reference": one.first.truth,
                "first": texts[first],
                "second": texts[second],
            },
            facts={"picture": one.asked.image, "first": first, "second": second},
            part=f"{first} | {second}",
            image=one.asked.image,
            truth=one.first.facts,
            settled=_settled(texts[first], texts[second]),
        )
        for first, second in (names, names[::-1])
    ]


def _settled(first: str, second: str) -> str:
    """An answer wins over none, and two that are none tie; the judge is asked about two answers."""
    there = bool(first.strip()), bool(second.strip())
    return {(True, True): "", (True, False): "Verdict: first", (False, True): "Verdict: second"}.get(
        there, "Verdict: tie"
    )


def asked_of(judgements: Sequence[Judgement]) -> dict[tuple[str, str], list[TwoVerdicts]]:
    """The verdicts that the judge itself gave, by pair."""
    return verdicts_by_pair([judgement for judgement in judgements if not judgement.settled])


def verdicts_by_pair(judgements: Sequence[Judgement]) -> dict[tuple[str, str], list[TwoVerdicts]]:
    """By pair, the verdicts of each question: first in the pair's own order, then in the other."""
    found: dict[tuple[str, str], list[TwoVerdicts]] = {}
    for forth, back in zip(judgements[::2], judgements[1::2], strict=True):
        names = str(forth.facts["first"]), str(forth.facts["second"])
        longer = len(forth.asked["first"]) - len(forth.asked["second"])
        two = TwoVerdicts(str(forth.facts["picture"]), _read(forth), _read(back), longer)
        found.setdefault(names, []).append(two)
    return found


def _read(judgement: Judgement) -> str | None:
    reply = readable(judgement, reads)
    return None if reply is None else verdict(reply)
